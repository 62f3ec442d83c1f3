//! A datagram sent to a receiver on a real socket: it lives, accounts for the datagram, and
//! prints lines, a table and JSON that hold nothing but what belongs there.
#![no_main]

use std::cell::RefCell;
use std::net::UdpSocket;

use libfuzzer_sys::fuzz_target;
use logd_receiver::Receiver;

/// A receiver keeps its keys until it stops: a new one from time to time.
const DATAGRAMS: u32 = 200;
const KEYS: usize = 20;

struct Ends {
    receiver: Receiver,
    socket: UdpSocket,
    sent: u32,
}

impl Ends {
    fn new() -> Self {
        let receiver = Receiver::builder()
            .max_keys(KEYS)
            .max_samples(10)
            .max_log_lines(2)
            .bind("127.0.0.1:0")
            .expect("a free port");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket
            .connect(receiver.local_addr())
            .expect("the receiver's address");
        Ends {
            receiver,
            socket,
            sent: 0,
        }
    }
}

thread_local! {
    static ENDS: RefCell<Ends> = RefCell::new(Ends::new());
}

fuzz_target!(|datagram: &[u8]| {
    ENDS.with_borrow_mut(|ends| {
        if ends.sent >= DATAGRAMS {
            *ends = Ends::new();
        }
        if ends.socket.send(datagram).is_err() {
            return; // Longer than a datagram can be.
        }
        ends.sent += 1;
        let interval = ends.receiver.flush();
        let health = &interval.health;
        assert_eq!((health.datagrams, health.lost.unwrap_or(0)), (1, 0));
        assert!(health.bad.total() + health.ignored <= 1);
        assert!(interval.num_stats() <= KEYS);
        assert!(interval.logs.len() <= 2);
        for line in interval.graphite_lines(1).lines() {
            let parts: Vec<&str> = line.split_whitespace().collect();
            assert!(
                parts.len() == 3 && parts[0].starts_with("stats.") && parts[2] == "1",
                "{line:?}"
            );
            assert!(!line.contains([';', '\0', '\r']) && line.len() < 16_384);
        }
        let json = interval.to_json();
        assert!(!json.contains('\n'));
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON");
        for line in &interval.logs {
            let json = line.to_json();
            assert!(!json.contains('\n'));
            serde_json::from_str::<serde_json::Value>(&json).expect("JSON");
        }
        let table = interval.to_string();
        assert!(
            table
                .chars()
                .all(|character| character == '\n' || !character.is_control())
        );
    });
});
