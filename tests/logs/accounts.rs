//! Every record is accounted for: sent, dropped for a reason, or pending.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use log::info;
use logd::{Client, DropReason};

use crate::support::{PATIENCE, Setup, assert_accounted};

#[test]
fn a_full_queue_drops_the_newest_and_counts_them() {
    let setup = Setup::new();
    for (records, bytes, fit) in [(10, usize::MAX, 10), (usize::MAX, 2000, 3)] {
        // It has no address, so nothing is ever taken out of the queue.
        let builder = Client::builder()
            .host("nobody.invalid")
            .log_queue(records, bytes);
        let client = builder.build().unwrap();
        let logger = setup.logger().client(client.clone()).build().unwrap();
        let message = "m".repeat(400);
        for _ in 0..50 {
            info!(logger: logger, "{message}");
        }
        let stats = client.stats();
        assert_eq!(stats.pending(), fit, "{stats:?}");
        assert_eq!(
            stats.dropped_by(DropReason::QueueFull),
            50 - fit,
            "{stats:?}"
        );
        assert_accounted(&client, 50);
        let report = client.shutdown(Duration::from_millis(10));
        assert_eq!(report.dropped(), 50, "{report}");
        assert_accounted(&client, 50);
    }
}

#[test]
fn records_after_the_shutdown_are_counted_and_harmless() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    info!(logger: logger, "before");
    let report = setup.client.shutdown(PATIENCE);
    assert!(report.is_complete(), "{report}");
    for _ in 0..5 {
        info!(logger: logger, "{}", "m".repeat(100_000));
    }
    log::Log::flush(&logger);
    let stats = setup.client.stats();
    assert_eq!((stats.sent(), stats.dropped_by(DropReason::Closed)), (1, 5));
    assert_accounted(&setup.client, 6);
    assert_eq!(setup.receiver.flush().logs.len(), 1);
}

#[test]
fn a_client_that_does_nothing_makes_no_record() {
    struct Unseen;
    impl std::fmt::Display for Unseen {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("nobody looks")
        }
    }
    let setup = Setup::new();
    let disabled = Client::builder().enabled(false).build().unwrap();
    for client in [Client::noop(), disabled] {
        let logger = setup.logger().client(client.clone()).build().unwrap();
        info!(logger: logger, "{Unseen}");
        log::Log::flush(&logger);
        assert_accounted(&client, 0);
    }
}

#[test]
fn threads_that_log_more_than_is_sent_lose_nothing_unseen() {
    const THREADS: u64 = 4;
    const RECORDS: u64 = 2000;
    let setup = Setup::new();
    let port = setup.receiver.local_addr().port();
    let builder = Client::builder().host("127.0.0.1").port(port);
    let client = builder.log_queue(64, usize::MAX).build().unwrap();
    let logger = setup.logger().client(client.clone()).build().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let stats = client.stats();
                let known = stats.sent() + stats.dropped() + stats.pending();
                assert_eq!(stats.events(), known, "{stats:?}");
            }
        });
        let loggers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let logger = &logger;
                threads.spawn(move || {
                    for number in 0..RECORDS {
                        info!(logger: logger, thread, number; "made");
                        // Now and then somebody waits for the records.
                        if number.is_multiple_of(500) {
                            log::Log::flush(logger);
                        }
                    }
                })
            })
            .collect();
        loggers
            .into_iter()
            .for_each(|logger| logger.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    let report = client.flush(PATIENCE);
    assert_eq!(report.pending(), 0, "{report}");
    assert_accounted(&client, THREADS * RECORDS);
    let interval = setup.receiver.flush();
    let lost = interval.health.lost.unwrap_or(0);
    assert_eq!(interval.logs.len() as u64 + lost, client.stats().sent());
    assert_eq!(lost, 0, "{interval}");
}
