//! The values of one timer on one thread: the first of each window raw, the rest
//! in histograms. One thread writes, the worker reads; neither waits for the other
//! and no value is told twice.

use std::sync::Arc;
use std::time::Duration;

use super::past::{Past, PastSeen};
use crate::rate::GapTable;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{OnceLock, size};

/// Raw values kept between two drains. Memory per thread and timer: 8 bytes each.
pub(crate) const RAW: u64 = size(64, 2);

/// Marks a reading in nanoseconds rather than ticks: a duration that the user measured.
const NANOSECONDS: u64 = 1 << 63;

/// A duration as the recorder stores it: the unit is settled when it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading(u64);

impl Reading {
    #[inline]
    pub(crate) fn ticks(ticks: u64) -> Self {
        Reading(ticks & !NANOSECONDS)
    }

    /// A duration of up to 292 years, to the nanosecond.
    #[inline]
    pub(crate) fn duration(duration: Duration) -> Self {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Reading(nanoseconds.min(NANOSECONDS - 1) | NANOSECONDS)
    }

    /// Billionths of a second, or what is kept as such; none of more than 2^63.
    #[allow(dead_code, reason = "for bridges, which features bring in")]
    pub(crate) fn nanoseconds(amount: u64) -> Option<Self> {
        (amount < NANOSECONDS).then_some(Reading(amount | NANOSECONDS))
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Reading(bits)
    }

    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    #[inline]
    fn is_ticks(self) -> bool {
        self.0 & NANOSECONDS == 0
    }

    /// Ticks or nanoseconds.
    #[inline]
    fn amount(self) -> u64 {
        self.0 & !NANOSECONDS
    }

    pub(crate) fn seconds(self, seconds_per_tick: f64) -> f64 {
        if self.is_ticks() {
            self.amount() as f64 * seconds_per_tick
        } else {
            self.amount() as f64 / 1e9
        }
    }
}

/// What a thread has of one timer beside the counts in its slot.
#[derive(Debug)]
pub(crate) struct Values {
    raw: [AtomicU64; RAW as usize],
    /// Beyond the raw ones: calls that were clocked, in ticks.
    clocked: Past,
    /// Beyond the raw ones: durations that the user measured, in nanoseconds.
    measured: Past,
    /// Gaps between clocked calls, for a timer with a rate below 1.
    gaps: OnceLock<Arc<GapTable>>,
    /// This thread's own place in the gaps: a shared one would be written by every thread.
    position: AtomicU64,
    /// State of the generator that picks raw values to replace while there is no histogram.
    random: AtomicU64,
}

impl Default for Values {
    fn default() -> Self {
        Values::new()
    }
}

impl Values {
    pub(crate) fn new() -> Self {
        Values {
            raw: std::array::from_fn(|_| AtomicU64::new(0)),
            clocked: Past::new(),
            measured: Past::new(),
            gaps: OnceLock::new(),
            position: AtomicU64::new(0),
            random: AtomicU64::new(0x9e37_79b9_7f4a_7c15),
        }
    }

    pub(crate) fn sample(&self, gaps: Arc<GapTable>) {
        // Set before, it is the same table: a slot has one rate.
        let start = gaps.start();
        if self.gaps.set(gaps).is_ok() {
            self.position.store(start.into(), Ordering::Relaxed);
        }
    }

    pub(crate) fn next_gap(&self) -> Option<u32> {
        let position = self.position.load(Ordering::Relaxed);
        self.position
            .store(position.wrapping_add(1), Ordering::Relaxed);
        Some(self.gaps.get()?.gap(position as u32))
    }

    /// Stores the value number `head`. The caller publishes `head + 1` afterwards.
    #[inline]
    pub(crate) fn store_raw(&self, head: u64, reading: Reading) {
        self.raw[(head % RAW) as usize].store(reading.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn raw(&self, number: u64) -> Reading {
        Reading::from_bits(self.raw[(number % RAW) as usize].load(Ordering::Relaxed))
    }

    /// Keeps a value of `window` for which there is no raw place left, when nothing
    /// has to be made or widened for it. For the one writer only.
    #[inline]
    pub(crate) fn store_past_usual(&self, window: u64, reading: Reading) -> bool {
        self.past_of(reading).store_usual(window, reading.amount())
    }

    /// Keeps a value of `window` for which there is no raw place left. For the one writer only.
    pub(crate) fn store_past(&self, window: u64, head: u64, reading: Reading) {
        if let Err(homeless) = self.past_of(reading).store(window, reading.amount()) {
            self.replace_raw(window, head, homeless, reading);
        }
    }

    #[inline]
    fn past_of(&self, reading: Reading) -> &Past {
        if reading.is_ticks() {
            &self.clocked
        } else {
            &self.measured
        }
    }

    /// Without a spare histogram in this window the raw values become a random
    /// choice, each further value taking a place with the chance a fair draw gives it.
    fn replace_raw(&self, window: u64, head: u64, homeless: u64, reading: Reading) {
        let mut random = self.random.load(Ordering::Relaxed);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        self.random.store(random, Ordering::Relaxed);
        let place = random % (RAW + homeless);
        if place < RAW {
            // Its value goes, but it may be an extreme.
            let replaced = self.raw(head + place);
            self.past_of(replaced).widen(window, replaced.amount());
            self.store_raw(head + place, reading);
        }
    }
}

/// What the worker has read of one thread's [`Values`] so far.
#[derive(Debug, Default)]
pub(crate) struct ValuesSeen {
    clocked: PastSeen,
    measured: PastSeen,
}

/// Where drained values go.
pub(crate) trait Sink {
    /// One value as it was measured.
    fn value(&mut self, seconds: f64);
    /// `count` values within half a percent of `seconds`.
    fn bucket(&mut self, seconds: f64, count: u64);
    /// The true lowest or highest of the values that are in buckets.
    fn extreme(&mut self, seconds: f64);
}

impl Values {
    /// Tells what came past the raw values since the last time.
    pub(crate) fn drain_past(
        &self,
        seen: &mut ValuesSeen,
        seconds_per_tick: f64,
        sink: &mut impl Sink,
    ) {
        self.clocked
            .drain(&mut seen.clocked, |ticks| ticks * seconds_per_tick, sink);
        // Divided: a billionth is no binary fraction, and the quotient is the nearest one.
        self.measured
            .drain(&mut seen.measured, |nanoseconds| nanoseconds / 1e9, sink);
    }
}
