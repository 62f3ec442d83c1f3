//! From the facade's names, labels and units to keys and what a timer keeps.

use std::borrow::Cow;
use std::sync::Arc;

use ::metrics::{Key, Unit as Described};

use crate::key;
use crate::record::Reading;
use crate::record::registry::{Labels, Unit};

/// What a name becomes.
#[derive(Debug)]
pub(super) struct Folded {
    /// As it was given.
    pub(super) name: String,
    /// With the labels folded in.
    pub(super) key: String,
    pub(super) labels: Option<Arc<Labels>>,
}

/// Puts labels behind the name, sorted, so that their order makes no other key.
pub(super) fn fold(from: &Key) -> Folded {
    let mut pairs: Vec<(String, String)> = from
        .labels()
        .map(|label| (label.key().to_owned(), label.value().to_owned()))
        .collect();
    pairs.sort_unstable();
    let mut key = from.name().to_owned();
    for part in pairs.iter().flat_map(|(name, value)| [name, value]) {
        key.push('.');
        key.extend(part.chars().map(|character| match character {
            '-' | '_' => character,
            _ if character.is_alphanumeric() => character,
            _ => '_',
        }));
        if part.is_empty() {
            key.push('_');
        }
    }
    let labels = (!pairs.is_empty()).then(|| {
        Arc::new(Labels {
            name: cleaned(from.name()),
            pairs,
        })
    });
    Folded {
        name: from.name().to_owned(),
        key: cleaned(&key),
        labels,
    }
}

fn cleaned(text: &str) -> String {
    key::clean(text).map_or_else(|| String::from("unnamed"), Cow::into_owned)
}

/// A histogram's unit: how many seconds, or how many kept parts, one of it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Measure {
    Seconds(f64),
    Parts(u32),
}

impl Measure {
    /// As it was described, else as the last word of the name says, else seconds.
    pub(super) fn of(name: &str, described: Option<Described>) -> Self {
        match described {
            Some(Described::Seconds) => Measure::Seconds(1.0),
            Some(Described::Milliseconds) => Measure::Seconds(1e-3),
            Some(Described::Microseconds) => Measure::Seconds(1e-6),
            Some(Described::Nanoseconds) => Measure::Seconds(1e-9),
            Some(Described::Bytes) => Measure::Parts(1),
            // Shares want more digits than numbers of things, which go further.
            Some(Described::Percent) => Measure::Parts(1_000_000),
            Some(_) => Measure::Parts(1000),
            None => match name.rsplit(['.', '_']).next().unwrap_or(name) {
                "ms" | "millis" | "milliseconds" => Measure::Seconds(1e-3),
                "us" | "micros" | "microseconds" => Measure::Seconds(1e-6),
                "ns" | "nanos" | "nanoseconds" => Measure::Seconds(1e-9),
                "bytes" => Measure::Parts(1),
                "percent" | "ratio" => Measure::Parts(1_000_000),
                _ => Measure::Seconds(1.0),
            },
        }
    }

    pub(super) fn unit(self) -> Unit {
        match self {
            Measure::Seconds(_) => Unit::Time,
            Measure::Parts(parts) => Unit::Parts(parts),
        }
    }

    /// None for a value that can not be kept.
    pub(super) fn reading(self, value: f64) -> Option<Reading> {
        let amount = match self {
            Measure::Seconds(seconds) => value * (seconds * 1e9),
            Measure::Parts(parts) => value * f64::from(parts),
        };
        // A comparison that NaN fails; the conversion saturates above it.
        if amount >= 0.0 && value.is_finite() {
            Reading::nanoseconds(amount.round() as u64)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use ::metrics::Label;

    use super::*;

    fn key(name: &'static str, labels: &[(&'static str, &'static str)]) -> Key {
        let labels: Vec<Label> = labels.iter().map(|(k, v)| Label::new(*k, *v)).collect();
        Key::from_parts(name, labels)
    }

    #[test]
    fn labels_go_behind_the_name_in_one_order_and_one_part_each() {
        for (labels, expected) in [
            (&[][..], "requests"),
            (&[("b", "2"), ("a", "1")], "requests.a.1.b.2"),
            (&[("a", "1"), ("b", "2")], "requests.a.1.b.2"),
            (
                &[("path", "/users/{id}.json")],
                "requests.path._users__id__json",
            ),
            (&[("empty", "")], "requests.empty._"),
            (&[("k:v|@#", "x y;\nz")], "requests.k_v___.x_y__z"),
            (&[("city", "Zürich")], "requests.city.Zürich"),
        ] {
            let folded = fold(&key("requests", labels));
            assert_eq!(folded.key, expected);
            assert_eq!(key::check(&folded.key), Ok(()));
            assert_eq!(folded.labels.is_some(), !labels.is_empty());
        }
        assert_eq!(fold(&key("a b..c", &[])).key, "a_b.c");
        assert_eq!(fold(&key("", &[])).key, "unnamed");
    }

    #[test]
    fn a_described_unit_comes_before_what_the_name_says() {
        for (name, described, measure) in [
            ("latency", None, Measure::Seconds(1.0)),
            ("latency_seconds", None, Measure::Seconds(1.0)),
            ("latency_ms", None, Measure::Seconds(1e-3)),
            ("latency.micros", None, Measure::Seconds(1e-6)),
            ("size_bytes", None, Measure::Parts(1)),
            ("load_ratio", None, Measure::Parts(1_000_000)),
            (
                "size_bytes",
                Some(Described::Seconds),
                Measure::Seconds(1.0),
            ),
            (
                "latency",
                Some(Described::Nanoseconds),
                Measure::Seconds(1e-9),
            ),
            ("batch", Some(Described::Count), Measure::Parts(1000)),
        ] {
            assert_eq!(Measure::of(name, described), measure, "{name}");
        }
    }

    #[test]
    fn a_value_comes_back_as_it_was_and_a_wrong_one_not_at_all() {
        for (measure, values) in [
            (Measure::Seconds(1.0), [0.0, 0.02, 12.5, 86_400.0]),
            (Measure::Parts(1), [0.0, 1.0, 1234.0, 5e12]),
            (Measure::Parts(1000), [0.0, 0.125, 17.0, 1e9]),
            (Measure::Parts(1_000_000), [0.0, 0.999_5, 1.0, 100.0]),
        ] {
            for value in values {
                let reading = measure.reading(value).expect("a reading");
                assert_eq!(measure.unit().amount(reading.seconds(1.0)), value);
            }
        }
        for value in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            assert!(Measure::Seconds(1.0).reading(value).is_none(), "{value}");
        }
        let half = Measure::Seconds(1e-3).reading(1.5).expect("a reading");
        assert_eq!(half.seconds(1.0), 0.0015);
    }
}
