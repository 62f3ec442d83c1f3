//! tracing with the registry and a layer that times spans: without a subscriber it does
//! nothing, and that is no measurement.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::Peer;
use crate::op;
use crate::ours::poll_once;

/// The least that a layer which measures has to do.
struct Timing {
    calls: AtomicU64,
    nanoseconds: AtomicU64,
}

struct Started(Instant);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Timing {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Started(Instant::now()));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(Started(start)) = span.extensions().get::<Started>()
        {
            self.calls.fetch_add(1, Ordering::Relaxed);
            self.nanoseconds
                .fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        }
    }
}

#[tracing::instrument(skip_all)]
#[inline(never)]
fn time(x: u64) -> u64 {
    black_box(x) + 1
}

#[tracing::instrument(skip_all)]
async fn time_future(x: u64) -> u64 {
    black_box(x) + 1
}

#[inline(never)]
fn time_async(x: u64) -> u64 {
    poll_once(time_future(x))
}

pub(super) fn with_timing_layer() -> Peer {
    tracing_subscriber::registry()
        .with(Timing {
            calls: AtomicU64::new(0),
            nanoseconds: AtomicU64::new(0),
        })
        .init();
    Peer {
        time: Some(op!("tracing", time)),
        time_async: Some(op!("tracing", time_async)),
        ..Peer::default()
    }
}
