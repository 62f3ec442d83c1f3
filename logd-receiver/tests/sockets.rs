//! The socket's side: everything sent before a flush is in it, what the queue lost is seen,
//! and an address that cannot be had is an error that says what to do.

mod common;

use std::net::UdpSocket;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::Client;
use logd_receiver::{Event, Receiver};

#[test]
fn everything_sent_before_a_flush_is_in_it() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    for round in 1..=200 {
        for _ in 0..round {
            client.count("c");
        }
        assert_eq!(receiver.flush().counter("c").unwrap().sum, f64::from(round));
    }
}

#[test]
fn everything_sent_by_many_threads_is_received_or_seen_to_be_lost() {
    const THREADS: u64 = 4;
    const EACH: u64 = 5_000;
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let client = Client::of(receiver.local_addr());
                for _ in 0..EACH {
                    client.count("c");
                }
            });
        }
    });
    let interval = receiver.flush();
    let lost = interval.health.lost.unwrap_or(0);
    assert_eq!(interval.health.datagrams + lost, THREADS * EACH);
    assert_eq!(
        interval.counter("c").unwrap().sum,
        interval.health.datagrams as f64
    );
}

#[test]
#[cfg(target_os = "linux")]
fn datagrams_that_the_queue_lost_are_counted_exactly() {
    let receiver = Receiver::builder()
        .receive_buffer(1)
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    let mut sent = 0;
    let mut read = 0;
    let mut lost = 0;
    // The smallest buffer holds a few datagrams, so a burst overflows it sooner or later.
    while lost == 0 {
        for _ in 0..10_000 {
            client.count("c");
        }
        sent += 10_000;
        let health = receiver.flush().health;
        read += health.datagrams;
        lost += health.lost.unwrap();
        assert_eq!(read + lost, sent);
    }
    assert_eq!(receiver.flush().health.lost, Some(0), "counted once");
}

#[test]
fn a_taken_port_is_an_error_that_says_what_to_do() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = Receiver::bind(address).unwrap_err();
    assert!(error.is_address_in_use());
    assert!(!error.is_invalid_setting());
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {address}: the port is taken: stop what listens there or choose \
             another port (port 0 takes a free one)"
        )
    );
}

#[test]
fn an_address_of_another_machine_or_of_none_is_an_error() {
    let error = Receiver::bind("192.0.2.1:8126").unwrap_err();
    assert!(!error.is_address_in_use());
    assert!(error.to_string().contains("192.0.2.1:8126"), "{error}");
    assert!(
        Receiver::bind("no port here")
            .unwrap_err()
            .is_invalid_setting()
    );
}

#[test]
fn settings_that_make_no_sense_are_errors() {
    for threshold in [0.0, -1.0, 100.5, f64::NAN] {
        let error = Receiver::builder()
            .threshold(threshold)
            .bind("127.0.0.1:0")
            .unwrap_err();
        assert!(error.is_invalid_setting(), "{threshold}");
    }
    let error = Receiver::builder()
        .interval(Duration::ZERO)
        .bind("127.0.0.1:0")
        .unwrap_err();
    assert!(error.is_invalid_setting());
}

#[test]
fn a_port_is_free_again_once_its_receiver_is_dropped() {
    let address = Receiver::bind("127.0.0.1:0").unwrap().local_addr();
    drop(Receiver::bind(address).unwrap());
    let _ = Receiver::bind(address).unwrap().stop();
    assert!(Receiver::bind(address).is_ok());
}

#[test]
fn the_largest_datagram_is_read_whole() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    let mut datagram = b"\x83\xa2id\x01\xa4path\xa1p\xa3msg\xda".to_vec();
    let room = u16::try_from(65_507 - datagram.len() - 2).unwrap();
    datagram.extend_from_slice(&room.to_be_bytes());
    datagram.resize(65_507, b'm');
    client.send(&datagram);
    let interval = receiver.flush();
    assert_eq!(
        interval.logs[0].text("msg").unwrap().len(),
        usize::from(room)
    );
}

#[test]
fn intervals_end_by_the_clock_and_reach_the_channel() {
    let (events, coming) = mpsc::sync_channel(100);
    let receiver = Receiver::builder()
        .interval(Duration::from_millis(20))
        .events(events)
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    client.count("c");
    client.log("app.log", "a line");
    let mut sums = Vec::new();
    let mut lines = Vec::new();
    while sums.len() < 2 || lines.is_empty() {
        match coming.recv().unwrap() {
            Event::Log(line) => lines.push(line),
            Event::Interval(interval) => {
                assert_eq!(interval.length, Duration::from_millis(20));
                assert!(interval.logs.is_empty(), "the channel has the lines");
                sums.extend(interval.counter("c").map(|counter| counter.sum));
            }
            _ => {}
        }
    }
    assert_eq!(sums[..2], [1.0, 0.0]);
    assert_eq!(lines[0].text("msg"), Some("a line"));

    drop(receiver);
    assert!(
        coming.into_iter().count() < 100,
        "the channel ends with its receiver"
    );
}

#[test]
fn a_channel_that_nobody_empties_costs_what_it_holds_and_is_counted() {
    let (events, coming) = mpsc::sync_channel(1);
    let receiver = Receiver::builder()
        .events(events)
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    for _ in 0..3 {
        client.log("app.log", "a line");
    }
    assert_eq!(receiver.flush().health.logs_dropped, 2);
    assert!(matches!(coming.recv(), Ok(Event::Log(_))));
}
