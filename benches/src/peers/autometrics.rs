//! autometrics over prometheus-client: counts, times and names the caller.

use std::hint::black_box;

use autometrics::autometrics;

use super::Peer;
use crate::op;
use crate::ours::poll_once;

#[autometrics]
#[inline(never)]
fn time(x: u64) -> u64 {
    black_box(x) + 1
}

#[autometrics]
async fn time_future(x: u64) -> u64 {
    black_box(x) + 1
}

#[inline(never)]
fn time_async(x: u64) -> u64 {
    poll_once(time_future(x))
}

pub(super) fn with_prometheus_client() -> Peer {
    Peer {
        time: Some(op!("autometrics (counts too)", time)),
        time_async: Some(op!("autometrics (counts too)", time_async)),
        ..Peer::default()
    }
}
