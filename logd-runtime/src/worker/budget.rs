//! How many messages may be sent now: the client's budget per second, earned as
//! time passes. A timer's messages leave together, so it may be overdrawn, and is
//! paid back before anything else is sent.

use std::time::Duration;

use crate::sync::Instant;

#[derive(Debug)]
pub(crate) struct Budget {
    messages: f64,
    refilled: Option<Instant>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Budget {
            messages: 0.0,
            refilled: None,
        }
    }

    /// Earns what has passed since the last time, one window's worth at most.
    pub(crate) fn refill(&mut self, now: Instant, per_second: u32, window: Duration) {
        let most = (f64::from(per_second) * window.as_secs_f64()).max(1.0);
        self.messages = match self.refilled.replace(now) {
            None => most,
            Some(before) => {
                let earned = now.saturating_duration_since(before).as_secs_f64();
                (self.messages + f64::from(per_second) * earned).min(most)
            }
        };
    }

    /// Messages that may be made now.
    pub(crate) fn left(&self) -> usize {
        self.messages.max(0.0) as usize
    }

    pub(crate) fn spend(&mut self, messages: usize) {
        self.messages -= messages as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_overdrawn_is_paid_back_first() {
        let (start, window) = (Instant::now(), Duration::from_millis(10));
        let mut budget = Budget::new();
        budget.refill(start, 1000, window);
        assert_eq!(budget.left(), 10);
        budget.spend(30);
        for elapsed in [10, 20] {
            budget.refill(start + Duration::from_millis(elapsed), 1000, window);
            assert_eq!(budget.left(), 0, "after {elapsed} ms");
        }
        budget.refill(start + Duration::from_millis(30), 1000, window);
        assert_eq!(budget.left(), 10);
    }

    #[test]
    fn idle_time_is_not_saved_up() {
        let (start, window) = (Instant::now(), Duration::from_secs(1));
        let mut budget = Budget::new();
        budget.refill(start, 2000, window);
        budget.refill(start + Duration::from_secs(3600), 2000, window);
        assert_eq!(budget.left(), 2000);
    }
}
