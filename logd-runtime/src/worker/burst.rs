//! How much is handed to the kernel at once: half of what the smallest usual receive buffer
//! holds, counted as that buffer counts, so that long log records get no more of it than short
//! statistics.

use std::time::Duration;

use crate::sync::Instant;

/// Between two bursts: with it, not even a slow receiver's buffer runs over.
pub(crate) const BURST_GAP: Duration = Duration::from_millis(5);

/// What a receive buffer holds that nobody has enlarged.
const BUFFER: usize = 212_992;

/// What was handed over since a moment.
#[derive(Debug, Default)]
pub(crate) struct Burst {
    began: Option<Instant>,
    size: usize,
}

impl Burst {
    /// Goes on with the burst that began just now, or begins one.
    pub(crate) fn resume(&mut self, now: Instant) {
        let goes_on = |began| now.duration_since(began) < BURST_GAP;
        if !self.began.is_some_and(goes_on) {
            (self.began, self.size) = (Some(now), 0);
        }
    }

    /// How many datagrams of this length still belong to it. One belongs to any burst.
    pub(crate) fn room_for(&self, length: usize) -> usize {
        let room = (BUFFER / 2).saturating_sub(self.size) / size_in_buffer(length);
        room.max(usize::from(self.size == 0))
    }

    pub(crate) fn add(&mut self, datagrams: usize, length: usize) {
        self.size += datagrams * size_in_buffer(length);
    }
}

/// What a datagram takes up there: blocks of doubling size, and the kernel's own notes.
/// Measured on Linux, where 256 of up to 192 bytes fit, 92 of 1,400 and 3 of 65,507.
fn size_in_buffer(length: usize) -> usize {
    (length + 320).next_power_of_two().max(576) + 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_half_of_what_the_usual_buffer_holds_at_any_length() {
        for (length, fit) in [(100, 256), (400, 166), (1400, 92), (8192, 12), (65_507, 3)] {
            let mut burst = Burst::default();
            let start = Instant::now();
            burst.resume(start);
            let room = burst.room_for(length);
            assert!((fit / 3..=fit / 2).contains(&room), "{room} of {length}");
            burst.add(room, length);
            burst.resume(start + BURST_GAP / 2);
            assert_eq!(burst.room_for(length), 0, "{length}");
            burst.resume(start + BURST_GAP);
            assert_eq!(burst.room_for(length), room, "{length}");
        }
    }
}
