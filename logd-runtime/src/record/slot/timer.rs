//! A timer: every call counted, clocked ones with their value.

use std::sync::Arc;

use super::{DRAINS, Slot};
use crate::rate::GapTable;
use crate::record::shard;
use crate::record::values::{RAW, Reading, Sink, Values, ValuesSeen};
use crate::sync::atomic::Ordering;

/// Calls without a value of their own, but those of gaps. Those with one are the ring's head.
const CALLS: usize = 0;
/// Calls of gaps, counted where they begin.
const SKIPPED: usize = 1;
const HEAD: usize = 2;
const LIMIT: usize = 3;
/// What [`SKIPPED`] will be at the end of the gap, when a call is clocked.
const GAP_END: usize = 4;
/// How often the slots will have been drained when an adaptive timer looks for room again.
const FULL_UNTIL: usize = 5;

impl Slot {
    /// Counts a call that is in a gap. One that is not, and any before
    /// [`sample`](Self::sample), is left to [`is_clocked`](Self::is_clocked).
    #[inline]
    pub(crate) fn skip(&self) -> bool {
        let skipped = self.get(SKIPPED);
        let in_gap = skipped < self.get(GAP_END);
        if in_gap {
            self.set(SKIPPED, skipped + 1);
        }
        in_gap
    }

    /// Whether this call is one that is clocked; `None` before [`sample`](Self::sample). One
    /// that is not is counted where it ends.
    pub(crate) fn is_clocked(&self) -> Option<bool> {
        let end = self.get(GAP_END);
        if self.get(SKIPPED) < end {
            self.set(GAP_END, end - 1);
            return Some(false);
        }
        let gap = self.values.get()?.next_gap()?;
        self.set(GAP_END, end + u64::from(gap));
        Some(true)
    }

    /// Ends the gap: the next call is clocked.
    pub(crate) fn clock_next(&self) {
        self.set(GAP_END, self.get(SKIPPED));
    }

    /// Counts a call since whose last look for room nothing was drained, by what the `header`
    /// says. Any other is left to [`has_room`](Self::has_room).
    #[inline]
    pub(crate) fn count_if_full(&self, header: &Slot) -> bool {
        let is_full = self.is_full(header);
        if is_full {
            self.count_call();
        }
        is_full
    }

    #[inline]
    fn is_full(&self, header: &Slot) -> bool {
        header.drains() < self.get(FULL_UNTIL)
    }

    /// Whether there is room for one more raw value; `None` before there are any.
    #[inline]
    pub(crate) fn has_room(&self, header: &Slot) -> Option<bool> {
        if self.is_full(header) {
            Some(false)
        } else {
            self.look_for_room(header)
        }
    }

    #[inline(never)]
    pub(crate) fn look_for_room(&self, header: &Slot) -> Option<bool> {
        // ORDERING: looked at before the limit, so that a drain after it is one more, and
        // acquired, so that one before it has made its room.
        let drains = header.cells[DRAINS].load(Ordering::Acquire);
        let has_room = self.get(HEAD) < self.values.get()?.limit();
        if !has_room {
            self.set(FULL_UNTIL, drains + 1);
        }
        Some(has_room)
    }

    /// Lets [`is_clocked`](Self::is_clocked) keep calls by this table's gaps; the first is kept.
    pub(crate) fn sample(&self, gaps: &Arc<GapTable>) {
        if let Some(values) = self.make_values() {
            values.sample(Arc::clone(gaps));
        }
    }

    /// The values, made when there are none: the one time that a timer allocates on
    /// this thread. For the slow path, which an instrumented allocator can not enter twice.
    pub(crate) fn make_values(&self) -> Option<&Values> {
        if self.values.get().is_none() {
            // Made before it is put there: what is recorded meanwhile must find the
            // place empty, not being filled.
            self.values.set(Arc::new(Values::new()));
            self.set(LIMIT, RAW);
        }
        self.values.get()
    }

    /// Counts a call without a value of its own.
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
        } else {
            self.time_slowly(head, reading);
        }
    }

    #[inline]
    fn store_raw(&self, values: &Values, head: u64, reading: Reading) {
        values.set_raw(head, reading);
        // ORDERING: a reader that sees the new head, and so counts the call, sees the value.
        self.cells[HEAD].store(head + 1, Ordering::Release);
    }

    /// The first value of this thread, or one that there was no room for when it last looked.
    #[inline(never)]
    fn time_slowly(&self, head: u64, reading: Reading) {
        if let Some(values) = self.values.get() {
            if let Some(limit) = values.make_room(head, reading) {
                self.set(LIMIT, limit);
                self.store_raw(values, head, reading);
            } else {
                self.count_call();
            }
        } else if shard::is_busy() {
            // Out of the making of the values themselves: the call is counted, its
            // duration has no place yet.
            self.count_call();
        } else {
            let _quiet = shard::quiet();
            if let Some(values) = self.make_values() {
                self.store_raw(values, head, reading);
            }
        }
    }
}

/// What the worker has read of a timer's slot so far.
#[derive(Debug, Default)]
pub(crate) struct TimerSeen {
    without_value: u64,
    with_value: u64,
    values: ValuesSeen,
}

/// The calls that a timer gained between two drains.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct TimerGain {
    /// Those that the values stand for: they were not clocked.
    pub(crate) without_value: u64,
    pub(crate) with_value: u64,
}

impl TimerGain {
    pub(crate) fn calls(self) -> u64 {
        self.without_value + self.with_value
    }
}

impl Slot {
    /// Tells the values since the last drain and returns the calls.
    pub(crate) fn drain_timer(
        &self,
        seen: &mut TimerSeen,
        seconds_per_tick: f64,
        sink: &mut impl Sink,
    ) -> TimerGain {
        let without_value = self.get(CALLS) + self.get(SKIPPED);
        let with_value = match self.values.get() {
            Some(values) => {
                values.drain(&self.cells[HEAD], &mut seen.values, seconds_per_tick, sink)
            }
            None => 0,
        };
        let gain = TimerGain {
            without_value: without_value - seen.without_value,
            with_value: with_value - seen.with_value,
        };
        (seen.without_value, seen.with_value) = (without_value, with_value);
        gain
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
    fn a_timer_keeps_raw_values_up_to_its_bound_and_counts_the_rest() {
        let (slot, mut seen) = (slot_with_histograms(), TimerSeen::default());
        for n in 1..=RAW {
            slot.time(nanoseconds(n * 1000));
        }
        slot.count_call();
        let mut told = Collected::default();
        assert_eq!(slot.drain_timer(&mut seen, 1.0, &mut told).calls(), RAW + 1);
        let values: Vec<_> = (1..=RAW).map(|n| ((n * 1000) as f64 / 1e9, 1)).collect();
        assert_eq!(told.values, values);
        assert!(told.extremes.is_empty());

        // One more than there are places for: the first of them go to the histogram.
        for n in 1..=RAW + 1 {
            slot.time(nanoseconds(n * 1000));
        }
        let mut told = Collected::default();
        assert_eq!(slot.drain_timer(&mut seen, 1.0, &mut told).calls(), RAW + 1);
        assert_eq!(told.count(), RAW + 1);
        assert_eq!(told.values[0], (((RAW + 1) * 1000) as f64 / 1e9, 1));
        let highest = (RAW * 1000) as f64 / 1e9;
        assert_eq!(told.extremes, [1e-6, highest]);
        assert!(told.values[1..].iter().all(|(value, _)| *value <= highest));

        // Nothing is told twice.
        let mut told = Collected::default();
        assert_eq!(slot.drain_timer(&mut seen, 1.0, &mut told).calls(), 0);
        assert_eq!((told.count(), told.extremes.len()), (0, 0));
    }

    #[test]
    fn extremes_past_the_raw_values_are_those_of_their_window() {
        let (slot, mut seen) = (slot_with_histograms(), TimerSeen::default());
        for window in 0..3 {
            for n in 0..RAW + 10 {
                slot.time(nanoseconds(1000 + n + window));
            }
            let mut told = Collected::default();
            slot.drain_timer(&mut seen, 1.0, &mut told).calls();
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
        let (slot, done) = (slot_with_histograms(), AtomicBool::new(false));
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
                calls += slot.drain_timer(&mut seen, 1e-9, &mut told).calls();
                assert!(told.count() >= calls, "{} of {calls}", told.count());
            }
        });
        calls += slot.drain_timer(&mut seen, 1e-9, &mut told).calls();
        assert_eq!((calls, told.count()), (CALLS, CALLS));
        assert_eq!(told.run(), Some((900e-9, 299_999e-9)));
    }

    #[test]
    fn ticks_and_nanoseconds_are_told_apart() {
        assert_eq!(Reading::ticks(500).seconds(2.0), 1000.0);
        assert_eq!(nanoseconds(11_430_000_000).seconds(2.0), 11.43);
        let forever = Reading::duration(std::time::Duration::MAX).seconds(1.0);
        assert!(forever > 4e9, "{forever}");
        for amount in [0, 1, (1 << 62) - 1] {
            let reading = Reading::nanoseconds(amount).map(|reading| reading.seconds(2.0));
            assert_eq!(reading, Some(amount as f64 / 1e9));
        }
        assert!(Reading::nanoseconds(1 << 62).is_none());
    }

    #[test]
    fn a_timer_that_is_full_looks_for_room_after_a_drain_and_not_before() {
        let (header, slot) = (Slot::default(), Slot::default());
        assert_eq!(slot.has_room(&header), None);
        let (mut seen, mut told) = (TimerSeen::default(), Collected::default());
        for window in 1..4 {
            assert!(!slot.count_if_full(&header));
            for _ in 0..RAW {
                slot.time(nanoseconds(1));
            }
            assert!(!slot.count_if_full(&header), "it has not looked yet");
            assert_eq!(slot.has_room(&header), Some(false));
            assert!(slot.count_if_full(&header));
            let gain = slot.drain_timer(&mut seen, 1e-9, &mut told);
            assert_eq!((gain.without_value, gain.with_value), (1, RAW));
            assert!(slot.is_full(&header), "the worker is not done yet");
            header.count_drain();
            assert_eq!(slot.has_room(&header), Some(true), "window {window}");
        }
    }

    #[test]
    fn a_gap_is_as_long_where_calls_are_counted_at_their_begin_and_at_their_end() {
        let gaps = Arc::new(GapTable::new(0.1));
        let clocked_of = |skips: fn(u64) -> bool| {
            let slot = Slot::default();
            slot.sample(&gaps);
            // Both begin at the same place in the gaps.
            slot.values.get().expect("made just now").begin_gaps_at(7);
            let (mut clocked, mut ends) = (Vec::new(), 0);
            for call in 0..1000 {
                if skips(call) && slot.skip() {
                    continue;
                }
                match slot.is_clocked() {
                    Some(true) => clocked.push(call),
                    // Some of them end elsewhere, or much later.
                    Some(false) if call % 3 == 0 => ends += 1,
                    Some(false) => slot.count_call(),
                    None => panic!("it has gaps"),
                }
            }
            let mut seen = TimerSeen::default();
            let gain = slot.drain_timer(&mut seen, 1e-9, &mut Collected::default());
            assert_eq!(gain.without_value + ends + clocked.len() as u64, 1000);
            clocked
        };
        let at_begin = clocked_of(|_| true);
        assert_eq!(at_begin, clocked_of(|_| false));
        assert_eq!(at_begin, clocked_of(|call| call % 2 == 0));
        assert!((40..250).contains(&at_begin.len()), "{at_begin:?}");
        assert_eq!(at_begin[0], 0);
    }

    /// A timer that no other test can take the spare histograms from.
    fn slot_with_histograms() -> Slot {
        let slot = Slot::default();
        while !slot.make_values().is_some_and(Values::make_histograms) {
            crate::record::histogram::refill_spares();
        }
        slot
    }
}
