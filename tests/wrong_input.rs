//! Wrong input at run time: an error that says what to write, and nothing lost.
//! What the compiler refuses is in `ui`.

use std::time::Duration;

use logd::{Client, Counter, DropReason, Meter, Timer};
use logd_receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(20);

#[track_caller]
fn refused(builder: logd::Builder, words: &str) {
    let error = builder.build().expect_err("a setting that can not be used");
    assert!(error.is_config(), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn settings_that_can_not_be_used_are_errors_that_say_what_to_write() {
    refused(Client::builder().port(0), "such as 8126");
    refused(Client::builder().host(" "), "such as \"127.0.0.1\"");
    refused(Client::builder().host("127.0.0.1:8126"), "`port(8126)`");
    refused(Client::builder().prefix("a b"), "white space");
    refused(Client::builder().prefix("a\n"), "white space");
    refused(
        Client::builder().flush_interval(Duration::ZERO),
        "a millisecond or more",
    );
    refused(Client::builder().datagrams_per_second(0), "such as 2000");
    refused(Client::builder().messages_per_timer(7), "a multiple of 10");
    refused(Client::builder().messages_per_timer(10_010), "up to 1000");
    refused(Client::builder().threshold(f64::NAN), "such as 90.0");
    refused(Client::builder().threshold(100.0), "such as 90.0");
}

#[test]
fn rates_outside_of_0_to_1_are_errors_at_run_time() {
    for rate in [0.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
        let counter = Counter::new("rates")
            .try_rate(rate)
            .expect_err("a counter's rate");
        let meter = Meter::new("rates")
            .try_rate(rate)
            .expect_err("a meter's rate");
        let timer = Timer::new("rates")
            .try_rate(rate)
            .expect_err("a timer's rate");
        for error in [counter, meter, timer] {
            assert!(error.is_rate(), "{error:?}");
            assert!(error.to_string().contains("(0, 1]"), "{error}");
        }
    }
    assert!(Timer::new("rates").try_rate(1.0).is_ok());
}

#[test]
#[should_panic(expected = "a rate must be in (0, 1]")]
fn a_rate_set_at_run_time_without_try_panics_as_documented() {
    let _ = Counter::new("rates").rate(1.5);
}

#[test]
fn names_that_can_not_be_keys_are_errors_that_show_them() {
    let client = Client::noop();
    for (name, words) in [
        ("", "empty"),
        ("orders placed", "white space"),
        ("orders\n1 1", "white space"),
        ("orders\0", "control"),
        ("orders;shop=1", "`;`"),
        ("orders..placed", "empty part"),
        (".orders", "empty part"),
    ] {
        let error = client
            .counter(name)
            .expect_err("a name that can not be a key");
        assert!(error.is_key(), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains(words) && text.contains(&format!("{name:?}")),
            "{text}"
        );
        assert!(client.meter(name).is_err() && client.timer(name).is_err());
    }
}

#[test]
fn names_given_with_an_event_are_cleaned_and_none_is_lost_in_silence() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .port(receiver.local_addr().port())
        .max_names(4)
        .build()
        .expect("a client");
    client.increment("orders placed\n1 1");
    client.increment("..a...b.");
    client.increment("");
    client.increment("...");
    for n in 0..10 {
        client.increment(&format!("user.{n}"));
    }
    let report = client.flush(PATIENCE);
    assert_eq!(report.events(), 14);
    assert_eq!(report.dropped_by(DropReason::InvalidKey), 2, "{report}");
    assert_eq!(report.sent(), 12);

    let interval = receiver.flush();
    assert_eq!(interval.counter("orders_placed_1_1").unwrap().sum, 1.0);
    assert_eq!(interval.counter("a.b").unwrap().sum, 1.0);
    // Four names fit, two of which nothing was left of.
    assert_eq!(
        interval
            .counter("logd.client.overflow.counter")
            .unwrap()
            .sum,
        10.0
    );
    assert!(client.counter("one.more").unwrap_err().is_too_many_names());
}

#[test]
fn values_that_are_no_numbers_are_dropped_and_counted() {
    static LEVEL: Meter = Meter::new("wrong.level");
    static SUM: Counter = Counter::new("wrong.sum");
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .port(receiver.local_addr().port())
        .build()
        .expect("a client");
    client.scope().run(|| {
        LEVEL.set(f64::NAN);
        LEVEL.set(f64::INFINITY);
        LEVEL.set(0.5);
        SUM.add(f64::NAN);
        SUM.add(1e20);
        SUM.add(u64::MAX);
        SUM.add(i64::MIN);
        SUM.add(2.5);
    });
    client.set("wrong.level", f64::NEG_INFINITY);
    let report = client.flush(PATIENCE);
    assert_eq!(report.dropped_by(DropReason::InvalidValue), 7, "{report}");
    let interval = receiver.flush();
    assert_eq!(interval.meter("wrong.level").unwrap().mean, 0.5);
    assert_eq!(interval.counter("wrong.sum").unwrap().sum, 2.5);
}

#[test]
fn a_host_that_does_not_resolve_is_a_state_with_a_reason_and_events_wait() {
    static KEPT: Counter = Counter::new("wrong.kept");
    let client = Client::builder()
        .host("no-such-host.invalid")
        .build()
        .expect("no error yet");
    client.scope().run(|| KEPT.add(7));
    let report = client.flush(Duration::from_millis(300));
    assert_eq!((report.pending(), report.dropped()), (1, 0), "{report}");
    assert!(!report.is_complete() && report.timed_out());
    assert!(report.to_string().contains("unresolved"), "{report}");
    assert!(
        report.transport().contains("no-such-host.invalid"),
        "{report}"
    );
    assert!(client.stats().transport().contains("unresolved"));

    let last = client.shutdown(Duration::from_millis(50));
    assert_eq!(last.dropped_by(DropReason::Unresolved), 1, "{last}");
    assert_eq!(last.pending(), 0);
}

#[test]
fn events_after_shutdown_are_counted_as_dropped() {
    static LATE: Counter = Counter::new("wrong.late");
    static CLOCKED: Timer = Timer::new("wrong.clocked").rate(0.5);
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .port(receiver.local_addr().port())
        .build()
        .expect("a client");
    client.scope().run(|| LATE.increment());
    assert!(client.shutdown(PATIENCE).is_complete());
    client.scope().run(|| {
        LATE.increment();
        CLOCKED.start().stop();
    });
    client.delete_log("late.log").expect("a good path");
    let stats = client.stats();
    assert_eq!(stats.dropped_by(DropReason::Closed), 3);
    assert_eq!((stats.events(), stats.sent(), stats.pending()), (4, 1, 0));
    assert_eq!(receiver.flush().counter("wrong.late").unwrap().sum, 1.0);
}

#[test]
fn log_paths_that_would_harm_the_receiver_are_errors() {
    let client = Client::noop();
    for path in ["", "a$b", ".a", "a.", "a..b", "a\0b"] {
        assert!(
            client
                .delete_log(path)
                .expect_err("a harmful path")
                .is_key(),
            "{path:?}"
        );
    }
    assert!(client.delete_log("app.log").is_ok());
}
