//! The queue of single events between one thread and the worker, for clients
//! that send a message for each event. Bounded: what finds it full is dropped and counted.

use super::values::Reading;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::size;

/// Events that a thread may be ahead of the worker; 16 bytes each.
const CAPACITY: u64 = size(4096, 4);

/// One event as it was recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A counter's change, or a meter's integral value.
    Integer(i64),
    /// The same with a fraction.
    Float(f64),
    Time(Reading),
}

const INTEGER: u64 = 0;
const FLOAT: u64 = 1;
const TIME: u64 = 2;

/// A ring with one writer (the thread) and one reader (the worker).
#[derive(Debug)]
pub(crate) struct EventRing {
    entries: Box<[[AtomicU64; 2]]>,
    head: AtomicU64,
    tail: AtomicU64,
}

impl EventRing {
    pub(crate) fn new() -> Self {
        EventRing {
            entries: (0..CAPACITY).map(|_| Default::default()).collect(),
            head: AtomicU64::new(0),
            tail: AtomicU64::new(0),
        }
    }

    /// Queues an event of the metric `slot`. For the one writer only.
    pub(crate) fn push(&self, slot: u32, event: Event) -> Pushed {
        let head = self.head.load(Ordering::Relaxed);
        // ORDERING: pairs with the reader's release; the places before it have been read.
        let ahead = head - self.tail.load(Ordering::Acquire);
        if ahead >= CAPACITY {
            return Pushed::Full;
        }
        let (kind, value) = match event {
            Event::Integer(value) => (INTEGER, value as u64),
            Event::Float(value) => (FLOAT, value.to_bits()),
            Event::Time(reading) => (TIME, reading.to_bits()),
        };
        let entry = &self.entries[(head % CAPACITY) as usize];
        entry[0].store(kind << 32 | u64::from(slot), Ordering::Relaxed);
        entry[1].store(value, Ordering::Relaxed);
        // ORDERING: the entry is readable for whoever sees the new head.
        self.head.store(head + 1, Ordering::Release);
        if ahead + 1 == CAPACITY / 2 {
            Pushed::HalfFull
        } else {
            Pushed::Queued
        }
    }

    /// Events that wait.
    pub(crate) fn len(&self) -> u64 {
        // ORDERING: the tail first, so that the difference is never negative.
        let tail = self.tail.load(Ordering::Acquire);
        self.head.load(Ordering::Acquire) - tail
    }

    /// Takes the next event out. For the one reader only.
    pub(crate) fn pop(&self) -> Option<(u32, Event)> {
        let tail = self.tail.load(Ordering::Relaxed);
        // ORDERING: pairs with the writer's release.
        if tail == self.head.load(Ordering::Acquire) {
            return None;
        }
        let entry = &self.entries[(tail % CAPACITY) as usize];
        let tag = entry[0].load(Ordering::Relaxed);
        let value = entry[1].load(Ordering::Relaxed);
        // ORDERING: the writer uses the place again only after it has been read.
        self.tail.store(tail + 1, Ordering::Release);
        let event = match tag >> 32 {
            INTEGER => Event::Integer(value as i64),
            FLOAT => Event::Float(f64::from_bits(value)),
            _ => Event::Time(Reading::from_bits(value)),
        };
        Some((tag as u32, event))
    }
}

/// What became of an event that was to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    Queued,
    /// Queued, and the worker had better come before its time.
    HalfFull,
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_in_order_and_the_ring_says_when_it_is_full() {
        let ring = EventRing::new();
        let pushed: Vec<_> = (0..=CAPACITY)
            .map(|n| ring.push(n as u32, Event::Integer(-(n as i64))))
            .collect();
        assert_eq!(pushed.iter().filter(|p| **p == Pushed::HalfFull).count(), 1);
        assert_eq!(pushed.last(), Some(&Pushed::Full));
        for n in 0..CAPACITY {
            let Some((slot, Event::Integer(value))) = ring.pop() else {
                panic!("event {n}")
            };
            assert_eq!((slot, value), (n as u32, -(n as i64)));
        }
        assert!(ring.pop().is_none());
        assert_eq!(ring.push(7, Event::Float(0.5)), Pushed::Queued);
        assert!(matches!(ring.pop(), Some((7, Event::Float(0.5)))));
    }
}
