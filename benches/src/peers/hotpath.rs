//! hotpath with its guard, every call timed or one in ten.

use std::hint::black_box;

use hotpath::HotpathGuardBuilder;

use super::Peer;
use crate::op;
use crate::ours::poll_once;

#[hotpath::measure]
#[inline(never)]
fn time(x: u64) -> u64 {
    black_box(x) + 1
}

#[hotpath::measure]
async fn time_future(x: u64) -> u64 {
    black_box(x) + 1
}

#[inline(never)]
fn time_async(x: u64) -> u64 {
    poll_once(time_future(x))
}

fn guard(builder: HotpathGuardBuilder) {
    // Never dropped: it would print its report.
    std::mem::forget(builder.build());
}

pub(super) fn with_guard() -> Peer {
    guard(HotpathGuardBuilder::new("bench"));
    Peer {
        time: Some(op!("hotpath", time)),
        time_async: Some(op!("hotpath", time_async)),
        ..Peer::default()
    }
}

pub(super) fn with_guard_at(rate: f64) -> Peer {
    // SAFETY: no other thread reads the environment while the process sets itself up.
    unsafe { std::env::set_var("HOTPATH_TIME_SAMPLING_RATE", rate.to_string()) };
    guard(HotpathGuardBuilder::new("bench"));
    Peer {
        time_tenth: Some(op!("hotpath, rate 0.1", time)),
        ..Peer::default()
    }
}
