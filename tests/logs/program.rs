//! A program of its own, with the logger installed and the global client.

use std::process;

use log::{Level, LevelFilter, debug, error, info, trace, warn};
use logd::{Client, Format, Logger};
use logd_receiver::Receiver;

use crate::child;
use crate::support::{CHAIN, PATIENCE, failure, float, line_of, now, text};

#[test]
fn every_field_of_every_level_arrives() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    let before = now();
    let variables = [("LOGD_PORT", &*port), ("LOGD_PATH", "shop.log")];
    let output = child::run(
        "program::every_field_of_every_level_arrives",
        &variables,
        || {
            let _logd = logd::init().unwrap();
            Logger::builder()
                .level(LevelFilter::Trace)
                .install()
                .unwrap();
            assert_eq!(log::max_level(), LevelFilter::Trace);
            error!(error:err = failure(), order = 42; "cannot place the {}", "order");
            warn!("caf\u{e9} \u{4e2d}\u{1f600}\nsecond line");
            info!(target: "shop::audit", "paid");
            debug!("details");
            trace!("more of them");
            print!("{} {}", process::id(), log::max_level());
        },
    );
    child::succeeded(&output);
    let printed = String::from_utf8_lossy(&output.stdout);
    let pid = printed.split_whitespace().rev().nth(1).expect("its pid");

    let interval = receiver.flush();
    assert_eq!(interval.health.bad.total(), 0, "{interval}");
    let expected = [
        (
            "ERROR",
            module_path!(),
            "cannot place the order",
            "error!(error:err",
        ),
        (
            "WARNING",
            module_path!(),
            "caf\u{e9} \u{4e2d}\u{1f600}\nsecond line",
            "warn!(",
        ),
        ("INFO", "shop::audit", "paid", "info!("),
        ("DEBUG", module_path!(), "details", "debug!("),
        ("TRACE", module_path!(), "more of them", "trace!("),
    ];
    assert_eq!(interval.logs.len(), expected.len(), "{interval}");
    for (line, (level, name, msg, call)) in interval.logs.iter().zip(expected) {
        assert_eq!(line.path, "shop.log");
        assert_eq!(text(line, "level"), level);
        assert_eq!(text(line, "name"), name);
        assert_eq!(text(line, "msg"), msg);
        let place = format!("{} {}:{}", file!(), module_path!(), line_of(file!(), call));
        assert_eq!(text(line, "loc"), place);
        assert_eq!(line.get("pid"), Some(&pid.parse::<i64>().unwrap().into()));
        let time = float(line.get("time"));
        assert!((before..=now()).contains(&time), "{time}");
    }
    let [failed, rest @ ..] = &*interval.logs else {
        panic!()
    };
    assert_eq!(text(failed, "error"), "no order");
    assert_eq!(text(failed, "tb"), CHAIN);
    assert_eq!(failed.get("order"), Some(&42.into()));
    assert!(rest.iter().all(|line| line.fields.len() == 6), "{rest:#?}");
}

#[test]
fn a_logger_is_installed_once_and_says_what_to_do_instead() {
    let output = child::run(
        "program::a_logger_is_installed_once_and_says_what_to_do_instead",
        &[],
        || {
            let client = Client::noop();
            let logger = || Logger::builder().path("test.log").client(client.clone());
            logger().level(LevelFilter::Warn).install().unwrap();
            assert_eq!(log::max_level(), LevelFilter::Warn);
            let error = logger().level(LevelFilter::Trace).install().unwrap_err();
            assert!(error.is_already_initialized(), "{error}");
            assert!(error.to_string().contains("tee"), "{error}");
            assert_eq!(log::max_level(), LevelFilter::Warn, "it is as it was");
        },
    );
    child::succeeded(&output);
}

#[test]
fn a_path_that_is_missing_or_harmful_is_an_error_that_says_what_to_write() {
    let long = "a".repeat(600);
    for path in [
        "",
        "a..b",
        "$app",
        ".app",
        "system.users",
        "a\0b",
        "__proto__",
        &long,
    ] {
        let error = Logger::builder().path(path).max_datagram(1024).build();
        let error = error.unwrap_err();
        assert!(error.is_key(), "{error}");
        // As `main` shows it, which is to say it once.
        let shown = format!("{error:?}");
        assert!(shown.starts_with("the log path "), "{shown}");
        assert_eq!(shown.matches("write a").count(), 1, "{shown}");
        assert!(shown.ends_with("such as \"app.log\""), "{shown}");
    }
    let error = Logger::builder().path("a").rate_limit(0, PATIENCE).build();
    assert!(error.unwrap_err().is_config());

    let test = "program::a_path_that_is_missing_or_harmful_is_an_error_that_says_what_to_write";
    for variables in [&[][..], &[("LOGD_PATH", "a..b")]] {
        let output = child::run(test, variables, || {
            let error = Logger::builder().build().unwrap_err();
            assert!(error.to_string().contains("LOGD_PATH"), "{error}");
            assert!(error.is_config(), "{error}");
            assert!(
                Logger::builder().path("app.log").build().is_ok(),
                "the builder wins"
            );
        });
        child::succeeded(&output);
    }
}

#[test]
fn a_client_whose_format_has_no_logs_is_refused() {
    let client = Client::builder().format(Format::StatsD).build().unwrap();
    let logger = || Logger::builder().path("app.log");
    let given = logger().client(client.clone()).build();
    let current = client.scope().run(|| logger().build());
    for error in [given.unwrap_err(), current.unwrap_err()] {
        assert!(error.is_config(), "{error}");
        assert!(error.to_string().contains("statsd"), "{error}");
    }
}

#[test]
fn records_before_init_are_kept_for_it() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    // Nobody is there; the client that configures itself holds what it cannot send.
    let variables = [("LOGD_HOST", "nobody.invalid"), ("LOGD_TEST_PORT", &*port)];
    let output = child::run(
        "program::records_before_init_are_kept_for_it",
        &variables,
        || {
            Logger::builder().path("test.log").install().unwrap();
            info!("early");
            let port = std::env::var("LOGD_TEST_PORT").unwrap().parse().unwrap();
            let _logd = logd::builder().host("127.0.0.1").port(port).init().unwrap();
            log::log!(Level::Info, "late");
            log::logger().flush();
            assert_eq!(logd::client().stats().pending(), 0);
        },
    );
    child::succeeded(&output);
    let interval = receiver.flush();
    let messages: Vec<_> = interval.logs.iter().map(|line| text(line, "msg")).collect();
    assert_eq!(messages, ["early", "late"]);
}
