//! Totals: what a receiver adds up is what the program did, exactly, whatever the
//! number of threads, calls and keys, and whatever the rates.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use logd::testing::{self, Spy};
use logd::{Client, Counter, Meter, Timer};
use logd_receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(20);

fn pair() -> (Receiver, Client) {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .host("127.0.0.1")
        .port(receiver.local_addr().port())
        .flush_interval(Duration::from_millis(20))
        .build()
        .expect("a client");
    (receiver, client)
}

/// Waits until a meter has a reading in the receiver's running interval.
fn wait_for_a_reading(receiver: &Receiver, key: &str) {
    let deadline = Instant::now() + PATIENCE;
    while receiver
        .snapshot()
        .meter(key)
        .is_none_or(|meter| meter.count == 0)
    {
        assert!(
            Instant::now() < deadline,
            "the held meter did not come again"
        );
        thread::yield_now();
    }
}

#[test]
fn counters_and_rated_timers_agree_with_the_program_on_many_threads() {
    static CALLS: Counter = Counter::new("totals.calls").rate(0.01);
    static BALANCE: Counter = Counter::new("totals.balance");
    static WORK: Timer = Timer::new("totals.work").rate(0.1);
    static EACH: Timer = Timer::new("totals.each");
    const THREADS: i64 = 8;
    const ROUNDS: i64 = 50_000;

    let (receiver, client) = pair();
    thread::scope(|threads| {
        for number in 0..THREADS {
            let scope = client.scope();
            threads.spawn(move || {
                scope.run(|| {
                    for round in 0..ROUNDS {
                        CALLS.increment();
                        BALANCE.add(if round % 2 == 0 { number } else { -1 });
                        WORK.start().stop();
                        EACH.record(Duration::from_micros(1 + round as u64 % 100));
                    }
                });
            });
        }
    });
    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!(client.stats().events(), 4 * (THREADS * ROUNDS) as u64);

    let interval = receiver.flush();
    assert_eq!(
        interval.counter("totals.calls").unwrap().sum,
        (THREADS * ROUNDS) as f64
    );
    let expected: i64 = (0..THREADS).map(|number| (number - 1) * ROUNDS / 2).sum();
    assert_eq!(
        interval.counter("totals.balance").unwrap().sum,
        expected as f64
    );
    assert_eq!(
        interval.timer("totals.work").unwrap().count,
        (THREADS * ROUNDS) as f64
    );
    let each = interval.timer("totals.each").unwrap();
    assert_eq!(each.count, (THREADS * ROUNDS) as f64);
    assert_eq!((each.lower, each.upper), (1e-6, 1e-4));
    assert_eq!(interval.health.lost, Some(0));
}

#[test]
fn thousands_of_keys_within_a_small_budget_lose_nothing() {
    const KEYS: usize = 5_000;
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .port(receiver.local_addr().port())
        .flush_interval(Duration::from_millis(10))
        .datagrams_per_second(1000)
        .build()
        .expect("a client");
    for round in 0..3 {
        for key in 0..KEYS {
            client.add(&format!("keys.k{key}"), round + 1);
        }
    }
    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    let interval = receiver.flush();
    for key in 0..KEYS {
        let name = format!("keys.k{key}");
        assert_eq!(
            interval.counter(&name).map(|counter| counter.sum),
            Some(6.0),
            "{name}"
        );
    }
}

#[test]
fn short_lived_threads_lose_nothing_and_reuse_what_ended_ones_had() {
    static TICKS: Counter = Counter::new("totals.ticks");
    let (receiver, client) = pair();
    let scope = client.scope();
    for _ in 0..2_000 {
        let scope = scope.clone();
        thread::spawn(move || scope.run(|| TICKS.increment()))
            .join()
            .expect("a thread");
    }
    assert!(client.flush(PATIENCE).is_complete());
    assert_eq!(
        receiver.flush().counter("totals.ticks").unwrap().sum,
        2_000.0
    );
}

#[test]
fn meters_show_the_mean_of_a_window_and_hold_the_last_reading() {
    static LEVEL: Meter = Meter::new("totals.level");
    static LIMIT: Meter = Meter::new("totals.limit").hold();
    let (receiver, client) = pair();
    client.scope().run(|| {
        for reading in [1, 2, 6] {
            LEVEL.set(reading);
        }
        LIMIT.set(0.75);
    });
    assert!(client.flush(PATIENCE).is_complete());
    let interval = receiver.flush();
    assert!((interval.meter("totals.level").unwrap().mean - 3.0).abs() < 1e-12);
    // Without another reading it comes again, in a window of its own.
    wait_for_a_reading(&receiver, "totals.limit");
    assert_eq!(receiver.flush().meter("totals.limit").unwrap().mean, 0.75);
}

#[test]
fn recording_goes_on_while_flushes_take_and_nothing_is_told_twice() {
    static RACED: Counter = Counter::new("totals.raced");
    static TIMED: Timer = Timer::new("totals.raced_time");
    let (receiver, client) = pair();
    let done = AtomicU64::new(0);
    let calls: u64 = thread::scope(|threads| {
        let recorders: Vec<_> = (0..2)
            .map(|_| {
                let (scope, done) = (client.scope(), &done);
                threads.spawn(move || {
                    scope.run(|| {
                        let mut calls = 0_u64;
                        while done.load(Ordering::Relaxed) == 0 {
                            RACED.increment();
                            TIMED.start().stop();
                            calls += 1;
                        }
                        calls
                    })
                })
            })
            .collect();
        let mut flushes = 0;
        while flushes < 50 {
            let report = client.flush(PATIENCE);
            flushes += u32::from(report.events() > 0);
        }
        done.store(1, Ordering::Relaxed);
        recorders
            .into_iter()
            .map(|recorder| recorder.join().expect("a recorder"))
            .sum()
    });
    assert!(client.flush(PATIENCE).is_complete());
    let interval = receiver.flush();
    assert_eq!(interval.counter("totals.raced").unwrap().sum, calls as f64);
    assert_eq!(
        interval.timer("totals.raced_time").unwrap().count,
        calls as f64
    );
}

#[test]
fn the_budget_holds_however_short_the_interval_and_however_many_the_calls() {
    static BUSY: Timer = Timer::new("totals.busy");
    const BUDGET: u32 = 1000;
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .port(receiver.local_addr().port())
        .flush_interval(Duration::from_millis(1))
        .datagrams_per_second(BUDGET)
        .build()
        .expect("a client");
    let start = Instant::now();
    client.scope().run(|| {
        while start.elapsed() < Duration::from_millis(300) {
            BUSY.start().stop();
        }
    });
    let messages = client.stats().messages();
    let earned = start.elapsed().as_secs_f64() * f64::from(BUDGET);
    // One window's worth to begin with, and a timer's messages leave together.
    assert!(
        messages as f64 <= earned + 31.0,
        "{messages} messages, {earned} earned"
    );
    let calls = client.stats().events();
    assert!(client.flush(PATIENCE).is_complete());
    assert_eq!(
        receiver.flush().timer("totals.busy").unwrap().count,
        calls as f64
    );
}

#[test]
fn fractions_are_exact_after_the_largest_amount() {
    static AMOUNTS: Counter = Counter::new("totals.amounts");
    let (receiver, client) = pair();
    client.scope().run(|| AMOUNTS.add(9e15));
    assert!(client.flush(PATIENCE).is_complete());
    assert_eq!(
        receiver.flush().counter("totals.amounts").unwrap().sum,
        9e15
    );
    client
        .scope()
        .run(|| (0..1000).for_each(|_| AMOUNTS.add(0.5)));
    assert!(client.flush(PATIENCE).is_complete());
    assert_eq!(
        receiver.flush().counter("totals.amounts").unwrap().sum,
        500.0
    );
}

#[test]
fn a_meter_holds_whichever_handle_of_its_key_came_first() {
    static PLAIN: Meter = Meter::new("totals.held");
    static HELD: Meter = Meter::new("totals.held").hold();
    let (receiver, client) = pair();
    client.scope().run(|| PLAIN.set(1));
    assert!(client.flush(PATIENCE).is_complete());
    client.scope().run(|| HELD.set(7));
    assert!(client.flush(PATIENCE).is_complete());
    let _ = receiver.flush();
    wait_for_a_reading(&receiver, "totals.held");
}

/// Waits for the time that `microseconds` are, so that a clocked call shows it.
fn spend(microseconds: u64) {
    let until = Instant::now() + Duration::from_micros(microseconds);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
}

#[logd::timed("totals.adaptive", adaptive)]
fn adaptive(microseconds: u64) {
    spend(microseconds);
}

#[test]
fn an_adaptive_timer_counts_all_calls_and_clocks_the_first_of_a_window() {
    static HANDLE: Timer = Timer::new("totals.adaptive.handle").adaptive();
    let spy = Spy::new();
    spy.run(|| {
        for _ in 0..1000 {
            adaptive(0);
            HANDLE.start().stop();
        }
        // Slow, and not clocked.
        adaptive(2000);
    });
    let calls = spy.timer("totals.adaptive");
    assert_eq!((calls.count(), calls.clocked()), (1001, 64));
    assert_eq!(spy.timer("totals.adaptive.handle").count(), 1000);
    assert_eq!(spy.timer("totals.adaptive.handle").clocked(), 64);
    // What was looked at has made room.
    spy.run(|| adaptive(2000));
    let calls = spy.timer("totals.adaptive");
    assert_eq!((calls.count(), calls.clocked()), (1002, 65));
    assert!(calls.upper() >= Some(0.002), "{calls:?}");
}

#[test]
fn an_adaptive_timer_whose_name_is_known_at_run_time_clocks_no_more() {
    let spy = Spy::new();
    let timer = spy.client().timer("totals.named").expect("a name");
    let timer = timer.adaptive();
    (0..1000).for_each(|_| timer.start().stop());
    let calls = spy.timer("totals.named");
    assert_eq!((calls.count(), calls.clocked()), (1000, 64));
}

#[test]
fn an_adaptive_timer_is_exact_on_many_threads_at_the_receiver() {
    const THREADS: u64 = 4;
    const CALLS: u64 = 50_000;
    let (receiver, client) = pair();
    thread::scope(|threads| {
        for _ in 0..THREADS {
            let scope = client.scope();
            threads.spawn(move || scope.run(|| (0..CALLS).for_each(|_| adaptive(0))));
        }
    });
    let report = client.flush(PATIENCE);
    assert_eq!(report.events(), THREADS * CALLS, "{report}");
    let interval = receiver.snapshot();
    let timer = interval.timer("totals.adaptive").expect("a timer");
    assert_eq!(timer.count, (THREADS * CALLS) as f64);
}

#[test]
fn an_adaptive_timer_of_a_client_that_sends_each_event_sends_all() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .host("127.0.0.1")
        .port(receiver.local_addr().port())
        .reduce(false)
        .build()
        .expect("a client");
    client.scope().run(|| (0..500).for_each(|_| adaptive(0)));
    let report = client.flush(PATIENCE);
    assert_eq!((report.events(), report.messages()), (500, 500), "{report}");
}

#[test]
fn durations_of_days_have_their_true_mean_however_many_there_are() {
    const HOUR: u64 = 3600;
    static AGES: Timer = Timer::new("totals.ages");
    let (receiver, client) = pair();
    client.scope().run(|| {
        for call in 0..10_000 {
            AGES.record(Duration::from_secs(HOUR * (1 + call % 100)));
        }
    });
    assert!(client.flush(PATIENCE).is_complete());
    let interval = receiver.flush();
    let ages = interval.timer("totals.ages").expect("a timer");
    let hours = |seconds: f64| seconds / HOUR as f64;
    assert_eq!((hours(ages.lower), hours(ages.upper)), (1.0, 100.0));
    // The mean of the lower nine tenths.
    assert!((hours(ages.mean) / 45.5 - 1.0).abs() < 0.01, "{ages:?}");
    assert!((hours(ages.upper_percentile) / 90.0 - 1.0).abs() < 0.02);
}

#[test]
fn calls_that_all_take_as_long_have_no_other_duration_in_any_message() {
    static ALIKE: Timer = Timer::new("totals.alike");
    let alike = Duration::from_nanos(12_345);
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .port(receiver.local_addr().port())
        .flush_interval(Duration::from_secs(3600))
        .build()
        .expect("a client");
    for _ in 0..3 {
        client
            .scope()
            .run(|| (0..10_007).for_each(|_| ALIKE.record(alike)));
        testing::end_window(&client);
    }
    assert!(client.flush(PATIENCE).is_complete());
    let interval = receiver.flush();
    let told = interval.timer("totals.alike").expect("a timer");
    let seconds = alike.as_secs_f64();
    assert_eq!((told.lower, told.upper), (seconds, seconds));
}

#[test]
fn a_rated_timer_clocks_another_call_when_the_first_is_discarded() {
    static FIRST: Timer = Timer::new("totals.first").rate(0.000_001);
    let (receiver, client) = pair();
    client.scope().run(|| {
        FIRST.start().discard();
        (0..50).for_each(|_| FIRST.start().stop());
    });
    assert!(client.flush(PATIENCE).is_complete());
    assert_eq!(receiver.flush().timer("totals.first").unwrap().count, 50.0);
}
