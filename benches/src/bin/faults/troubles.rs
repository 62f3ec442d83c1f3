//! What goes wrong in this program itself, on a thread of its own: while a row's slice runs,
//! and not while those of others do.

use std::future::Future;
use std::hint::black_box;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use logd::{Counter, Scope, timed};

use crate::clock;

/// What the panics say that are meant.
pub const PANIC: &str = "a fault of the program";

/// Threads of a storm that run at once.
const STORM: usize = 8;

/// A trouble, for as long as this lives.
pub struct Trouble {
    state: Arc<State>,
    thread: thread::Thread,
    /// It goes on while others are measured, too: the other end of a socket has to be there.
    always: bool,
}

#[derive(Default)]
struct State {
    wanted: AtomicBool,
    over: AtomicBool,
    resting: AtomicBool,
    turns: AtomicU64,
}

/// While the trouble goes on.
pub struct Going<'a>(&'a Trouble);

impl Trouble {
    /// One whose turns go on beside the slices of one row.
    pub fn beside(turn: impl FnMut() + Send + 'static) -> Trouble {
        Trouble::new(turn, false)
    }

    /// One whose turns never rest; they have to be such that nobody else notices.
    pub fn all_the_time(turn: impl FnMut() + Send + 'static) -> Trouble {
        Trouble::new(turn, true)
    }

    fn new(mut turn: impl FnMut() + Send + 'static, always: bool) -> Trouble {
        let state = Arc::new(State::default());
        state.wanted.store(always, Ordering::Relaxed);
        let its = Arc::clone(&state);
        let thread = thread::spawn(move || {
            while !its.over.load(Ordering::Acquire) {
                if its.wanted.load(Ordering::Acquire) {
                    its.resting.store(false, Ordering::Release);
                    turn();
                    its.turns.fetch_add(1, Ordering::Release);
                } else {
                    its.resting.store(true, Ordering::Release);
                    thread::park();
                }
            }
        });
        Trouble {
            state,
            thread: thread.thread().clone(),
            always,
        }
    }

    /// Returns when it has gone on for a turn.
    pub fn begin(&self) -> Going<'_> {
        if !self.always {
            let before = self.state.turns.load(Ordering::Acquire);
            self.state.wanted.store(true, Ordering::Release);
            self.thread.unpark();
            while self.state.turns.load(Ordering::Acquire) == before {
                thread::yield_now();
            }
        }
        Going(self)
    }
}

impl Drop for Going<'_> {
    fn drop(&mut self) {
        if !self.0.always {
            self.0.state.wanted.store(false, Ordering::Release);
            while !self.0.state.resting.load(Ordering::Acquire) {
                thread::yield_now();
            }
        }
    }
}

impl Drop for Trouble {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// The wall clock goes an hour forward, a year back, and home again.
pub fn clock_steps() -> impl FnMut() + Send {
    const HOUR: i64 = 3600;
    let mut steps = [HOUR, -365 * 24 * HOUR, 0].into_iter().cycle();
    move || clock::step_to(steps.next().expect("they go round"))
}

/// Threads that each record something and end.
pub fn short_threads(scope: &Scope) -> impl FnMut() + Send + use<> {
    static STORMS: Counter = Counter::new("bench.storm");
    let scope = scope.clone();
    move || {
        thread::scope(|threads| {
            for _ in 0..STORM {
                threads.spawn(|| scope.run(|| STORMS.increment()));
            }
        });
    }
}

/// A child process that records something and ends.
pub fn forks(scope: &Scope) -> impl FnMut() + Send + use<> {
    static FORKS: Counter = Counter::new("bench.forks");
    let scope = scope.clone();
    move || {
        // SAFETY: the child records, which it may, and ends at once; `status` lives until it
        // has been waited for.
        unsafe {
            match libc::fork() {
                0 => {
                    scope.run(|| FORKS.increment());
                    libc::_exit(0);
                }
                child => {
                    let mut status = 0;
                    libc::waitpid(child, &raw mut status, 0);
                    assert_eq!(status, 0, "a child process that ends well");
                }
            }
        }
    }
}

#[timed("bench.panics", outcome)]
fn panics_at(turn: u64) -> Result<u64, ()> {
    assert!(black_box(turn) > 0, "{PANIC}");
    Ok(turn)
}

/// An instrumented function panics.
pub fn panics(scope: &Scope) -> impl FnMut() + Send + use<> {
    let scope = scope.clone();
    move || {
        let ended = scope.run(|| std::panic::catch_unwind(|| panics_at(0).is_ok()));
        assert!(ended.is_err());
    }
}

#[timed("bench.cancelled", outcome)]
async fn waits() -> Result<(), ()> {
    std::future::pending().await
}

/// An instrumented future is dropped half-way.
pub fn cancelled_futures(scope: &Scope) -> impl FnMut() + Send + use<> {
    let scope = scope.clone();
    move || {
        let mut future = pin!(scope.future(waits()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(future.as_mut().poll(&mut context), Poll::Pending));
    }
}

/// A receiver on a Unix socket that dies and comes back, some twenty times a second.
pub fn restarts(path: &Path) -> impl FnMut() + Send + use<> {
    const TURN: Duration = Duration::from_millis(25);
    let path = path.to_owned();
    move || {
        let socket = bound(&path);
        socket.set_nonblocking(true).expect("a socket");
        thread::sleep(TURN);
        while socket.recv(&mut [0; 2048]).is_ok() {}
        drop(socket);
        let _ = std::fs::remove_file(&path);
        thread::sleep(TURN);
    }
}

/// A receiver on a Unix socket that reads nothing.
pub fn bound(path: &Path) -> UnixDatagram {
    let _ = std::fs::remove_file(path);
    UnixDatagram::bind(path).expect("a path of our own")
}
