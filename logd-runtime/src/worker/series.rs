//! What the worker knows of one series between two messages: the sum of a
//! counter, the mean of a meter, the calls of a timer, merged from all threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::dialect::{Address, Dialect};
use super::outgoing::Outgoing;
use super::reduce::{Pending, Precision, Sample};
use crate::record::registry::{Details, Kind, Metric, Unit};
use crate::record::slot::{CounterGain, MeterGain};
use crate::stats::{DropReason, Totals};
use crate::wire::{self, EncodeError, Format, Number};

/// One series, as one key and kind make it.
#[derive(Debug)]
pub(crate) struct Series {
    key: Arc<str>,
    details: Details,
    address: Address,
    pub(crate) state: State,
    /// Whether it stands in the queue of those that have something to send.
    pub(crate) queued: bool,
}

#[derive(Debug)]
pub(crate) enum State {
    Counter(Counter),
    Meter(Meter),
    Timer(Pending),
}

#[derive(Debug, Default)]
pub(crate) struct Counter {
    pub(crate) events: u64,
    /// Wide enough for any number of windows that wait.
    pub(crate) sum: i128,
    pub(crate) float_sum: f64,
}

#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) readings: u64,
    pub(crate) sum: f64,
    pub(crate) last: f64,
    pub(crate) hold: bool,
    /// What is held instead of the last reading.
    level: Option<Arc<AtomicU64>>,
    ever: bool,
}

/// A datagram that was encoded, and the events that it stands for.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) datagram: Vec<u8>,
    pub(crate) events: u64,
}

/// Where messages go as they are encoded.
#[derive(Debug)]
pub(crate) struct Out<'a> {
    pub(crate) dialect: &'a Dialect,
    pub(crate) outgoing: &'a mut Outgoing,
    pub(crate) totals: &'a mut Totals,
}

impl Out<'_> {
    /// Takes the message that `write` writes into the burst, or counts why there is none.
    pub(crate) fn message(
        &mut self,
        events: u64,
        write: impl FnOnce(&Dialect, &mut Vec<u8>) -> Result<(), EncodeError>,
    ) {
        let dialect = self.dialect;
        let pushed = self
            .outgoing
            .push(events, dialect.shared_datagram(), |bytes| {
                write(dialect, bytes)
            });
        let reason = match pushed {
            Ok(()) => return,
            Err(EncodeError::NotFinite) => DropReason::InvalidValue,
            Err(EncodeError::TooLarge) => DropReason::TooLarge,
            Err(EncodeError::Zero) => {
                // The receiver has it already, and the daemon would count a change of 0 as 1.
                self.totals.sent += events;
                return;
            }
            Err(_) => DropReason::InvalidKey,
        };
        self.totals.drops.add(reason, events);
    }

    /// The messages of one timer. Those of one weight differ in their value alone.
    fn timers(&mut self, to: &Address, unit: Unit, samples: &[Sample]) {
        for same in samples.chunk_by(|one, next| one.weight == next.weight) {
            let [first, others @ ..] = same else { continue };
            let (weight, rate) = (first.weight, first.rate());
            let made = self.outgoing.len();
            self.message(weight, |dialect, bytes| {
                dialect.timer(bytes, to, unit, first.seconds, rate)
            });
            let is_first = self.outgoing.len() > made;
            for Sample { seconds, .. } in others {
                let value = unit.amount(*seconds);
                if is_first && self.dialect.format() == Format::Logd && value.is_finite() {
                    self.outgoing.push_again(weight, |bytes| {
                        wire::set_fraction(bytes, value, rate.is_some());
                    });
                } else {
                    self.message(weight, |dialect, bytes| {
                        dialect.timer(bytes, to, unit, *seconds, rate)
                    });
                }
            }
        }
    }
}

impl Series {
    pub(crate) fn new(metric: &Metric, dialect: &Dialect) -> Self {
        let state = match metric.kind {
            Kind::Counter => State::Counter(Counter::default()),
            Kind::Meter => State::Meter(Meter {
                hold: metric.hold,
                level: metric.details.level.clone(),
                ..Meter::default()
            }),
            Kind::Timer => State::Timer(Pending::default()),
        };
        Series {
            key: Arc::clone(&metric.key),
            details: metric.details.clone(),
            address: dialect.address(&metric.key, metric.details.labels.as_deref()),
            state,
            queued: false,
        }
    }

    pub(crate) fn set_dialect(&mut self, dialect: &Dialect) {
        self.address = dialect.address(&self.key, self.details.labels.as_deref());
    }

    /// Forgets what has not been sent.
    pub(crate) fn clear(&mut self) {
        match &mut self.state {
            State::Counter(counter) => *counter = Counter::default(),
            State::Meter(meter) => (meter.readings, meter.sum) = (0, 0.0),
            State::Timer(timer) => *timer = Pending::default(),
        }
    }

    /// What the readings of a timer are in.
    pub(crate) fn unit(&self) -> Unit {
        self.details.unit
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Events that have not been sent.
    pub(crate) fn pending(&self) -> u64 {
        match &self.state {
            State::Counter(counter) => counter.events,
            State::Meter(meter) => meter.readings,
            State::Timer(timer) => timer.calls(),
        }
    }

    /// Whether there is anything to send: an amount may be seen before its event.
    pub(crate) fn is_due(&self) -> bool {
        match &self.state {
            State::Counter(counter) => {
                counter.events > 0 || counter.sum != 0 || counter.float_sum != 0.0
            }
            _ => self.pending() > 0,
        }
    }

    /// Whether a meter repeats its last reading in a window without one.
    pub(crate) fn holds(&self) -> bool {
        matches!(&self.state, State::Meter(meter) if meter.hold && meter.ever)
    }

    /// How many messages it would like to send at most.
    pub(crate) fn demand(&self, precision: Precision) -> usize {
        match &self.state {
            State::Timer(timer) => precision.messages.min(timer.calls() as usize),
            _ => 1,
        }
    }

    /// Encodes what the window holds.
    pub(crate) fn take(&mut self, precision: Precision, rest: bool, out: &mut Out<'_>) {
        match &mut self.state {
            State::Counter(counter) => {
                let Counter {
                    events,
                    sum,
                    float_sum,
                } = std::mem::take(counter);
                let value = match i64::try_from(sum) {
                    Ok(sum) if float_sum == 0.0 => Number::Int(sum),
                    _ => Number::Float(sum as f64 + float_sum),
                };
                out.message(events, |dialect, bytes| {
                    dialect.counter(bytes, &self.address, value, None)
                });
            }
            State::Meter(meter) => {
                let value = if meter.readings > 0 {
                    meter.sum / meter.readings as f64
                } else if meter.hold && meter.ever {
                    match &meter.level {
                        Some(level) => f64::from_bits(level.load(Ordering::Relaxed)),
                        None => meter.last,
                    }
                } else {
                    return;
                };
                let events = std::mem::take(&mut meter.readings);
                meter.sum = 0.0;
                meter.ever = true;
                let value = whole(value);
                out.message(events, |dialect, bytes| {
                    dialect.meter(bytes, &self.address, value, None)
                });
            }
            State::Timer(timer) => {
                // Room for all of them is made at once, where it is known how many they are.
                let mut samples = Vec::new();
                if rest {
                    timer.take_rest(precision, &mut samples);
                } else {
                    timer.take(precision, &mut samples);
                }
                out.timers(&self.address, self.details.unit, &samples);
            }
        }
    }
}

impl Counter {
    pub(crate) fn gain(&mut self, gain: CounterGain) {
        self.events += gain.events;
        self.sum += i128::from(gain.sum);
        self.float_sum += gain.float_sum;
    }
}

impl Meter {
    pub(crate) fn gain(&mut self, gain: MeterGain) {
        if gain.readings > 0 {
            self.readings += gain.readings;
            self.sum += gain.sum;
            self.last = gain.last;
        }
    }
}

/// A whole number as an integer, as its reader would have written it.
fn whole(value: f64) -> Number {
    if value.trunc() == value && value.abs() < 9e15 && !(value == 0.0 && value.is_sign_negative()) {
        Number::Int(value as i64)
    } else {
        Number::Float(value)
    }
}
