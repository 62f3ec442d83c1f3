//! How the measurements of one client are written: in its format, with its prefix and
//! tags. What one series has in each of its messages is made once.

use super::reduce::Tail;
use crate::key;
use crate::record::registry::{Labels, Unit};
use crate::wire::{self, EncodeError, Format, Number, statsd};

/// The format of a client with all that it puts into every message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dialect {
    format: Format,
    prefix: String,
    /// As they stand in a line; empty or with `|#` in front.
    tags: String,
}

/// What all messages of one series have in common.
#[derive(Debug)]
pub(crate) struct Address {
    name: String,
    tags: String,
}

impl Dialect {
    pub(crate) fn new(format: Format, prefix: &str, tags: &[(String, String)]) -> Self {
        let mut text = String::new();
        for (name, value) in tags {
            statsd::tag(&mut text, name, value);
        }
        Dialect {
            format,
            prefix: prefix.to_owned(),
            tags: text,
        }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Labels are tags where there are any; elsewhere the key has them already.
    pub(crate) fn address(&self, key: &str, labels: Option<&Labels>) -> Address {
        let mut tags = self.tags.clone();
        let name = match (self.format, labels) {
            (Format::Logd, _) => key::on_wire(&self.prefix, key),
            (Format::DogStatsD, Some(labels)) => {
                for (name, value) in &labels.pairs {
                    statsd::tag(&mut tags, name, value);
                }
                statsd::name(&self.prefix, &labels.name)
            }
            (Format::StatsD | Format::DogStatsD, _) => statsd::name(&self.prefix, key),
        };
        Address { name, tags }
    }

    /// The most bytes of a datagram that several messages share; none where each has its own.
    pub(crate) fn shared_datagram(&self) -> Option<usize> {
        match self.format {
            Format::Logd => None,
            Format::StatsD | Format::DogStatsD => Some(statsd::SAFE_DATAGRAM),
        }
    }

    /// What the receiver does with a timer's highest values.
    pub(crate) fn tail(&self) -> Tail {
        match self.format {
            Format::Logd => Tail::CutOff,
            Format::StatsD => Tail::InMean,
            Format::DogStatsD => Tail::Weighed,
        }
    }

    pub(crate) fn counter(
        &self,
        out: &mut Vec<u8>,
        to: &Address,
        value: Number,
        rate: Option<f64>,
    ) -> Result<(), EncodeError> {
        match self.format {
            Format::Logd => wire::counter(out, &to.name, value, rate),
            Format::StatsD | Format::DogStatsD => lines(out, |lines| {
                statsd::counter(lines, &to.name, value, rate, &to.tags)
            }),
        }
    }

    /// No receiver makes anything of a meter's rate; logd's clients send it all the same.
    pub(crate) fn meter(
        &self,
        out: &mut Vec<u8>,
        to: &Address,
        value: Number,
        rate: Option<f64>,
    ) -> Result<(), EncodeError> {
        match self.format {
            Format::Logd => wire::meter(out, &to.name, value, rate),
            Format::StatsD | Format::DogStatsD => {
                lines(out, |lines| statsd::gauge(lines, &to.name, value, &to.tags))
            }
        }
    }

    pub(crate) fn timer(
        &self,
        out: &mut Vec<u8>,
        to: &Address,
        unit: Unit,
        seconds: f64,
        rate: Option<f64>,
    ) -> Result<(), EncodeError> {
        let value = unit.amount(seconds);
        match (self.format, unit) {
            (Format::Logd, _) => wire::timer(out, &to.name, Number::Float(value), rate),
            (_, Unit::Time) => lines(out, |lines| {
                // With the digits of whole nanoseconds.
                let milliseconds = (seconds * 1e9).round() / 1e6;
                statsd::timer(lines, &to.name, milliseconds, rate, &to.tags)
            }),
            (_, Unit::Parts(_)) => lines(out, |lines| {
                statsd::timer(lines, &to.name, value, rate, &to.tags)
            }),
        }
    }
}

impl Address {
    /// About how long one of its lines is.
    pub(crate) fn line_length(&self) -> usize {
        // A value, a kind, a rate and the signs between them.
        self.name.len() + self.tags.len() + 24
    }
}

fn lines(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut String) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let mut text = String::with_capacity(96);
    write(&mut text)?;
    if text.len() > wire::MAX_DATAGRAM {
        return Err(EncodeError::TooLarge);
    }
    out.append(&mut text.into_bytes());
    Ok(())
}
