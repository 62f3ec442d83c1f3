//! fastrace with a reporter and a local parent: without a parent its spans do nothing.

use std::hint::black_box;

use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use fastrace::{Span, trace};

use super::Peer;
use crate::measure::Op;
use crate::ours::poll_once;

/// Takes the spans and drops them, so that only recording is measured.
struct Dropping;

impl Reporter for Dropping {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        black_box(spans);
    }
}

/// Spans under one parent: more than a parent holds would be dropped, not recorded.
const UNDER_ONE_PARENT: u64 = 1000;

#[trace]
#[inline(never)]
fn time(x: u64) -> u64 {
    black_box(x) + 1
}

#[trace]
async fn time_future(x: u64) -> u64 {
    black_box(x) + 1
}

#[inline(never)]
fn time_async(x: u64) -> u64 {
    poll_once(time_future(x))
}

fn under_parents(mut calls: u64, call: impl Fn(u64) -> u64) {
    while calls > 0 {
        let now = calls.min(UNDER_ONE_PARENT);
        let root = Span::root("bench", SpanContext::random());
        let _parent = root.set_local_parent();
        for n in 0..now {
            black_box(call(black_box(n)));
        }
        calls -= now;
    }
}

pub(super) fn with_reporter() -> Peer {
    fastrace::set_reporter(Dropping, Config::default());
    Peer {
        time: Some(Op::new("fastrace", |calls| under_parents(calls, time))),
        time_async: Some(Op::new("fastrace", |calls| {
            under_parents(calls, time_async)
        })),
        ..Peer::default()
    }
}
