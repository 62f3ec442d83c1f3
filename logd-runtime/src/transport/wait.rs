//! How long to leave alone what has failed: longer each time, and never in step with other
//! programs that saw the same failure.

use std::time::{Duration, Instant};

use rand::RngExt;

use crate::rate;

/// The waits while the kernel has no room for more.
const FIRST_WAIT_FOR_ROOM: Duration = Duration::from_millis(1);
const LONGEST_WAIT_FOR_ROOM: Duration = Duration::from_millis(250);

/// Waits that double.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Backoff {
            first,
            longest,
            next: first,
        }
    }

    /// When to try again what has failed just now.
    pub(super) fn retry(&mut self) -> Instant {
        let wait = self.next;
        self.next = (wait * 2).min(self.longest);
        Instant::now() + jittered(wait)
    }

    /// It went well.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Three quarters of it, or more.
pub(super) fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(rate::seeded().random_range(0.75..1.0))
}

/// Whether the kernel has room for more: what there is to send waits and merges meanwhile.
#[derive(Debug)]
pub(super) struct Room {
    backoff: Backoff,
    none_until: Option<Instant>,
}

impl Room {
    pub(super) const fn new() -> Self {
        Room {
            backoff: Backoff::new(FIRST_WAIT_FOR_ROOM, LONGEST_WAIT_FOR_ROOM),
            none_until: None,
        }
    }

    /// The kernel had none.
    pub(super) fn was_none(&mut self) {
        self.none_until = Some(self.backoff.retry());
    }

    /// The kernel had some.
    pub(super) fn was_there(&mut self) {
        self.none_until = None;
        self.backoff.reset();
    }

    pub(super) fn is_full(&self) -> bool {
        self.none_until.is_some()
    }

    /// How long not to try, while it is full.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.none_until
            .map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// Whether a try is due.
    pub(super) fn may_be_there(&self) -> bool {
        self.wait().is_none_or(|wait| wait.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_never_the_same_for_all() {
        let (first, longest) = (Duration::from_millis(250), Duration::from_secs(30));
        let mut backoff = Backoff::new(first, longest);
        let wait = |backoff: &mut Backoff| {
            let now = Instant::now();
            backoff.retry() - now
        };
        // The clock goes on between the two readings.
        let slack = Duration::from_secs(1);
        for full in [1, 2, 4, 8, 16, 32, 64, 120, 120].map(|times| first * times) {
            let wait = wait(&mut backoff);
            assert!(wait >= full.mul_f64(0.75), "{wait:?} of {full:?}");
            assert!(wait <= full + slack, "{wait:?} of {full:?}");
        }
        backoff.reset();
        assert!(wait(&mut backoff) <= first + slack);

        let all: Vec<_> = (0..20).map(|_| jittered(longest)).collect();
        assert!(all.iter().any(|wait| *wait != all[0]), "{all:?}");
    }
}
