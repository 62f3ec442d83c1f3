//! One 64-byte slot: what one thread has recorded of one metric. Its thread
//! writes with plain loads and stores; the worker reads, and takes differences of
//! counts that only grow, so no event is told twice and none is lost between two drains. All
//! that the worker writes is how many drains there were, in the header of the slots.

mod counter;
mod exact;
mod meter;
mod timer;

pub(crate) use self::counter::{CounterGain, CounterSeen};
pub(crate) use self::meter::{MeterGain, MeterSeen};
pub(crate) use self::timer::{TimerGain, TimerSeen};
use super::shard::SetOnce;
use super::values::Values;
use crate::sync::atomic::{AtomicU64, Ordering};

/// Cells and, for timers, the values beside them. What a cell means depends on
/// the kind of the metric; the first slot of an array is its header.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    cells: [AtomicU64; 7],
    values: SetOnce<Values>,
}

const LENGTH: usize = 0;
const OWNER: usize = 1;
const DRAINS: usize = 2;

impl Slot {
    // loom makes its atomics at run time only; its models need no constant one.
    #[cfg(not(loom))]
    pub(crate) const fn empty() -> Self {
        Slot {
            cells: [const { AtomicU64::new(0) }; 7],
            values: SetOnce::new(),
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
        if let Some(values) = other.values.share() {
            self.values.set(values);
        }
    }
}

/// Header: how many bytes of slots may be used, whose they are, and how often they were drained.
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

    #[inline]
    fn drains(&self) -> u64 {
        self.get(DRAINS)
    }

    /// Tells the thread that its slots were drained. For the one worker only.
    pub(crate) fn count_drain(&self) {
        // ORDERING: who sees the number finds the room that the drain has made.
        self.cells[DRAINS].store(self.drains() + 1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_one_cache_line() {
        assert_eq!(size_of::<Slot>(), 64);
        assert_eq!(align_of::<Slot>(), 64);
    }
}
