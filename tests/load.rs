//! Under load only precision and delay change, never a total: millions of events on
//! many threads within one flush interval, and tens of thousands of keys. Small by
//! default; `LOGD_FULL=1` (see `scripts/soak`) makes it ten million events and 50,000 keys.

use std::thread;
use std::time::{Duration, Instant};

use logd::{Client, Counter, Timer};
use logd_receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(60);
const THREADS: u64 = 8;
const BUDGET: u32 = 2_000;

/// The full size, or a part of it that a debug build does in a second.
fn size(full: u64, usual: u64) -> u64 {
    if std::env::var_os("LOGD_FULL").is_some() {
        full
    } else {
        usual
    }
}

fn pair(interval: Duration) -> (Receiver, Client) {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .port(receiver.local_addr().port())
        .flush_interval(interval)
        .datagrams_per_second(BUDGET)
        .max_names(60_000)
        .build()
        .expect("a client");
    (receiver, client)
}

#[test]
fn millions_of_events_in_one_interval_arrive_to_the_last_one_within_the_budget() {
    static HITS: Counter = Counter::new("load.hits");
    static BALANCE: Counter = Counter::new("load.balance").rate(0.1);
    static EACH: Timer = Timer::new("load.each");
    static SOME: Timer = Timer::new("load.some").rate(0.01);
    let rounds = size(10_000_000, 400_000) / 4 / THREADS;

    let (receiver, client) = pair(Duration::from_secs(1));
    let start = Instant::now();
    thread::scope(|threads| {
        for number in 0..THREADS {
            let scope = client.scope();
            threads.spawn(move || {
                scope.run(|| {
                    for round in 0..rounds {
                        HITS.increment();
                        BALANCE.add(round as i64 - number as i64);
                        EACH.record(Duration::from_nanos(1 + number * rounds + round));
                        SOME.start().stop();
                    }
                });
            });
        }
    });
    let took = start.elapsed();
    let messages = client.stats().messages();
    let seconds = start.elapsed().as_secs_f64();
    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    let in_all = client.stats().messages();
    println!(
        "{} events in {:.2} s, {messages} messages, {} more at the flush",
        client.stats().events(),
        took.as_secs_f64(),
        in_all - messages
    );
    // One window's worth to begin with, and a timer's messages leave together.
    let earned = f64::from(BUDGET) * (seconds + 1.0) + 30.0;
    assert!(
        messages as f64 <= earned,
        "{messages} messages, {earned} earned"
    );
    // Four keys: a flush adds a window's worth of each.
    assert!(
        in_all - messages <= 4 * 2 * 30,
        "{} messages",
        in_all - messages
    );

    let calls = THREADS * rounds;
    assert_eq!(client.stats().events(), 4 * calls);
    let interval = receiver.flush();
    assert_eq!(interval.health.lost, Some(0));
    assert_eq!(interval.counter("load.hits").unwrap().sum, calls as f64);
    let balance: i64 = (0..THREADS as i64)
        .map(|number| rounds as i64 * (rounds as i64 - 1) / 2 - number * rounds as i64)
        .sum();
    assert_eq!(
        interval.counter("load.balance").unwrap().sum,
        balance as f64
    );
    assert_eq!(interval.timer("load.some").unwrap().count, calls as f64);
    let each = interval.timer("load.each").unwrap();
    assert_eq!(each.count, calls as f64);
    assert_eq!(each.lower, 1e-9);
    assert_eq!(each.upper, Duration::from_nanos(calls).as_secs_f64());
}

#[test]
fn tens_of_thousands_of_keys_arrive_to_the_last_event() {
    let keys = size(50_000, 5_000) as usize;
    let (receiver, client) = pair(Duration::from_millis(100));
    // Every fifth is a timer.
    let is_timer = |key: usize| key % 5 == 4;
    let names: Vec<_> = (0..keys).map(|key| format!("load.k{key}")).collect();
    let start = Instant::now();
    thread::scope(|threads| {
        for number in 0..2 {
            let (client, names) = (&client, &names);
            threads.spawn(move || {
                for round in 1..=3 {
                    for (key, name) in names.iter().enumerate() {
                        if is_timer(key) {
                            let micros = (key as u64 + 1) * round + number;
                            client.record(name, Duration::from_micros(micros));
                        } else {
                            client.add(name, round as i64);
                        }
                    }
                }
            });
        }
    });
    let recorded = start.elapsed();
    let messages = client.stats().messages();
    let earned = f64::from(BUDGET) * (start.elapsed().as_secs_f64() + 0.1) + 30.0;
    assert!(
        messages as f64 <= earned,
        "{messages} messages, {earned} earned"
    );
    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    println!(
        "{keys} keys recorded in {:.2} s, {messages} messages; the flush took {:.2} s and {}",
        recorded.as_secs_f64(),
        report.took().as_secs_f64(),
        client.stats().messages() - messages
    );
    let interval = receiver.flush();
    assert_eq!(interval.health.lost, Some(0));
    for (key, name) in names.iter().enumerate() {
        if is_timer(key) {
            let told = interval.timer(name).unwrap_or_else(|| panic!("no {name}"));
            let lower = Duration::from_micros(key as u64 + 1).as_secs_f64();
            let upper = Duration::from_micros((key as u64 + 1) * 3 + 1).as_secs_f64();
            assert_eq!(
                (told.count, told.lower, told.upper),
                (6.0, lower, upper),
                "{name}"
            );
        } else {
            let told = interval.counter(name).map(|counter| counter.sum);
            assert_eq!(told, Some(12.0), "{name}");
        }
    }
}
