//! What the thread sends by itself: a window when its time has come, queues when they fill.

use std::time::Duration;

use super::Worker;
use super::budget::Budget;
use super::burst::BURST_GAP;
use super::pipeline::{Pace, Pipeline};
use crate::record::quiet::QuietGuard;
use crate::sync::{Instant, PoisonError};

/// The fewest messages a timer is reduced to: fewer have no tenth to cut off.
const FEWEST_MESSAGES: usize = 10;

/// How long a window, or what a full queue sends, may wait for the kernel's room all in all:
/// what else there is to do must not wait longer.
const LONGEST_WAIT_FOR_ROOM: Duration = Duration::from_millis(500);

impl Worker {
    /// Waits between two bursts; `true` when somebody asks for something meanwhile.
    fn pause(&self) -> bool {
        self.pause_for(BURST_GAP)
    }

    pub(super) fn pause_for(&self, time: Duration) -> bool {
        let control = self.control();
        let (control, _) = self
            .wake
            .wait_timeout_while(control, time, |control| {
                control.requests.is_empty() && !control.stop
            })
            .unwrap_or_else(PoisonError::into_inner);
        control.stop || !control.requests.is_empty()
    }

    /// Ends a window now, with a budget of its own: tests of precision turn windows by hand.
    pub(crate) fn end_window(&self) {
        self.send_window(&mut Budget::new());
    }

    /// Sends what one window may send; `true` when there was anything.
    pub(super) fn send_window(&self, budget: &mut Budget) -> bool {
        self.discover();
        let schedule = self.control().schedule.clone();
        budget.refill(
            Instant::now(),
            schedule.messages_per_second,
            schedule.interval,
        );
        let until = wait_until(schedule.interval);
        let mut pipeline = self.pipeline();
        pipeline.collect();
        pipeline.open_window();
        let messages_per_timer = if pipeline.demand() > budget.left() {
            FEWEST_MESSAGES
        } else {
            schedule.messages_per_timer
        };
        let pace = Pace::Window { messages_per_timer };
        let mut sent = false;
        loop {
            let mut ready = pipeline.transport.make_ready();
            if ready {
                pipeline.encode_queued();
                budget.spend(pipeline.encode_due(budget.left(), pace));
                budget.spend(pipeline.encode_report(pace));
                if !pipeline.has_outgoing() {
                    return sent;
                }
                sent = true;
                ready = pipeline.send_burst();
                let rests = budget.left() == 0 || !pipeline.has_work();
                if !pipeline.has_outgoing() && rests {
                    return sent;
                }
            }
            match self.after_burst(pipeline, ready, until) {
                Some(locked) => pipeline = locked,
                None => return sent,
            }
        }
    }

    /// Sends what waits in queues, without ending a window.
    pub(super) fn send_queued(&self) {
        self.discover();
        let until = wait_until(self.control().schedule.interval);
        let mut pipeline = self.pipeline();
        pipeline.collect();
        loop {
            let mut ready = pipeline.transport.make_ready();
            if ready {
                pipeline.encode_queued();
                if !pipeline.has_outgoing() {
                    return;
                }
                ready = pipeline.send_burst();
            }
            match self.after_burst(pipeline, ready, until) {
                Some(locked) => pipeline = locked,
                None => return,
            }
        }
    }

    /// Waits after a burst for the next one, `until` at most where the kernel had no room; the
    /// pipeline is not locked meanwhile. `None` when this is to be the last one: the transport
    /// is not ready for another reason, or somebody asks for something.
    fn after_burst<'a>(
        &'a self,
        pipeline: QuietGuard<'a, Pipeline>,
        ready: bool,
        until: Instant,
    ) -> Option<QuietGuard<'a, Pipeline>> {
        let asked = if ready {
            drop(pipeline);
            self.pause()
        } else {
            let wait = pipeline.transport.wait_for_room()?;
            drop(pipeline);
            let left = until.saturating_duration_since(Instant::now());
            left.is_zero() || self.pause_for(wait.min(left))
        };
        (!asked).then(|| self.pipeline())
    }
}

fn wait_until(interval: Duration) -> Instant {
    Instant::now() + LONGEST_WAIT_FOR_ROOM.min(interval / 2)
}
