//! The global client: usable before anything is configured, configured once, and
//! its guard flushes. Each test does its work in a child process, since there is
//! one such client in a process.

mod child;

use std::time::Duration;

use logd::{Counter, counted};
use logd_receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(20);

static HITS: Counter = Counter::new("hits");

fn receiver() -> (Receiver, String) {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    (receiver, port)
}

fn port() -> u16 {
    std::env::var("TEST_PORT")
        .expect("set by the parent")
        .parse()
        .expect("a port")
}

#[test]
fn unconfigured_events_go_where_the_environment_says() {
    let (receiver, port) = receiver();
    let variables = [
        ("LOGD_HOST", "127.0.0.1"),
        ("LOGD_PORT", &port),
        ("LOGD_PREFIX", "shop"),
    ];
    let name = "unconfigured_events_go_where_the_environment_says";
    child::succeeded(&child::run(name, &variables, || {
        HITS.increment();
        assert!(logd::flush(PATIENCE).is_complete());
    }));
    assert_eq!(receiver.flush().counter("shop:hits").unwrap().sum, 1.0);
}

#[test]
fn events_before_init_are_kept_and_sent_with_its_settings() {
    let (receiver, port_text) = receiver();
    let name = "events_before_init_are_kept_and_sent_with_its_settings";
    child::succeeded(&child::run(name, &[("TEST_PORT", &port_text)], || {
        for _ in 0..5 {
            HITS.increment();
        }
        let _logd = logd::builder()
            .port(port())
            .prefix("late")
            .init()
            .expect("the first init");
        HITS.increment();
    }));
    let interval = receiver.flush();
    assert_eq!(interval.counter("late:hits").unwrap().sum, 6.0);
    assert!(interval.counter("hits").is_none());
}

#[test]
fn a_second_init_is_an_error_that_says_what_to_do_and_changes_nothing() {
    let (receiver, port_text) = receiver();
    let name = "a_second_init_is_an_error_that_says_what_to_do_and_changes_nothing";
    child::succeeded(&child::run(name, &[("TEST_PORT", &port_text)], || {
        let _logd = logd::builder().port(port()).init().expect("the first init");
        let error = logd::builder()
            .port(1)
            .prefix("other")
            .init()
            .expect_err("the second init");
        assert!(error.is_already_initialized());
        assert!(error.to_string().contains("once"), "{error}");
        HITS.increment();
    }));
    assert_eq!(receiver.flush().counter("hits").unwrap().sum, 1.0);
}

#[test]
fn the_builder_overrides_the_environment() {
    let (receiver, port_text) = receiver();
    let name = "the_builder_overrides_the_environment";
    let variables = [
        ("TEST_PORT", &*port_text),
        ("LOGD_PORT", "1"),
        ("LOGD_PREFIX", "env"),
    ];
    child::succeeded(&child::run(name, &variables, || {
        let _logd = logd::builder().port(port()).init().expect("init");
        HITS.increment();
    }));
    assert_eq!(receiver.flush().counter("env:hits").unwrap().sum, 1.0);
}

#[test]
fn a_guard_bound_to_nothing_loses_nothing_that_is_flushed_later() {
    let (receiver, port_text) = receiver();
    let name = "a_guard_bound_to_nothing_loses_nothing_that_is_flushed_later";
    child::succeeded(&child::run(name, &[("TEST_PORT", &port_text)], || {
        let _ = logd::builder().port(port()).init().expect("init");
        HITS.increment();
        assert!(logd::flush(PATIENCE).is_complete());
    }));
    assert_eq!(receiver.flush().counter("hits").unwrap().sum, 1.0);
}

#[test]
fn unusable_variables_are_errors_of_init_that_name_them() {
    for (variable, value) in [
        ("LOGD_PORT", "0"),
        ("LOGD_PORT", "65536"),
        ("LOGD_PORT", "-1"),
        ("LOGD_PORT", "http"),
        ("LOGD_PREFIX", "two words"),
    ] {
        let name = "unusable_variables_are_errors_of_init_that_name_them";
        let variables = [(variable, value), ("TEST_VARIABLE", variable)];
        child::succeeded(&child::run(name, &variables, || {
            let error = logd::init().expect_err("an unusable variable");
            let variable = std::env::var("TEST_VARIABLE").expect("set by the parent");
            assert!(error.is_config(), "{error:?}");
            assert!(error.to_string().contains(&variable), "{error}");
            assert!(error.to_string().contains("write"), "{error}");
        }));
    }
}

#[test]
fn an_unusable_environment_keeps_the_events_of_a_program_that_never_calls_init() {
    let name = "an_unusable_environment_keeps_the_events_of_a_program_that_never_calls_init";
    child::succeeded(&child::run(name, &[("LOGD_PORT", "zero")], || {
        HITS.increment();
        let report = logd::flush(Duration::from_millis(50));
        assert_eq!((report.pending(), report.dropped()), (1, 0), "{report}");
        assert!(report.transport().contains("LOGD_PORT"), "{report}");
    }));
}

#[test]
fn without_a_receiver_a_program_ends_as_usual_prints_nothing_and_reports_refusals() {
    #[counted("served")]
    fn serve() {}

    // A port that was free a moment ago, and on which nobody listens now.
    let port_text = {
        let (_receiver, port) = receiver();
        port
    };
    let name = "without_a_receiver_a_program_ends_as_usual_prints_nothing_and_reports_refusals";
    let output = child::run(name, &[("TEST_PORT", &port_text)], || {
        let guard = logd::builder().port(port()).init().expect("init");
        for n in 0..100 {
            serve();
            logd::client().increment(&format!("kind.{n}"));
        }
        let report = guard.flush(PATIENCE);
        let refused = report.dropped_by(logd::DropReason::Refused);
        assert!(refused > 0, "{report}");
        assert_eq!(
            report.events(),
            report.sent() + report.dropped(),
            "{report}"
        );
        assert!(report.transport().contains("refused"), "{report}");
    });
    assert_eq!(child::succeeded(&output), "");
    let printed = String::from_utf8_lossy(&output.stdout);
    let own: Vec<_> = printed
        .lines()
        // The test harness's own lines.
        .filter(|line| {
            !line.is_empty() && !line.starts_with("running ") && !line.starts_with("test ")
        })
        .collect();
    assert!(own.is_empty(), "{own:?}");
}

#[test]
fn an_accumulator_whose_client_is_gone_is_nobody_elses() {
    let (_receiver, port_text) = receiver();
    let name = "an_accumulator_whose_client_is_gone_is_nobody_elses";
    child::succeeded(&child::run(name, &[("TEST_PORT", &port_text)], || {
        let _logd = logd::builder().port(port()).init().expect("the first init");
        std::thread::spawn(|| {
            let client = logd::Client::builder().port(port()).build();
            let client = client.expect("a client");
            client.start_accumulator("sum");
            client.stop_accumulator("sum");
            drop(client);
        })
        .join()
        .expect("no panic");
        assert_eq!(logd::client().stats().events(), 0);
    }));
}
