//! Sums of floats that stay exact however many values are added, for counters and meters.

use super::Slot;
use crate::sync::atomic::{Ordering, fence};
use crate::sync::{size, spin_loop};

/// The cells of a sum in two floats, exact to about 32 digits, so that the
/// difference of two sums is the exact sum of one window.
#[derive(Clone, Copy)]
pub(super) struct ExactSum {
    pub(super) sum: usize,
    pub(super) error: usize,
    /// Odd while the writer is in the middle of an update.
    pub(super) sequence: usize,
}

/// A number in two floats.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Doubled {
    sum: f64,
    error: f64,
}

impl Doubled {
    pub(super) fn since(self, earlier: Doubled) -> f64 {
        let (sum, rest) = two_sum(self.sum, -earlier.sum);
        sum + (rest + (self.error - earlier.error))
    }
}

impl Slot {
    /// Adds a value, and writes `more` in the same update.
    pub(super) fn add_exactly(&self, cells: ExactSum, value: f64, more: impl FnOnce()) {
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
    pub(super) fn read_exactly<T>(
        &self,
        cells: ExactSum,
        more: impl Fn() -> T,
    ) -> Option<(Doubled, T)> {
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

/// The sum and what rounding took from it.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let virtual_b = sum - a;
    (sum, (a - (sum - virtual_b)) + (b - virtual_b))
}
