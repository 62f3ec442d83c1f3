//! Processes that a test makes with `fork`, as a service does that becomes a daemon or
//! starts its workers: the child goes on in the middle of the test, and ends with its part.
#![allow(
    unsafe_code,
    reason = "std has no fork: what a child may do after it is the very question here"
)]
#![allow(
    dead_code,
    reason = "every test binary compiles this file and uses its own part"
)]

use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any child works; one that is not done by then hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A child process that has to end well: see [`succeeds`](Forked::succeeds).
#[must_use = "a child that fails is seen only when somebody asks"]
pub(crate) struct Forked(libc::pid_t);

/// Forks: the child process in the parent, nothing in the child, which goes on with this
/// thread as its only one.
pub(crate) fn split() -> Option<Forked> {
    // SAFETY: the child runs on with what it inherited, as any program that forks does.
    match unsafe { libc::fork() } {
        0 => None,
        child if child > 0 => Some(Forked(child)),
        _ => panic!("no child process: {}", std::io::Error::last_os_error()),
    }
}

/// Runs `work` in a child process, which ends behind it at once: no destructors, no exit
/// hooks, and with success unless it panicked.
pub(crate) fn fork(work: impl FnOnce()) -> Forked {
    split().unwrap_or_else(|| {
        let ended = panic::catch_unwind(AssertUnwindSafe(work));
        end(if ended.is_ok() { 0 } else { 1 })
    })
}

/// Ends the process at once.
pub(crate) fn end(status: i32) -> ! {
    // SAFETY: runs nothing of the process that it ends.
    unsafe { libc::_exit(status) }
}

impl Forked {
    /// Waits for the child's end, which has to be one with success.
    #[track_caller]
    pub(crate) fn succeeds(self) {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::from_micros(50);
        loop {
            let mut status = 0;
            // SAFETY: `status` lives until the call returns.
            match unsafe { libc::waitpid(self.0, &raw mut status, libc::WNOHANG) } {
                0 if Instant::now() < deadline => {}
                0 => {
                    // SAFETY: a child of this process that nobody has waited for yet.
                    unsafe { libc::kill(self.0, libc::SIGKILL) };
                    panic!("the child hangs");
                }
                _ => {
                    assert_eq!(status, 0, "the child failed");
                    return;
                }
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }
}

/// Makes the process the leader of a session of its own, as a daemon is.
pub(crate) fn leave_session() {
    // SAFETY: changes numbers in the kernel.
    assert!(unsafe { libc::setsid() } > 0);
}

/// Closes all files but standard input, output and error, as a daemon does.
pub(crate) fn close_files() {
    for file in 3..256 {
        // SAFETY: whoever held one finds it closed, or another one in its place: that they
        // cope with it is what the caller tests.
        unsafe { libc::close(file) };
    }
}

/// Starts a program as a C library does that has to be quick: the child borrows this process's
/// memory until then.
#[allow(
    deprecated,
    reason = "for what it may do wrong: this child does nothing but start its program"
)]
pub(crate) fn run_by_vfork() {
    let arguments = [c"true".as_ptr(), std::ptr::null()];
    // SAFETY: the child calls nothing but `execvp` and `_exit`, and changes no memory.
    let child = unsafe {
        match libc::vfork() {
            0 => {
                libc::execvp(arguments[0], arguments.as_ptr());
                libc::_exit(1)
            }
            child => Forked(child),
        }
    };
    child.succeeds();
}

/// Sets a variable of the environment, in a process that has one thread.
pub(crate) fn set_variable(name: &str, value: &str) {
    // SAFETY: only for the start of a test in a process of its own, whose other thread waits.
    unsafe { std::env::set_var(name, value) }
}
