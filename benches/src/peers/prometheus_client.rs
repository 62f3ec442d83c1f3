//! prometheus-client: an atomic for a counter, a lock for a histogram, and no sending; it is
//! read over HTTP.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::Peer;
use crate::op;

static COUNTER: LazyLock<Counter> = LazyLock::new(Counter::default);
static HISTOGRAM: LazyLock<Histogram> =
    LazyLock::new(|| Histogram::new(exponential_buckets(1e-8, 4.0, 16)));
static NAMED: LazyLock<Family<Vec<(String, String)>, Counter>> = LazyLock::new(Family::default);

#[inline(never)]
fn count(x: u64) -> u64 {
    COUNTER.inc();
    black_box(x) + 1
}

#[inline(never)]
fn time(x: u64) -> u64 {
    let start = Instant::now();
    let result = black_box(x) + 1;
    HISTOGRAM.observe(start.elapsed().as_secs_f64());
    result
}

pub(super) fn with_registry() -> Peer {
    let mut registry = Registry::default();
    registry.register("counted", "Calls", COUNTER.clone());
    registry.register("timed", "Durations", HISTOGRAM.clone());
    // Kept for good, as a server would.
    Box::leak(Box::new(registry));
    Peer {
        count: Some(op!("prometheus-client", count)),
        time: Some(op!("prometheus-client", time)),
        count_name: Some(Arc::new(|name| {
            NAMED
                .get_or_create(&vec![("name".to_owned(), name.to_owned())])
                .inc();
        })),
        ..Peer::default()
    }
}
