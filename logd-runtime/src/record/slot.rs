//! One 64-byte slot: what one thread has recorded of one metric. Its thread
//! writes with plain loads and stores; the worker reads, and takes differences of
//! counts that only grow, so no event is told twice and none is lost between two drains.

use std::sync::Arc;

use super::shard;
use super::values::{RAW, Reading, Sink, Values, ValuesSeen};
use crate::rate::GapTable;
use crate::sync::atomic::{AtomicU64, Ordering, fence};
use crate::sync::{OnceLock, size, spin_loop};

/// Cells and, for timers, the values beside them. What a cell means depends on
/// the kind of the metric; the first slot of an array is its header.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    cells: [AtomicU64; 6],
    values: OnceLock<Arc<Values>>,
}

// Header
const LENGTH: usize = 0;
const OWNER: usize = 1;
// Counter
const ONES: usize = 0;
const ADDITIONS: usize = 1;
const ADDED: usize = 2;
const ADDED_FLOAT: usize = 3;
const ADDED_FLOAT_ERROR: usize = 4;
const ADDED_FLOAT_SEQUENCE: usize = 5;
// Meter
const READINGS: usize = 0;
const SUM: usize = 1;
const SUM_ERROR: usize = 2;
const LAST: usize = 3;
const SEQUENCE: usize = 4;
// Timer
const CALLS: usize = 0;
const GAP: usize = 1;
const HEAD: usize = 2;
const LIMIT: usize = 3;

impl Slot {
    // loom makes its atomics at run time only; its models need no constant one.
    #[cfg(not(loom))]
    pub(crate) const fn empty() -> Self {
        Slot {
            cells: [const { AtomicU64::new(0) }; 6],
            values: OnceLock::new(),
        }
    }

    #[inline]
    fn get(&self, cell: usize) -> u64 {
        self.cells[cell].load(Ordering::Relaxed)
    }

    #[inline]
    fn set(&self, cell: usize, value: u64) {
        self.cells[cell].store(value, Ordering::Relaxed);
    }

    #[inline]
    fn bump(&self, cell: usize) {
        self.set(cell, self.get(cell).wrapping_add(1));
    }

    fn get_float(&self, cell: usize) -> f64 {
        f64::from_bits(self.get(cell))
    }

    fn set_float(&self, cell: usize, value: f64) {
        self.set(cell, value.to_bits());
    }

    /// Whether the thread never recorded anything here.
    pub(crate) fn is_untouched(&self) -> bool {
        self.cells
            .iter()
            .all(|cell| cell.load(Ordering::Relaxed) == 0)
    }

    /// Takes over what another slot has, its values shared. Allocates nothing, so that
    /// no event of an instrumented allocator falls between two slots.
    pub(crate) fn take_over(&self, other: &Slot) {
        for (to, from) in self.cells.iter().zip(&other.cells) {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        if let Some(values) = other.values.get() {
            let _ = self.values.set(Arc::clone(values));
        }
    }
}

/// Header: how many bytes of slots may be used, and whose they are.
impl Slot {
    #[inline]
    pub(crate) fn length(&self) -> u64 {
        self.get(LENGTH)
    }

    pub(crate) fn set_length(&self, length: u64) {
        self.set(LENGTH, length);
    }

    /// The address of the client that the slots belong to.
    pub(crate) fn owner(&self) -> u64 {
        self.get(OWNER)
    }

    pub(crate) fn set_owner(&self, owner: u64) {
        self.set(OWNER, owner);
    }
}

/// Counter: single steps apart from other amounts, so that the usual call writes one cell.
impl Slot {
    #[inline]
    pub(crate) fn increment(&self) {
        self.bump(ONES);
    }

    #[inline]
    pub(crate) fn add(&self, amount: i64) {
        self.set(ADDED, self.get(ADDED).wrapping_add(amount as u64));
        let additions = self.get(ADDITIONS).wrapping_add(1);
        // ORDERING: who sees the addition sees its amount.
        self.cells[ADDITIONS].store(additions, Ordering::Release);
    }

    pub(crate) fn add_float(&self, amount: f64) {
        self.add_exactly(FLOAT_SUM, amount, || self.bump(ADDITIONS));
    }
}

/// What the worker has read of a counter's slot so far.
#[derive(Debug, Default)]
pub(crate) struct CounterSeen {
    ones: u64,
    additions: u64,
    added: u64,
    floats: Doubled,
}

/// What a counter gained between two drains.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CounterGain {
    pub(crate) events: u64,
    pub(crate) sum: i64,
    pub(crate) float_sum: f64,
}

impl Slot {
    pub(crate) fn drain_counter(&self, seen: &mut CounterSeen) -> CounterGain {
        // ORDERING: pairs with `add`.
        let additions = self.cells[ADDITIONS].load(Ordering::Acquire);
        let now = CounterSeen {
            ones: self.get(ONES),
            additions,
            added: self.get(ADDED),
            // In the middle of an update the amount is told at the next drain.
            floats: self
                .read_exactly(FLOAT_SUM, || ())
                .map_or(seen.floats, |(floats, ())| floats),
        };
        let ones = now.ones.wrapping_sub(seen.ones);
        let gain = CounterGain {
            events: ones.wrapping_add(now.additions.wrapping_sub(seen.additions)),
            sum: (ones as i64).wrapping_add(now.added.wrapping_sub(seen.added) as i64),
            float_sum: now.floats.since(seen.floats),
        };
        *seen = now;
        gain
    }
}

/// The cells of a sum in two floats, exact to about 32 digits, so that the
/// difference of two sums is the exact sum of one window.
#[derive(Clone, Copy)]
struct ExactSum {
    sum: usize,
    error: usize,
    /// Odd while the writer is in the middle of an update.
    sequence: usize,
}

const FLOAT_SUM: ExactSum = ExactSum {
    sum: ADDED_FLOAT,
    error: ADDED_FLOAT_ERROR,
    sequence: ADDED_FLOAT_SEQUENCE,
};

const METER_SUM: ExactSum = ExactSum {
    sum: SUM,
    error: SUM_ERROR,
    sequence: SEQUENCE,
};

/// A number in two floats.
#[derive(Clone, Copy, Debug, Default)]
struct Doubled {
    sum: f64,
    error: f64,
}

impl Doubled {
    fn since(self, earlier: Doubled) -> f64 {
        let (sum, rest) = two_sum(self.sum, -earlier.sum);
        sum + (rest + (self.error - earlier.error))
    }
}

impl Slot {
    /// Adds a value, and writes `more` in the same update.
    fn add_exactly(&self, cells: ExactSum, value: f64, more: impl FnOnce()) {
        let sequence = self.get(cells.sequence);
        self.set(cells.sequence, sequence.wrapping_add(1));
        // ORDERING: the odd number is seen before any part of the update is.
        fence(Ordering::Release);
        let (sum, error) = two_sum(self.get_float(cells.sum), value);
        let (sum, error) = two_sum(sum, self.get_float(cells.error) + error);
        self.set_float(cells.sum, sum);
        self.set_float(cells.error, error);
        more();
        // ORDERING: whoever sees the even number sees the whole update.
        self.cells[cells.sequence].store(sequence.wrapping_add(2), Ordering::Release);
    }

    /// The sum and what `more` reads, of one moment; nothing while the writer stays in
    /// the middle of an update.
    fn read_exactly<T>(&self, cells: ExactSum, more: impl Fn() -> T) -> Option<(Doubled, T)> {
        for _ in 0..size(64, 2) {
            // ORDERING: pairs with the writer's release of an even number.
            let before = self.cells[cells.sequence].load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let doubled = Doubled {
                    sum: self.get_float(cells.sum),
                    error: self.get_float(cells.error),
                };
                let more = more();
                // ORDERING: the readings are made before the second look at the number.
                fence(Ordering::Acquire);
                if self.get(cells.sequence) == before {
                    return Some((doubled, more));
                }
            }
            spin_loop();
        }
        None
    }
}

/// Meter: readings, their exact sum, and the last one.
impl Slot {
    pub(crate) fn set_meter(&self, value: f64) {
        self.add_exactly(METER_SUM, value, || {
            self.set_float(LAST, value);
            self.bump(READINGS);
        });
    }
}

/// What the worker has read of a meter's slot so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MeterSeen {
    readings: u64,
    sum: Doubled,
}

/// What a meter gained between two drains.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct MeterGain {
    pub(crate) readings: u64,
    pub(crate) sum: f64,
    pub(crate) last: f64,
}

impl Slot {
    /// Nothing while the writer stays in the middle of an update: the next drain tells it.
    pub(crate) fn drain_meter(&self, seen: &mut MeterSeen) -> MeterGain {
        let read = self.read_exactly(METER_SUM, || (self.get(READINGS), self.get_float(LAST)));
        let Some((sum, (readings, last))) = read else {
            return MeterGain::default();
        };
        let gain = MeterGain {
            readings: readings.wrapping_sub(seen.readings),
            sum: sum.since(seen.sum),
            last,
        };
        *seen = MeterSeen { readings, sum };
        gain
    }
}

/// The sum and what rounding took from it.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let virtual_b = sum - a;
    (sum, (a - (sum - virtual_b)) + (b - virtual_b))
}

/// Timer: every call counted, clocked ones with their value.
impl Slot {
    /// Whether this call is one that is clocked; `None` before [`sample`](Self::sample).
    #[inline]
    pub(crate) fn is_clocked(&self) -> Option<bool> {
        let gap = self.get(GAP);
        if gap == 0 {
            return self.begin_gap();
        }
        self.set(GAP, gap - 1);
        Some(false)
    }

    #[inline(never)]
    fn begin_gap(&self) -> Option<bool> {
        let gap = self.values.get()?.next_gap()?;
        self.set(GAP, gap.into());
        Some(true)
    }

    /// Ends the gap: the next call is clocked.
    pub(crate) fn clock_next(&self) {
        self.set(GAP, 0);
    }

    /// Lets [`is_clocked`](Self::is_clocked) keep calls by this table's gaps; the first is kept.
    pub(crate) fn sample(&self, gaps: &Arc<GapTable>) {
        self.make_values().sample(Arc::clone(gaps));
    }

    /// The values, made when there are none: the one time that a timer allocates on
    /// this thread. For the slow path, which an instrumented allocator can not enter twice.
    pub(crate) fn make_values(&self) -> &Values {
        if self.values.get().is_none() {
            // Made before it is put there: what is recorded meanwhile must find the
            // place empty, not being filled.
            let values = Arc::new(Values::new());
            let _ = self.values.set(values);
            self.set(LIMIT, RAW);
        }
        self.values.get_or_init(Arc::default)
    }

    /// Counts a call that is not clocked.
    #[inline]
    pub(crate) fn count_call(&self) {
        self.bump(CALLS);
    }

    /// Counts a clocked call with its value.
    #[inline]
    pub(crate) fn time(&self, reading: Reading) {
        let head = self.get(HEAD);
        if head < self.get(LIMIT)
            && let Some(values) = self.values.get()
        {
            self.store_raw(values, head, reading);
            self.count_clocked();
        } else {
            self.time_slowly(head, reading);
        }
    }

    #[inline]
    fn store_raw(&self, values: &Values, head: u64, reading: Reading) {
        values.set_raw(head, reading);
        // ORDERING: a reader that sees the new head sees the value.
        self.cells[HEAD].store(head + 1, Ordering::Release);
    }

    /// The last step of a clocked call: who counts the call finds its value.
    #[inline]
    fn count_clocked(&self) {
        let calls = self.get(CALLS).wrapping_add(1);
        // ORDERING: a reader that counts the call sees where its value is.
        self.cells[CALLS].store(calls, Ordering::Release);
    }

    /// The first value of this thread, or one that there was no room for when it last looked.
    #[inline(never)]
    fn time_slowly(&self, head: u64, reading: Reading) {
        if let Some(values) = self.values.get() {
            if let Some(limit) = values.make_room(head, reading) {
                self.set(LIMIT, limit);
                self.store_raw(values, head, reading);
            }
        } else if shard::is_busy() {
            // Out of the making of the values themselves: the call is counted, its
            // duration has no place yet.
            return self.count_call();
        } else {
            let _quiet = shard::quiet();
            self.store_raw(self.make_values(), head, reading);
        }
        self.count_clocked();
    }
}

/// What the worker has read of a timer's slot so far.
#[derive(Debug, Default)]
pub(crate) struct TimerSeen {
    calls: u64,
    values: ValuesSeen,
}

impl Slot {
    /// Tells the values since the last drain and returns how many calls there were.
    pub(crate) fn drain_timer(
        &self,
        seen: &mut TimerSeen,
        seconds_per_tick: f64,
        sink: &mut impl Sink,
    ) -> u64 {
        // Read first: a call that is counted has its value told, now or before.
        // ORDERING: pairs with the writer's release of the count.
        let calls = self.cells[CALLS].load(Ordering::Acquire);
        let untold = match self.values.get() {
            Some(values) => {
                values.drain(&self.cells[HEAD], &mut seen.values, seconds_per_tick, sink)
            }
            None => 0,
        };
        // Calls go out with their values. Some of the untold may be of later calls.
        let calls = calls.wrapping_sub(untold);
        let gained = calls.wrapping_sub(seen.calls);
        if gained > u64::MAX / 2 {
            return 0;
        }
        seen.calls = calls;
        gained
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[derive(Default)]
    struct Collected {
        values: Vec<(f64, u64)>,
        extremes: Vec<f64>,
    }

    impl Collected {
        fn count(&self) -> u64 {
            self.values.iter().map(|(_, count)| count).sum()
        }

        /// The lowest and highest of all.
        fn run(&self) -> Option<(f64, f64)> {
            let values = self.values.iter().map(|(value, _)| *value);
            let all = || values.clone().chain(self.extremes.iter().copied());
            Some((all().reduce(f64::min)?, all().reduce(f64::max)?))
        }
    }

    impl Sink for Collected {
        fn value(&mut self, seconds: f64) {
            self.values.push((seconds, 1));
        }
        fn bucket(&mut self, seconds: f64, count: u64) {
            self.values.push((seconds, count));
        }
        fn extreme(&mut self, seconds: f64) {
            self.extremes.push(seconds);
        }
    }

    fn nanoseconds(n: u64) -> Reading {
        Reading::duration(std::time::Duration::from_nanos(n))
    }

    #[test]
    fn a_slot_is_one_cache_line() {
        assert_eq!(size_of::<Slot>(), 64);
        assert_eq!(align_of::<Slot>(), 64);
    }

    #[test]
    fn counters_tell_each_amount_once() {
        let (slot, mut seen) = (Slot::default(), CounterSeen::default());
        slot.increment();
        slot.add(-5);
        slot.add_float(0.5);
        let gain = slot.drain_counter(&mut seen);
        assert_eq!(
            gain,
            CounterGain {
                events: 3,
                sum: -4,
                float_sum: 0.5
            }
        );
        assert_eq!(slot.drain_counter(&mut seen), CounterGain::default());
        slot.increment();
        let larger = Slot::default();
        larger.take_over(&slot);
        assert_eq!(larger.drain_counter(&mut seen).sum, 1);
    }

    #[test]
    fn a_meters_window_is_exact_whatever_came_before() {
        let (slot, mut seen) = (Slot::default(), MeterSeen::default());
        for value in [1e17, 0.1, -1e17, 3.25] {
            slot.set_meter(value);
            let gain = slot.drain_meter(&mut seen);
            assert_eq!((gain.readings, gain.last), (1, value));
            assert!(
                (gain.sum - value).abs() <= value.abs() * 1e-15,
                "{value} {}",
                gain.sum
            );
        }
        assert_eq!(slot.drain_meter(&mut seen).readings, 0);
    }

    #[test]
    fn a_timer_keeps_raw_values_up_to_its_bound_and_counts_the_rest() {
        histogram_spares();
        let (slot, mut seen) = (Slot::default(), TimerSeen::default());
        for n in 1..=RAW {
            slot.time(nanoseconds(n * 1000));
        }
        slot.count_call();
        let mut told = Collected::default();
        assert_eq!(slot.drain_timer(&mut seen, 1.0, &mut told), RAW + 1);
        let values: Vec<_> = (1..=RAW).map(|n| ((n * 1000) as f64 / 1e9, 1)).collect();
        assert_eq!(told.values, values);
        assert!(told.extremes.is_empty());

        // One more than there are places for: the first of them go to the histogram.
        for n in 1..=RAW + 1 {
            slot.time(nanoseconds(n * 1000));
        }
        let mut told = Collected::default();
        assert_eq!(slot.drain_timer(&mut seen, 1.0, &mut told), RAW + 1);
        assert_eq!(told.count(), RAW + 1);
        assert_eq!(told.values[0], (((RAW + 1) * 1000) as f64 / 1e9, 1));
        let highest = (RAW * 1000) as f64 / 1e9;
        assert_eq!(told.extremes, [1e-6, highest]);
        assert!(told.values[1..].iter().all(|(value, _)| *value <= highest));

        // Nothing is told twice.
        let mut told = Collected::default();
        assert_eq!(slot.drain_timer(&mut seen, 1.0, &mut told), 0);
        assert_eq!((told.count(), told.extremes.len()), (0, 0));
    }

    #[test]
    fn extremes_past_the_raw_values_are_those_of_their_window() {
        histogram_spares();
        let (slot, mut seen) = (Slot::default(), TimerSeen::default());
        for window in 0..3 {
            for n in 0..RAW + 10 {
                slot.time(nanoseconds(1000 + n + window));
            }
            let mut told = Collected::default();
            slot.drain_timer(&mut seen, 1.0, &mut told);
            let lowest = (1000 + window) as f64 / 1e9;
            let highest = (1000 + RAW - 1 + window) as f64 / 1e9;
            assert_eq!(told.extremes, [lowest, highest], "window {window}");
            assert_eq!(told.count(), RAW + 10);
        }
    }

    /// Every drain finds as many values as calls, whatever the writer is doing just then.
    #[test]
    fn drains_beside_a_writer_tell_every_call_with_its_value() {
        const CALLS: u64 = 300_000;
        histogram_spares();
        let (slot, done) = (Slot::default(), AtomicBool::new(false));
        let (mut seen, mut told, mut calls) = (TimerSeen::default(), Collected::default(), 0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..CALLS {
                    let ticks = Reading::ticks(1000 + (n * 7919) % 100_000);
                    let reading = if n % 1000 < 900 {
                        ticks
                    } else {
                        nanoseconds(n)
                    };
                    slot.time(reading);
                }
                done.store(true, Ordering::Relaxed);
            });
            while !done.load(Ordering::Relaxed) {
                calls += slot.drain_timer(&mut seen, 1e-9, &mut told);
                assert!(told.count() >= calls, "{} of {calls}", told.count());
            }
        });
        calls += slot.drain_timer(&mut seen, 1e-9, &mut told);
        assert_eq!((calls, told.count()), (CALLS, CALLS));
        assert_eq!(told.run(), Some((900e-9, 299_999e-9)));
    }

    #[test]
    fn ticks_and_nanoseconds_are_told_apart() {
        assert_eq!(Reading::ticks(500).seconds(2.0), 1000.0);
        assert_eq!(nanoseconds(11_430_000_000).seconds(2.0), 11.43);
        let forever = Reading::duration(std::time::Duration::MAX).seconds(1.0);
        assert!(forever > 4e9, "{forever}");
    }

    fn histogram_spares() {
        super::super::histogram::refill_spares();
    }
}
