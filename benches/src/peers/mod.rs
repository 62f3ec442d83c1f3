//! The libraries that logd is compared with, each set up as its guide says. A process has
//! one of them: their recorders are global, and some have threads of their own.

mod autometrics;
mod cadence;
mod fastrace;
mod hotpath;
mod metrics;
mod prometheus_client;
mod tracing;

use crate::keys::NameCounter;
use crate::measure::Op;

/// What a peer has to set beside logd. Where it has nothing there is nothing.
#[derive(Default)]
pub struct Peer {
    pub count: Option<Op>,
    /// A counter that the caller keeps, where the usual call looks one up.
    pub count_kept: Option<Op>,
    pub time: Option<Op>,
    pub time_kept: Option<Op>,
    pub time_tenth: Option<Op>,
    pub time_async: Option<Op>,
    /// Counts under the name of a number, which is one of many.
    pub count_name: Option<NameCounter>,
}

pub const NAMES: &[&str] = &[
    "cadence",
    "cadence-unbuffered",
    "metrics",
    "tracing",
    "fastrace",
    "hotpath",
    "hotpath-tenth",
    "prometheus-client",
    "autometrics",
];

/// Sets a peer up to send to a port of this machine, if it sends.
pub fn set_up(name: &str, port: u16) -> Peer {
    match name {
        "cadence" => cadence::queued(port),
        "cadence-unbuffered" => cadence::unbuffered(port),
        "metrics" => metrics::with_dogstatsd(port),
        "tracing" => tracing::with_timing_layer(),
        "fastrace" => fastrace::with_reporter(),
        "hotpath" => hotpath::with_guard(),
        "hotpath-tenth" => hotpath::with_guard_at(0.1),
        "prometheus-client" => prometheus_client::with_registry(),
        "autometrics" => autometrics::with_prometheus_client(),
        _ => panic!("{name:?} is no peer: {NAMES:?}"),
    }
}
