//! The datagrams that the protocol recommends, byte for byte from the client itself: a call
//! of a handle, the worker, a socket. What no call can produce is listed with its reason.

use std::time::Duration;

use logd::Client;
use serde_json::Value as Json;

use crate::support::{Vector, Wire, until_kept, vectors};

/// The recommended datagrams that no call produces, and why.
const UNREACHABLE: [(&str, &str); 6] = [
    ("rec: counter key length 255", REFUSED),
    ("rec: counter key length 256", REFUSED),
    ("rec: counter key length 300", REFUSED),
    ("rec: counter key length 1000", REFUSED),
    ("rec: timer 0", SECONDS),
    ("rec: timer 5", SECONDS),
];

const REFUSED: &str = "a part of a key beyond 251 bytes is refused: carbon has no file name for it";
const SECONDS: &str = "a duration always travels as a float, as pylogd's stop-watch sends it";

/// Makes the call that a datagram stands for.
fn make(client: &Client, vector: &Vector, number_of: fn(&Json) -> Amount) {
    let fields = &vector.decoded;
    if fields["id"] == 1000 {
        client.delete_log(fields["path"].as_str().unwrap()).unwrap();
        return;
    }
    // What stands before the colon is the client's prefix.
    let key = fields["key"].as_str().unwrap();
    let key = key.split_once(':').map_or(key, |(_, key)| key);
    let value = &fields["value"];
    let rate = fields["rate"].as_f64();
    let call: Box<dyn Fn()> = match fields["id"].as_u64().unwrap() {
        2 => {
            let counter = client.counter(key).unwrap().rate(rate.unwrap_or(1.0));
            let amount = number_of(value);
            Box::new(move || match amount {
                Amount::Integer(amount) => counter.add(amount),
                Amount::Float(amount) => counter.add(amount),
            })
        }
        3 => {
            let timer = client.timer(key).unwrap().rate(rate.unwrap_or(1.0));
            let duration = Duration::from_secs_f64(value.as_f64().unwrap());
            Box::new(move || timer.record(duration))
        }
        4 => {
            let meter = client.meter(key).unwrap().rate(rate.unwrap_or(1.0));
            let reading = number_of(value);
            Box::new(move || match reading {
                Amount::Integer(reading) => meter.set(reading),
                Amount::Float(reading) => meter.set(reading),
            })
        }
        id => panic!("{}: no message has the id {id}", vector.name),
    };
    if rate.is_some() {
        until_kept(client, call);
    } else {
        call();
    }
}

#[derive(Clone, Copy)]
enum Amount {
    Integer(i64),
    Float(f64),
}

/// Whole numbers as integers, also those that travel as floats for want of 64-bit integers.
fn whole_as_integer(value: &Json) -> Amount {
    let float = value.as_f64().unwrap();
    if float.trunc() == float && float.abs() <= 2_f64.powi(53) {
        Amount::Integer(float as i64)
    } else {
        Amount::Float(float)
    }
}

/// Numbers as they are recorded: what travels as a float is given as one.
fn as_recorded(value: &Json) -> Amount {
    value
        .as_i64()
        .map_or_else(|| Amount::Float(value.as_f64().unwrap()), Amount::Integer)
}

fn is_log(vector: &Vector) -> bool {
    vector.decoded["id"] == 1
}

/// The vectors that calls can produce.
fn reachable() -> Vec<Vector> {
    let mut vectors = vectors("recommended");
    // Log lines have a time and a place of their own; their bytes are tested where they are encoded.
    vectors.retain(|vector| {
        !is_log(vector) && UNREACHABLE.iter().all(|(name, _)| vector.name != *name)
    });
    assert!(vectors.len() > 45, "only {} vectors", vectors.len());
    vectors
}

fn prefix_of(vector: &Vector) -> &str {
    let key = vector.decoded["key"].as_str().unwrap_or_default();
    key.split_once(':').map_or("", |(prefix, _)| prefix)
}

#[test]
fn each_event_is_sent_in_the_recommended_form() {
    let wire = Wire::new();
    for vector in reachable() {
        for number_of in [whole_as_integer, as_recorded] {
            let client = wire.builder().prefix(prefix_of(&vector)).build().unwrap();
            make(&client, &vector, number_of);
            let sent = wire.one_sent_by(&client);
            assert_eq!(sent, vector.bytes, "{}", vector.name);
        }
    }
}

#[test]
fn reduced_events_are_sent_in_the_recommended_form() {
    let wire = Wire::new();
    for vector in reachable() {
        // Counted exactly, events with a rate need none on the wire.
        if vector.decoded["rate"].is_number() {
            continue;
        }
        for number_of in [whole_as_integer, as_recorded] {
            let builder = wire.builder().reduce(true).prefix(prefix_of(&vector));
            let client = builder.build().unwrap();
            make(&client, &vector, number_of);
            let sent = wire.one_sent_by(&client);
            assert_eq!(sent, vector.bytes, "{}", vector.name);
        }
    }
}

#[test]
fn what_cannot_be_reached_has_its_reason() {
    let all = vectors("recommended");
    let client = Client::builder().build().unwrap();
    for (name, reason) in UNREACHABLE {
        let vector = all.iter().find(|vector| vector.name == name);
        let fields = &vector
            .unwrap_or_else(|| panic!("no vector is named {name:?}"))
            .decoded;
        match reason {
            REFUSED => {
                let error = client.counter(fields["key"].as_str().unwrap()).unwrap_err();
                assert!(error.is_key(), "{name}: {error}");
            }
            _ => {
                assert_eq!(fields["id"], 3, "{name}");
                assert!(fields["value"].is_i64(), "{name}: a float can be reached");
            }
        }
    }
}
