//! What pylogd's README promises, line by line: each of its calls has a test here that quotes
//! it, makes the call of ours that stands for it, and reads the datagrams that arrive. Each
//! event is a datagram of its own here (`reduce(false)`), as with pylogd.

mod support;

use std::future::Future;
use std::pin::pin;
use std::process;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use log::{Level, LevelFilter};
use logd::wire::{self, LogRecord, Message, Value, decode};
use logd::{Accumulator, Client, Counter, Logger, Meter, Timer};
use support::{PATIENCE, Wire, recommended, until_kept, vectors};

/// The least time that one piece of work takes.
const WORK: Duration = Duration::from_millis(5);

fn work() {
    thread::sleep(WORK);
}

/// The seconds of a timer's datagram, whose key and rate are as given.
#[track_caller]
fn seconds_of(datagram: &[u8], expected_key: &str, expected_rate: f64) -> f64 {
    match decode(datagram) {
        Ok(Message::Timer { key, value, rate }) => {
            assert_eq!((&*key, rate), (expected_key, expected_rate));
            value
        }
        other => panic!("not a timer: {other:?}"),
    }
}

/// Checks a time that was measured inside of `outside`, and in which `work` ran this often.
#[track_caller]
fn assert_measured(seconds: f64, times: u32, outside: Duration) {
    // The clock may be a cycle counter, whose frequency is measured.
    let least = (WORK * times).as_secs_f64() * 0.99;
    let most = outside.as_secs_f64() * 1.01;
    assert!(
        (least..=most).contains(&seconds),
        "{seconds} s is not from {least} to {most} s"
    );
}

/// Makes many calls and sees this share of them sent, give or take the six standard
/// deviations that chance does not reach in a lifetime of test runs.
#[track_caller]
fn assert_share_sent(wire: &Wire, client: &Client, share: f64, call: impl Fn()) {
    const CALLS: u64 = 40_000;
    const AT_ONCE: u64 = 100;

    let mut sent = 0;
    for _ in 0..CALLS / AT_ONCE {
        for _ in 0..AT_ONCE {
            call();
        }
        // Taken in between, so that the socket's queue holds them all.
        sent += wire.sent_by(client).len() as u64;
    }
    let expected = CALLS as f64 * share;
    let deviation = (expected * (1.0 - share)).sqrt();
    assert!(
        (sent as f64 - expected).abs() <= 6.0 * deviation,
        "{sent} of {CALLS} calls were sent"
    );
    let totals = client.stats();
    assert_eq!(
        (totals.events(), totals.sampled_out()),
        (CALLS, CALLS - sent)
    );
}

// ---- logging ------------------------------------------------------------------

/// ```text
/// from pylogd.handlers import PylogdHandler
/// handler = PylogdHandler('mylogpath.log', '127.0.0.1', 8126)
/// logger = logging.getLogger()
/// logger.setHandler(handler)
/// ```
///
/// "Now, subsequent calls to ``logger.(error|warn|etc)`` will log to your logd server."
#[test]
fn handler() {
    log::set_max_level(LevelFilter::Trace);
    let wire = Wire::new();
    let mut compared = 0;
    for recorded in ["pylogd-py2", "pylogd-py3"].into_iter().flat_map(vectors) {
        let Ok(Message::Log { path, fields }) = decode(&recorded.bytes) else {
            continue;
        };
        let text = |name: &str| {
            let (_, value) = fields.iter().find(|(field, _)| field == name)?;
            value.as_str()
        };
        // Python sends as a number what was logged as one, and has levels of its own.
        let (Some(level), Some(msg), Some(name)) = (text("level"), text("msg"), text("name"))
        else {
            continue;
        };
        let level = match level {
            "DEBUG" => Level::Debug,
            "INFO" => Level::Info,
            "WARNING" => Level::Warn,
            "ERROR" => Level::Error,
            _ => continue,
        };
        let client = wire.client();
        let logger = Logger::builder()
            .path(&*path)
            .level(LevelFilter::Debug)
            .client(client.clone())
            .build()
            .unwrap();
        log::log!(logger: logger, target: name, level, "{msg}");
        let sent = wire.one_sent_by(&client);
        let Ok(Message::Log {
            path: our_path,
            fields: ours,
        }) = decode(&sent)
        else {
            panic!("{}: {sent:02x?}", recorded.name);
        };
        assert_eq!(our_path, path, "{}", recorded.name);
        for (field, value) in &fields {
            let our_value = ours.iter().find(|(name, _)| name == field);
            let our_value = our_value.map(|(_, value)| value);
            match (&**field, our_value) {
                // Each side's own, and of the same kind.
                ("pid", Some(Value::Int(pid))) => assert_eq!(*pid, i64::from(process::id())),
                ("time", Some(Value::Float(time))) => assert!(*time > 1.7e9, "{time}"),
                ("loc", Some(Value::Text(loc))) => assert!(loc.contains("parity:"), "{loc}"),
                // Of the exception that was handled; `tests/logs` has the errors.
                ("tb", None) => {}
                _ => assert_eq!(our_value, Some(value), "{}: {field}", recorded.name),
            }
        }
        let named = |name: &str| fields.iter().any(|(field, _)| field == name);
        assert!(ours.iter().all(|(name, _)| named(name)), "{ours:?}");
        compared += 1;
    }
    assert!(compared >= 20, "only {compared} log lines were compared");
}

/// The bytes of a log line are those that every receiver reads.
#[test]
fn log_line() {
    let mut record = LogRecord::new(
        "test.log",
        "INFO",
        "hello world",
        "app.worker",
        1_327_860_000.25,
    );
    record.pid = Some(4242);
    record.loc = Some("app/worker.py plain:3");
    let mut datagram = Vec::new();
    wire::log(&mut datagram, &record).unwrap();
    assert_eq!(datagram, recommended("rec: log INFO with pid+loc"));
}

/// ```text
/// from pylogd import delete_log
/// delete_log('mylogpath.log', host='127.0.0.1', 8126)
/// ```
#[test]
fn delete_log() {
    let wire = Wire::new();
    // A path is the log's name as it is: the prefix is for statistics.
    let client = wire.builder().prefix("myapp").build().unwrap();
    client.delete_log("mylogpath.log").unwrap();
    let sent = wire.one_sent_by(&client);
    assert_eq!(
        decode(&sent),
        Ok(Message::Delete {
            path: "mylogpath.log".into()
        })
    );

    client.delete_log("test.log").unwrap();
    assert_eq!(wire.one_sent_by(&client), recommended("rec: delete_log"));
}

// ---- stats --------------------------------------------------------------------

/// ```text
/// from pylogd.stats import Logd
/// stats = Logd('127.0.0.1', 8126)
/// ```
#[test]
fn stats_handle() {
    let (one, other) = (Wire::new(), Wire::new());
    let stats = Client::builder()
        .host("127.0.0.1")
        .port(one.port())
        .reduce(false)
        .build()
        .unwrap();
    let second = other.client();
    stats.increment("here");
    second.increment("there");
    for (wire, client, key) in [(&one, &stats, "here"), (&other, &second, "there")] {
        assert_eq!(
            decode(&wire.one_sent_by(client)),
            Ok(Message::Counter {
                key: key.into(),
                value: 1.0,
                rate: 1.0
            })
        );
    }
}

/// "You can also supply an optional prefix which will be prepended to all of your stats, so
/// that multiple applications can use the same logd/graphite server": it is joined with a
/// colon, by calls by name, handles, macros and attributes alike.
#[test]
fn optional_prefix() {
    static COUNTER: Counter = Counter::new("a.counter");
    static METER: Meter = Meter::new("a.meter");
    static TIMER: Timer = Timer::new("a.timer");

    #[logd::timed("attribute.timed")]
    #[logd::counted("attribute.counted")]
    fn annotated() {}

    let wire = Wire::new();
    let stats = wire.builder().prefix("myapp").build().unwrap();
    stats.increment("my.counter");
    assert_eq!(
        wire.one_sent_by(&stats),
        recommended("rec: counter prefix with colon (pylogd style)")
    );

    stats.set("my.meter", 30);
    stats.record("my.timer", Duration::from_secs(1));
    stats.start_timer("started");
    stats.stop_timer("started");
    stats.start_accumulator("accumulated");
    stats.stop_accumulator("accumulated");
    stats.flush_accumulator("accumulated");
    stats.counter("made.counter").unwrap().increment();
    stats.scope().run(|| {
        COUNTER.increment();
        METER.set(1);
        TIMER.record(Duration::from_secs(1));
        logd::count!("macro.count");
        logd::meter!("macro.meter", 1);
        logd::time!("macro.time", Duration::from_secs(1));
        annotated();
    });
    let keys: Vec<String> = wire
        .sent_by(&stats)
        .iter()
        .map(|datagram| match decode(datagram) {
            Ok(
                Message::Counter { key, .. }
                | Message::Meter { key, .. }
                | Message::Timer { key, .. },
            ) => key.into_owned(),
            other => panic!("not a statistic: {other:?}"),
        })
        .collect();
    assert_eq!(
        keys,
        [
            "myapp:my.meter",
            "myapp:my.timer",
            "myapp:started",
            "myapp:accumulated",
            "myapp:made.counter",
            "myapp:a.counter",
            "myapp:a.meter",
            "myapp:a.timer",
            "myapp:macro.count",
            "myapp:macro.meter",
            "myapp:macro.time",
            "myapp:attribute.counted",
            "myapp:attribute.timed",
        ]
    );
}

/// `stats.increment('my.counter')`
#[test]
fn increment() {
    static MY_COUNTER: Counter = Counter::new("my.counter");

    let wire = Wire::new();
    let stats = wire.client();
    stats.increment("my.counter");
    stats.counter("my.counter").unwrap().increment();
    stats.scope().run(|| {
        MY_COUNTER.increment();
        logd::count!("my.counter");
    });
    let sent = wire.sent_by(&stats);
    assert_eq!(
        decode(&sent[0]),
        Ok(Message::Counter {
            key: "my.counter".into(),
            value: 1.0,
            rate: 1.0
        })
    );
    assert_eq!(sent, vec![recommended("rec: counter 1"); 4]);
}

/// "you can increment & decrment counters (with an optional sample rate)"
#[test]
fn increment_with_a_sample_rate() {
    static MY_COUNTER: Counter = Counter::new("my.counter").rate(0.1);

    let wire = Wire::new();
    let stats = wire.client();
    let made = stats.counter("my.counter").unwrap().rate(0.1);
    until_kept(&stats, || made.increment());
    until_kept(&stats, || stats.scope().run(|| MY_COUNTER.increment()));
    until_kept(&stats, || {
        stats.scope().run(|| logd::count!("my.counter", rate = 0.1));
    });
    let sent = wire.sent_by(&stats);
    assert_eq!(
        decode(&sent[0]),
        Ok(Message::Counter {
            key: "my.counter".into(),
            value: 1.0,
            rate: 0.1
        })
    );
    assert_eq!(sent, vec![recommended("rec: counter 1 rate 0.1"); 3]);
}

/// `stats.change_by('my.counter', 10)`
#[test]
fn change_by() {
    static MY_COUNTER: Counter = Counter::new("my.counter");

    let wire = Wire::new();
    let stats = wire.client();
    stats.add("my.counter", 10);
    stats.counter("my.counter").unwrap().add(10);
    stats.scope().run(|| {
        MY_COUNTER.add(10);
        logd::count!("my.counter", by = 10);
    });
    let sent = wire.sent_by(&stats);
    assert_eq!(
        decode(&sent[0]),
        Ok(Message::Counter {
            key: "my.counter".into(),
            value: 10.0,
            rate: 1.0
        })
    );
    assert_eq!(sent, vec![recommended("rec: counter 10"); 4]);

    stats.add("my.counter", -3);
    assert_eq!(wire.one_sent_by(&stats), recommended("rec: counter -3"));

    // pylogd sends it, and the daemon counts it as 1.
    stats.add("my.counter", 0);
    assert!(wire.sent_by(&stats).is_empty());
}

/// `stats.decrement('my.counter', 0.05) # only update 5% of the time`: the message has the
/// rate and the value as it is, which the receiver then weighs.
#[test]
fn decrement() {
    static MY_COUNTER: Counter = Counter::new("my.counter").rate(0.05);

    let wire = Wire::new();
    let stats = wire.client();
    let made = stats.counter("my.counter").unwrap().rate(0.05);
    until_kept(&stats, || made.decrement());
    until_kept(&stats, || stats.scope().run(|| MY_COUNTER.decrement()));
    until_kept(&stats, || {
        stats
            .scope()
            .run(|| logd::count!("my.counter", by = -1, rate = 0.05));
    });
    let sent = wire.sent_by(&stats);
    assert_eq!(
        decode(&sent[0]),
        Ok(Message::Counter {
            key: "my.counter".into(),
            value: -1.0,
            rate: 0.05
        })
    );
    assert_eq!(sent, vec![recommended("rec: counter -1 rate 0.05"); 3]);

    stats.decrement("my.counter");
    assert_eq!(wire.one_sent_by(&stats), recommended("rec: counter -1"));
}

/// `# only update 5% of the time`
#[test]
fn decrement_only_updates_five_percent_of_the_time() {
    let wire = Wire::new();
    let stats = wire.client();
    let counter = stats.counter("my.counter").unwrap().rate(0.05);
    assert_share_sent(&wire, &stats, 0.05, || counter.decrement());
}

/// `stats.set('my.meter', 30)`
#[test]
fn set() {
    static MY_METER: Meter = Meter::new("my.meter");

    let wire = Wire::new();
    let stats = wire.client();
    stats.set("my.meter", 30);
    stats.meter("my.meter").unwrap().set(30_u8);
    stats.scope().run(|| {
        MY_METER.set(30_usize);
        logd::meter!("my.meter", 30);
    });
    let sent = wire.sent_by(&stats);
    assert_eq!(
        decode(&sent[0]),
        Ok(Message::Meter {
            key: "my.meter".into(),
            value: 30.0
        })
    );
    assert_eq!(sent, vec![recommended("rec: meter 30"); 4]);
}

/// `stats.set('my.meter', 30, 0.25) # only set 25% of the time`
#[test]
fn set_with_a_sample_rate() {
    static MY_METER: Meter = Meter::new("my.meter").rate(0.25);

    let wire = Wire::new();
    let stats = wire.client();
    let made = stats.meter("my.meter").unwrap().rate(0.25);
    until_kept(&stats, || made.set(30));
    until_kept(&stats, || stats.scope().run(|| MY_METER.set(30)));
    until_kept(&stats, || {
        stats
            .scope()
            .run(|| logd::meter!("my.meter", 30, rate = 0.25));
    });
    let sent = wire.sent_by(&stats);
    assert_eq!(
        decode(&sent[0]),
        Ok(Message::Meter {
            key: "my.meter".into(),
            value: 30.0
        })
    );
    assert_eq!(sent, vec![recommended("rec: meter 30 rate 0.25"); 3]);
}

/// `# only set 25% of the time`
#[test]
fn set_only_sets_25_percent_of_the_time() {
    let wire = Wire::new();
    let stats = wire.client();
    let meter = stats.meter("my.meter").unwrap().rate(0.25);
    assert_share_sent(&wire, &stats, 0.25, || meter.set(30));
}

/// `stats.time('my.timer', 11.43) # time manually`
#[test]
fn time() {
    static MY_TIMER: Timer = Timer::new("my.timer");
    const TIME: Duration = Duration::from_millis(11_430);

    let wire = Wire::new();
    let stats = wire.client();
    stats.record("my.timer", TIME);
    stats.timer("my.timer").unwrap().record(TIME);
    stats.scope().run(|| {
        MY_TIMER.record(TIME);
        logd::time!("my.timer", TIME);
    });
    let sent = wire.sent_by(&stats);
    assert_eq!(
        decode(&sent[0]),
        Ok(Message::Timer {
            key: "my.timer".into(),
            value: 11.43,
            rate: 1.0
        })
    );
    assert_eq!(sent, vec![recommended("rec: timer 11.43"); 4]);

    let sampled = stats.timer("my.timer").unwrap().rate(0.1);
    until_kept(&stats, || sampled.record(TIME));
    assert_eq!(
        wire.one_sent_by(&stats),
        recommended("rec: timer 11.43 rate 0.1")
    );
}

/// ```text
/// stats.timer.start('my.timer')
/// do_some_timed_operation()
/// stats.timer.stop('my.timer')
/// ```
#[test]
fn timer_start_and_stop() {
    static MY_TIMER: Timer = Timer::new("my.timer");

    let wire = Wire::new();
    let stats = wire.client();
    let outside = Instant::now();
    stats.start_timer("my.timer");
    work();
    stats.stop_timer("my.timer");
    let by_name = outside.elapsed();

    let outside = Instant::now();
    stats.scope().run(|| {
        let timed = MY_TIMER.start();
        work();
        timed.stop();
    });
    let by_guard = outside.elapsed();

    let outside = Instant::now();
    stats.scope().run(|| {
        logd::start_timer("my.timer");
        work();
        logd::stop_timer("my.timer");
    });
    let in_scope = outside.elapsed();

    let sent = wire.sent_by(&stats);
    assert_eq!(sent.len(), 3);
    for (datagram, outside) in sent.iter().zip([by_name, by_guard, in_scope]) {
        assert_measured(seconds_of(datagram, "my.timer", 1.0), 1, outside);
    }
}

/// `stats.timer.start('my.timer')`: "If a timer is started twice in a row, the old timing
/// information is never sent."
#[test]
fn timer_started_twice() {
    let wire = Wire::new();
    let stats = wire.client();
    stats.start_timer("my.timer");
    work();
    let outside = Instant::now();
    stats.start_timer("my.timer");
    stats.stop_timer("my.timer");
    let outside = outside.elapsed();
    let sent = wire.one_sent_by(&stats);
    assert_measured(seconds_of(&sent, "my.timer", 1.0), 0, outside);
}

/// `stats.timer.stop('my.timer')`: of a timer that does not run it sends nothing.
#[test]
fn timer_stopped_without_a_start() {
    let wire = Wire::new();
    let stats = wire.client();
    stats.stop_timer("my.timer");
    stats.start_timer("my.timer");
    stats.stop_timer("my.timer");
    stats.stop_timer("my.timer");
    assert_eq!(wire.sent_by(&stats).len(), 1);
}

/// ```text
/// @stats.timed('my.long_operation', 0.1)
/// def long_operation():
///     pass
/// ```
///
/// "time this function with a 10% sample rate"
#[test]
fn timed() {
    #[logd::timed("my.long_operation", rate = 0.1)]
    fn long_operation() -> u32 {
        work();
        7
    }

    let wire = Wire::new();
    let stats = wire.client();
    let outside = Instant::now();
    until_kept(&stats, || {
        let value = stats.scope().run(long_operation);
        assert_eq!(value, 7, "the value of the function comes through");
    });
    let outside = outside.elapsed();
    let sent = wire.one_sent_by(&stats);
    assert_measured(seconds_of(&sent, "my.long_operation", 0.1), 1, outside);

    let totals = stats.stats();
    assert_eq!(totals.events(), totals.sampled_out() + totals.sent());
}

/// "time this function with a 10% sample rate"
#[test]
fn timed_times_ten_percent_of_the_calls() {
    #[logd::timed("my.long_operation", rate = 0.1)]
    fn long_operation() {}

    let wire = Wire::new();
    let stats = wire.client();
    assert_share_sent(&wire, &stats, 0.1, || stats.scope().run(long_operation));
}

/// ```text
/// stats.timer.start_accumulator('timers.mysql')
/// do_some_mysql_stuff()
/// ```
///
/// Its second start goes on where the first one stopped (and not, as in pylogd, into an
/// exception); a start while it runs changes nothing.
#[test]
fn start_accumulator() {
    let wire = Wire::new();
    let stats = wire.client();
    let outside = Instant::now();
    stats.start_accumulator("timers.mysql");
    work();
    stats.start_accumulator("timers.mysql");
    stats.stop_accumulator("timers.mysql");
    stats.start_accumulator("timers.mysql");
    work();
    stats.stop_accumulator("timers.mysql");
    let outside = outside.elapsed();
    stats.flush_accumulator("timers.mysql");
    let sent = wire.one_sent_by(&stats);
    assert_measured(seconds_of(&sent, "timers.mysql", 1.0), 2, outside);
}

/// ```text
/// stats.timer.stop_accumulator('timers.mysql')
/// non_mysql_things()
/// ```
///
/// What comes after the stop is not in the sum; a second stop adds nothing (where pylogd adds
/// the time since 1970); and nothing is sent before the flush.
#[test]
fn stop_accumulator() {
    let wire = Wire::new();
    let stats = wire.client();
    let outside = Instant::now();
    stats.start_accumulator("timers.mysql");
    stats.stop_accumulator("timers.mysql");
    let outside = outside.elapsed();
    work();
    stats.stop_accumulator("timers.mysql");
    stats.stop_accumulator("never.started");
    assert!(wire.sent_by(&stats).is_empty());

    stats.flush_accumulator("timers.mysql");
    let sent = wire.one_sent_by(&stats);
    assert_measured(seconds_of(&sent, "timers.mysql", 1.0), 0, outside);
}

/// ```text
/// stats.timer.start_accumulator('timers.mysql')
/// do_some_mysql_stuff()
/// stats.timer.stop_accumulator('timers.mysql')
/// non_mysql_things()
/// stats.timer.start_accumulator('timers.mysql')
/// do_some_more_mysql_stuff()
/// stats.timer.stop_accumulator('timers.mysql')
/// stats.timer.flush_accumulator('timers.mysql')
/// ```
///
/// "send this timing information to logd": one message with the sum, in each of our forms.
#[test]
fn flush_accumulator() {
    #[logd::accumulated("timers.mysql")]
    fn page() {
        logd::accumulate!("timers.mysql", { work() });
        work();
        logd::accumulate!("timers.mysql", { work() });
    }

    fn by_name(stats: &Client) {
        stats.start_accumulator("timers.mysql");
        work();
        stats.stop_accumulator("timers.mysql");
        work();
        stats.start_accumulator("timers.mysql");
        work();
        stats.stop_accumulator("timers.mysql");
        stats.flush_accumulator("timers.mysql");
    }

    fn in_scope() {
        logd::start_accumulator("timers.mysql");
        work();
        logd::stop_accumulator("timers.mysql");
        work();
        logd::start_accumulator("timers.mysql");
        work();
        logd::stop_accumulator("timers.mysql");
        logd::flush_accumulator("timers.mysql");
    }

    fn by_value() {
        let mysql = Accumulator::new("timers.mysql");
        let section = mysql.start();
        work();
        section.stop();
        work();
        logd::accumulate!(mysql, { work() });
        mysql.flush();
    }

    let wire = Wire::new();
    let stats = wire.client();
    let forms: [fn(&Client); 4] = [
        by_name,
        |stats| stats.scope().run(in_scope),
        |stats| stats.scope().run(by_value),
        |stats| stats.scope().run(page),
    ];
    for run in forms {
        let outside = Instant::now();
        run(&stats);
        // `work` ran three times, twice of them in a section.
        let most = outside.elapsed() - WORK;
        let sent = wire.one_sent_by(&stats);
        assert_measured(seconds_of(&sent, "timers.mysql", 1.0), 2, most);
    }

    stats.flush_accumulator("timers.mysql");
    assert!(
        wire.sent_by(&stats).is_empty(),
        "a flushed accumulator is gone"
    );
}

/// `stats.timer.start_accumulator('timers.mysql')` has the sample rate that timers have.
#[test]
fn accumulator_with_a_sample_rate() {
    let wire = Wire::new();
    let stats = wire.client();
    let mysql = Accumulator::with_rate("timers.mysql", 0.1).unwrap();
    until_kept(&stats, || {
        stats.scope().run(|| {
            mysql.start().stop();
            mysql.flush();
        });
    });
    seconds_of(&wire.one_sent_by(&stats), "timers.mysql", 0.1);
}

/// `stats.timer.flush()`: "Flush all accumulators."
#[test]
fn flush_all_accumulators() {
    let wire = Wire::new();
    let stats = wire.client();
    for name in ["timers.mysql", "timers.redis"] {
        stats.start_accumulator(name);
        stats.stop_accumulator(name);
    }
    stats.flush_accumulators();
    let mut keys: Vec<_> = wire
        .sent_by(&stats)
        .iter()
        .map(|datagram| match decode(datagram) {
            Ok(Message::Timer { key, .. }) => key.into_owned(),
            other => panic!("not a timer: {other:?}"),
        })
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, ["timers.mysql", "timers.redis"]);

    stats.flush_accumulators();
    assert!(wire.sent_by(&stats).is_empty());
}

/// pylogd's `Dummy`: "A version of stats.Logd which does not send stats over the wire."
#[test]
fn dummy() {
    static MY_COUNTER: Counter = Counter::new("my.counter");

    let stats = Client::noop();
    stats.increment("my.counter");
    stats.set("my.meter", 30);
    stats.start_timer("my.timer");
    stats.stop_timer("my.timer");
    stats.delete_log("mylogpath.log").unwrap();
    stats.scope().run(|| MY_COUNTER.increment());
    let report = stats.flush(PATIENCE);
    assert_eq!(
        (report.messages(), report.events(), report.dropped()),
        (0, 0, 0)
    );
}

// ---- twisted support ------------------------------------------------------------

/// "For twisted users, use ``pylogd.twisted`` (included) instead of ``pylogd``, and note that
/// log messages and stats will not go to logd until the reactor has been started."
///
/// There is nothing else to use here: asynchronous code records as other code does, whatever
/// runs it, needs nothing to be started, and waits for a flush without blocking.
#[test]
fn twisted() {
    #[logd::timed("my.request")]
    #[logd::counted("my.requests")]
    async fn request() {
        logd::meter!("my.meter", 30);
        logd::accumulate!("timers.mysql", { yield_now().await });
    }

    let wire = Wire::new();
    let stats = wire.client();
    let report = block_on(async {
        stats.scope().future(request()).await;
        stats.delete_log("mylogpath.log").unwrap();
        stats.flush_async(PATIENCE).await
    });
    assert!(report.is_complete(), "{report}");
    let sent: Vec<_> = wire
        .take(report.messages())
        .iter()
        .map(|datagram| match decode(datagram) {
            Ok(Message::Counter { key, .. }) => format!("counter {key}"),
            Ok(Message::Meter { key, .. }) => format!("meter {key}"),
            Ok(Message::Timer { key, .. }) => format!("timer {key}"),
            Ok(Message::Delete { path }) => format!("delete {path}"),
            other => panic!("unexpected: {other:?}"),
        })
        .collect();
    for message in [
        "counter my.requests",
        "meter my.meter",
        "timer timers.mysql",
        "timer my.request",
        "delete mylogpath.log",
    ] {
        assert!(
            sent.iter().any(|sent| sent == message),
            "no {message:?} in {sent:?}"
        );
    }
    assert_eq!(sent.len(), 5, "{sent:?}");
}

/// Pending once, as a future is that waits for a database.
fn yield_now() -> impl Future<Output = ()> {
    let mut polled = false;
    std::future::poll_fn(move |context| {
        if polled {
            return Poll::Ready(());
        }
        polled = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// The smallest of all runtimes: polls on this thread and parks it in between.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}
