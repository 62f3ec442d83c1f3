//! Shipping to Graphite, over real connections: one per interval, nothing lost while it is
//! there, and a missing one that costs its intervals and nothing else.

mod common;

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use common::Client;
use logd_receiver::Receiver;

fn all_of(mut connection: TcpStream) -> String {
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn each_interval_arrives_over_a_connection_of_its_own() {
    let graphite = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = Receiver::builder()
        .nominal_interval(Duration::from_secs(2))
        .graphite(graphite.local_addr().unwrap().to_string())
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    for expected in ["stats.c 0.5 ", "stats.c 0.5 "] {
        client.count("c");
        let interval = receiver.flush();
        let text = all_of(graphite.accept().unwrap().0);
        let timestamp: u64 = text.lines().next().unwrap()[expected.len()..]
            .parse()
            .unwrap();
        assert_eq!(text, interval.graphite_lines(timestamp));
        assert!(text.starts_with(expected), "{text}");
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!(now.abs_diff(timestamp) <= 1);
    }
}

#[test]
fn the_last_interval_arrives_before_stop_returns() {
    let graphite = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = Receiver::builder()
        .graphite(graphite.local_addr().unwrap().to_string())
        .bind("127.0.0.1:0")
        .unwrap();
    Client::of(receiver.local_addr()).count("last");
    let last = receiver.stop();
    assert_eq!(
        (last.health.graphite_sent, last.health.graphite_lost),
        (1, 0)
    );
    assert!(all_of(graphite.accept().unwrap().0).starts_with("stats.last "));
}

#[test]
fn a_missing_graphite_costs_its_intervals_and_is_found_again() {
    // A port that nobody listens on, and somebody does later.
    let graphite = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = graphite.local_addr().unwrap();
    drop(graphite);
    let receiver = Receiver::builder()
        .graphite(address.to_string())
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    client.count("c");
    let mut lost = receiver.flush().health.graphite_lost;
    while lost == 0 {
        lost = receiver.snapshot().health.graphite_lost;
    }
    client.count("c");
    assert_eq!(
        receiver.snapshot().counter("c").unwrap().sum,
        1.0,
        "still received"
    );

    let graphite = TcpListener::bind(address).unwrap();
    let last = receiver.stop();
    assert!(last.health.graphite_sent >= 1);
    assert!(all_of(graphite.accept().unwrap().0).starts_with("stats.c "));
}

#[test]
fn a_graphite_that_accepts_and_never_reads_does_not_keep_the_socket_waiting() {
    let graphite = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = Receiver::builder()
        .graphite(graphite.local_addr().unwrap().to_string())
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    // More than the buffers of a connection hold, so that shipping gets stuck.
    for n in 0..5_000 {
        client.count(&format!("{n}{}", "k".repeat(1_000)));
    }
    let first = receiver.flush();
    assert!(first.counters.len() > 4_000);
    let mut lost = 0;
    for n in 0..20 {
        client.count("c");
        let interval = receiver.flush();
        assert_eq!(interval.counter("c").unwrap().sum, 1.0, "{n}");
        lost += interval.health.graphite_lost;
    }
    assert!(
        lost > 0,
        "intervals that found the shipper busy are lost and counted"
    );
    drop(graphite);
}
