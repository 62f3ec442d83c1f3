//! What the facade's handles do: each writes to its slot. State that threads share is kept
//! only where the facade's own meaning needs it: a counter's absolute value, a gauge's level.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::metrics::{CounterFn, GaugeFn, HistogramFn};

use super::names::Measure;
use crate::metric::{Counter, Meter, Timer};

#[derive(Debug)]
pub(super) struct CounterHandle {
    counter: Counter,
    /// The highest value that was set; 0 until one was.
    absolute: AtomicU64,
    /// Whether absolute values can be told apart: not where names share a counter.
    shared: bool,
}

impl CounterHandle {
    pub(super) fn new(counter: Counter, shared: bool) -> Self {
        CounterHandle {
            counter,
            absolute: AtomicU64::new(0),
            shared,
        }
    }
}

impl CounterFn for CounterHandle {
    fn increment(&self, value: u64) {
        // One that is set and incremented alike knows of both.
        if self.absolute.load(Ordering::Relaxed) != 0 {
            self.absolute.fetch_add(value, Ordering::Relaxed);
        }
        self.counter.add(value);
    }

    fn absolute(&self, value: u64) {
        if self.shared {
            self.counter.refuse();
            return;
        }
        let before = self.absolute.fetch_max(value, Ordering::Relaxed);
        if value > before {
            self.counter.add(value - before);
        }
    }
}

#[derive(Debug)]
pub(super) struct GaugeHandle {
    meter: Meter,
    /// The bits of the level; none where names share a meter.
    level: Option<Arc<AtomicU64>>,
}

impl GaugeHandle {
    pub(super) fn new(meter: Meter, level: Option<Arc<AtomicU64>>) -> Self {
        GaugeHandle { meter, level }
    }

    fn change(&self, by: f64) {
        let Some(level) = &self.level else {
            self.meter.set(f64::NAN);
            return;
        };
        let changed = level.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
            let changed = f64::from_bits(bits) + by;
            changed.is_finite().then_some(changed.to_bits())
        });
        // Of what is not finite the meter keeps a count, and the level nothing.
        self.meter
            .set(changed.map_or(f64::NAN, |bits| f64::from_bits(bits) + by));
    }
}

impl GaugeFn for GaugeHandle {
    fn increment(&self, value: f64) {
        self.change(value);
    }

    fn decrement(&self, value: f64) {
        self.change(-value);
    }

    fn set(&self, value: f64) {
        if let Some(level) = &self.level
            && value.is_finite()
        {
            level.store(value.to_bits(), Ordering::Relaxed);
        }
        self.meter.set(value);
    }
}

#[derive(Debug)]
pub(super) struct HistogramHandle {
    timer: Timer,
    measure: Measure,
}

impl HistogramHandle {
    pub(super) fn new(timer: Timer, measure: Measure) -> Self {
        HistogramHandle { timer, measure }
    }
}

impl HistogramFn for HistogramHandle {
    fn record(&self, value: f64) {
        self.timer.record_reading(self.measure.reading(value));
    }
}
