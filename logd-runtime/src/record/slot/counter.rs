//! A counter: single steps apart from other amounts, so that the usual call writes one cell.

use super::Slot;
use super::exact::{Doubled, ExactSum};
use crate::sync::atomic::Ordering;

const ONES: usize = 0;
const ADDITIONS: usize = 1;
const ADDED: usize = 2;
const ADDED_FLOAT: usize = 3;
const ADDED_FLOAT_ERROR: usize = 4;
const ADDED_FLOAT_SEQUENCE: usize = 5;

const FLOAT_SUM: ExactSum = ExactSum {
    sum: ADDED_FLOAT,
    error: ADDED_FLOAT_ERROR,
    sequence: ADDED_FLOAT_SEQUENCE,
};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
