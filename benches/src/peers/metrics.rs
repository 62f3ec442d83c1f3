//! metrics with metrics-exporter-dogstatsd, histograms sampled: aggregates and sends from a
//! thread of its own, as logd does.

use std::hint::black_box;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use metrics::{Counter, Histogram, counter, histogram};
use metrics_exporter_dogstatsd::DogStatsDBuilder;

use super::Peer;
use crate::op;

static COUNTER: OnceLock<Counter> = OnceLock::new();
static HISTOGRAM: OnceLock<Histogram> = OnceLock::new();

#[inline(never)]
fn count(x: u64) -> u64 {
    counter!("bench.counted").increment(1);
    black_box(x) + 1
}

#[inline(never)]
fn count_kept(x: u64) -> u64 {
    if let Some(counter) = COUNTER.get() {
        counter.increment(1);
    }
    black_box(x) + 1
}

#[inline(never)]
fn time(x: u64) -> u64 {
    let start = Instant::now();
    let result = black_box(x) + 1;
    histogram!("bench.timed").record(start.elapsed());
    result
}

#[inline(never)]
fn time_kept(x: u64) -> u64 {
    let start = Instant::now();
    let result = black_box(x) + 1;
    if let Some(histogram) = HISTOGRAM.get() {
        histogram.record(start.elapsed());
    }
    result
}

pub(super) fn with_dogstatsd(port: u16) -> Peer {
    DogStatsDBuilder::default()
        .with_remote_address(format!("127.0.0.1:{port}"))
        .expect("an address")
        .with_histogram_sampling(true)
        .install()
        .expect("the only recorder");
    let _ = COUNTER.set(counter!("bench.counted"));
    let _ = HISTOGRAM.set(histogram!("bench.timed"));
    Peer {
        count: Some(op!("metrics", count)),
        count_kept: Some(op!("metrics", count_kept)),
        time: Some(op!("metrics", time)),
        time_kept: Some(op!("metrics", time_kept)),
        count_name: Some(Arc::new(|name| {
            counter!("bench.named", "name" => name.to_owned()).increment(1);
        })),
        ..Peer::default()
    }
}
