//! What a thread keeps of a timer beyond its raw values: a histogram, and the
//! extremes of each window. All in one unit, of a clock or nanoseconds; whoever drains converts.

use super::histogram::{self, Buckets, BucketsSeen, Histogram};
use super::values::Sink;
use crate::sync::atomic::{AtomicU64, Ordering, fence};
use crate::sync::{OnceLock, size, spin_loop};

/// Values of one unit. One thread writes, the worker reads.
#[derive(Debug)]
pub(crate) struct Past {
    /// The extremes of the window that the writer is in, and of the one before, which may
    /// not have been told yet.
    now: Extremes,
    before: Extremes,
    /// Odd while the writer is in the middle of an update of the extremes.
    sequence: AtomicU64,
    histogram: OnceLock<Histogram>,
}

/// The lowest and highest value of a window.
#[derive(Debug)]
struct Extremes {
    window: AtomicU64,
    lowest: AtomicU64,
    highest: AtomicU64,
}

/// Where most values of a window go: the range that its extremes span, and the histogram.
#[derive(Clone, Copy)]
pub(crate) struct Usual<'past> {
    lowest: u64,
    span: u64,
    buckets: Buckets<'past>,
}

impl Usual<'_> {
    /// Counts a value that is in the range, or changes nothing.
    #[inline(always)]
    pub(crate) fn add(self, value: u64) -> bool {
        // One below the lowest wraps, and is beyond any span.
        value.wrapping_sub(self.lowest) <= self.span && histogram::add_usual(self.buckets, value)
    }
}

/// Extremes as they were at one moment.
#[derive(Clone, Copy, Debug)]
struct Told {
    window: u64,
    lowest: u64,
    highest: u64,
}

impl Told {
    /// No window has this number, so the first value opens its own.
    const NOTHING: Told = Told {
        window: u64::MAX,
        lowest: u64::MAX,
        highest: 0,
    };

    fn with(self, value: u64) -> Self {
        Told {
            lowest: self.lowest.min(value),
            highest: self.highest.max(value),
            ..self
        }
    }
}

impl Extremes {
    fn new() -> Self {
        let Told {
            window,
            lowest,
            highest,
        } = Told::NOTHING;
        Extremes {
            window: AtomicU64::new(window),
            lowest: AtomicU64::new(lowest),
            highest: AtomicU64::new(highest),
        }
    }

    fn get(&self) -> Told {
        Told {
            window: self.window.load(Ordering::Relaxed),
            lowest: self.lowest.load(Ordering::Relaxed),
            highest: self.highest.load(Ordering::Relaxed),
        }
    }

    fn set(&self, told: Told) {
        self.window.store(told.window, Ordering::Relaxed);
        self.lowest.store(told.lowest, Ordering::Relaxed);
        self.highest.store(told.highest, Ordering::Relaxed);
    }
}

/// For the one writer only.
impl Past {
    pub(crate) fn new() -> Self {
        Past {
            now: Extremes::new(),
            before: Extremes::new(),
            sequence: AtomicU64::new(0),
            histogram: OnceLock::new(),
        }
    }

    /// Sees to it that there is a histogram; `false` when there is none to be had now.
    pub(crate) fn make_histogram(&self) -> bool {
        if self.histogram.get().is_none()
            && let Some(spare) = histogram::take_spare()
        {
            // There is one writer, so nobody else can have set it meanwhile.
            let _ = self.histogram.set(spare);
        }
        self.histogram.get().is_some()
    }

    /// Where most values of the window go; nowhere before it has some.
    #[inline]
    pub(crate) fn usual(&self, window: u64) -> Usual<'_> {
        let now = self.now.get();
        match self.histogram.get() {
            Some(histogram) if now.window == window => Usual {
                lowest: now.lowest,
                span: now.highest - now.lowest,
                buckets: histogram.buckets(),
            },
            _ => Usual {
                lowest: 0,
                span: 0,
                buckets: &[],
            },
        }
    }

    /// Keeps a value. Where there is no histogram, only in the extremes, and returns `false`.
    pub(crate) fn add(&self, window: u64, value: u64) -> bool {
        self.widen(window, value);
        let counts = self.make_histogram();
        if let Some(histogram) = self.histogram.get() {
            histogram.add(value);
        }
        counts
    }

    /// Stays in the middle of an update meanwhile.
    #[cfg(test)]
    pub(crate) fn hold_up(&self, meanwhile: impl FnOnce()) {
        self.sequence.fetch_add(1, Ordering::Relaxed);
        meanwhile();
        self.sequence.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a value into the extremes of a window only.
    pub(crate) fn widen(&self, window: u64, value: u64) {
        let now = self.now.get();
        let opens = now.window != window;
        if !opens && value >= now.lowest && value <= now.highest {
            return;
        }
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence
            .store(sequence.wrapping_add(1), Ordering::Relaxed);
        // ORDERING: the odd number is seen before any part of the update is.
        fence(Ordering::Release);
        if opens {
            self.before.set(now);
            let nothing = Told {
                window,
                ..Told::NOTHING
            };
            self.now.set(nothing.with(value));
        } else {
            self.now.set(now.with(value));
        }
        // ORDERING: whoever sees the even number sees the whole update.
        self.sequence
            .store(sequence.wrapping_add(2), Ordering::Release);
    }
}

/// What the worker has read of one thread's [`Past`] so far.
#[derive(Debug)]
pub(crate) struct PastSeen {
    buckets: BucketsSeen,
    /// How many values were told out of them.
    told: u64,
    /// As last told.
    now: Told,
    before: Told,
    /// The extremes of all that was ever told.
    run: Told,
}

impl Default for PastSeen {
    fn default() -> Self {
        PastSeen {
            buckets: BucketsSeen::default(),
            told: 0,
            now: Told::NOTHING,
            before: Told::NOTHING,
            run: Told::NOTHING,
        }
    }
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
        self.tell_extremes(seen, &seconds, sink);
        // A value in a bucket beyond these came after they were read: it is told with its
        // extreme, the next time.
        let Told {
            lowest, highest, ..
        } = seen.run;
        if let Some(histogram) = self.histogram.get()
            && lowest <= highest
        {
            histogram.difference(&mut seen.buckets, lowest, highest, |value, count| {
                seen.told += count;
                sink.bucket(seconds(value), count);
            });
        }
    }

    /// Tells what is new in the extremes of both windows; `false` when they can not be read now.
    pub(crate) fn tell_extremes(
        &self,
        seen: &mut PastSeen,
        seconds: impl Fn(f64) -> f64,
        sink: &mut impl Sink,
    ) -> bool {
        let Some((before, now)) = self.read() else {
            return false;
        };
        for told in [before, now] {
            seen.tell(told, |extreme| sink.extreme(seconds(extreme as f64)));
        }
        (seen.before, seen.now) = (before, now);
        true
    }

    /// Whether the writer has begun this window, and so is done with all before it.
    pub(crate) fn is_in(&self, window: u64) -> bool {
        let is_in = self.now.window.load(Ordering::Relaxed) == window;
        // ORDERING: pairs with the writer's fence before it begins a window: what it did in
        // those before is seen.
        fence(Ordering::Acquire);
        is_in
    }

    /// A consistent reading, or `None` while the writer stays in the middle of an
    /// update: what it writes then is told at the next drain.
    fn read(&self) -> Option<(Told, Told)> {
        for _ in 0..size(64, 2) {
            // ORDERING: pairs with the writer's release of an even number.
            let before = self.sequence.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let told = (self.before.get(), self.now.get());
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

impl PastSeen {
    /// How many values were told in buckets.
    pub(crate) fn told(&self) -> u64 {
        self.told
    }

    /// Gives `extreme` what is new in a window's extremes.
    fn tell(&mut self, told: Told, mut extreme: impl FnMut(u64)) {
        if told.window == Told::NOTHING.window {
            return;
        }
        // What raced the drain of its window widens it afterwards, and is told then.
        let earlier = [self.before, self.now]
            .into_iter()
            .find(|earlier| earlier.window == told.window);
        if earlier.is_none_or(|earlier| told.lowest < earlier.lowest) {
            extreme(told.lowest);
        }
        if earlier.is_none_or(|earlier| told.highest > earlier.highest) {
            extreme(told.highest);
        }
        self.run = self.run.with(told.lowest).with(told.highest);
    }
}
