//! What the tests of the receiver share: the recorded datagrams, and a client.
#![allow(
    dead_code,
    reason = "every test binary compiles this file and uses its own part"
)]

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;

use serde_json::Value as Json;

/// One recorded run of the original daemon.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) group: String,
    /// The datagrams of the interval, in order.
    pub(crate) datagrams: Vec<Vec<u8>>,
    /// True, false or `"crash"`.
    pub(crate) accepted: Json,
    pub(crate) graphite_lines: Option<Vec<String>>,
    pub(crate) next_interval_lines: Option<Vec<String>>,
    pub(crate) stored: Option<Vec<Json>>,
    pub(crate) stats_interval_ms: u64,
}

pub(crate) fn vectors() -> Vec<Vector> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/vectors.json");
    let text = std::fs::read_to_string(file).expect("the vectors are part of the project");
    let all: Vec<Json> = serde_json::from_str(&text).expect("the vectors are valid JSON");
    all.iter()
        .map(|v| {
            let lines = |field: &str| {
                let lines = v[field].as_array()?.iter();
                Some(lines.map(|l| l.as_str().unwrap().to_owned()).collect())
            };
            let hex =
                std::iter::once(&v["hex"]).chain(v["then_hex"].as_array().into_iter().flatten());
            Vector {
                name: v["name"].as_str().unwrap().to_owned(),
                group: v["group"].as_str().unwrap().to_owned(),
                datagrams: hex.map(|hex| unhex(hex.as_str().unwrap())).collect(),
                accepted: v["accepted_by_logd"].clone(),
                graphite_lines: lines("graphite_lines"),
                next_interval_lines: lines("next_interval_lines"),
                stored: v["stored"].as_array().cloned(),
                stats_interval_ms: v["stats_interval_ms"].as_u64().unwrap_or(1000),
            }
        })
        .collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

/// A socket that sends to one receiver.
pub(crate) struct Client(UdpSocket);

impl Client {
    pub(crate) fn of(address: SocketAddr) -> Client {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(address).unwrap();
        Client(socket)
    }

    pub(crate) fn send(&self, datagram: &[u8]) {
        self.0.send(datagram).unwrap();
    }

    pub(crate) fn count(&self, key: &str) {
        let mut datagram = Vec::new();
        let one = logd_runtime::wire::Number::Int(1);
        logd_runtime::wire::counter(&mut datagram, key, one, None).unwrap();
        self.send(&datagram);
    }

    pub(crate) fn time(&self, key: &str, seconds: f64) {
        let mut datagram = Vec::new();
        let seconds = logd_runtime::wire::Number::Float(seconds);
        logd_runtime::wire::timer(&mut datagram, key, seconds, None).unwrap();
        self.send(&datagram);
    }

    /// A log line with any path, also one that our own client refuses.
    pub(crate) fn log(&self, path: &str, msg: &str) {
        let mut datagram = b"\x84\xa2id\x01\xa5level\xa4INFO".to_vec();
        for text in ["path", path, "msg", msg] {
            datagram.push(0xda);
            datagram.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
            datagram.extend_from_slice(text.as_bytes());
        }
        self.send(&datagram);
    }

    pub(crate) fn delete(&self, path: &str) {
        let mut datagram = Vec::new();
        logd_runtime::wire::delete(&mut datagram, path).unwrap();
        self.send(&datagram);
    }
}
