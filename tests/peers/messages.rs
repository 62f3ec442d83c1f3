//! The same calls made with pylogd and with our client: the datagrams say the same, one by
//! one, as pylogd's own msgpack and as our decoder read them.

use std::thread;
use std::time::{Duration, Instant};

use log::{Level, LevelFilter};
use logd::wire::{self, Message};
use logd::{Client, Logger};
use serde_json::{Value as Json, json};

use crate::pylogd;
use crate::support::{Wire, until_kept};

const WORK: Duration = Duration::from_millis(5);

/// A call of the README, and ours for it.
struct Call {
    line: &'static str,
    ours: fn(&Client),
    /// For calls that measure: in how many sections the work is done, and how often it is
    /// done outside of them.
    work: Option<(u32, u32)>,
}

impl Call {
    const fn new(line: &'static str, ours: fn(&Client)) -> Call {
        Call {
            line,
            ours,
            work: None,
        }
    }

    const fn measuring(mut self, sections: u32, between: u32) -> Call {
        self.work = Some((sections, between));
        self
    }
}

const README: [Call; 10] = [
    Call::new("stats.increment('my.counter')", |stats| {
        stats.increment("my.counter");
    }),
    Call::new("stats.change_by('my.counter', 10)", |stats| {
        stats.add("my.counter", 10);
    }),
    Call::new("stats.decrement('my.counter', 0.05)", |stats| {
        let counter = stats.counter("my.counter").unwrap().rate(0.05);
        until_kept(stats, || counter.decrement());
    }),
    Call::new("stats.set('my.meter', 30)", |stats| {
        stats.set("my.meter", 30);
    }),
    Call::new("stats.set('my.meter', 30, 0.25)", |stats| {
        let meter = stats.meter("my.meter").unwrap().rate(0.25);
        until_kept(stats, || meter.set(30));
    }),
    Call::new("stats.time('my.timer', 11.43)", |stats| {
        stats.record("my.timer", Duration::from_secs_f64(11.43));
    }),
    Call::new("stats.timer.stop('my.timer')", |stats| {
        stats.start_timer("my.timer");
        thread::sleep(WORK);
        stats.stop_timer("my.timer");
    })
    .measuring(1, 0),
    Call::new("@stats.timed('my.long_operation', 0.1)", |stats| {
        #[logd::timed("my.long_operation", rate = 0.1)]
        fn long_operation() {
            thread::sleep(WORK);
        }
        until_kept(stats, || stats.scope().run(long_operation));
    })
    .measuring(1, 0),
    Call::new("stats.timer.flush_accumulator('timers.mysql')", |stats| {
        stats.start_accumulator("timers.mysql");
        thread::sleep(WORK);
        stats.stop_accumulator("timers.mysql");
        thread::sleep(WORK);
        stats.start_accumulator("timers.mysql");
        thread::sleep(WORK);
        stats.stop_accumulator("timers.mysql");
        stats.flush_accumulator("timers.mysql");
    })
    .measuring(2, 1),
    Call::new(
        "delete_log('mylogpath.log', host='127.0.0.1', 8126)",
        |stats| {
            stats.delete_log("mylogpath.log").unwrap();
        },
    ),
];

/// The value taken out, which may be an integer here and a float there.
fn split_value(mut fields: Json) -> (Option<f64>, Json) {
    let value = fields.as_object_mut().unwrap().remove("value");
    (value.map(|value| value.as_f64().unwrap()), fields)
}

#[test]
fn calls_of_the_readme_give_the_same_messages() {
    let theirs = Wire::new();
    let told = pylogd::run("readme", Some(theirs.port()), "");
    let theirs = theirs.take(told.len() as u64);

    let wire = Wire::new();
    let stats = wire.client();
    let mut ours = Vec::new();
    let mut outside = Vec::new();
    for call in &README {
        let start = Instant::now();
        (call.ours)(&stats);
        outside.push(start.elapsed());
        ours.push(wire.one_sent_by(&stats));
    }

    assert_eq!(told.len(), README.len());
    let fields = pylogd::decode(&theirs)
        .into_iter()
        .zip(pylogd::decode(&ours));
    for (number, (their_fields, our_fields)) in fields.enumerate() {
        let (call, told) = (&README[number], &told[number]);
        assert_eq!(told["call"], call.line);
        let Some((sections, between)) = call.work else {
            assert_eq!(our_fields, their_fields, "{}", call.line);
            assert_eq!(ours[number], theirs[number], "{}", call.line);
            assert_eq!(wire::decode(&ours[number]), wire::decode(&theirs[number]));
            continue;
        };
        // Two runs take different times: each is held to its own.
        let (their_seconds, their_fields) = split_value(their_fields);
        let (our_seconds, our_fields) = split_value(our_fields);
        assert_eq!(our_fields, their_fields, "{}", call.line);
        let least = told["least"].as_f64().unwrap()..=told["most"].as_f64().unwrap();
        assert_between(their_seconds.unwrap(), *least.start(), *least.end());
        let most = outside[number] - WORK * between;
        assert_between(
            our_seconds.unwrap(),
            (WORK * sections).as_secs_f64(),
            most.as_secs_f64(),
        );
    }
}

/// With the little that clocks may differ by.
#[track_caller]
fn assert_between(seconds: f64, least: f64, most: f64) {
    let range = least * 0.99..=most * 1.01;
    assert!(
        range.contains(&seconds),
        "{seconds} s is not in {range:?} s"
    );
}

/// A call of pylogd by name, `[prefix, method, arguments]`, made by our client.
fn call(stats: &Client, method: &str, arguments: &[Json]) {
    let key = arguments[0].as_str().unwrap();
    let rate = |place: usize| arguments.get(place).map(|rate| rate.as_f64().unwrap());
    let integer = arguments.get(1).and_then(Json::as_i64);
    let float = arguments.get(1).and_then(Json::as_f64);
    let counter = |rate| stats.counter(key).unwrap().rate(rate);
    match method {
        "increment" => match rate(1) {
            Some(rate) => until_kept(stats, || counter(rate).increment()),
            None => stats.increment(key),
        },
        "decrement" => match rate(1) {
            Some(rate) => until_kept(stats, || counter(rate).decrement()),
            None => stats.decrement(key),
        },
        "change_by" => match (rate(2), integer) {
            (Some(rate), _) => until_kept(stats, || counter(rate).add(integer.unwrap())),
            (None, Some(amount)) => stats.add(key, amount),
            (None, None) => stats.add(key, float.unwrap()),
        },
        "set" => match (rate(2), integer) {
            (Some(rate), _) => {
                let meter = stats.meter(key).unwrap().rate(rate);
                until_kept(stats, || meter.set(integer.unwrap()));
            }
            (None, Some(reading)) => stats.set(key, reading),
            (None, None) => stats.set(key, float.unwrap()),
        },
        "time" => {
            let duration = Duration::from_secs_f64(float.unwrap());
            match rate(2) {
                Some(rate) => {
                    let timer = stats.timer(key).unwrap().rate(rate);
                    until_kept(stats, || timer.record(duration));
                }
                None => stats.record(key, duration),
            }
        }
        other => panic!("no call of pylogd: {other:?}"),
    }
}

#[test]
fn other_values_prefixes_and_rates_give_the_same_messages() {
    let long_key = "k".repeat(40);
    let calls = json!([
        ["myapp", "increment", ["my.counter"]],
        ["myapp", "increment", ["my.counter", 0.1]],
        ["myapp", "set", ["my.meter", 30]],
        ["myapp", "time", ["my.timer", 11.43, 0.1]],
        ["my.app", "decrement", ["my.counter"]],
        ["", "increment", ["caf\u{e9}.\u{4e2d}\u{1f600}"]],
        // Beyond 31 bytes pylogd's msgpack writes str8, which ours must not; the text is the same.
        ["", "increment", [long_key]],
        ["", "change_by", ["my.counter", 127]],
        ["", "change_by", ["my.counter", 128]],
        ["", "change_by", ["my.counter", 256]],
        ["", "change_by", ["my.counter", 65536]],
        ["", "change_by", ["my.counter", 4294967295_u64]],
        // Beyond 32 bits pylogd writes a 64-bit integer, ours a float of the same value.
        ["", "change_by", ["my.counter", 1_u64 << 40]],
        ["", "change_by", ["my.counter", 9007199254740992_u64]],
        ["", "change_by", ["my.counter", -33]],
        ["", "change_by", ["my.counter", -129]],
        ["", "change_by", ["my.counter", -32769]],
        ["", "change_by", ["my.counter", -2147483649_i64]],
        ["", "change_by", ["my.counter", 1.5]],
        ["", "change_by", ["my.counter", -3, 0.5]],
        ["", "set", ["my.meter", 0]],
        ["", "set", ["my.meter", -12]],
        ["", "set", ["my.meter", 70000]],
        ["", "set", ["my.meter", 0.5]],
        ["", "set", ["my.meter", -0.25]],
        ["", "set", ["my.meter", 1.0]],
        ["", "set", ["my.meter", 1e300]],
        ["", "set", ["my.meter", -7, 0.9]],
        ["", "time", ["my.timer", 0.0]],
        ["", "time", ["my.timer", 5]],
        ["", "time", ["my.timer", 0.000123]],
        ["", "time", ["my.timer", 0.02, 0.9]],
    ]);
    let theirs = Wire::new();
    pylogd::run("calls", Some(theirs.port()), &calls.to_string());
    let calls = calls.as_array().unwrap();
    let theirs = theirs.take(calls.len() as u64);

    let ours: Vec<_> = calls
        .iter()
        .map(|made| {
            let wire = Wire::new();
            let stats = wire
                .builder()
                .prefix(made[0].as_str().unwrap())
                .build()
                .unwrap();
            call(
                &stats,
                made[1].as_str().unwrap(),
                made[2].as_array().unwrap(),
            );
            wire.one_sent_by(&stats)
        })
        .collect();

    let fields = pylogd::decode(&theirs)
        .into_iter()
        .zip(pylogd::decode(&ours));
    for (number, (their_fields, our_fields)) in fields.enumerate() {
        assert_eq!(
            split_value(our_fields),
            split_value(their_fields),
            "{}",
            calls[number]
        );
        let (ours, theirs) = (wire::decode(&ours[number]), wire::decode(&theirs[number]));
        assert!(ours.is_ok(), "{ours:?}");
        assert_eq!(ours, theirs, "{}", calls[number]);
    }
}

/// What was logged with pylogd's handler, logged with ours: an error stands for an exception.
fn log(logger: &Logger, fields: &Json) {
    let level = match fields["level"].as_str().unwrap() {
        "ERROR" => Level::Error,
        "WARNING" => Level::Warn,
        "INFO" => Level::Info,
        "DEBUG" => Level::Debug,
        other => panic!("no level of `log`: {other:?}"),
    };
    let msg = fields["msg"].as_str().unwrap();
    if fields["tb"].is_string() {
        let cause = "no such thing".parse::<u32>().unwrap_err();
        log::log!(logger: logger, target: "base", level, error:err = cause; "{msg}");
    } else {
        log::log!(logger: logger, target: "base", level, "{msg}");
    }
}

#[test]
fn records_of_the_handler_have_the_same_fields() {
    let wire = Wire::new();
    let told = pylogd::run("logs", Some(wire.port()), "");
    let mut theirs = wire.take(told.len() as u64 + 1);
    let delete = theirs.pop().unwrap();
    assert_eq!(
        wire::decode(&delete),
        Ok(Message::Delete {
            path: "mylogpath.log".into()
        })
    );
    let their_fields = pylogd::decode(&theirs);

    log::set_max_level(LevelFilter::Trace);
    let client = wire.client();
    let logger = Logger::builder()
        .path("mylogpath.log")
        .level(LevelFilter::Trace)
        .client(client.clone())
        .build()
        .unwrap();
    their_fields.iter().for_each(|fields| log(&logger, fields));
    let our_fields = pylogd::decode(&wire.sent_by(&client));

    assert_eq!(our_fields.len(), their_fields.len());
    for (mut ours, mut theirs) in our_fields.into_iter().zip(their_fields) {
        // The process, the moment and the place are each side's own, in the same form.
        for fields in [&mut ours, &mut theirs] {
            let fields = fields.as_object_mut().unwrap();
            assert!(fields.remove("pid").unwrap().is_u64());
            let time = fields.remove("time").unwrap();
            assert!(time.is_f64() && time.as_f64().unwrap() > 1.7e9, "{time}");
            let loc = fields.remove("loc").unwrap();
            let (file, place) = loc.as_str().unwrap().split_once(' ').unwrap();
            let (function, line) = place.rsplit_once(':').unwrap();
            assert!(file.contains("/peers/") && !function.is_empty(), "{loc}");
            assert!(line.parse::<u32>().unwrap() > 0, "{loc}");
            // It ends in what went wrong.
            if let Some(traceback) = fields.remove("tb") {
                let last = traceback
                    .as_str()
                    .unwrap()
                    .lines()
                    .last()
                    .unwrap()
                    .to_owned();
                assert!(!last.is_empty(), "{traceback}");
                fields.insert("tb".to_owned(), true.into());
            }
        }
        // A key-value, which Python's records have none of.
        let error = ours.as_object_mut().unwrap().remove("error");
        assert_eq!(error.is_some(), ours["tb"] == true);
        assert_eq!(ours, theirs);
    }
}

/// Reads the README that is installed beside pylogd, so that no line of it can be forgotten.
#[test]
fn each_line_of_the_readme_is_quoted_by_a_test() {
    let tests = include_str!("../parity.rs");
    let lines = pylogd::run("lines", None, "");
    assert!(lines.len() > 20, "{lines:?}");
    for line in &lines {
        let line = line.as_str().unwrap();
        assert!(
            tests.contains(line),
            "no test of tests/parity.rs quotes {line:?}"
        );
    }
}
