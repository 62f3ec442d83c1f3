//! A fork in the middle of load: each process sends what it made itself, once.

use std::time::Duration;

use logd_receiver::Receiver;

use crate::books::{Made, PATIENCE, Table, audited, flushed, under_load};
use crate::child;
use crate::forked::fork;

const PORT: &str = "TEST_PORT";
const FORKS: u64 = 50;
const ROUNDS: u64 = 25;

/// Tells the parent's parent what a process made, and in how many messages it left.
fn tell(made: Made) {
    let stats = audited(&logd::client(), made);
    assert_eq!((stats.pending(), stats.dropped()), (0, 0), "{stats:?}");
    println!("\nmade {} {}", made.rounds, stats.messages());
}

#[test]
fn fork_in_the_middle_of_load() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    let test = "forks::fork_in_the_middle_of_load";
    let output = child::run(test, &[(PORT, &port)], || {
        let port = std::env::var(PORT).expect("set by the parent");
        let logd = logd::builder()
            .port(port.parse().expect("a port"))
            .flush_interval(Duration::from_millis(10))
            .init()
            .expect("the first init");
        let (mut made, own) = under_load(
            2,
            || Made::here(10),
            || {
                let mut made = Made::default();
                for _ in 0..FORKS {
                    made += Made::here(1);
                    fork(|| {
                        let made = Made::here(ROUNDS);
                        flushed(&logd::client());
                        tell(made);
                    })
                    .succeeds();
                }
                made
            },
        );
        made += own;
        assert!(logd.flush(PATIENCE).is_complete());
        tell(made);
    });
    child::succeeded(&output);
    let (mut rounds, mut messages, mut processes) = (0, 0, 0);
    for told in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some(told) = told.strip_prefix("made ") {
            let (made, sent) = told.split_once(' ').expect("two numbers");
            rounds += made.parse::<u64>().expect("a number");
            messages += sent.parse::<u64>().expect("a number");
            processes += 1;
        }
    }
    assert_eq!(processes, FORKS + 1);
    let table = Table::of(&receiver.flush());
    assert_eq!((table.read, table.lost), (messages, 0));
    let rounds = rounds as f64;
    assert_eq!(
        (table.hits, table.calls, table.share),
        (rounds, rounds, rounds)
    );
}
