//! The floor: what the machine itself takes for a count, for two readings of a clock and
//! for a datagram. Nothing that records can be cheaper than its base here.

use std::cell::Cell;
use std::hint::black_box;
use std::net::UdpSocket;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::measure::Op;
use crate::op;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}
static SHARED: AtomicU64 = AtomicU64::new(0);
static LOCKED: Mutex<u64> = Mutex::new(0);

#[inline(never)]
fn body(x: u64) -> u64 {
    black_box(x) + 1
}

#[inline(never)]
fn bump(x: u64) -> u64 {
    COUNT.set(COUNT.get() + 1);
    black_box(x) + 1
}

#[inline(never)]
fn fetch_add(x: u64) -> u64 {
    SHARED.fetch_add(1, Ordering::Relaxed);
    black_box(x) + 1
}

#[inline(never)]
fn mutex(x: u64) -> u64 {
    *LOCKED.lock().unwrap() += 1;
    black_box(x) + 1
}

/// Nothing but arithmetic, as much of it at once as a processor does: two that are one core's
/// halves take longer over it together.
#[inline(never)]
fn arithmetic(x: u64) -> u64 {
    let mut lanes = [x, x ^ 1, x ^ 2, x ^ 3, x ^ 4];
    for _ in 0..8 {
        lanes = lanes.map(|lane| lane.rotate_left(7) ^ (lane >> 3));
    }
    lanes.iter().fold(0, |sum, lane| sum ^ lane)
}

/// A reading of the cycle counter, or of the clock where there is none.
#[inline]
pub fn ticks() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the instruction exists on every x86-64 processor and reads no memory.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        use std::sync::LazyLock;
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed().as_nanos() as u64
    }
}

/// Nanoseconds in a tick, over a hundredth of a second.
pub fn nanoseconds_per_tick() -> f64 {
    let (start, before) = (Instant::now(), ticks());
    while start.elapsed().as_millis() < 10 {
        std::hint::spin_loop();
    }
    start.elapsed().as_nanos() as f64 / (ticks() - before) as f64
}

#[inline(never)]
fn two_ticks(x: u64) -> u64 {
    let start = ticks();
    let result = black_box(x) + 1;
    black_box(ticks() - start);
    result
}

#[inline(never)]
fn two_instants(x: u64) -> u64 {
    let start = Instant::now();
    let result = black_box(x) + 1;
    black_box(start.elapsed());
    result
}

pub fn call() -> Op {
    op!("a call that is not inlined", body)
}

thread_local! {
    static PAGES: Vec<Cell<u64>> = vec![Cell::new(0); 3 * 4096];
}

#[inline(never)]
#[allow(
    dead_code,
    reason = "the worst calls under faults are a program of their own"
)]
fn write_three(x: u64) -> u64 {
    PAGES.with(|pages| pages.iter().step_by(4096).for_each(|word| word.set(x)));
    black_box(x) + 1
}

/// As many pages of memory as a timed call writes to.
#[allow(
    dead_code,
    reason = "the worst calls under faults are a program of their own"
)]
pub fn write_pages() -> Op {
    op!("writes to three pages", write_three)
}

/// The base of counters.
pub fn count() -> Op {
    op!("thread-local Cell", bump)
}

/// The base of timers.
pub fn clock() -> Op {
    op!("two rdtsc", two_ticks)
}

pub fn instants() -> Op {
    op!("two Instant", two_instants)
}

pub fn processor() -> Op {
    op!("arithmetic", arithmetic)
}

pub fn atomic() -> Op {
    op!("relaxed fetch_add", fetch_add)
}

pub fn lock() -> Op {
    op!("mutex", mutex)
}

/// The base of sending: a datagram of 48 bytes to a port.
pub fn send(port: u16) -> Op {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(("127.0.0.1", port)).expect("an address");
    Op::new("one UDP send", move |calls| {
        for _ in 0..calls {
            // A refusal of an earlier one is an error here, and costs the same.
            let _ = black_box(socket.send(&[0x80; 48]));
        }
    })
}
