//! What users write with logd, as operations.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use logd::testing::Spy;
use logd::{Client, Counter, Timer, accumulate, accumulated, counted, timed};

use crate::measure::Op;
use crate::op;

#[counted("bench.counted")]
#[inline(never)]
fn count(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("bench.timed")]
#[inline(never)]
fn time(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("bench.timed_tenth", rate = 0.1)]
#[inline(never)]
fn time_tenth(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("bench.timed_hundredth", rate = 0.01)]
#[inline(never)]
fn time_hundredth(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("bench.adaptive", adaptive)]
#[inline(never)]
fn time_adaptive(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("bench.both")]
#[counted("bench.both")]
#[inline(never)]
fn time_and_count(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("bench.{kind}")]
#[inline(never)]
fn time_named(kind: &str) -> usize {
    black_box(kind).len()
}

#[timed("bench.timed_async")]
async fn time_future(x: u64) -> u64 {
    black_box(x) + 1
}

#[inline(never)]
fn time_async(x: u64) -> u64 {
    poll_once(time_future(x))
}

#[timed("bench.outcome", outcome)]
#[inline(never)]
fn time_outcome(x: u64) -> Result<u64, ()> {
    Ok(black_box(x) + 1)
}

#[inline(never)]
fn section(x: u64) -> u64 {
    accumulate!("bench.section", { black_box(x) + 1 })
}

#[accumulated("bench.section")]
fn sections(calls: u64) {
    for call in 0..calls {
        black_box(section(black_box(call)));
    }
}

#[inline(never)]
fn section_alone(x: u64) -> u64 {
    accumulate!("bench.section_alone", { black_box(x) + 1 })
}

/// The value of a future that is ready when it is polled first.
pub fn poll_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the futures that are measured have nothing to wait for"),
    }
}

pub fn counted() -> Op {
    op!("counted", count)
}

pub fn timed() -> Op {
    op!("timed", time)
}

/// Slices that fit into the raw places of a window; each has a window of its own.
pub fn timed_raw() -> Op {
    let spy = Spy::new();
    let (inside, drained) = (spy.clone(), spy);
    // Entering the scope is part of a slice and of the empty slice that is taken off.
    Op::new("timed, raw places", move |calls| {
        inside.run(|| {
            for call in 0..calls {
                black_box(time(black_box(call)));
            }
        });
    })
    .in_windows(60, move || {
        black_box(drained.timer("bench.timed").count());
    })
}

pub fn timed_tenth() -> Op {
    op!("timed, rate 0.1", time_tenth)
}

pub fn timed_hundredth() -> Op {
    op!("timed, rate 0.01", time_hundredth)
}

pub fn timed_adaptive() -> Op {
    op!("timed, adaptive, window full", time_adaptive)
}

pub fn timed_and_counted() -> Op {
    op!("timed + counted", time_and_count)
}

pub fn timed_async() -> Op {
    op!("timed async, ready at once", time_async)
}

pub fn outcome() -> Op {
    op!("timed with outcome", time_outcome)
}

/// A name that is filled in from an argument, of eight that come in turn.
pub fn timed_named() -> Op {
    const KINDS: [&str; 8] = [
        "order", "user", "cart", "item", "stock", "price", "image", "label",
    ];
    Op::new("timed, name from an argument", |calls| {
        for call in 0..calls {
            black_box(time_named(black_box(KINDS[call as usize % KINDS.len()])));
        }
    })
}

pub fn section_of_open() -> Op {
    Op::new("section of an accumulator", sections)
}

pub fn section_complete() -> Op {
    op!("section complete in itself", section_alone)
}

pub fn increment_by_name(client: &Client) -> Op {
    let client = client.clone();
    Op::new("increment by name", move |calls| {
        for _ in 0..calls {
            client.increment(black_box("bench.by_name"));
        }
    })
}

pub fn counter_of_client(client: &Client) -> Op {
    let counter: Counter = client.counter("bench.made").expect("a valid name");
    Op::new("counter of a client", move |calls| {
        for _ in 0..calls {
            black_box(&counter).increment();
        }
    })
}

pub fn timer_of_client(client: &Client) -> Op {
    let timer: Timer = client.timer("bench.made").expect("a valid name");
    Op::new("timer of a client", move |calls| {
        for _ in 0..calls {
            let timed = black_box(&timer).start();
            black_box(calls);
            timed.stop();
        }
    })
}
