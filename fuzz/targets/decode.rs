//! One datagram from anybody: it gives a message or a fault, takes memory in proportion to
//! the bytes that arrived, reads the same whatever follows it, and what it says can be said
//! again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use logd_runtime::wire::{self, LogRecord, MAX_DEPTH, Message, Number, Value, decode};

fuzz_target!(|datagram: &[u8]| {
    let Ok(message) = decode(datagram) else {
        return;
    };
    match &message {
        Message::Counter { key, value, rate } => {
            assert!(!value.is_nan() && !rate.is_nan() && *rate != 0.0);
            bounded(key.len(), datagram);
            again(&message, |out| {
                wire::counter(out, key, Number::Float(*value), Some(*rate))
            });
        }
        Message::Timer { key, value, rate } => {
            assert!(!value.is_nan() && !rate.is_nan() && *rate != 0.0);
            bounded(key.len(), datagram);
            again(&message, |out| {
                wire::timer(out, key, Number::Float(*value), Some(*rate))
            });
        }
        Message::Meter { key, value } => {
            assert!(!value.is_nan());
            bounded(key.len(), datagram);
            again(&message, |out| {
                wire::meter(out, key, Number::Float(*value), None)
            });
        }
        Message::Log { path, fields } => {
            let sizes = fields
                .iter()
                .map(|(name, value)| name.len() + size(value, 2));
            bounded(path.len() + sizes.sum::<usize>(), datagram);
            for (place, (name, _)) in fields.iter().enumerate() {
                assert!(name != "id" && name != "path");
                assert!(
                    fields.len() > 64 || fields[..place].iter().all(|(other, _)| other != name),
                    "{name:?} comes twice"
                );
            }
            let mut record = LogRecord::new(path, "INFO", "text", "name", 0.5);
            let own: Vec<(&str, Value<'_>)> = fields
                .iter()
                .map(|(name, value)| (&**name, value.clone()))
                .collect();
            record.fields = &own;
            let mut datagram = Vec::new();
            if wire::log(&mut datagram, &record).is_ok() {
                assert!(
                    matches!(decode(&datagram), Ok(Message::Log { path: read, .. }) if read == *path)
                );
            }
        }
        Message::Delete { path } => {
            bounded(path.len(), datagram);
            again(&message, |out| wire::delete(out, path));
        }
        _ => {}
    }
    let mut followed = datagram.to_vec();
    followed.extend_from_slice(b"\xc1 and whatever comes behind");
    if !datagram.is_empty() {
        // As text: a log line may hold NaN, which is not even itself.
        let (alone, followed) = (format!("{message:?}"), decode(&followed));
        assert_eq!(format!("{:?}", followed.expect("as before")), alone);
    }
});

/// What we write of a message reads as that message, or is refused.
fn again<E>(message: &Message<'_>, encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) {
    let mut datagram = Vec::new();
    if encode(&mut datagram).is_ok() {
        assert_eq!(decode(&datagram).as_ref(), Ok(message));
    }
}

/// A byte that is no UTF-8 becomes three, and a number of one byte inside a key becomes a
/// few digits and a comma.
fn bounded(size: usize, datagram: &[u8]) {
    assert!(size <= 32 * datagram.len() + 32, "{size} bytes of text");
}

fn size(value: &Value<'_>, depth: usize) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Array(items) => {
            assert!(depth <= MAX_DEPTH);
            1 + items
                .iter()
                .map(|item| size(item, depth + 1))
                .sum::<usize>()
        }
        Value::Map(fields) => {
            assert!(depth <= MAX_DEPTH);
            let sizes = fields
                .iter()
                .map(|(name, value)| name.len() + size(value, depth + 1));
            1 + sizes.sum::<usize>()
        }
        _ => 1,
    }
}
