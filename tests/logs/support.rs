//! A receiver with a client that sends to it, and errors with causes.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log::LevelFilter;
use logd::wire::Value;
use logd::{Client, FlushReport, Logger, LoggerBuilder};
use logd_receiver::{Interval, LogLine, Receiver};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Setup {
    pub(crate) receiver: Receiver,
    pub(crate) client: Client,
}

impl Setup {
    pub(crate) fn new() -> Setup {
        let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
        let client = Client::builder()
            .host("127.0.0.1")
            .port(receiver.local_addr().port())
            .build()
            .expect("a client");
        Setup { receiver, client }
    }

    /// A logger for everything.
    pub(crate) fn logger(&self) -> LoggerBuilder {
        everything();
        Logger::builder()
            .path("test.log")
            .level(LevelFilter::Trace)
            .client(self.client.clone())
    }

    /// What has come, after a flush that lost nothing.
    #[track_caller]
    pub(crate) fn interval(&self) -> Interval {
        let report = self.flush();
        assert!(report.is_complete(), "{report}");
        let interval = self.receiver.flush();
        assert_eq!(interval.health.bad.total(), 0, "{interval}");
        assert_eq!(interval.health.lost.unwrap_or(0), 0, "{interval}");
        interval
    }

    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.interval().logs
    }

    /// The one line that has come.
    #[track_caller]
    pub(crate) fn line(&self) -> LogLine {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{lines:#?}");
        lines.remove(0)
    }

    pub(crate) fn flush(&self) -> FlushReport {
        self.client.flush(PATIENCE)
    }
}

/// Has the facade pass on every record, whichever logger it is for.
pub(crate) fn everything() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| log::set_max_level(LevelFilter::Trace));
}

#[track_caller]
pub(crate) fn text<'a>(line: &'a LogLine, field: &str) -> &'a str {
    line.text(field)
        .unwrap_or_else(|| panic!("no text {field:?} in {:?}", further(line)))
}

/// The names of the fields that are not the message's own.
pub(crate) fn further(line: &LogLine) -> Vec<&str> {
    const OWN: [&str; 7] = ["level", "msg", "name", "time", "pid", "loc", "tb"];
    let names = line.fields.iter().map(|(name, _)| &**name);
    names.filter(|name| !OWN.contains(name)).collect()
}

/// Events made are sent, dropped for a reason, or pending.
#[track_caller]
pub(crate) fn assert_accounted(client: &Client, made: u64) {
    let stats = client.stats();
    let known = stats.sent() + stats.dropped() + stats.pending() + stats.sampled_out();
    assert_eq!((stats.events(), known), (made, made), "{stats:?}");
}

pub(crate) fn float(value: Option<&Value<'_>>) -> f64 {
    match value {
        Some(Value::Float(n)) => *n,
        other => panic!("no float: {other:?}"),
    }
}

/// An error with the causes that stand behind it.
#[derive(Debug)]
pub(crate) struct Failure {
    words: &'static str,
    cause: Option<Box<Failure>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// An error three causes deep.
pub(crate) fn failure() -> Failure {
    let words = ["no order", "no payment", "card refused", "connection reset"];
    let chain = words.into_iter().rev().fold(None, |cause, words| {
        let cause = cause.map(Box::new);
        Some(Failure { words, cause })
    });
    chain.expect("four errors")
}

/// How `failure()` and its causes are told.
pub(crate) const CHAIN: &str = "no order\ncaused by: no payment\ncaused by: card refused\n\
                                caused by: connection reset";

/// Now, as records tell it.
pub(crate) fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
}

/// The line of a source file in which a call is made first.
pub(crate) fn line_of(file: &str, call: &str) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let source = fs::read_to_string(path).expect("the test's own source");
    let line = source
        .lines()
        .position(|line| line.trim().starts_with(call));
    1 + line.expect("the call")
}
