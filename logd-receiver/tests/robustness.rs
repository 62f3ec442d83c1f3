//! Every datagram on record is survived and counted, also those that end the original daemon,
//! and nothing that anybody sends makes the receiver hold more than it was told to.

mod common;

use common::{Client, vectors};
use logd_receiver::{Health, Receiver};
use serde_json::{Value as Json, json};

#[test]
fn every_recorded_datagram_is_survived_and_counted() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    for vector in vectors() {
        for datagram in &vector.datagrams {
            client.send(datagram);
        }
        client.count("still.there");
        let interval = receiver.flush();
        let name = &vector.name;
        assert_eq!(
            interval.health.datagrams,
            vector.datagrams.len() as u64 + 1,
            "{name}"
        );
        assert_eq!(interval.health.lost.unwrap_or(0), 0, "{name}");
        assert_eq!(interval.counter("still.there").unwrap().sum, 1.0, "{name}");
    }
}

/// What becomes of the datagrams that end the original daemon: taken, or bad of which kind.
#[test]
fn what_ended_the_original_daemon_is_taken_or_counted_by_kind() {
    let mut outcomes = std::collections::BTreeMap::new();
    for vector in vectors() {
        if vector.accepted != "crash" {
            continue;
        }
        let receiver = Receiver::bind("127.0.0.1:0").unwrap();
        let client = Client::of(receiver.local_addr());
        for datagram in &vector.datagrams {
            client.send(datagram);
        }
        let interval = receiver.flush();
        let bad = &interval.health.bad;
        let taken = interval.num_stats() + interval.logs.len();
        let outcome = match bad.total() {
            0 => {
                assert_eq!(taken, vector.datagrams.len(), "{}", vector.name);
                "taken"
            }
            _ if bad.too_deep == 1 => "too deep",
            _ if bad.reserved == 1 => "reserved byte",
            _ if bad.not_a_map == 1 => "not a map",
            _ => panic!("{}: {bad:?}", vector.name),
        };
        *outcomes.entry(outcome).or_insert(0) += 1;
    }
    let expected = [
        ("not a map", 3),
        ("reserved byte", 1),
        ("taken", 46),
        ("too deep", 4),
    ];
    assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn log_lines_are_the_documents_that_the_original_daemon_stored() {
    let mut compared = 0;
    for vector in vectors() {
        let Some(stored) = &vector.stored else {
            continue;
        };
        // Where the store was sent a malformed document there is nothing to compare with.
        if stored.iter().any(|document| document.get("bson").is_some()) {
            continue;
        }
        let receiver = Receiver::bind("127.0.0.1:0").unwrap();
        let client = Client::of(receiver.local_addr());
        for datagram in &vector.datagrams {
            client.send(datagram);
        }
        let lines: Vec<Json> = (receiver.flush().logs.iter())
            .map(|line| {
                let mut document: Json = serde_json::from_str(&line.to_json()).unwrap();
                as_stored(&mut document);
                json!({ "collection": line.path, "doc": document })
            })
            .collect();
        let mut stored = stored.clone();
        for document in &mut stored {
            let fields = document["doc"].as_object_mut().unwrap();
            if fields["_id"] == "<generated>" {
                fields.remove("_id");
            }
            match vector.name.as_str() {
                // These two are JavaScript's own: fields that another message left on every
                // object, and a field that replaced the document's prototype.
                "probe: meter key __proto__ then other + log" => {
                    fields.retain(|name, _| name != "count" && name != "total");
                }
                "probe: log field __proto__ map" => {
                    fields.remove("x");
                    fields.insert("__proto__".into(), json!({ "x": 1.0 }));
                }
                _ => {}
            }
            as_stored(&mut document["doc"]);
        }
        assert_eq!(lines, stored, "{}", vector.name);
        compared += 1;
    }
    assert_eq!(compared, 97);
}

/// Numbers as doubles, which they are in the store, and what JSON cannot say as null.
fn as_stored(value: &mut Json) {
    match value {
        Json::Number(n) => *value = json!(n.as_f64().unwrap()),
        Json::Array(items) => items.iter_mut().for_each(as_stored),
        Json::Object(fields) if fields.contains_key("$float") => *value = Json::Null,
        Json::Object(fields) => fields.values_mut().for_each(as_stored),
        _ => {}
    }
}

#[test]
fn keys_that_would_break_a_line_are_bad() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    let too_long = "k".repeat(16_001);
    let bad = [
        "a 1 1\nevil",
        "a b",
        "a\tb",
        "a\rb",
        "a\0b",
        "a;t=v",
        "a\u{a0}b",
        "a\u{2028}b",
        "a\u{85}b",
        "a\u{7f}",
        &too_long,
    ];
    for key in bad {
        client.count(key);
    }
    let longest = "k".repeat(16_000);
    client.time(&longest, f64::MIN);
    let interval = receiver.flush();
    assert_eq!(interval.health.bad.key, bad.len() as u64);
    assert_eq!(interval.num_stats(), 1);
    let lines = interval.graphite_lines(u64::from(u32::MAX));
    assert!(lines.lines().all(|line| line.len() < 16_384));
}

#[test]
fn new_keys_beyond_the_bound_are_refused_and_known_ones_go_on() {
    let receiver = Receiver::builder().max_keys(3).bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    client.count("a");
    client.time("b", 1.0);
    client.count("c");
    client.count("d");
    client.time("a", 1.0);
    client.count("a");
    let interval = receiver.flush();
    assert_eq!(interval.counter("a").unwrap().sum, 2.0);
    assert_eq!(interval.num_stats(), 3);
    assert_eq!(interval.health.keys_refused, 2);

    // The timer is gone with its interval, which makes room for one key.
    client.count("d");
    client.count("e");
    let interval = receiver.flush();
    assert_eq!(interval.counter("d").unwrap().sum, 1.0);
    assert_eq!(interval.health.keys_refused, 1);
}

#[test]
fn few_very_long_keys_use_the_bound_up_too() {
    let receiver = Receiver::builder()
        .max_keys(100)
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    for n in 0..10 {
        client.count(&format!("{n}{}", "k".repeat(9_999)));
    }
    let interval = receiver.flush();
    assert_eq!(interval.counters.len(), 2);
    assert_eq!(interval.health.keys_refused, 8);
}

#[test]
fn samples_and_log_lines_beyond_their_bounds_are_counted() {
    let receiver = Receiver::builder()
        .max_samples(2)
        .max_log_lines(1)
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    for n in 0..3 {
        client.time("t", f64::from(n));
        client.log("app.log", "line");
    }
    let interval = receiver.flush();
    assert_eq!(interval.timers[0].samples, 2);
    assert_eq!(interval.logs.len(), 1);
    assert_eq!(interval.health.samples_refused, 1);
    assert_eq!(interval.health.logs_dropped, 2);

    client.time("t", 5.0);
    assert_eq!(
        receiver.flush().timers[0].samples,
        1,
        "a new interval, a new bound"
    );
}

#[test]
fn the_figures_of_health_add_up() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    for datagram in [&b""[..], b"\x81\xa2id\x05", b"hits:1|c", b"\xc1", b"\x81"] {
        client.send(datagram);
    }
    client.count("c");
    let health = receiver.flush().health;
    assert_eq!(health.datagrams, 6);
    assert_eq!(health.ignored, 2);
    assert_eq!(health.bad.total(), 3);
    assert_eq!(
        health.to_string().split(", 0 lost").next(),
        Some("6 datagrams read, 3 bad (1 not a map, 1 truncated, 1 reserved byte), 2 ignored")
    );
    let mut fresh = Health::default();
    fresh.lost = health.lost;
    assert_eq!(receiver.flush().health, fresh, "counted once");
}

#[test]
fn a_sender_cannot_claim_another_address() {
    let receiver = Receiver::bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    client.send(b"\x84\xa2id\x01\xa4path\xa1p\xa2ip\xa79.9.9.9\xa3msg\xa2hi");
    let line = &receiver.flush().logs[0];
    assert_eq!(line.ip.to_string(), "127.0.0.1");
    assert_eq!(line.to_json(), r#"{"msg":"hi","ip":"127.0.0.1"}"#);
}
