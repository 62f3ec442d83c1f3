//! A receiver on a Unix socket: absent, restarted, blocked. There the kernel refuses nothing and
//! throws nothing away, so all that is made arrives, with the receiver that is there by then.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use logd::{Builder, Client, Stats};
use logd_receiver::Receiver;

use crate::books::{
    Made, PATIENCE, Table, audited, flushed, flushed_with, reducing, single_events, under_load,
    wait_for,
};
use crate::child;
use crate::forked::fork;
use crate::peer::Peer;

/// Long enough for a flush to see that nothing goes out.
const A_MOMENT: Duration = Duration::from_millis(100);

/// More rounds than the kernel keeps messages for a receiver.
const ROUNDS: u64 = 200;

/// The path of a socket for one test, short enough for one.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Place {
        let name = format!("logd-{test}-{}.sock", std::process::id());
        Place(std::env::temp_dir().join(name))
    }

    fn address(&self) -> String {
        format!("unix:{}", self.0.display())
    }

    fn receiver(&self) -> Receiver {
        Receiver::builder()
            .bind_unix(&self.0)
            .expect("a path of our own")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Both kinds of clients, sending to this socket.
fn both(path: &Path) -> [Builder; 2] {
    [
        reducing(1).unix_socket(path),
        single_events(1)
            .unix_socket(path)
            .flush_interval(Duration::from_secs(3600)),
    ]
}

/// A flush that ends by its time limit, and why.
fn held_up(client: &Client, state: &str) {
    let report = client.flush(A_MOMENT);
    assert!(report.timed_out(), "{report}");
    assert_eq!(report.dropped(), 0, "{report}");
    assert!(report.transport().contains(state), "{report}");
}

#[test]
fn unix_socket_whose_receiver_is_absent_at_first() {
    let place = Place::new("absent");
    for builder in both(&place.0) {
        let client = builder.build().expect("no receiver is no error");
        let mut made = Made::by(&client, ROUNDS);
        held_up(&client, "unreachable: unix:");
        let before = audited(&client, made);
        assert_eq!((before.sent(), before.dropped()), (0, 0), "{before:?}");

        let receiver = place.receiver();
        made += Made::by(&client, ROUNDS);
        assert!(client.flush(PATIENCE).is_complete());
        let stats = audited(&client, made);
        assert!(stats.transport().starts_with("sending to unix:"));
        Table::of(&receiver.stop()).agrees(made, &stats);
    }
}

#[test]
fn unix_socket_whose_receiver_restarts() {
    let place = Place::new("restarts");
    for builder in both(&place.0) {
        let client = builder.build().expect("a client");
        let mut peer = Peer::start(place.address());
        let mut made = Made::by(&client, ROUNDS);
        flushed(&client);
        let mut table = peer.table();
        for _ in 0..3 {
            // As by a crash: its file is still there.
            peer.kill();
            made += Made::by(&client, ROUNDS);
            held_up(&client, "refused: nobody listens on unix:");
            let pending = audited(&client, made).pending();
            assert!(pending > 0);
            peer = Peer::start(place.address());
            flushed_with(&client, pending);
            table += peer.table();
        }
        // Another one that takes its place at once is not even noticed.
        drop(peer);
        let receiver = place.receiver();
        made += Made::by(&client, ROUNDS);
        flushed(&client);
        table += Table::of(&receiver.stop());
        table.agrees(made, &audited(&client, made));
    }
}

#[test]
fn unix_socket_that_another_receiver_takes_over() {
    let (place, beside) = (Place::new("taken"), Place::new("beside"));
    for builder in both(&place.0) {
        let client = builder.build().expect("a client");
        let old = place.receiver();
        let mut made = Made::by(&client, ROUNDS);
        flushed(&client);
        // The old one lives and reads on: nothing tells the client but the path.
        let new = beside.receiver();
        fs::rename(&beside.0, &place.0).expect("a path of our own");
        let mut table = Table::default();
        wait_for("message to the new receiver", || {
            made += Made::by(&client, 1);
            flushed(&client);
            let come = Table::of(&new.flush());
            table += come;
            come.read > 0
        });
        table += Table::of(&old.flush());
        made += Made::by(&client, ROUNDS);
        flushed(&client);
        table += Table::of(&new.flush());
        assert_eq!(Table::of(&old.flush()).read, 0, "the old one has got more");

        // A path that is gone is no reason to leave a receiver that reads.
        fs::remove_file(&place.0).expect("its file");
        // Longer than from one look at the path to the next.
        thread::sleep(Duration::from_millis(1100));
        made += Made::by(&client, ROUNDS);
        flushed(&client);
        table += Table::of(&new.stop());
        table.agrees(made, &audited(&client, made));
    }
}

#[test]
fn unix_socket_whose_receiver_restarts_under_load() {
    let place = Place::new("load");
    let client = reducing(1)
        .unix_socket(&place.0)
        .flush_interval(Duration::from_millis(5));
    let client = client.build().expect("a client");
    let first = place.receiver();
    let turn = || {
        thread::sleep(Duration::from_micros(100));
        Made::by(&client, 5)
    };
    let (made, (mut table, last)) = under_load(2, turn, || {
        let (mut table, mut receiver) = (Table::default(), first);
        for _ in 0..10 {
            let before = client.stats().messages();
            wait_for("load", || client.stats().messages() > before + 20);
            // It takes nothing more before it reads what is left.
            table += Table::of(&receiver.stop());
            receiver = place.receiver();
        }
        (table, receiver)
    });
    assert!(client.flush(PATIENCE).is_complete());
    table += Table::of(&last.stop());
    table.agrees(made, &audited(&client, made));
}

#[test]
fn unix_socket_whose_receiver_is_blocked() {
    let place = Place::new("blocked");
    for builder in both(&place.0) {
        let client = builder.build().expect("a client");
        let mut peer = Peer::start(place.address());
        peer.block();
        let mut made = Made::by(&client, ROUNDS);
        // Reduced, the rounds are fewer messages than the kernel keeps.
        let many = many_names(&client);
        held_up(&client, "full: unix:");
        let stats = client.stats();
        assert!(stats.pending() > 0 && stats.dropped() == 0, "{stats:?}");

        peer.go_on();
        made += Made::by(&client, ROUNDS);
        assert!(client.flush(PATIENCE).is_complete());
        let stats = client.stats();
        assert_eq!(stats.events(), made.events() + many);
        let table = peer.table();
        assert_eq!((table.read, table.lost), (stats.messages(), 0));
        assert_eq!(table.hits, made.rounds as f64);
        assert_eq!(table.calls, made.rounds as f64);
    }
}

/// Counts under names that the table leaves out; how many.
fn many_names(client: &Client) -> u64 {
    const NAMES: u64 = 1000;
    for name in 0..NAMES {
        client.increment(&format!("name.{name}"));
    }
    NAMES
}

#[test]
fn unix_socket_and_a_burst_of_1000_names() {
    let place = Place::new("burst");
    let receiver = place.receiver();
    // By a flush, and by the windows of the client's own thread.
    for interval in [3600, 1] {
        let client = Client::builder()
            .unix_socket(&place.0)
            .flush_interval(Duration::from_secs(interval))
            .build()
            .expect("a client");
        let made = many_names(&client);
        if interval == 3600 {
            assert!(client.flush(PATIENCE).is_complete());
        } else {
            // The kernel's ten or so to a window would take minutes.
            wait_for("burst", || client.stats().sent() == made);
        }
        let stats: Stats = client.stats();
        assert_eq!((stats.sent(), stats.messages()), (made, made), "{stats:?}");
        let interval = receiver.flush();
        assert_eq!(interval.health.datagrams, made);
        assert_eq!(interval.num_stats() as u64, made);
        for name in 0..made {
            let key = format!("name.{name}");
            assert_eq!(interval.counter(&key).expect("it came").sum, 1.0, "{key}");
        }
    }
}

#[test]
fn unix_socket_and_forks() {
    const PATH: &str = "TEST_PATH";
    let place = Place::new("forks");
    let receiver = place.receiver();
    let test = "unix_sockets::unix_socket_and_forks";
    let path = place.0.to_str().expect("text");
    child::succeeded(&child::run(test, &[(PATH, path)], || {
        let logd = logd::builder()
            .unix_socket(std::env::var(PATH).expect("set by the parent"))
            .flush_interval(Duration::from_secs(3600))
            .init()
            .expect("the first init");
        Made::here(ROUNDS);
        assert!(logd.flush(PATIENCE).is_complete());
        // Pending in the parent when the child begins.
        Made::here(ROUNDS);
        fork(|| {
            let made = Made::here(ROUNDS);
            flushed(&logd::client());
            audited(&logd::client(), made);
        })
        .succeeds();
        Made::here(ROUNDS);
        assert!(logd.flush(PATIENCE).is_complete());
    }));
    let table = Table::of(&receiver.flush());
    let rounds = (4 * ROUNDS) as f64;
    assert_eq!(
        (table.hits, table.calls, table.share),
        (rounds, rounds, rounds)
    );
}
