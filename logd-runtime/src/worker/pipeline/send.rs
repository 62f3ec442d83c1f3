//! The third step: hands messages to the kernel, and finds out which it refused.

use std::time::Duration;

use super::Pipeline;
use crate::stats::DropReason;
use crate::sync::Instant;
use crate::transport::Sent;
use crate::worker::burst::BURST_GAP;

/// One send's content.
#[derive(Debug)]
pub(super) struct Taken {
    events: u64,
    messages: u64,
}

impl Pipeline {
    /// Hands at most a burst to the kernel, fewer when the last one was just now, by a transport
    /// that was ready; `false` when it is no longer.
    pub(crate) fn send_burst(&mut self) -> bool {
        self.burst.resume(Instant::now());
        let ready = self.send_messages();
        self.settle_refusals();
        ready
    }

    /// How long a flush waits for the next burst.
    pub(crate) fn time_to_next_burst(&self) -> Duration {
        let room = self.transport.wait_for_room();
        room.map_or(BURST_GAP, |wait| wait.min(BURST_GAP))
    }

    /// Whether the transport stays ready.
    fn send_messages(&mut self) -> bool {
        while let Some(length) = self.outgoing.first_length() {
            let room = self.burst.room_for(length);
            if room == 0 {
                break;
            }
            let run = match self.transport.sends_segments() {
                true => self.outgoing.run_of_one_length(room),
                false => 1,
            };
            let datagrams = self.outgoing.first(run);
            let sent = match run {
                1 => self.transport.send(datagrams),
                _ => self.transport.send_segments(datagrams, length as u16),
            };
            match sent {
                Sent::Taken => {
                    let events = self.outgoing.leave(run);
                    self.totals.sent += events;
                    self.totals.messages += run as u64;
                    self.last_taken = Some(Taken {
                        events,
                        messages: run as u64,
                    });
                    self.burst.add(run, length);
                }
                Sent::EarlierRefused => self.count_refusal(),
                Sent::NotReady => return false,
                Sent::OneByOne => {}
                Sent::TooLarge => {
                    let events = self.outgoing.leave(1);
                    self.totals.drops.add(DropReason::TooLarge, events);
                }
                Sent::Failed => {
                    let events = self.outgoing.leave(run);
                    self.totals.drops.add(DropReason::SendFailed, events);
                }
            }
        }
        true
    }

    /// Asks the kernel for a refusal that it has not told yet.
    pub(crate) fn settle_refusals(&mut self) {
        if self.transport.take_refusal() {
            self.count_refusal();
        }
    }

    /// A refused message is one that the kernel took before: those of the last send
    /// are the likeliest, and they went to the same port at the same moment.
    fn count_refusal(&mut self) {
        if let Some(Taken { events, messages }) = self.last_taken.take() {
            self.totals.sent -= events;
            self.totals.messages -= messages;
            self.totals.drops.add(DropReason::Refused, events);
            self.report.refused();
        }
    }
}
