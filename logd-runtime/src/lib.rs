//! The run-time half of [`logd-client`](https://docs.rs/logd-client): records
//! measurements without blocking, reduces them, and ships them to logd.
//!
//! Use the crate `logd-client` (library `logd`) in programs: it re-exports what is
//! public here together with the attributes. This crate exists so that the
//! attributes and the facade have one thing to call.

// Layer 0: words and formats; nothing here knows of clients.
mod clock;
mod error;
mod fork;
mod key;
mod names;
mod off;
mod rate;
mod stats;
mod sync;
mod sys;
pub mod wire;
// Layer 1: the way in and the way out.
mod record;
mod transport;
// Layer 2: between them.
mod worker;
// Layer 3: what users hold.
mod accumulator;
mod client;
mod config;
mod global;
mod hooks;
mod manual;
mod metric;
mod outcome;
mod scope;
// Layer 4: what surrounds it.
#[cfg(any(feature = "log", feature = "metrics", feature = "tracing"))]
mod bridge;
pub mod testing;

#[doc(hidden)]
pub mod private;

pub use accumulator::{Accumulator, AccumulatorExt, InAccumulator, Section};
#[cfg(feature = "log")]
pub use bridge::{Logger, LoggerBuilder};
#[cfg(feature = "metrics")]
pub use bridge::{MetricsRecorder, MetricsRecorderBuilder};
#[cfg(feature = "tracing")]
pub use bridge::{TracingLayer, TracingLayerBuilder};
pub use client::{Builder, Client};
pub use config::{Config, Origin};
pub use error::Error;
pub use global::{
    FlushGuard, builder, client, delete_log, flush, flush_accumulator, flush_accumulators,
    flush_async, init, start_accumulator, start_timer, stop_accumulator, stop_timer,
};
pub use metric::{Amount, Counter, Meter, Reading, TimedGuard, Timer};
pub use outcome::Outcome;
pub use scope::{Scope, Scoped};
pub use stats::{DropReason, Drops, FlushReport, Stats};
pub use transport::AddressFamily;
pub use wire::Format;
