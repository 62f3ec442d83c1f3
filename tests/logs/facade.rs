//! What a logger does beside sending: levels, a second logger, scopes, flushing, records that
//! come up where none may be made.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use log::{LevelFilter, Log, Metadata, Record, debug, error, info, trace, warn};
use logd::testing::Spy;
use logd::{Client, Counter, DropReason, Logger};

use crate::support::{PATIENCE, Setup, assert_accounted, everything, text};

/// A second logger, which keeps what it is given.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<String>>>);

impl Kept {
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Log for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() != "quiet"
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {}", record.level(), record.args());
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {
        self.0.lock().unwrap().push(String::from("flushed"));
    }
}

fn messages(spy: &Spy) -> Vec<String> {
    spy.logs()
        .iter()
        .map(|log| log.message().to_owned())
        .collect()
}

#[test]
fn a_target_has_its_own_level_and_so_has_what_is_below_it() {
    everything();
    let spy = Spy::new();
    let logger = Logger::builder()
        .path("test.log")
        .level_for("hyper", LevelFilter::Off)
        .level_for("hyper::client", LevelFilter::Debug)
        .level_for("sql", LevelFilter::Error)
        .level_for("sql", LevelFilter::Warn)
        .client(spy.client().clone())
        .build()
        .unwrap();
    assert_eq!(logger.max_level(), LevelFilter::Debug);
    for target in [
        "shop",
        "hyper",
        "hyper::server",
        "hyper::client::pool",
        "hyperion",
        "sql",
    ] {
        error!(logger: logger, target: target, "{target} error");
        warn!(logger: logger, target: target, "{target} warn");
        info!(logger: logger, target: target, "{target} info");
        debug!(logger: logger, target: target, "{target} debug");
        trace!(logger: logger, target: target, "{target} trace");
    }
    let expected = [
        "shop error",
        "shop warn",
        "shop info",
        "hyper::client::pool error",
        "hyper::client::pool warn",
        "hyper::client::pool info",
        "hyper::client::pool debug",
        "hyperion error",
        "hyperion warn",
        "hyperion info",
        "sql error",
        "sql warn",
    ];
    assert_eq!(messages(&spy), expected);
}

#[test]
fn a_second_logger_gets_every_record_that_it_takes() {
    everything();
    let (spy, kept) = (Spy::new(), Kept::default());
    let logger = || {
        Logger::builder()
            .path("test.log")
            .level(LevelFilter::Warn)
            .rate_limit(1, Duration::from_secs(3600))
            .client(spy.client().clone())
    };
    let teed = logger().tee(kept.clone()).build().unwrap();
    assert_eq!(
        teed.max_level(),
        LevelFilter::Trace,
        "what it takes only it knows"
    );
    for number in 0..2 {
        warn!(logger: teed, "late {number}");
    }
    debug!(logger: teed, "details");
    error!(logger: teed, target: "quiet", "unheard");
    assert_eq!(messages(&spy), ["late 0", "unheard"]);
    assert_eq!(
        kept.taken(),
        ["WARN late 0", "WARN late 1", "DEBUG details"]
    );

    let teed = logger()
        .tee_at(LevelFilter::Info, kept.clone())
        .build()
        .unwrap();
    assert_eq!(teed.max_level(), LevelFilter::Info);
    info!(logger: teed, "seen");
    debug!(logger: teed, "unseen");
    teed.flush();
    assert_eq!(kept.taken(), ["INFO seen", "flushed"]);
    let closed = logger()
        .client(Client::noop())
        .tee(kept.clone())
        .build()
        .unwrap();
    error!(logger: closed, "sent nowhere");
    assert_eq!(
        kept.taken(),
        ["ERROR sent nowhere"],
        "whatever the client does"
    );
}

#[test]
fn records_belong_to_the_scope_in_which_they_are_made() {
    everything();
    let logger = Logger::builder().path("test.log").build().unwrap();
    let (spy, other) = (Spy::new(), Spy::new());
    spy.run(|| {
        info!(logger: logger, "here");
        other.run(|| info!(logger: logger, order = 42; "there"));
        let scope = logd::Scope::current();
        thread::scope(|threads| {
            threads.spawn(|| scope.run(|| info!(logger: logger, "here again")));
        });
    });
    assert_eq!(messages(&spy), ["here", "here again"]);
    assert_eq!(messages(&other), ["there"]);
    let log = &other.logs()[0];
    assert_eq!((log.path(), log.level()), ("test.log", "INFO"));
    assert_eq!(log.field("order"), Some(&42.into()));
    assert_eq!(other.client().stats().pending(), 1);
}

/// Logs while it is shown.
struct Loud<'a>(&'a Logger);

static SHOWN: Counter = Counter::new("logs.shown");

impl fmt::Display for Loud<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SHOWN.increment();
        // Itself again, and so on for ever, were it let in.
        info!(logger: self.0, "{}", Loud(self.0));
        f.write_str("loud")
    }
}

#[test]
fn a_record_that_logs_itself_is_sent_once_and_the_others_are_counted() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    let spy = Spy::new();
    spy.run(|| info!(logger: logger, value:% = Loud(&logger); "{}", Loud(&logger)));
    let report = setup.flush();
    assert_eq!(report.dropped_by(DropReason::Nested), 2, "{report}");
    let logs = setup.receiver.flush().logs;
    assert_eq!(logs.len(), 1, "{logs:?}");
    assert_eq!(
        (text(&logs[0], "msg"), text(&logs[0], "value")),
        ("loud", "loud")
    );
    // Statistics are not shut out, whoever shows what.
    assert_eq!(spy.counter("logs.shown").total(), 2);
    assert_accounted(&setup.client, 3);
}

#[test]
fn what_the_clients_own_thread_logs_is_counted_and_not_sent() {
    struct Loud(Logger, mpsc::Sender<()>);
    impl Wake for Loud {
        // The worker's thread calls an executor's code.
        fn wake(self: Arc<Self>) {
            info!(logger: self.0, "woken");
            self.0.flush();
            self.1.send(()).unwrap();
        }
    }
    let setup = Setup::new();
    let (woken, wait) = mpsc::channel();
    let waker = Waker::from(Arc::new(Loud(setup.logger().build().unwrap(), woken)));
    loop {
        info!(logger: setup.logger().build().unwrap(), "before");
        let mut flushing = pin!(setup.client.flush_async(PATIENCE));
        let polled = flushing.as_mut().poll(&mut Context::from_waker(&waker));
        // Else the worker was as quick as the first poll.
        if polled.is_pending() {
            wait.recv_timeout(PATIENCE).expect("that it is woken");
            break;
        }
    }
    assert_eq!(setup.client.stats().dropped_by(DropReason::Nested), 1);
    let _ = setup.flush();
    let logs = setup.receiver.flush().logs;
    assert!(
        logs.iter().all(|line| text(line, "msg") == "before"),
        "{logs:?}"
    );
}

#[test]
fn a_value_that_panics_leaves_the_logger_as_it_was() {
    struct Panics;
    impl fmt::Display for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("while it is shown")
        }
    }
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    let shown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        info!(logger: logger, "{Panics}");
    }));
    assert!(shown.is_err());
    info!(logger: logger, "whole");
    assert_eq!(text(&setup.line(), "msg"), "whole");
    assert_accounted(&setup.client, 1);
}

#[test]
fn each_place_sends_as_many_as_its_limit_lets_it() {
    let setup = Setup::new();
    let hour = Duration::from_secs(3600);
    let logger = setup.logger().rate_limit(3, hour).build().unwrap();
    for number in 0..10 {
        info!(logger: logger, "first {number}");
        info!(logger: logger, "second {number}");
    }
    let report = setup.flush();
    assert_eq!(report.dropped_by(DropReason::RateLimited), 14, "{report}");
    assert_eq!(setup.receiver.flush().logs.len(), 6);
    assert_accounted(&setup.client, 20);

    // Every record is in a time of its own: none is kept back.
    let logger = setup
        .logger()
        .rate_limit(1, Duration::ZERO)
        .build()
        .unwrap();
    (0..5).for_each(|number| info!(logger: logger, "{number}"));
    assert_eq!(setup.lines().len(), 5);
}

#[test]
fn the_first_record_after_others_were_kept_back_says_how_many() {
    let setup = Setup::new();
    let time = Duration::from_millis(300);
    let logger = setup.logger().rate_limit(1, time).build().unwrap();
    let log = |number| info!(logger: logger, "{number}");
    let start = Instant::now();
    log(0);
    log(1);
    log(2);
    if start.elapsed() >= time {
        // The machine was too slow to log three times in one such time: nothing to be seen.
        return;
    }
    let limited = |setup: &Setup| setup.client.stats().dropped_by(DropReason::RateLimited);
    let mut suppressed = 2;
    assert_eq!(limited(&setup), suppressed);
    for number in 3.. {
        thread::yield_now();
        log(number);
        if limited(&setup) == suppressed {
            break;
        }
        suppressed += 1;
    }
    let _ = setup.flush();
    let logs = setup.receiver.flush().logs;
    assert_eq!(logs[1].get("suppressed"), Some(&(suppressed as i64).into()));
    assert_eq!(logs[0].get("suppressed"), None);
}

#[test]
fn a_thread_that_ends_may_still_log() {
    thread_local! {
        static LAST_WORDS: RefCell<Option<LastWords>> = const { RefCell::new(None) };
    }
    struct LastWords(Arc<Logger>);
    impl Drop for LastWords {
        fn drop(&mut self) {
            error!(logger: self.0, error:err = fmt::Error; "last words");
        }
    }
    let setup = Setup::new();
    let logger = Arc::new(setup.logger().build().unwrap());
    thread::spawn({
        let logger = Arc::clone(&logger);
        move || {
            LAST_WORDS.set(Some(LastWords(Arc::clone(&logger))));
            info!(logger: logger, "first words");
        }
    })
    .join()
    .unwrap();
    let lines = setup.lines();
    let messages: Vec<_> = lines.iter().map(|line| text(line, "msg")).collect();
    assert_eq!(messages, ["first words", "last words"]);
}

#[test]
fn a_flush_of_the_facade_sends_what_is_queued_and_is_bounded() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    for number in 0..500 {
        info!(logger: logger, "{number}");
    }
    logger.flush();
    assert_eq!(setup.client.stats().pending(), 0);
    assert_eq!(setup.receiver.flush().logs.len(), 500);

    let nowhere = Client::builder().host("nobody.invalid").build().unwrap();
    let logger = setup.logger().client(nowhere.clone()).build().unwrap();
    info!(logger: logger, "kept");
    let start = Instant::now();
    logger.flush();
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(nowhere.stats().pending(), 1);
    // Or the last handles would wait for it once more.
    let _ = nowhere.shutdown(Duration::ZERO);
}
