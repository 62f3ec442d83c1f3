//! pylogd's calls against our receiver: every datagram is understood, and the figures are
//! what the calls say.

use logd_receiver::{Interval, Receiver};

use crate::pylogd;

/// Runs a command of `drive_pylogd.py` against a receiver.
fn received(command: &str) -> (Vec<serde_json::Value>, Interval) {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let told = pylogd::run(command, Some(receiver.local_addr().port()), "");
    (told, receiver.flush())
}

/// Everything that was sent was read and is a message that no bound turned away.
#[track_caller]
fn assert_understood(interval: &Interval, datagrams: u64) {
    let health = &interval.health;
    assert_eq!(health.datagrams, datagrams, "{health}");
    assert_eq!((health.bad.total(), health.ignored), (0, 0), "{health}");
    assert_eq!(health.lost.unwrap_or(0), 0, "{health}");
    let refused = health.keys_refused + health.samples_refused + health.logs_dropped;
    assert_eq!(refused, 0, "{health}");
}

#[test]
fn every_call_of_the_readme_is_understood() {
    let (told, interval) = received("readme");
    assert_understood(&interval, 10);
    assert_eq!(told.len(), 10);
    let measured = |call: &str| {
        let told = told.iter().find(|told| told["call"] == call).unwrap();
        // Python's clock of the day may be slewed while it measures.
        let least = told["least"].as_f64().unwrap() * 0.99;
        least..=told["most"].as_f64().unwrap() * 1.01
    };

    // 1 and 10, and -1 that stands for 20 calls.
    assert_eq!(
        interval.counter("my.counter").unwrap().sum,
        1.0 + 10.0 - 20.0
    );
    let meter = interval.meter("my.meter").unwrap();
    assert_eq!((meter.mean, meter.count), (30.0, 2));

    let timer = interval.timer("my.timer").unwrap();
    assert_eq!((timer.count, timer.samples, timer.upper), (2.0, 2, 11.43));
    assert!(
        measured("stats.timer.stop('my.timer')").contains(&timer.lower),
        "{timer:?}"
    );
    let timed = interval.timer("my.long_operation").unwrap();
    assert_eq!((timed.count, timed.samples), (10.0, 1));
    let call = "@stats.timed('my.long_operation', 0.1)";
    assert!(measured(call).contains(&timed.mean), "{timed:?}");
    let accumulated = interval.timer("timers.mysql").unwrap();
    assert_eq!((accumulated.count, accumulated.samples), (1.0, 1));
    let call = "stats.timer.flush_accumulator('timers.mysql')";
    assert!(
        measured(call).contains(&accumulated.mean),
        "{accumulated:?}"
    );

    assert_eq!(interval.deleted, ["mylogpath.log"]);
    assert_eq!(
        interval.num_stats(),
        5,
        "nothing but what was called: {interval}"
    );
    assert!(interval.logs.is_empty());
}

#[test]
fn every_log_line_of_the_handler_is_understood() {
    let (told, interval) = received("logs");
    assert_understood(&interval, told.len() as u64 + 1);
    assert_eq!(interval.logs.len(), told.len());
    for (line, told) in interval.logs.iter().zip(&told) {
        assert_eq!(line.path, "mylogpath.log");
        assert_eq!(line.text("name"), Some("base"));
        assert_eq!(line.text("level"), told["level"].as_str());
        assert_eq!(line.text("msg"), told["msg"].as_str());
        let loc = line.text("loc").unwrap();
        assert!(loc.contains("drive_pylogd.py logs:"), "{loc:?}");
        let Some(logd::wire::Value::Float(time)) = line.get("time") else {
            panic!("{line:?}");
        };
        let (before, after) = (
            told["before"].as_f64().unwrap(),
            told["after"].as_f64().unwrap(),
        );
        assert!(
            (before..=after).contains(time),
            "{time} is not from {before} to {after}"
        );
        let traceback = line.text("tb");
        assert_eq!(traceback.is_some(), told["tb"] == true, "{line:?}");
        assert!(traceback.is_none_or(|tb| tb.ends_with("ValueError: no such thing")));
    }
    assert_eq!(interval.deleted, ["mylogpath.log"]);
    assert_eq!(interval.num_stats(), 0);
}

#[test]
fn sampled_calls_stand_for_all_of_them() {
    let (told, interval) = received("sampled");
    let kept: Vec<u64> = told
        .iter()
        .map(|told| told["kept"].as_u64().unwrap())
        .collect();
    assert_understood(&interval, kept.iter().sum());
    let [counter, meter, timer] = kept[..] else {
        panic!("{told:?}");
    };
    assert!(counter > 0 && meter > 0 && timer > 0, "{told:?}");
    assert_eq!(
        interval.counter("my.counter").unwrap().sum,
        -20.0 * counter as f64
    );
    assert_eq!(interval.meter("my.meter").unwrap().count, meter);
    assert_eq!(interval.meter("my.meter").unwrap().mean, 30.0);
    let timed = interval.timer("my.long_operation").unwrap();
    assert_eq!((timed.samples, timed.count), (timer, 10.0 * timer as f64));
}
