//! What libraries record through the `metrics` facade, as a receiver sees it.

mod support;

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use logd::testing::{Spy, end_window};
use logd::{Client, DropReason, Format, MetricsRecorder};
use logd_receiver::Receiver;
use metrics::{Unit, counter, describe_histogram, gauge, histogram, with_local_recorder};
use support::{PATIENCE, Wire};

fn recorder_of(client: &Client) -> MetricsRecorder {
    MetricsRecorder::builder().client(client).build()
}

/// A client whose windows end by hand.
fn client_of(receiver: &Receiver) -> Client {
    Client::builder()
        .port(receiver.local_addr().port())
        .prefix("shop")
        .flush_interval(Duration::from_secs(86_400))
        .build()
        .expect("a client")
}

#[test]
fn everything_that_the_facade_has_reaches_the_receiver() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = client_of(&receiver);
    with_local_recorder(&recorder_of(&client), || {
        counter!("http_requests_total", "method" => "GET", "status" => "200").increment(3);
        counter!("http_requests_total", "status" => "200", "method" => "GET").increment(4);
        counter!("http_requests_total", "status" => "500", "method" => "GET").increment(1);
        gauge!("pool.size").set(12.5);
        histogram!("request_seconds", "path" => "/users/{id}").record(0.25);
        histogram!("request_seconds", "path" => "/users/{id}").record_many(0.5, 2);
        histogram!("request_seconds", "path" => "/users/{id}").record(Duration::from_millis(750));
    });
    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.events(), 8);
    let interval = receiver.flush();
    let sum = |key| interval.counter(key).unwrap().sum;
    assert_eq!(sum("shop:http_requests_total.method.GET.status.200"), 7.0);
    assert_eq!(sum("shop:http_requests_total.method.GET.status.500"), 1.0);
    assert_eq!(interval.meter("shop:pool.size").unwrap().mean, 12.5);
    let timer = interval
        .timer("shop:request_seconds.path._users__id_")
        .unwrap();
    assert_eq!((timer.count, timer.lower, timer.upper), (4.0, 0.25, 0.75));
    assert_eq!(timer.mean, 0.5);
}

#[test]
fn a_counter_that_is_set_counts_what_is_missing_and_never_goes_back() {
    let spy = Spy::new();
    with_local_recorder(&recorder_of(spy.client()), || {
        let packets = counter!("packets");
        packets.absolute(100);
        packets.absolute(40);
        packets.absolute(130);
        counter!("packets").absolute(131);
        assert_eq!(spy.counter("packets").total(), 131);
        packets.increment(9);
        packets.absolute(140);
        packets.absolute(150);
    });
    assert_eq!(spy.counter("packets").total(), 150);

    with_local_recorder(&recorder_of(spy.client()), || {
        counter!("from_both").increment(5);
        counter!("from_both").absolute(10);
    });
    let both = spy.counter("from_both").total();
    assert_eq!(
        both, 15,
        "what was added before the first one stands beside it"
    );

    // Threads that all know the same source.
    let recorder = recorder_of(spy.client());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                with_local_recorder(&recorder, || {
                    (0..=1000).for_each(|value| counter!("shared").absolute(value));
                });
            });
        }
    });
    assert_eq!(spy.counter("shared").total(), 1000);
}

#[test]
fn a_gauge_is_held_at_the_level_that_threads_left_it_at() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = client_of(&receiver);
    let recorder = recorder_of(&client);
    let means = || {
        end_window(&client);
        let interval = receiver.flush();
        ["shop:one", "shop:other"].map(|key| {
            let meter = interval.meter(key).unwrap();
            assert_eq!(meter.count, 1);
            meter.mean
        })
    };
    // In each gauge another thread has the last word; neither thread's last is both levels.
    let turns = Barrier::new(2);
    thread::scope(|scope| {
        for mine in 0..2 {
            let (recorder, turns) = (&recorder, &turns);
            scope.spawn(move || {
                with_local_recorder(recorder, || {
                    let gauges = [gauge!("one"), gauge!("other")];
                    let (first, last) = (&gauges[mine], &gauges[1 - mine]);
                    first.increment(15);
                    turns.wait();
                    last.decrement(2);
                });
            });
        }
    });
    assert_eq!(means(), [14.0, 14.0]);
    // Nothing happens: the level goes out again and again.
    assert_eq!(means(), [13.0, 13.0]);
    assert_eq!(means(), [13.0, 13.0]);
    with_local_recorder(&recorder, || gauge!("one").set(-4.5));
    assert_eq!(means(), [-4.5, 13.0]);
    assert_eq!(means(), [-4.5, 13.0]);
}

#[test]
fn histograms_keep_their_unit() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = client_of(&receiver);
    with_local_recorder(&recorder_of(&client), || {
        describe_histogram!("query", Unit::Milliseconds, "how long a query takes");
        describe_histogram!("batch", Unit::Count, "orders in a batch");
        histogram!("query").record(12.5);
        histogram!("wait_us").record(250.0);
        histogram!("batch").record(17);
        // Far more than are kept raw, and far larger than any usual number of seconds.
        for size in 1..=1000_u32 {
            histogram!("body_bytes").record(size * 1_000_000);
        }
    });
    end_window(&client);
    assert!(client.flush(PATIENCE).is_complete());
    let interval = receiver.flush();
    let timer = |key: &str| interval.timer(&format!("shop:{key}")).unwrap().clone();
    assert_eq!(timer("query").mean, 0.0125);
    assert_eq!(timer("wait_us").mean, 0.000_25);
    assert_eq!(timer("batch").mean, 17.0);
    let bodies = timer("body_bytes");
    assert_eq!(
        (bodies.count, bodies.lower, bodies.upper),
        (1000.0, 1e6, 1e9)
    );
    assert!((bodies.mean / 450.5e6 - 1.0).abs() < 0.01, "{bodies:?}");
    assert!(
        (bodies.upper_percentile / 900e6 - 1.0).abs() < 0.02,
        "{bodies:?}"
    );
}

#[test]
fn values_that_can_not_be_kept_are_counted_as_dropped() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = client_of(&receiver);
    with_local_recorder(&recorder_of(&client), || {
        histogram!("latency").record(f64::NAN);
        histogram!("latency").record(-0.5);
        gauge!("level").set(f64::INFINITY);
        gauge!("level").increment(f64::NAN);
        counter!("huge").increment(u64::MAX);
        // None of it has done harm to what comes after it.
        gauge!("level").increment(3.0);
    });
    let report = client.flush(PATIENCE);
    assert_eq!(report.dropped_by(DropReason::InvalidValue), 5, "{report}");
    assert_eq!((report.events(), report.sent()), (6, 1));
    assert_eq!(receiver.flush().meter("shop:level").unwrap().mean, 3.0);
}

#[test]
fn names_beyond_the_bound_count_together() {
    let spy = Spy::new();
    let recorder = MetricsRecorder::builder()
        .client(spy.client())
        .max_names(10)
        .build();
    with_local_recorder(&recorder, || {
        for _ in 0..3 {
            for user in 0..100 {
                counter!("logins", "user" => user.to_string()).increment(1);
            }
        }
        counter!("source").absolute(7);
        gauge!("depth").set(4);
        histogram!("latency").record(0.5);
    });
    assert_eq!(spy.counter("logins.user.9").total(), 3);
    assert_eq!(spy.counter("logd.client.overflow.counter").total(), 270);
    assert_eq!(spy.meter("logd.client.overflow.meter").last(), Some(4.0));
    assert_eq!(spy.timer("logd.client.overflow.timer").count(), 1);
    // Whose absolute value it is can not be told any more.
    let stats = spy.client().stats();
    assert_eq!(stats.dropped_by(DropReason::InvalidValue), 1);
}

#[test]
fn labels_are_tags_where_there_are_tags() {
    for (format, expected) in [
        (
            Format::DogStatsD,
            "shop.hits:2|c|#env:prod,city:Z\u{fc}rich,route:/a_b",
        ),
        (Format::StatsD, "shop.hits.city.Z_rich.route._a_b:2|c"),
    ] {
        let wire = Wire::new();
        let mut builder = wire.builder().reduce(true).format(format).prefix("shop");
        if format == Format::DogStatsD {
            builder = builder.tag("env", "prod");
        }
        let client = builder.build().unwrap();
        with_local_recorder(&recorder_of(&client), || {
            counter!("hits", "route" => "/a,b", "city" => "Z\u{fc}rich").increment(2);
        });
        assert_eq!(
            String::from_utf8(wire.one_sent_by(&client)).unwrap(),
            expected
        );
    }
}

#[test]
fn without_a_client_it_follows_the_scope() {
    let (one, other) = (Spy::new(), Spy::new());
    with_local_recorder(&MetricsRecorder::builder().build(), || {
        // A library keeps its handle; where it is used decides.
        let hits = counter!("scoped.hits");
        one.run(|| hits.increment(1));
        other.run(|| {
            hits.increment(2);
            counter!("scoped.hits").increment(3);
        });
    });
    assert_eq!(one.counter("scoped.hits").total(), 1);
    assert_eq!(other.counter("scoped.hits").total(), 5);
}

#[test]
fn handles_share_a_series_with_our_own_of_that_name() {
    let spy = Spy::new();
    with_local_recorder(&recorder_of(spy.client()), || counter!("both").increment(1));
    spy.client().add("both", 10);
    assert_eq!(spy.counter("both").total(), 11);
}

#[test]
fn a_client_that_is_off_or_closed_stays_so() {
    let noop = Client::noop();
    with_local_recorder(&recorder_of(&noop), || counter!("unseen").increment(1));
    assert_eq!(noop.stats().events(), 0);

    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = client_of(&receiver);
    let recorder = recorder_of(&client);
    let late = with_local_recorder(&recorder, || counter!("late"));
    late.increment(1);
    assert!(client.shutdown(PATIENCE).is_complete());
    late.increment(1);
    assert_eq!(client.stats().dropped_by(DropReason::Closed), 1);
    assert_eq!(receiver.flush().counter("shop:late").unwrap().sum, 1.0);
}

#[test]
fn a_handle_that_is_left_over_keeps_no_client_from_closing() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = client_of(&receiver);
    let recorder = recorder_of(&client);
    let kept = with_local_recorder(&recorder, || counter!("kept"));
    kept.increment(5);
    drop(client);
    drop(recorder);
    // The last owner has flushed it.
    assert_eq!(receiver.flush().counter("shop:kept").unwrap().sum, 5.0);
    kept.increment(1);
}

#[test]
fn single_events_are_sent_as_such() {
    let wire = Wire::new();
    let client = wire.builder().format(Format::StatsD).build().unwrap();
    with_local_recorder(&recorder_of(&client), || {
        counter!("a").increment(2);
        gauge!("b").increment(1.5);
        histogram!("c").record(0.25);
        histogram!("d_bytes").record(4096);
    });
    let report = client.flush(PATIENCE);
    let text = wire.take(report.messages()).join(&b'\n');
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "a:2|c\nb:1.5|g\nc:250|ms\nd_bytes:4096|ms"
    );
}

#[test]
fn many_threads_lose_nothing() {
    let spy = Spy::new();
    let recorder = Arc::new(recorder_of(spy.client()));
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let recorder = Arc::clone(&recorder);
            thread::spawn(move || {
                with_local_recorder(&recorder, || {
                    for call in 0..5000_u32 {
                        counter!("calls", "thread" => ["a", "b"][number % 2]).increment(1);
                        gauge!("level").increment(1);
                        histogram!("time").record(f64::from(call) / 1e6);
                    }
                });
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(spy.counter("calls.thread.a").total(), 10_000);
    assert_eq!(spy.counter("calls.thread.b").total(), 10_000);
    assert_eq!(spy.timer("time").count(), 20_000);
    assert_eq!(spy.meter("level").readings(), 20_000);
}

#[test]
fn the_facade_takes_one_recorder() {
    MetricsRecorder::install().expect("the first one");
    let error = MetricsRecorder::builder().install().unwrap_err();
    assert!(error.is_already_initialized(), "{error}");
    assert!(error.to_string().contains("metrics"), "{error}");

    let spy = Spy::new();
    spy.run(|| counter!("installed").increment(1));
    assert_eq!(spy.counter("installed").total(), 1);
}
