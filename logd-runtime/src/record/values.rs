//! The values of one timer on one thread: the first of each window raw, the rest
//! in a histogram, and the extremes of the rest. One thread writes, the worker
//! reads; neither waits for the other and no value is told twice.

use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};

use super::histogram::{self, BUCKETS, Histogram};
use crate::clock;
use crate::rate::GapTable;

/// Raw values kept between two drains. Memory per thread and timer: 8 bytes each.
pub(crate) const RAW: u64 = 64;

/// Marks a reading in nanoseconds rather than ticks: a duration that the user measured.
const NANOSECONDS: u64 = 1 << 63;

/// A clocked duration as the recorder stores it: the unit is settled when it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading(u64);

impl Reading {
    #[inline]
    pub(crate) fn ticks(ticks: u64) -> Self {
        Reading(ticks & !NANOSECONDS)
    }

    /// A duration of up to 292 years, to the nanosecond.
    #[inline]
    pub(crate) fn duration(duration: std::time::Duration) -> Self {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Reading(nanoseconds.min(NANOSECONDS - 1) | NANOSECONDS)
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Reading(bits)
    }

    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    pub(crate) fn seconds(self, seconds_per_tick: f64) -> f64 {
        if self.0 & NANOSECONDS == 0 {
            self.0 as f64 * seconds_per_tick
        } else {
            std::time::Duration::from_nanos(self.0 & !NANOSECONDS).as_secs_f64()
        }
    }
}

/// What a thread has of one timer beside the counts in its slot.
#[derive(Debug)]
pub(crate) struct Values {
    raw: [AtomicU64; RAW as usize],
    histogram: OnceLock<Histogram>,
    /// Values that went past the raw ones; grows with every such value.
    past: AtomicU64,
    /// Two windows' extremes, so that the one being closed is not written over.
    extremes: [Extremes; 2],
    /// Odd while the writer is between the two halves of an update of `extremes`.
    sequence: AtomicU64,
    /// Gaps between clocked calls, for a timer with a rate below 1.
    gaps: OnceLock<Arc<GapTable>>,
    /// State of the generator that picks raw values to replace while there is no histogram.
    random: AtomicU64,
}

/// The lowest and highest value past the raw ones in one window, as bits of
/// floats that are never negative and so order as integers do.
#[derive(Debug, Default)]
struct Extremes {
    window: AtomicU64,
    lowest: AtomicU64,
    highest: AtomicU64,
}

impl Values {
    pub(crate) fn new() -> Self {
        Values {
            raw: std::array::from_fn(|_| AtomicU64::new(0)),
            histogram: OnceLock::new(),
            past: AtomicU64::new(0),
            // No window has the number u64::MAX, so the first value opens its own.
            extremes: std::array::from_fn(|_| Extremes {
                window: AtomicU64::new(u64::MAX),
                ..Extremes::default()
            }),
            sequence: AtomicU64::new(0),
            gaps: OnceLock::new(),
            random: AtomicU64::new(0x9e37_79b9_7f4a_7c15),
        }
    }

    pub(crate) fn sample(&self, gaps: Arc<GapTable>) {
        // Set before, it is the same table: a slot has one rate.
        let _ = self.gaps.set(gaps);
    }

    pub(crate) fn next_gap(&self) -> Option<u32> {
        Some(self.gaps.get()?.next_gap())
    }

    /// Stores the value number `head`. The caller publishes `head + 1` afterwards.
    #[inline]
    pub(crate) fn store_raw(&self, head: u64, reading: Reading) {
        self.raw[(head % RAW) as usize].store(reading.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn raw(&self, number: u64) -> Reading {
        Reading::from_bits(self.raw[(number % RAW) as usize].load(Ordering::Relaxed))
    }

    /// Keeps a value of `window` for which there is no raw place left. For the one writer only.
    pub(crate) fn store_past(&self, window: u64, head: u64, reading: Reading) {
        let seconds = reading.seconds(clock::seconds_per_tick());
        self.widen(window, seconds);
        if self.histogram.get().is_none()
            && let Some(spare) = histogram::take_spare()
        {
            // There is one writer, so nobody else can have set it meanwhile.
            let _ = self.histogram.set(spare);
        }
        let past = self.past.load(Ordering::Relaxed) + 1;
        if let Some(histogram) = self.histogram.get() {
            histogram.add(seconds);
        } else {
            // No spare in this window: the raw values become a random choice,
            // each past value taking a place with the chance a fair draw gives it.
            let random = self.next_random() % (RAW + past);
            if random < RAW {
                self.store_raw(head + random, reading);
            }
        }
        // ORDERING: a reader that sees the count sees the histogram and extremes behind it.
        self.past.store(past, Ordering::Release);
    }

    fn widen(&self, window: u64, seconds: f64) {
        let bits = seconds.max(0.0).to_bits();
        let extremes = &self.extremes[(window % 2) as usize];
        let fresh = extremes.window.load(Ordering::Relaxed) != window;
        let lowest = extremes.lowest.load(Ordering::Relaxed);
        let highest = extremes.highest.load(Ordering::Relaxed);
        if !fresh && (lowest..=highest).contains(&bits) {
            return;
        }
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence
            .store(sequence.wrapping_add(1), Ordering::Relaxed);
        // ORDERING: the odd number is seen before any half of the update is.
        fence(Ordering::Release);
        extremes.lowest.store(
            if fresh { bits } else { lowest.min(bits) },
            Ordering::Relaxed,
        );
        extremes.highest.store(
            if fresh { bits } else { highest.max(bits) },
            Ordering::Relaxed,
        );
        extremes.window.store(window, Ordering::Relaxed);
        // ORDERING: whoever sees the even number sees the whole update.
        self.sequence
            .store(sequence.wrapping_add(2), Ordering::Release);
    }

    fn next_random(&self) -> u64 {
        let mut state = self.random.load(Ordering::Relaxed);
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random.store(state, Ordering::Relaxed);
        state
    }
}

/// What the worker has read of one thread's [`Values`] so far.
#[derive(Debug, Default)]
pub(crate) struct ValuesSeen {
    past: u64,
    histogram: Option<Box<[u32]>>,
    /// Window, lowest and highest as last told.
    extremes: [(u64, u64, u64); 2],
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
    pub(crate) fn drain_past(&self, seen: &mut ValuesSeen, sink: &mut impl Sink) {
        // ORDERING: pairs with the writer's release; what is counted is readable.
        let past = self.past.load(Ordering::Acquire);
        if past == seen.past {
            return;
        }
        seen.past = past;
        if let Some(histogram) = self.histogram.get() {
            let counts = seen
                .histogram
                .get_or_insert_with(|| vec![0; BUCKETS].into_boxed_slice());
            histogram.difference(counts, |seconds, count| sink.bucket(seconds, count));
        }
        for (extremes, told) in self.extremes.iter().zip(&mut seen.extremes) {
            let Some((window, lowest, highest)) = self.read_extremes(extremes) else {
                continue;
            };
            if window == u64::MAX {
                continue;
            }
            let fresh = told.0 != window + 1;
            if fresh || lowest < told.1 {
                sink.extreme(f64::from_bits(lowest));
            }
            if fresh || highest > told.2 {
                sink.extreme(f64::from_bits(highest));
            }
            *told = (window + 1, lowest, highest);
        }
    }

    /// A consistent reading, or `None` while the writer stays in the middle of an
    /// update: what it writes then is told at the next drain.
    fn read_extremes(&self, extremes: &Extremes) -> Option<(u64, u64, u64)> {
        for _ in 0..64 {
            // ORDERING: pairs with the writer's release of an even number.
            let before = self.sequence.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let read = (
                    extremes.window.load(Ordering::Relaxed),
                    extremes.lowest.load(Ordering::Relaxed),
                    extremes.highest.load(Ordering::Relaxed),
                );
                // ORDERING: the readings are made before the second look at the number.
                fence(Ordering::Acquire);
                if self.sequence.load(Ordering::Relaxed) == before {
                    return Some(read);
                }
            }
            std::hint::spin_loop();
        }
        None
    }
}
