//! The lines for Graphite against every recorded run of the original daemon: equal to the last
//! digit, but for a closed list of runs that made no sense there.

mod common;

use std::time::Duration;

use common::{Client, Vector, vectors};
use logd_receiver::{Interval, Receiver};
use logd_runtime::wire::{Number, counter, timer};

/// Runs whose lines we do not copy; beside each stands what we send.
const OTHERWISE: &[(&str, &[&str])] = &[
    // The value or the rate is no number; the daemon sent text, or NaN that Graphite drops, or
    // added texts up as texts. We count such a message as bad and leave it out.
    ("py2: set nan", &[]),
    ("py2: set '12'", &[]),
    ("py3: set nan", &[]),
    ("py3: set '12'", &[]),
    ("probe: counter value array [1,2]", &[]),
    ("probe: counter value map {}", &[]),
    ("probe: counter value map {a:1}", &[]),
    (
        "probe: counter 5 then \"abc\" in same interval",
        &["stats.k 5", "stats.numStats 1"],
    ),
    ("probe: timer value nil", &[]),
    ("probe: timer value true", &[]),
    ("probe: timer value string \"12\"", &[]),
    ("probe: timer value string \"0\"", &[]),
    ("probe: timer value string \"abc\"", &[]),
    ("probe: timer value string \"\"", &[]),
    ("probe: timer value array [3]", &[]),
    ("probe: timer value array []", &[]),
    ("probe: timer value array [1,2]", &[]),
    ("probe: timer value map {}", &[]),
    ("probe: timer value map {a:1}", &[]),
    ("probe: timer value missing", &[]),
    (
        "probe: timer 1, nil, 3",
        &[
            "stats.timers.k.mean 2",
            "stats.timers.k.upper 3",
            "stats.timers.k.upper_90 3",
            "stats.timers.k.lower 1",
            "stats.timers.k.count 2",
            "stats.numStats 1",
        ],
    ),
    ("probe: timer strings \"10\",\"9\",\"2\"", &[]),
    (
        "probe: timer 3, NaN, 1, 2",
        &[
            "stats.timers.k.mean 2",
            "stats.timers.k.upper 3",
            "stats.timers.k.upper_90 3",
            "stats.timers.k.lower 1",
            "stats.timers.k.count 3",
            "stats.numStats 1",
        ],
    ),
    ("probe: meter value NaN", &[]),
    ("probe: meter value string \"12\"", &[]),
    ("probe: meter value string \"0\"", &[]),
    ("probe: meter value string \"abc\"", &[]),
    ("probe: meter value array [3]", &[]),
    ("probe: meter value map {}", &[]),
    ("probe: meter value map {a:1}", &[]),
    ("probe: meter \"12\",\"13\"", &[]),
    (
        "probe: meter 1,\"2\",3",
        &["stats.meters.k 2", "stats.mcounts.k 2", "stats.numStats 1"],
    ),
    (
        "probe: meter 1,NaN,3",
        &["stats.meters.k 2", "stats.mcounts.k 2", "stats.numStats 1"],
    ),
    ("probe: counter 10 rate \"abc\"", &[]),
    ("probe: timer 7 rate \"abc\"", &[]),
    // The key would break the line, or add one; we count such a message as bad.
    ("probe: timer key map {}", &[]),
    ("probe: meter key map {}", &[]),
    ("probe: counter key space \"a b\"", &[]),
    ("probe: timer key space \"a b\"", &[]),
    ("probe: meter key space \"a b\"", &[]),
    ("probe: counter key newline injection", &[]),
    ("probe: counter key CR", &[]),
    ("probe: timer key tab", &[]),
    ("probe: counter key NUL", &[]),
    ("probe: timer key NUL", &[]),
    ("probe: meter key NUL", &[]),
    ("probe: timer key semicolon tag", &[]),
    ("probe: meter key semicolon tag", &[]),
    // The daemon mixed the key, or the field, up with what every JavaScript object has; we count
    // like with any other name.
    (
        "probe: counter key constructor",
        &["stats.constructor 7", "stats.numStats 1"],
    ),
    (
        "probe: counter key toString",
        &["stats.toString 7", "stats.numStats 1"],
    ),
    (
        "probe: counter key valueOf",
        &["stats.valueOf 7", "stats.numStats 1"],
    ),
    (
        "probe: timer key __proto__ then other + log",
        &[
            "stats.timers.__proto__.mean 7",
            "stats.timers.__proto__.upper 7",
            "stats.timers.__proto__.upper_90 7",
            "stats.timers.__proto__.lower 7",
            "stats.timers.__proto__.count 1",
            "stats.timers.ok.mean 1",
            "stats.timers.ok.upper 1",
            "stats.timers.ok.upper_90 1",
            "stats.timers.ok.lower 1",
            "stats.timers.ok.count 1",
            "stats.numStats 2",
        ],
    ),
    (
        "probe: meter key hasOwnProperty then other",
        &[
            "stats.meters.hasOwnProperty 7",
            "stats.mcounts.hasOwnProperty 1",
            "stats.meters.ok 1",
            "stats.mcounts.ok 1",
            "stats.numStats 2",
        ],
    ),
    (
        "probe: meter key __proto__ then other + log",
        &[
            "stats.meters.__proto__ 7",
            "stats.mcounts.__proto__ 1",
            "stats.meters.ok 1",
            "stats.mcounts.ok 1",
            "stats.numStats 2",
        ],
    ),
    (
        "probe: __proto__ field with id:2 in extra",
        &["stats.k 1", "stats.numStats 1"],
    ),
    (
        "probe: counter propertyIsEnumerable",
        &["stats.propertyIsEnumerable 7", "stats.numStats 1"],
    ),
    (
        "probe: counter toLocaleString",
        &["stats.toLocaleString 7", "stats.numStats 1"],
    ),
    (
        "probe: counter __defineGetter__",
        &["stats.__defineGetter__ 7", "stats.numStats 1"],
    ),
    (
        "probe: counter __defineSetter__",
        &["stats.__defineSetter__ 7", "stats.numStats 1"],
    ),
    (
        "probe: counter __lookupSetter__",
        &["stats.__lookupSetter__ 7", "stats.numStats 1"],
    ),
];

fn lines(interval: &Interval) -> Vec<String> {
    interval
        .graphite_lines(1_327_860_000)
        .lines()
        .map(|line| line.strip_suffix(" 1327860000").unwrap().to_owned())
        .collect()
}

/// Sends a run's datagrams and returns the lines of this interval and of the idle one after.
fn replay(vector: &Vector) -> [Vec<String>; 2] {
    let receiver = Receiver::builder()
        .nominal_interval(Duration::from_millis(vector.stats_interval_ms))
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    for datagram in &vector.datagrams {
        client.send(datagram);
    }
    let [now, next] = [receiver.flush(), receiver.flush()];
    assert_eq!(
        now.health.datagrams,
        vector.datagrams.len() as u64,
        "{}",
        vector.name
    );
    [lines(&now), lines(&next)]
}

#[test]
fn lines_for_graphite_equal_those_of_every_recorded_run() {
    let mut equal = 0;
    let mut otherwise = Vec::new();
    for vector in vectors() {
        let Some(expected) = &vector.graphite_lines else {
            continue;
        };
        let [mut now, mut next] = replay(&vector);
        if vector.group == "aggregate" {
            // Recorded with other keys in the same interval, and their number.
            for lines in [&mut now, &mut next] {
                assert!(
                    lines
                        .pop()
                        .is_none_or(|line| line.starts_with("stats.numStats "))
                );
            }
        }
        if let Some(expected) = &vector.next_interval_lines {
            assert_eq!(&next, expected, "{}, next interval", vector.name);
        }
        if &now == expected {
            equal += 1;
        } else {
            otherwise.push((vector.name, now));
        }
    }
    let listed: Vec<_> = OTHERWISE
        .iter()
        .map(|(name, lines)| {
            (
                name.to_string(),
                lines.iter().map(ToString::to_string).collect(),
            )
        })
        .collect();
    // Neither fewer nor more: a run that comes out equal leaves the list.
    otherwise.sort();
    let mut listed: Vec<(String, Vec<String>)> = listed;
    listed.sort();
    assert_eq!(otherwise, listed);
    assert_eq!(equal, 466 - 60);
}

#[test]
fn keys_like_integers_come_first_and_the_others_as_they_came() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    for key in [
        "b",
        "10",
        "a",
        "2",
        "01",
        "0",
        "4294967295",
        "-1",
        "4294967294",
    ] {
        client.count(key);
    }
    let keys: Vec<_> = (receiver.flush().counters.iter())
        .map(|counter| counter.key.to_string())
        .collect();
    let expected = [
        "0",
        "2",
        "10",
        "4294967294",
        "b",
        "a",
        "01",
        "4294967295",
        "-1",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn counters_come_before_meters_before_timers_before_their_number() {
    let receiver = Receiver::builder()
        .nominal_interval(Duration::from_secs(1))
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    client.time("t", 0.25);
    client.send(b"\x83\xa2id\x04\xa3key\xa1m\xa5value\x03");
    client.count("c");
    let expected = [
        "stats.c 1",
        "stats.meters.m 3",
        "stats.mcounts.m 1",
        "stats.timers.t.mean 0.25",
        "stats.timers.t.upper 0.25",
        "stats.timers.t.upper_90 0.25",
        "stats.timers.t.lower 0.25",
        "stats.timers.t.count 1",
        "stats.numStats 3",
    ];
    assert_eq!(lines(&receiver.flush()), expected);
    let idle = [
        "stats.c 0",
        "stats.meters.m 0",
        "stats.mcounts.m 0",
        "stats.numStats 2",
    ];
    assert_eq!(lines(&receiver.flush()), idle);
}

#[test]
fn a_threshold_that_leaves_no_sample_keeps_the_smallest() {
    let receiver = Receiver::builder()
        .threshold(10.0)
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    // One sample that stands for two events.
    client.send(b"\x84\xa2id\x03\xa3key\xa1t\xa5value\x07\xa4rate\xcb\x3f\xe0\0\0\0\0\0\0");
    let timer = &receiver.flush().timers[0];
    assert_eq!(
        (timer.mean, timer.upper_percentile, timer.count),
        (7.0, 7.0, 2.0)
    );
}

#[test]
fn counters_are_divided_by_the_time_that_passed_unless_a_length_is_set() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    Client::of(receiver.local_addr()).count("c");
    let interval = receiver.flush();
    let seconds = interval.length.as_secs_f64();
    assert!(seconds > 0.0 && seconds < 60.0);
    assert_eq!(interval.counters[0].per_second, 1.0 / seconds);
}

#[test]
fn a_counter_is_multiplied_by_the_reciprocal_of_its_rate() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    let mut datagram = Vec::new();
    counter(&mut datagram, "c", Number::Int(7), Some(0.003)).unwrap();
    client.send(&datagram);
    // 7 divided by 0.003 would end in ...335.
    assert_eq!(receiver.flush().counters[0].sum, 2_333.333_333_333_333);
}

#[test]
fn timers_that_stand_for_one_event_or_fewer_are_not_averaged() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    for value in [3, 1] {
        let mut datagram = Vec::new();
        timer(&mut datagram, "t", Number::Int(value), Some(2.0)).unwrap();
        client.send(&datagram);
    }
    let timer = &receiver.flush().timers[0];
    assert_eq!((timer.count, timer.samples), (1.0, 2));
    assert_eq!((timer.mean, timer.lower), (1.0, 1.0));
    assert_eq!((timer.upper, timer.upper_percentile), (3.0, 3.0));
}
