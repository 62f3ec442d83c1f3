//! A meter: readings, their exact sum, and the last one.

use super::Slot;
use super::exact::{Doubled, ExactSum};

const READINGS: usize = 0;
const SUM: usize = 1;
const SUM_ERROR: usize = 2;
const LAST: usize = 3;
const SEQUENCE: usize = 4;

const METER_SUM: ExactSum = ExactSum {
    sum: SUM,
    error: SUM_ERROR,
    sequence: SEQUENCE,
};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
