//! More than there is room for: ten times the budget, ten times the queues, and a storm of
//! threads that come and go.

use std::thread;
use std::time::{Duration, Instant};

use logd::{Client, Counter, DropReason};
use logd_receiver::Receiver;

use crate::books::{Made, PATIENCE, Table, audited, flushed, reducing, single_events, size};
use crate::child;

/// How many threads the child of the storm runs: it has no variables of ours.
const STORM: &str = "TEST_THREADS";

#[test]
fn overload_10x_of_the_budget() {
    const BUDGET: u32 = 200;
    const KEYS: u64 = 200;
    let interval = Duration::from_millis(100);
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = reducing(receiver.local_addr().port())
        .flush_interval(interval)
        .datagrams_per_second(BUDGET)
        .build()
        .expect("a client");
    let names: Vec<_> = (0..KEYS).map(|key| format!("faults.k{key}")).collect();
    // Two hundred keys ten times a second ask for 2,000 messages a second.
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < Duration::from_millis(size(5000, 1000)) {
        names.iter().for_each(|name| client.increment(name));
        rounds += 1;
        thread::sleep(Duration::from_millis(10));
    }
    let stats = client.stats();
    let earned = f64::from(BUDGET) * (start.elapsed() + interval).as_secs_f64();
    assert!(stats.messages() as f64 <= earned, "{stats:?}, {earned}");
    assert!(stats.pending() > 0, "{stats:?}");
    assert_eq!(stats.dropped(), 0, "{stats:?}");

    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    let stats = client.stats();
    assert_eq!(stats.events(), rounds * KEYS);
    assert_eq!(stats.events(), stats.sent(), "{stats:?}");
    let table = receiver.flush();
    assert_eq!(
        (table.health.datagrams, table.health.lost),
        (stats.messages(), Some(0))
    );
    for name in &names {
        assert_eq!(table.counter(name).unwrap().sum, rounds as f64, "{name}");
    }
}

#[test]
fn overload_10x_of_the_queues_of_single_events() {
    static BURST: Counter = Counter::new("faults.burst");
    const THREADS: u64 = 8;
    let each = size(409_600, 40_960);
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = single_events(receiver.local_addr().port())
        .build()
        .expect("a client");
    thread::scope(|threads| {
        for _ in 0..THREADS {
            let scope = client.scope();
            threads.spawn(move || scope.run(|| (0..each).for_each(|_| BURST.increment())));
        }
    });
    let report = client.flush(PATIENCE);
    assert!(!report.timed_out(), "{report}");
    let stats = client.stats();
    let dropped = stats.dropped_by(DropReason::QueueFull);
    assert!(dropped > 0, "the queues held everything: {stats:?}");
    assert_eq!(stats.events(), THREADS * each);
    assert_eq!(stats.events(), stats.sent() + dropped, "{stats:?}");
    assert_eq!(stats.sent(), stats.messages());
    let table = receiver.flush();
    let lost = table.health.lost.expect("the kernel's own count");
    assert_eq!(table.health.datagrams + lost, stats.messages());
    assert_eq!(
        table.counter("faults.burst").unwrap().sum as u64,
        THREADS * each - dropped - lost
    );
}

#[test]
fn overload_10x_of_the_queue_of_log_messages() {
    const QUEUE: u64 = 100;
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = reducing(receiver.local_addr().port())
        .log_queue(QUEUE as usize, 1 << 20)
        .build()
        .expect("a client");
    let mut made = 0;
    // As fast as it goes, until more has come than there was room for.
    while made < 10 * QUEUE || client.stats().dropped() == 0 {
        client.delete_log("faults.log").expect("a path");
        made += 1;
    }
    let report = client.flush(PATIENCE);
    assert!(!report.timed_out(), "{report}");
    let stats = client.stats();
    let dropped = stats.dropped_by(DropReason::QueueFull);
    assert_eq!(stats.events(), made);
    assert_eq!(stats.events(), stats.sent() + dropped, "{stats:?}");
    let table = receiver.flush();
    let lost = table.health.lost.expect("the kernel's own count");
    assert_eq!(table.deleted.len() as u64 + lost, made - dropped);
}

/// A hundred thousand threads that each record a little: nothing is lost, and memory stays
/// what it was after the first of them.
#[test]
fn thread_storm() {
    let test = "load::thread_storm";
    let threads = size(1_000_000, 100_000).to_string();
    child::succeeded(&child::run(test, &[(STORM, &threads)], || {
        let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
        let client = reducing(receiver.local_addr().port())
            .flush_interval(Duration::from_millis(20))
            .build()
            .expect("a client");
        let threads: u64 = std::env::var(STORM).unwrap().parse().unwrap();
        let mut made = storm(&client, threads / 20);
        flushed(&client);
        let before = resident_bytes();
        made += storm(&client, threads - threads / 20);
        flushed(&client);
        let grown = resident_bytes().saturating_sub(before);
        assert!(grown < 4 << 20, "{grown} bytes more than {before}");

        let stats = audited(&client, made);
        assert_eq!((stats.sent(), stats.dropped()), (made.events(), 0));
        Table::of(&receiver.flush()).agrees(made, &stats);
    }));
}

/// Runs this many threads, eight at a time, each of which makes a round.
fn storm(client: &Client, threads: u64) -> Made {
    let mut made = Made::default();
    for _ in 0..threads / 8 {
        thread::scope(|scope| {
            for _ in 0..8 {
                let current = client.scope();
                scope.spawn(move || current.run(|| Made::here(1)));
            }
        });
        made += Made { rounds: 8 };
    }
    made
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the process's figures");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    1024 * kilobytes
        .expect("a figure")
        .parse::<u64>()
        .expect("a number")
}
