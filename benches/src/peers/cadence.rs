//! cadence: a datagram for each event, by a queue and a thread or on the caller's thread.

use std::hint::black_box;
use std::net::UdpSocket;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use cadence::prelude::*;
use cadence::{MetricSink, QueuingMetricSink, StatsdClient, UdpMetricSink};

use super::Peer;
use crate::op;

static CLIENT: OnceLock<StatsdClient> = OnceLock::new();

fn client() -> &'static StatsdClient {
    CLIENT.get().expect("set up before it is measured")
}

#[inline(never)]
fn count(x: u64) -> u64 {
    let _ = client().count("bench.counted", 1);
    black_box(x) + 1
}

#[inline(never)]
fn time(x: u64) -> u64 {
    let start = Instant::now();
    let result = black_box(x) + 1;
    let _ = client().time("bench.timed", start.elapsed());
    result
}

fn with_sink(
    name: &'static str,
    sink: impl MetricSink + Send + Sync + std::panic::RefUnwindSafe + 'static,
) -> Peer {
    let _ = CLIENT.set(StatsdClient::from_sink("bench", sink));
    Peer {
        count: Some(op!(name, count)),
        time: Some(op!(name, time)),
        count_name: Some(Arc::new(|name| {
            let _ = client().count(name, 1);
        })),
        ..Peer::default()
    }
}

fn udp(port: u16) -> UdpMetricSink {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_nonblocking(true).expect("a non-blocking socket");
    UdpMetricSink::from(("127.0.0.1", port), socket).expect("a sink")
}

/// With the bound that its guide shows: an unbounded queue grows without end.
pub(super) fn queued(port: u16) -> Peer {
    with_sink(
        "cadence queued",
        QueuingMetricSink::with_capacity(udp(port), 512 * 1024),
    )
}

pub(super) fn unbuffered(port: u16) -> Peer {
    with_sink("cadence unbuffered", udp(port))
}
