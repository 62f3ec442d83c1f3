//! What was lost, told to the receiver: counters under `logd.client`, only where something
//! was lost. They are messages that stand for no event, so the books stay as they are.

use std::time::Duration;

use crate::stats::{DropReason, Drops};
use crate::sync::Instant;

/// Between two reports, unless somebody asks for a flush.
const GAP: Duration = Duration::from_secs(1);

/// How many chances to report pass before the last one is taken to have arrived: a refusal is
/// told with a later message.
const CHANCES: u8 = 2;

/// What has been told so far, and whether anybody seems to listen.
#[derive(Debug, Default)]
pub(crate) struct Report {
    told: Lost,
    /// What had been told before the last report, and for how many more chances it may still
    /// be refused.
    unconfirmed: Option<(Lost, u8)>,
    /// A message was refused, and none has got through since: a report would be lost too.
    away: bool,
    messages: u64,
    last: Option<Instant>,
}

/// Counts since the client began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) drops: Drops,
    /// Log records that were cut to fit.
    pub(crate) cut: u64,
}

impl Report {
    /// The counters to send now: names without the prefix, and what to add.
    pub(crate) fn due(&mut self, lost: Lost, messages: u64, flushed: bool) -> Vec<(String, u64)> {
        if messages > self.messages {
            self.away = false;
        }
        self.messages = messages;
        self.unconfirmed = self
            .unconfirmed
            .and_then(|(told, chances)| Some((told, chances.checked_sub(1)?)));
        let now = Instant::now();
        let soon = self.last.is_some_and(|last| now.duration_since(last) < GAP);
        if self.away || lost == self.told || soon && !flushed {
            return Vec::new();
        }
        let mut counters = Vec::new();
        for reason in DropReason::ALL {
            let count = lost.drops.by(*reason) - self.told.drops.by(*reason);
            if count > 0 {
                counters.push((format!("logd.client.dropped.{reason}"), count));
            }
        }
        if lost.cut > self.told.cut {
            counters.push(("logd.client.cut".to_owned(), lost.cut - self.told.cut));
        }
        self.unconfirmed = Some((std::mem::replace(&mut self.told, lost), CHANCES));
        self.last = Some(now);
        counters
    }

    /// The receiver refused what was sent last. What was just told is told again.
    pub(crate) fn refused(&mut self) {
        self.away = true;
        if let Some((told, _)) = self.unconfirmed.take() {
            self.told = told;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(queue_full: u64, refused: u64) -> Lost {
        let mut lost = Lost::default();
        lost.drops.add(DropReason::QueueFull, queue_full);
        lost.drops.add(DropReason::Refused, refused);
        lost
    }

    fn full(count: u64) -> (String, u64) {
        ("logd.client.dropped.queue_full".to_owned(), count)
    }

    fn refused(count: u64) -> (String, u64) {
        ("logd.client.dropped.refused".to_owned(), count)
    }

    #[test]
    fn each_loss_is_told_once_and_not_too_often() {
        let mut report = Report::default();
        assert_eq!(report.due(lost(0, 0), 1, true), []);
        assert_eq!(report.due(lost(3, 0), 2, false), [full(3)]);
        assert_eq!(report.due(lost(4, 0), 3, false), [], "a second later");
        assert_eq!(report.due(lost(4, 0), 3, true), [full(1)]);
        assert_eq!(report.due(lost(4, 0), 4, true), []);
    }

    #[test]
    fn nothing_is_told_to_nobody_and_all_of_it_once_somebody_listens() {
        let mut report = Report::default();
        report.due(lost(0, 0), 5, true);
        report.refused();
        assert_eq!(report.due(lost(2, 5), 0, true), [], "away");
        assert_eq!(report.due(lost(2, 5), 1, true), [full(2), refused(5)]);
        // That one was refused as well, so it is told again.
        report.refused();
        assert_eq!(report.due(lost(2, 9), 0, true), []);
        assert_eq!(report.due(lost(2, 9), 1, true), [full(2), refused(9)]);
        for messages in 2..=4 {
            assert_eq!(report.due(lost(2, 9), messages, true), []);
        }
        report.refused();
        assert_eq!(report.due(lost(2, 9), 5, true), [], "it had arrived");
    }
}
