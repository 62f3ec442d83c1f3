//! The reduction, with exactly the original daemon's arithmetic: same operations, same order,
//! all in doubles, so that both servers print the same digits. What it holds is bounded.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::interval::{CounterStats, MeterStats, TimerStats};

/// The longest key. With it the longest line for Graphite stays under the 16,384 bytes past
/// which carbon cuts the connection.
const MAX_KEY_LEN: usize = 16_000;

/// Bytes of key text per allowed key, on average; long keys use up more than their share.
const KEY_BYTES: usize = 256;

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The key would break a line for Graphite.
    BadKey,
    /// The key is new and there are too many.
    TooManyKeys,
    /// There are too many samples in this interval.
    TooManySamples,
}

/// The running interval.
#[derive(Debug)]
pub(crate) struct Aggregate {
    counters: Keyed<f64>,
    meters: Keyed<Readings>,
    timers: Keyed<Samples>,
    max_keys: usize,
    max_samples: usize,
    samples: usize,
}

#[derive(Debug, Default)]
struct Readings {
    total: f64,
    count: u64,
}

#[derive(Debug, Default)]
struct Samples {
    values: Vec<f64>,
    /// The sum of 1 / rate.
    count: f64,
}

impl Aggregate {
    pub(crate) fn new(max_keys: usize, max_samples: usize) -> Aggregate {
        Aggregate {
            counters: Keyed::default(),
            meters: Keyed::default(),
            timers: Keyed::default(),
            max_keys,
            max_samples,
            samples: 0,
        }
    }

    pub(crate) fn counter(
        &mut self,
        key: Cow<'_, str>,
        value: f64,
        rate: f64,
    ) -> Result<(), Refusal> {
        let room = self.has_room(key.len());
        let sum = self.counters.entry(key, room)?;
        if sum.is_nan() {
            // Infinity and -Infinity met; the daemon goes on from 0.
            *sum = 0.0;
        }
        *sum += value * (1.0 / rate);
        Ok(())
    }

    pub(crate) fn meter(&mut self, key: Cow<'_, str>, value: f64) -> Result<(), Refusal> {
        let room = self.has_room(key.len());
        let readings = self.meters.entry(key, room)?;
        readings.total += value;
        readings.count += 1;
        Ok(())
    }

    pub(crate) fn timer(
        &mut self,
        key: Cow<'_, str>,
        value: f64,
        rate: f64,
    ) -> Result<(), Refusal> {
        if self.samples >= self.max_samples {
            return Err(Refusal::TooManySamples);
        }
        let room = self.has_room(key.len());
        let samples = self.timers.entry(key, room)?;
        samples.values.push(value);
        samples.count += 1.0 / rate;
        self.samples += 1;
        Ok(())
    }

    fn has_room(&self, key_len: usize) -> bool {
        let keys = self.counters.len() + self.meters.len() + self.timers.len();
        let bytes = self.counters.key_bytes + self.meters.key_bytes + self.timers.key_bytes;
        keys < self.max_keys
            && bytes.saturating_add(key_len) <= self.max_keys.saturating_mul(KEY_BYTES)
    }

    pub(crate) fn counters(&self, length: Duration) -> Vec<CounterStats> {
        let seconds = length.as_secs_f64();
        self.counters.in_order(|key, sum| CounterStats {
            key,
            sum: *sum,
            per_second: sum / seconds,
        })
    }

    pub(crate) fn meters(&self) -> Vec<MeterStats> {
        self.meters.in_order(|key, readings| MeterStats {
            key,
            mean: if readings.count > 0 {
                readings.total / readings.count as f64
            } else {
                0.0
            },
            count: readings.count,
        })
    }

    /// Sorts the samples in place: their order means nothing, their count is a running sum.
    pub(crate) fn timers(&mut self, threshold: f64) -> Vec<TimerStats> {
        for (_, samples) in &mut self.timers.entries {
            samples.values.sort_unstable_by(f64::total_cmp);
        }
        self.timers.in_order(|key, samples| {
            let values = &samples.values;
            let lower = values.first().copied().unwrap_or_default();
            let upper = values.last().copied().unwrap_or_default();
            let (mean, upper_percentile) = if samples.count > 1.0 {
                let kept = &values[..kept(values.len(), threshold)];
                let sum: f64 = kept.iter().fold(0.0, |sum, value| sum + value);
                (
                    sum / kept.len() as f64,
                    kept.last().copied().unwrap_or_default(),
                )
            } else {
                (lower, upper)
            };
            TimerStats {
                key,
                count: samples.count,
                samples: values.len() as u64,
                mean,
                upper,
                upper_percentile,
                lower,
            }
        })
    }

    /// Ends the interval: counters and meters stay with 0, timers go.
    pub(crate) fn reset(&mut self) {
        for (_, sum) in &mut self.counters.entries {
            *sum = 0.0;
        }
        for (_, readings) in &mut self.meters.entries {
            *readings = Readings::default();
        }
        self.timers = Keyed::default();
        self.samples = 0;
    }
}

/// How many of the smallest samples are under the threshold: at least one, where the daemon
/// would divide by zero.
fn kept(samples: usize, threshold: f64) -> usize {
    let cut = ((100.0 - threshold) / 100.0 * samples as f64 + 0.5).floor();
    samples.saturating_sub(cut as usize).max(1).min(samples)
}

/// Whether a key can be part of a line for Graphite without ending it, splitting it or
/// turning its end into tags.
fn is_good(key: &str) -> bool {
    key.len() <= MAX_KEY_LEN
        && !key
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == ';')
}

/// Values by key, in the order in which the keys came.
#[derive(Debug)]
struct Keyed<T> {
    places: HashMap<Arc<str>, usize>,
    entries: Vec<(Arc<str>, T)>,
    key_bytes: usize,
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Keyed {
            places: HashMap::new(),
            entries: Vec::new(),
            key_bytes: 0,
        }
    }
}

impl<T: Default> Keyed<T> {
    fn len(&self) -> usize {
        self.entries.len()
    }

    /// The key's value; a new key is checked and needs room.
    fn entry(&mut self, key: Cow<'_, str>, room: bool) -> Result<&mut T, Refusal> {
        let place = match self.places.get(&*key) {
            Some(place) => *place,
            None => {
                if !is_good(&key) {
                    return Err(Refusal::BadKey);
                }
                if !room {
                    return Err(Refusal::TooManyKeys);
                }
                let key: Arc<str> = key.into();
                let place = self.entries.len();
                self.key_bytes += key.len();
                self.places.insert(Arc::clone(&key), place);
                self.entries.push((key, T::default()));
                place
            }
        };
        Ok(&mut self.entries[place].1)
    }

    /// Keys that look like array indices first, in ascending order, then the others as they
    /// came: the order in which JavaScript walks an object.
    fn in_order<R>(&self, mut row: impl FnMut(Arc<str>, &T) -> R) -> Vec<R> {
        let mut order: Vec<_> = self.entries.iter().collect();
        order.sort_by_key(|(key, _)| array_index(key).unwrap_or(u64::MAX));
        order
            .into_iter()
            .map(|(key, value)| row(Arc::clone(key), value))
            .collect()
    }
}

/// The key as an array index: digits without a leading zero, under 2^32 - 1.
fn array_index(key: &str) -> Option<u64> {
    let plain = key == "0" || (!key.starts_with('0') && key.bytes().all(|b| b.is_ascii_digit()));
    if !plain {
        return None;
    }
    key.parse()
        .ok()
        .filter(|index| *index < u64::from(u32::MAX))
}
