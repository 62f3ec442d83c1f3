//! The values of one timer on one thread: raw ones in a ring, and two histograms for those
//! that the ring has no place for until the worker comes. One thread writes, the worker
//! reads; neither waits for the other and no value is told twice.

use std::sync::Arc;
use std::time::Duration;

use super::past::{Past, PastSeen};
use crate::rate::GapTable;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{OnceLock, size};

/// Raw values kept between two drains. Memory per thread and timer: 8 bytes each.
pub(crate) const RAW: u64 = size(64, 2);

/// How many of them are counted in one step of a loop.
const FEW: usize = size(4, 1) as usize;

/// How often a drain tries to take the raw values while the thread takes them before it.
const TRIES: usize = size(8, 2) as usize;

/// Marks a reading in nanoseconds rather than ticks: a duration that the user measured.
/// The bit below is clear then; both are set where an end seems to come before its start.
const NANOSECONDS: u64 = 1 << 63;
const BEFORE: u64 = 0b11 << 62;

/// A duration as the recorder stores it: the unit is settled when it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading(u64);

impl Reading {
    /// A difference of two readings of the clock; one just below 0 is 0.
    #[inline]
    pub(crate) fn ticks(ticks: u64) -> Self {
        Reading(ticks)
    }

    /// A duration of up to 146 years, to the nanosecond.
    #[inline]
    pub(crate) fn duration(duration: Duration) -> Self {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Reading(nanoseconds.min((NANOSECONDS >> 1) - 1) | NANOSECONDS)
    }

    /// Billionths of a second, or what is kept as such; none of 2^62 and more.
    #[allow(dead_code, reason = "for bridges, which features bring in")]
    pub(crate) fn nanoseconds(amount: u64) -> Option<Self> {
        (amount < NANOSECONDS >> 1).then_some(Reading(amount | NANOSECONDS))
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Reading(bits)
    }

    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    fn is_ticks(self) -> bool {
        self.0 & BEFORE != NANOSECONDS
    }

    /// Ticks or nanoseconds.
    fn amount(self) -> u64 {
        if self.0 & BEFORE == BEFORE {
            0
        } else {
            self.0 & !NANOSECONDS
        }
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
///
/// A raw value has a number. The ones below `limit - RAW` have been taken out of the ring,
/// each by whoever moved the limit past it: by the worker, which tells them as they are, or,
/// when the ring is full, by the thread, which counts them in a histogram. How many there
/// ever were, the head, stands in the slot.
#[derive(Debug)]
pub(crate) struct Values {
    /// The number of the first raw value that there is no place for.
    limit: AtomicU64,
    raw: [AtomicU64; RAW as usize],
    /// How many raw values were taken out of the ring with no histogram to count them in.
    uncounted: AtomicU64,
    /// The worker's window, which the thread follows.
    window: AtomicU64,
    /// Beyond the raw ones: calls that were clocked, in ticks.
    clocked: Past,
    /// Beyond the raw ones: durations that the user measured, in nanoseconds.
    measured: Past,
    /// Gaps between clocked calls, for a timer with a rate below 1.
    gaps: OnceLock<Arc<GapTable>>,
    /// This thread's own place in the gaps: a shared one would be written by every thread.
    position: AtomicU64,
    /// Values that came since the ring was full, without a histogram.
    homeless: AtomicU64,
    /// State of the generator that picks raw values to replace then.
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
            limit: AtomicU64::new(RAW),
            raw: std::array::from_fn(|_| AtomicU64::new(0)),
            uncounted: AtomicU64::new(0),
            window: AtomicU64::new(0),
            clocked: Past::new(),
            measured: Past::new(),
            gaps: OnceLock::new(),
            position: AtomicU64::new(0),
            homeless: AtomicU64::new(0),
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

    #[cfg(test)]
    pub(crate) fn begin_gaps_at(&self, position: u64) {
        self.position.store(position, Ordering::Relaxed);
    }

    pub(crate) fn next_gap(&self) -> Option<u32> {
        let position = self.position.load(Ordering::Relaxed);
        self.position
            .store(position.wrapping_add(1), Ordering::Relaxed);
        Some(self.gaps.get()?.gap(position as u32))
    }

    /// The number of the first raw value that there is no place for now.
    #[inline]
    pub(crate) fn limit(&self) -> u64 {
        self.limit.load(Ordering::Relaxed)
    }

    fn raw(&self, number: u64) -> Reading {
        Reading(self.raw[(number % RAW) as usize].load(Ordering::Relaxed))
    }

    /// Puts the value number `number` into the ring. Whoever publishes the head afterwards
    /// publishes the value.
    #[inline]
    pub(crate) fn set_raw(&self, number: u64, reading: Reading) {
        self.raw[(number % RAW) as usize].store(reading.0, Ordering::Relaxed);
    }

    /// Finds or makes room in the ring for a value beyond the limit that its thread knows,
    /// and returns the limit now. Without any, one of the values that are there may have
    /// been replaced by it. For the one writer only.
    pub(crate) fn make_room(&self, head: u64, reading: Reading) -> Option<u64> {
        // ORDERING: pairs with `drain_raw`, which has read what is replaced now.
        let limit = self.limit.load(Ordering::Acquire);
        if limit > head {
            // The worker took the ring: a new choice begins.
            self.homeless.store(0, Ordering::Relaxed);
            return Some(limit);
        }
        if !self.past_of(reading).make_histogram() {
            self.replace_raw(reading);
            return None;
        }
        match self.take(head, head) {
            Ok(limit) => {
                self.fold();
                Some(limit)
            }
            Err(limit) => Some(limit),
        }
    }

    /// Takes all values below the head out of the ring; returns the new limit, or the one
    /// that somebody else has set meanwhile.
    fn take(&self, limit: u64, head: u64) -> Result<u64, u64> {
        // ORDERING: released, the values have been read, and acquired, they have been read
        // by whoever took them before, when others take their places.
        self.limit
            .compare_exchange(limit, head + RAW, Ordering::AcqRel, Ordering::Acquire)
            .map(|_| head + RAW)
    }

    /// Counts the values of the full ring, which have been taken, in a histogram.
    #[inline(never)]
    fn fold(&self) {
        let window = self.window.load(Ordering::Relaxed);
        let usual = self.clocked.usual(window);
        // A few at a time, so that the compiler lays out what each of them needs side by side.
        for few in self.raw.chunks_exact(FEW) {
            for raw in few {
                let bits = raw.load(Ordering::Relaxed);
                if !usual.add(bits) {
                    self.fold_unusual(window, Reading(bits));
                }
            }
        }
    }

    /// Counts a value that is of the other unit, or widens its window, or is 0 or too large.
    #[cold]
    #[inline(never)]
    fn fold_unusual(&self, window: u64, reading: Reading) {
        if !self.past_of(reading).add(window, reading.amount()) {
            let uncounted = self.uncounted.load(Ordering::Relaxed) + 1;
            self.uncounted.store(uncounted, Ordering::Relaxed);
        }
    }

    /// Both histograms, as values of either unit would ask for them.
    #[cfg(test)]
    pub(crate) fn make_histograms(&self) -> bool {
        self.clocked.make_histogram() && self.measured.make_histogram()
    }

    fn past_of(&self, reading: Reading) -> &Past {
        if reading.is_ticks() {
            &self.clocked
        } else {
            &self.measured
        }
    }

    /// Without a spare histogram in this window the raw values become a random
    /// choice, each further value taking a place with the chance a fair draw gives it.
    fn replace_raw(&self, reading: Reading) {
        let window = self.window.load(Ordering::Relaxed);
        let widen = |reading: Reading| self.past_of(reading).widen(window, reading.amount());
        widen(reading);
        let homeless = self.homeless.load(Ordering::Relaxed) + 1;
        self.homeless.store(homeless, Ordering::Relaxed);
        let mut random = self.random.load(Ordering::Relaxed);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        self.random.store(random, Ordering::Relaxed);
        let place = random % (RAW + homeless);
        if place < RAW {
            // Its value goes, but it may be an extreme.
            widen(self.raw(place));
            self.set_raw(place, reading);
        }
    }
}

/// Divided: a billionth is no binary fraction, and the quotient is the nearest one.
fn in_seconds(nanoseconds: f64) -> f64 {
    nanoseconds / 1e9
}

/// What the worker has read of one thread's [`Values`] so far.
#[derive(Debug, Default)]
pub(crate) struct ValuesSeen {
    /// How many raw values the worker has taken.
    taken: u64,
    /// How many values a bucket's count has lost by wrapping between two drains.
    wrapped: u64,
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
    /// Tells the values since the last time. Returns how many calls, of all that were ever
    /// clocked, have been told with their values: those whose values are not to be seen yet
    /// in a histogram are told the next time.
    pub(crate) fn drain(
        &self,
        head: &AtomicU64,
        seen: &mut ValuesSeen,
        seconds_per_tick: f64,
        sink: &mut impl Sink,
    ) -> u64 {
        self.turn(seen, seconds_per_tick, sink);
        let head = self.drain_raw(head, seen, |reading| {
            sink.value(reading.seconds(seconds_per_tick));
        });
        let uncounted = self.uncounted.load(Ordering::Relaxed);
        self.clocked
            .drain(&mut seen.clocked, |ticks| ticks * seconds_per_tick, sink);
        self.measured.drain(&mut seen.measured, in_seconds, sink);
        let told = seen.taken + seen.clocked.told() + seen.measured.told() + uncounted;
        // A thread keeps no more values back than a few rings hold, so a difference of this
        // size is what buckets' counts have lost.
        let missing = head.saturating_sub(told + seen.wrapped);
        seen.wrapped += missing & !u64::from(u32::MAX);
        // More than the head that was seen may be in their buckets by now.
        head.min(told + seen.wrapped)
    }

    /// Lets the thread turn to the next window: extremes from here on are that one's.
    ///
    /// It keeps the extremes of two, so not before all of an earlier one have been told. A
    /// thread that has begun this one is done with the earlier, whatever it was held up in.
    fn turn(&self, seen: &mut ValuesSeen, seconds_per_tick: f64, sink: &mut impl Sink) {
        let window = self.window.load(Ordering::Relaxed);
        if !(self.clocked.is_in(window) || self.measured.is_in(window)) {
            return;
        }
        let clocked = &mut seen.clocked;
        let all_told = self
            .clocked
            .tell_extremes(clocked, |ticks| ticks * seconds_per_tick, sink)
            && self
                .measured
                .tell_extremes(&mut seen.measured, in_seconds, sink);
        if all_told {
            self.window.store(window + 1, Ordering::Relaxed);
        }
    }

    /// Takes the values that are in the ring, and returns how many raw ones there ever were.
    fn drain_raw(
        &self,
        head: &AtomicU64,
        seen: &mut ValuesSeen,
        mut tell: impl FnMut(Reading),
    ) -> u64 {
        let mut readings = [Reading(0); RAW as usize];
        // ORDERING: pairs with `take`, after which others may be in their places.
        let mut limit = self.limit.load(Ordering::Acquire);
        let mut last = 0;
        for _ in 0..TRIES {
            // ORDERING: pairs with the writer's release of the head.
            last = head.load(Ordering::Acquire);
            let first = limit - RAW;
            if last <= first {
                break;
            }
            for (number, reading) in (first..last).zip(&mut readings) {
                *reading = self.raw(number);
            }
            match self.take(limit, last) {
                Ok(_) => {
                    let count = last - first;
                    readings[..count as usize]
                        .iter()
                        .copied()
                        .for_each(&mut tell);
                    seen.taken += count;
                    break;
                }
                Err(now) => limit = now,
            }
        }
        last
    }
}

#[cfg(test)]
mod tests;
