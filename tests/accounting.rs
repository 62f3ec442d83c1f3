//! The books: every event that a program made is sampled out, sent, dropped for a reason or
//! pending, in every mode and at every moment; and what was dropped is told to the receiver
//! without a change to them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use logd::{Builder, Client, Counter, DropReason, Meter, Timer};
use logd_receiver::{Interval, Receiver};

const PATIENCE: Duration = Duration::from_secs(20);

fn builder(receiver: &Receiver) -> Builder {
    Client::builder()
        .host("127.0.0.1")
        .port(receiver.local_addr().port())
        .flush_interval(Duration::from_millis(20))
}

fn receiver() -> Receiver {
    Receiver::bind("127.0.0.1:0").expect("a free port")
}

fn sum(interval: &Interval, key: &str) -> f64 {
    interval.counter(key).map_or(0.0, |counter| counter.sum)
}

fn assert_books(client: &Client, made: Option<u64>) {
    let stats = client.stats();
    assert_eq!(
        stats.events(),
        stats.sampled_out() + stats.sent() + stats.dropped() + stats.pending(),
        "{stats:?}"
    );
    if let Some(made) = made {
        assert_eq!(stats.events(), made, "{stats:?}");
    }
}

/// A linear congruential generator: the same program for the same seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// One call of any kind; how many events it made.
fn act(draw: &mut Draw, client: &Client) -> u64 {
    static HITS: Counter = Counter::new("books.hits");
    static RATED: Counter = Counter::new("books.rated").rate(0.3);
    static LEVEL: Meter = Meter::new("books.level");
    static RATED_LEVEL: Meter = Meter::new("books.rated_level").rate(0.5);
    static WORK: Timer = Timer::new("books.work");
    static RATED_WORK: Timer = Timer::new("books.rated_work").rate(0.2);
    match draw.below(16) {
        0 => HITS.increment(),
        1 => HITS.add(-7),
        2 => HITS.add(0.25),
        3 => HITS.add(0),
        4 => HITS.add(f64::INFINITY),
        5 => RATED.increment(),
        6 => LEVEL.set(3),
        7 => LEVEL.set(f64::NAN),
        8 => RATED_LEVEL.set(1.5),
        9 => WORK.record(Duration::from_micros(5)),
        10 => drop(WORK.start()),
        11 => RATED_WORK.start().stop(),
        12 => {
            WORK.start().discard();
            return 0;
        }
        13 => client.increment(["a name", "", "books.named", "..."][draw.below(4) as usize]),
        14 => client.delete_log("books.log").expect("a path"),
        _ => {
            // Refused when others were first with as many names as there may be.
            let Ok(named) = client.timer("books.made") else {
                return 0;
            };
            named.record(Duration::from_millis(1));
        }
    }
    1
}

/// Threads at work while flushes and questions come in between.
fn at_work(client: &Client, seed: u64, calls: u32) -> u64 {
    thread::scope(|threads| {
        let workers: Vec<_> = (0..3)
            .map(|number| {
                threads.spawn(move || {
                    let mut draw = Draw(seed * 10 + number);
                    client
                        .scope()
                        .run(|| (0..calls).map(|_| act(&mut draw, client)).sum::<u64>())
                })
            })
            .collect();
        for _ in 0..3 {
            assert_books(client, None);
            let _ = client.flush(PATIENCE);
        }
        workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker"))
            .sum()
    })
}

#[test]
fn the_sums_hold_in_every_mode_and_after_the_end() {
    let cases = std::env::var("LOGD_CASES").map_or(12, |cases| cases.parse().expect("a number"));
    for seed in 0..cases {
        let receiver = receiver();
        let reduces = seed % 2 == 0;
        let client = builder(&receiver)
            .reduce(reduces)
            .datagrams_per_second(if seed % 3 == 0 { 50 } else { 2000 })
            .log_queue(3, 1 << 10)
            .max_names(2)
            .build()
            .expect("a client");
        let made = at_work(&client, seed, 400);
        assert_books(&client, Some(made));
        assert!(!client.flush(PATIENCE).timed_out());
        assert_books(&client, Some(made));
        assert_eq!(client.stats().pending(), 0);

        // At the other end: what was handed over was read, and what was dropped was told.
        let interval = receiver.flush();
        let (stats, health) = (client.stats(), &interval.health);
        assert_eq!(
            stats.messages(),
            health.datagrams + health.lost.unwrap_or(0),
            "seed {seed}"
        );
        if health.lost == Some(0) {
            for reason in DropReason::ALL {
                let told = sum(&interval, &format!("logd.client.dropped.{reason}"));
                assert_eq!(
                    told,
                    stats.dropped_by(*reason) as f64,
                    "seed {seed}: {reason}"
                );
            }
        }

        // At the end, and after it.
        let acts = |draw: &mut Draw| (0..50).map(|_| act(draw, &client)).sum::<u64>();
        let mut draw = Draw(seed);
        let late = client.scope().run(|| acts(&mut draw));
        let _ = client.shutdown(PATIENCE);
        let after = client.scope().run(|| acts(&mut draw));
        assert_books(&client, Some(made + late + after));
        assert!(client.stats().dropped_by(DropReason::Closed) > 0);
    }
}

/// Who looks at the statistics collects what came since the flush began.
#[test]
fn a_flush_is_complete_whoever_looks_at_the_statistics_meanwhile() {
    static RACED: Counter = Counter::new("books.raced");
    let receiver = receiver();
    let client = builder(&receiver).build().expect("a client");
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            client.scope().run(|| {
                while !done.load(Ordering::Relaxed) {
                    RACED.increment();
                }
            });
        });
        for _ in 0..3 {
            threads.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    assert_books(&client, None);
                }
            });
        }
        let reports: Vec<_> = (0..1000).map(|_| client.flush(PATIENCE)).collect();
        done.store(true, Ordering::Relaxed);
        for report in reports {
            assert!(report.is_complete(), "{report}");
        }
    });
    assert!(client.flush(PATIENCE).is_complete());
    let counted = sum(&receiver.flush(), "books.raced");
    assert_eq!(counted, client.stats().sent() as f64);
}

#[test]
fn a_client_that_does_nothing_has_empty_books() {
    let client = Client::noop();
    let mut draw = Draw(7);
    client
        .scope()
        .run(|| (0..200).map(|_| act(&mut draw, &client)).sum::<u64>());
    assert_books(&client, Some(0));
}

#[test]
fn nothing_is_told_where_nothing_was_lost() {
    let receiver = receiver();
    let client = builder(&receiver).build().expect("a client");
    client.increment("books.kept");
    assert!(client.flush(PATIENCE).is_complete());
    let interval = receiver.flush();
    assert_eq!(interval.counters.len(), 1, "{interval}");
    assert_eq!(client.stats().messages(), 1);
}

#[test]
fn what_was_lost_is_told_once_with_the_prefix_and_stands_for_no_event() {
    let receiver = receiver();
    let client = builder(&receiver).prefix("shop").build().expect("a client");
    client.add("books.kept", 2);
    (0..5).for_each(|_| client.increment("..."));
    client.add("books.kept", f64::NAN);
    let report = client.flush(PATIENCE);
    assert_eq!(
        (report.events(), report.sent(), report.dropped()),
        (7, 1, 6)
    );
    let interval = receiver.flush();
    assert_eq!(sum(&interval, "shop:logd.client.dropped.invalid_key"), 5.0);
    assert_eq!(
        sum(&interval, "shop:logd.client.dropped.invalid_value"),
        1.0
    );
    assert_eq!(sum(&interval, "shop:books.kept"), 2.0);
    assert_eq!(interval.counters.len(), 3, "{interval}");
    assert_eq!(report.messages(), 3);

    // The next flush has nothing new to tell.
    client.add("books.kept", 1);
    assert!(client.flush(PATIENCE).is_complete());
    let interval = receiver.flush();
    assert_eq!(sum(&interval, "shop:logd.client.dropped.invalid_key"), 0.0);
}

#[test]
fn it_can_be_switched_off() {
    let receiver = receiver();
    let client = builder(&receiver)
        .report_drops(false)
        .build()
        .expect("a client");
    client.increment("...");
    client.increment("books.kept");
    let report = client.flush(PATIENCE);
    assert_eq!(report.dropped_by(DropReason::InvalidKey), 1);
    assert_eq!(receiver.flush().counters.len(), 1);
}

#[test]
fn what_a_receiver_missed_is_told_when_one_is_there_again() {
    let first = receiver();
    let address = first.local_addr();
    let client = builder(&first).build().expect("a client");
    client.increment("books.first");
    assert!(client.flush(PATIENCE).is_complete());
    drop(first);

    // Nobody listens: the kernel says so, and reports would be lost with the rest.
    for _ in 0..5 {
        client.increment("books.missed");
        let _ = client.flush(PATIENCE);
    }
    let missed = client.stats().dropped_by(DropReason::Refused);
    assert!(missed > 0, "{:?}", client.stats());

    let second = Receiver::bind(address).expect("the same port");
    // The first to get through shows that somebody is there, the next flush tells.
    for _ in 0..3 {
        client.increment("books.second");
        let _ = client.flush(PATIENCE);
    }
    let interval = second.flush();
    let refused = client.stats().dropped_by(DropReason::Refused);
    assert_eq!(
        sum(&interval, "logd.client.dropped.refused"),
        refused as f64,
        "{interval}"
    );
    assert_books(&client, Some(9));
}
