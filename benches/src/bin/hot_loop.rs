//! The hot calls as loops for an instruction counter: `hot_loop NAME CALLS`. Only the
//! functions called `loop_…` are counted, so that neither set-up nor the worker is.

use std::hint::black_box;

use logd::testing::Spy;
use logd::{accumulate, accumulated, counted, timed};

#[inline(never)]
fn body(x: u64) -> u64 {
    black_box(x) + 1
}

#[counted("hot.counted")]
#[inline(never)]
fn counted_call(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("hot.timed")]
#[inline(never)]
fn timed_call(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("hot.tenth", rate = 0.1)]
#[inline(never)]
fn tenth_call(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("hot.adaptive", adaptive)]
#[inline(never)]
fn adaptive_call(x: u64) -> u64 {
    black_box(x) + 1
}

#[timed("hot.both")]
#[counted("hot.both")]
#[inline(never)]
fn both_call(x: u64) -> u64 {
    black_box(x) + 1
}

#[inline(never)]
fn section_call(x: u64) -> u64 {
    accumulate!("hot.section", { black_box(x) + 1 })
}

macro_rules! loops {
    ($($name:ident: $call:path;)*) => {$(
        #[inline(never)]
        fn $name(calls: u64) {
            for call in 0..calls {
                black_box($call(black_box(call)));
            }
        }
    )*};
}

loops! {
    loop_empty: body;
    loop_counted: counted_call;
    loop_timed: timed_call;
    loop_tenth: tenth_call;
    loop_adaptive: adaptive_call;
    loop_both: both_call;
    loop_section_calls: section_call;
}

#[accumulated("hot.section")]
fn sections(calls: u64) {
    loop_section_calls(calls);
}

/// Calls in a window of their own, few enough for its raw places.
const RAW: u64 = 60;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(calls)) = (arguments.next(), arguments.next()) else {
        panic!("usage: hot_loop NAME CALLS");
    };
    let calls: u64 = calls.parse().expect("a number of calls");
    let spy = Spy::new();
    let scope = spy.scope();
    let run = |run: fn(u64), calls: u64| scope.run(|| run(calls));
    match name.as_str() {
        "empty" => run(loop_empty, calls),
        "counted" => run(loop_counted, calls),
        "timed-raw" => {
            for _ in 0..calls / RAW {
                run(loop_timed, RAW);
                black_box(spy.timer("hot.timed").count());
            }
        }
        "timed-past-raw" => run(loop_timed, calls),
        "rate-0.1" => run(loop_tenth, calls),
        "adaptive" => run(loop_adaptive, calls),
        "timed-and-counted" => run(loop_both, calls),
        "section" => run(sections, calls),
        other => panic!("no loop is called {other:?}"),
    }
}
