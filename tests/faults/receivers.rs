//! The receiver: absent, dead, restarted, blocked, slow.

use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use logd::{Client, DropReason, Stats};

use crate::books::{
    Made, PATIENCE, QUEUE_OF_ROUNDS, Table, audited, flushed, reducing, single_events, under_load,
    wait_for,
};
use crate::peer::Peer;
use crate::sandbox::{self, do_run, refused_by_the_kernel};

const ANY: &str = "127.0.0.1:0";

/// A port that was free a moment ago, and on which nobody listens.
fn free_port() -> u16 {
    let socket = UdpSocket::bind(ANY).expect("a free port");
    socket.local_addr().expect("its address").port()
}

/// Makes a message of each event while nobody listens; the flush ends by itself and tells.
fn make_refused(client: &Client, rounds: u64) -> Made {
    let made = Made::by(client, rounds);
    let report = client.flush(PATIENCE);
    assert!(!report.timed_out(), "{report}");
    assert!(report.dropped_by(DropReason::Refused) > 0, "{report}");
    assert!(report.transport().contains("refused"), "{report}");
    made
}

/// Sees to it that the receiver read what was handed over, but for what its queue lost.
fn all_arrived(table: Table, messages: u64) {
    assert_eq!(table.read + table.lost, messages, "{table:?}");
    assert_eq!(table.single_events(), table.read, "{table:?}");
}

#[test]
fn receiver_absent() {
    for client in [reducing(free_port()), single_events(free_port())] {
        let client = client.build().expect("a client");
        let made = make_refused(&client, 100);
        let stats = audited(&client, made);
        // What the kernel said nothing of counts as sent, so refusals are a lower bound.
        let refused = stats.dropped_by(DropReason::Refused);
        assert_eq!(stats.dropped(), refused, "{stats:?}");
        assert_eq!(stats.pending(), 0, "{stats:?}");
    }
}

#[test]
fn receiver_absent_in_the_kernels_books() {
    let test = "receivers::receiver_absent_in_the_kernels_books";
    sandbox::run(test, &[], || {
        // Otherwise the kernel counts the datagrams of one send as one.
        do_run("ip", &["link", "set", "lo", "gso_max_segs", "1"]);
        let client = single_events(free_port()).build().expect("a client");
        let made = make_refused(&client, QUEUE_OF_ROUNDS);
        let stats = audited(&client, made);
        // Every message was handed over once, none twice, whatever the client heard of it.
        let messages = stats.events() - stats.sampled_out();
        wait_for("refusal", || refused_by_the_kernel() >= messages);
        assert_eq!(refused_by_the_kernel(), messages, "{stats:?}");
        assert_eq!(
            stats.sent() + stats.dropped_by(DropReason::Refused),
            messages
        );
    });
}

#[test]
fn receiver_dies() {
    let mut peer = Peer::start(ANY);
    let client = single_events(peer.port()).build().expect("a client");
    let mut made = Made::by(&client, 200);
    flushed(&client);
    let before = audited(&client, made);
    all_arrived(peer.table(), before.messages());
    peer.kill();
    made += make_refused(&client, 200);
    let stats = audited(&client, made);
    assert_eq!(stats.dropped(), stats.dropped_by(DropReason::Refused));
    assert_eq!(stats.pending(), 0, "{stats:?}");
}

#[test]
fn receiver_restarts() {
    let mut peer = Peer::start(ANY);
    let address = peer.address();
    let client = single_events(address.port()).build().expect("a client");
    let mut made = Made::by(&client, 200);
    flushed(&client);
    all_arrived(peer.table(), client.stats().messages());
    for _ in 0..3 {
        peer.kill();
        made += make_refused(&client, 50);
        let before = audited(&client, made);
        peer = Peer::start(address);
        made += Made::by(&client, 200);
        flushed(&client);
        let stats = audited(&client, made);
        all_arrived(peer.table(), stats.messages() - before.messages());
    }
}

#[test]
fn receiver_restarts_under_load() {
    let mut peer = Peer::start(ANY);
    let address = peer.address();
    let client = single_events(address.port()).build().expect("a client");
    let turn = || {
        thread::sleep(Duration::from_micros(100));
        Made::by(&client, 5)
    };
    let (made, mut peer) = under_load(1, turn, || {
        for _ in 0..5 {
            let before = client.stats();
            wait_for("load", || {
                client.stats().messages() > before.messages() + 100
            });
            peer.kill();
            let refused = |stats: &Stats| stats.dropped_by(DropReason::Refused);
            wait_for("refusal", || refused(&client.stats()) > refused(&before));
            assert!(client.stats().transport().contains("refused"));
            peer = Peer::start(address);
        }
        peer
    });
    assert!(!client.flush(PATIENCE).timed_out());
    let before = audited(&client, made);
    assert_eq!(before.pending(), 0, "{before:?}");
    let table = peer.table();
    assert_eq!(table.single_events(), table.read, "{table:?}");
    // Back for good: from here on nothing is missing.
    let more = Made::by(&client, 100);
    flushed(&client);
    all_arrived(peer.table(), client.stats().messages() - before.messages());
    audited(&client, sum(made, more));
}

#[test]
fn receiver_blocked() {
    let mut peer = Peer::start(ANY);
    let client = single_events(peer.port()).build().expect("a client");
    peer.block();
    let mut made = Made::by(&client, QUEUE_OF_ROUNDS);
    // The kernel takes what it then throws away: no reason to wait.
    flushed(&client);
    let stats = audited(&client, made);
    peer.go_on();
    let table = peer.table();
    assert!(table.lost > 0, "the queue held everything: {table:?}");
    all_arrived(table, stats.messages());
    // What the receiver's table lacks is what the kernel counted as lost.
    assert_eq!(
        made.events() - stats.sampled_out() - table.single_events(),
        table.lost
    );
    made += Made::by(&client, 25);
    flushed(&client);
    all_arrived(
        peer.table(),
        audited(&client, made).messages() - stats.messages(),
    );
}

#[test]
fn receiver_slow() {
    let mut peer = Peer::start(ANY);
    let client = single_events(peer.port()).build().expect("a client");
    let (mut made, mut table) = (Made::default(), Table::default());
    // It reads now and then, never as much as comes.
    for _ in 0..5 {
        peer.block();
        made += Made::by(&client, 300);
        flushed(&client);
        peer.go_on();
        table += peer.table();
    }
    let stats = audited(&client, made);
    assert!(table.lost > 0, "it kept up: {table:?}");
    all_arrived(table, stats.messages());
    assert_eq!(
        made.events() - stats.sampled_out() - table.single_events(),
        table.lost
    );
}

/// Reduced, the load of a program is a few messages, which even a receiver that does not
/// read has room for: it loses nothing.
#[test]
fn receiver_blocked_for_a_while_loses_nothing_of_what_is_reduced() {
    let mut peer = Peer::start(ANY);
    let client = reducing(peer.port()).build().expect("a client");
    peer.block();
    let made = Made::by(&client, 50_000);
    flushed(&client);
    peer.go_on();
    peer.table().agrees(made, &audited(&client, made));
}

fn sum(mut made: Made, more: Made) -> Made {
    made += more;
    made
}
