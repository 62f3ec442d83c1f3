//! A bound socket in place of a receiver, so that a test sees the very datagrams that a
//! client sends; and the recorded datagrams of the protocol. Each test has its own socket.
#![allow(
    dead_code,
    reason = "every test binary compiles this file and uses its own part"
)]

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::path::Path;
use std::time::Duration;

use logd::{Builder, Client};
use serde_json::Value as Json;

/// How long a datagram or a flush may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The receiving end: a socket on a free port of this machine.
pub(crate) struct Wire {
    socket: UdpSocket,
}

impl Wire {
    pub(crate) fn new() -> Wire {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Wire { socket }
    }

    pub(crate) fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().port()
    }

    /// The settings of a client that sends here, a datagram for each event.
    pub(crate) fn builder(&self) -> Builder {
        Client::builder()
            .host("127.0.0.1")
            .port(self.port())
            .reduce(false)
    }

    /// A client that sends here, a datagram for each event.
    pub(crate) fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    /// Flushes the client and takes everything that it has sent since the last time.
    pub(crate) fn sent_by(&self, client: &Client) -> Vec<Vec<u8>> {
        let report = client.flush(PATIENCE);
        assert!(report.is_complete(), "{report}");
        self.take(report.messages())
    }

    /// The one datagram that the client has sent since the last time.
    pub(crate) fn one_sent_by(&self, client: &Client) -> Vec<u8> {
        let mut sent = self.sent_by(client);
        assert_eq!(sent.len(), 1, "{sent:02x?}");
        sent.remove(0)
    }

    /// Takes `count` datagrams, and sees to it that no more have come.
    pub(crate) fn take(&self, count: u64) -> Vec<Vec<u8>> {
        let taken: Vec<_> = (0..count).map(|_| self.receive()).collect();
        self.socket.set_nonblocking(true).unwrap();
        let more = self.socket.recv(&mut [0; 1]).map_err(|error| error.kind());
        self.socket.set_nonblocking(false).unwrap();
        assert_eq!(more, Err(ErrorKind::WouldBlock), "more than {count} came");
        taken
    }

    /// Takes the next datagram.
    pub(crate) fn receive(&self) -> Vec<u8> {
        let mut buffer = vec![0; 65_536];
        let length = self.socket.recv(&mut buffer).expect("a datagram in time");
        buffer.truncate(length);
        buffer
    }
}

/// Makes a call with a sample rate again and again, until one of them is kept.
pub(crate) fn until_kept(client: &Client, call: impl Fn()) {
    let kept = |client: &Client| client.stats().events() - client.stats().sampled_out();
    let before = kept(client);
    // With a rate of 0.05 the chance to get past this is 1 to 10^222.
    for _ in 0..10_000 {
        call();
        if kept(client) > before {
            return;
        }
    }
    panic!("none of 10,000 calls was kept");
}

/// One of the recorded datagrams.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// What the datagram says.
    pub(crate) decoded: Json,
}

/// The datagrams of a group, in the order of the file.
pub(crate) fn vectors(group: &str) -> Vec<Vector> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/vectors.json");
    let text = std::fs::read_to_string(file).expect("the vectors are part of the project");
    let all: Vec<Json> = serde_json::from_str(&text).expect("the vectors are valid JSON");
    all.into_iter()
        .filter(|vector| vector["group"] == group)
        .map(|vector| Vector {
            name: vector["name"].as_str().unwrap().to_owned(),
            bytes: unhex(vector["hex"].as_str().unwrap()),
            decoded: vector["decoded"].clone(),
        })
        .collect()
}

/// The bytes of the recommended datagram of this name.
pub(crate) fn recommended(name: &str) -> Vec<u8> {
    vectors("recommended")
        .into_iter()
        .find(|vector| vector.name == name)
        .unwrap_or_else(|| panic!("no vector is named {name:?}"))
        .bytes
}

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    assert_eq!(hex.len() % 2, 0, "{hex:?}");
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}
