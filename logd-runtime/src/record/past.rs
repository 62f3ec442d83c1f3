//! What a thread keeps of a timer beyond its raw values: a histogram, and the
//! extremes of each window. All in the unit of the clock; whoever drains converts.

use super::histogram::{self, BUCKETS, Histogram};
use super::values::Sink;
use crate::sync::atomic::{AtomicU64, Ordering, fence};
use crate::sync::{OnceLock, size, spin_loop};

/// Values of one unit. One thread writes, the worker reads.
#[derive(Debug)]
pub(crate) struct Past {
    histogram: OnceLock<Histogram>,
    /// Values that came while there was no histogram.
    homeless: AtomicU64,
    /// Two windows' extremes, so that the one being closed is not written over, and
    /// those of the whole run, for a value that comes so late that its window's place is taken.
    extremes: [Extremes; 3],
    /// Odd while the writer is in the middle of an update of `extremes`.
    sequence: AtomicU64,
}

/// The lowest and highest value in one window.
#[derive(Debug)]
struct Extremes {
    window: AtomicU64,
    lowest: AtomicU64,
    highest: AtomicU64,
}

/// No window has this number, so the first value opens its own.
const NO_WINDOW: u64 = u64::MAX;

/// The place of the whole run's extremes.
const RUN: usize = 2;

impl Past {
    pub(crate) fn new() -> Self {
        Past {
            histogram: OnceLock::new(),
            homeless: AtomicU64::new(0),
            extremes: std::array::from_fn(|_| Extremes {
                window: AtomicU64::new(NO_WINDOW),
                lowest: AtomicU64::new(0),
                highest: AtomicU64::new(0),
            }),
            sequence: AtomicU64::new(0),
        }
    }

    /// Keeps a value of `window` when nothing has to be made or widened for it;
    /// else it changes nothing. For the one writer only.
    #[inline]
    pub(crate) fn store_usual(&self, window: u64, value: u64) -> bool {
        let extremes = &self.extremes[(window % 2) as usize];
        extremes.window.load(Ordering::Relaxed) == window
            && value >= extremes.lowest.load(Ordering::Relaxed)
            && value <= extremes.highest.load(Ordering::Relaxed)
            && self
                .histogram
                .get()
                .is_some_and(|histogram| histogram.add_usual(value))
    }

    /// Keeps a value of `window`, for the one writer only. Without a histogram to
    /// put it in, the number of such values so far comes back: somebody else must
    /// choose which to keep.
    pub(crate) fn store(&self, window: u64, value: u64) -> Result<(), u64> {
        self.widen(window, value);
        if self.histogram.get().is_none()
            && let Some(spare) = histogram::take_spare()
        {
            // There is one writer, so nobody else can have set it meanwhile.
            let _ = self.histogram.set(spare);
        }
        if let Some(histogram) = self.histogram.get() {
            histogram.add(value);
            return Ok(());
        }
        let homeless = self.homeless.load(Ordering::Relaxed) + 1;
        self.homeless.store(homeless, Ordering::Relaxed);
        Err(homeless)
    }

    /// Takes a value into the extremes only.
    pub(crate) fn widen(&self, window: u64, value: u64) {
        self.widen_one(&self.extremes[(window % 2) as usize], window, value);
        self.widen_one(&self.extremes[RUN], 0, value);
    }

    fn widen_one(&self, extremes: &Extremes, window: u64, value: u64) {
        let (mut lowest, mut highest) = (value, value);
        if extremes.window.load(Ordering::Relaxed) == window {
            lowest = lowest.min(extremes.lowest.load(Ordering::Relaxed));
            highest = highest.max(extremes.highest.load(Ordering::Relaxed));
        }
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence
            .store(sequence.wrapping_add(1), Ordering::Relaxed);
        // ORDERING: the odd number is seen before any part of the update is.
        fence(Ordering::Release);
        extremes.lowest.store(lowest, Ordering::Relaxed);
        extremes.highest.store(highest, Ordering::Relaxed);
        extremes.window.store(window, Ordering::Relaxed);
        // ORDERING: whoever sees the even number sees the whole update.
        self.sequence
            .store(sequence.wrapping_add(2), Ordering::Release);
    }
}

/// What the worker has read of one thread's [`Past`] so far.
#[derive(Debug, Default)]
pub(crate) struct PastSeen {
    histogram: Option<Box<[u32]>>,
    /// As last told.
    extremes: [Option<Told>; 3],
}

#[derive(Clone, Copy, Debug)]
struct Told {
    window: u64,
    lowest: u64,
    highest: u64,
}

impl Past {
    /// Tells what came since the last time; `seconds` converts the value of a bucket's
    /// middle, or of an extreme, which is a whole number.
    pub(crate) fn drain(
        &self,
        seen: &mut PastSeen,
        seconds: impl Fn(f64) -> f64,
        sink: &mut impl Sink,
    ) {
        if let Some(histogram) = self.histogram.get() {
            let counts = seen
                .histogram
                .get_or_insert_with(|| vec![0; BUCKETS].into_boxed_slice());
            // A bucket's middle may lie beyond every value in it.
            let run = self
                .read(&self.extremes[RUN])
                .filter(|run| run.window != NO_WINDOW);
            histogram.difference(counts, |value, count| {
                let value = run.map_or(value, |run| {
                    value.clamp(run.lowest as f64, run.highest as f64)
                });
                sink.bucket(seconds(value), count);
            });
        }
        for (extremes, told) in self.extremes.iter().zip(&mut seen.extremes) {
            let Some(now) = self.read(extremes) else {
                continue;
            };
            if now.window == NO_WINDOW {
                continue;
            }
            // What raced the drain of its window widens it afterwards, and is told then.
            let before = told.filter(|told| told.window == now.window);
            if before.is_none_or(|before| now.lowest < before.lowest) {
                sink.extreme(seconds(now.lowest as f64));
            }
            if before.is_none_or(|before| now.highest > before.highest) {
                sink.extreme(seconds(now.highest as f64));
            }
            *told = Some(now);
        }
    }

    /// A consistent reading, or `None` while the writer stays in the middle of an
    /// update: what it writes then is told at the next drain.
    fn read(&self, extremes: &Extremes) -> Option<Told> {
        for _ in 0..size(64, 2) {
            // ORDERING: pairs with the writer's release of an even number.
            let before = self.sequence.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let told = Told {
                    window: extremes.window.load(Ordering::Relaxed),
                    lowest: extremes.lowest.load(Ordering::Relaxed),
                    highest: extremes.highest.load(Ordering::Relaxed),
                };
                // ORDERING: the readings are made before the second look at the number.
                fence(Ordering::Acquire);
                if self.sequence.load(Ordering::Relaxed) == before {
                    return Some(told);
                }
            }
            spin_loop();
        }
        None
    }
}
