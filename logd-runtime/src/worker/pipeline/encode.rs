//! The second step: turns what is due, and what waits in queues, into messages.

use super::collect::series_of;
use super::{Pace, Pipeline};
use crate::clock;
use crate::record::Event;
use crate::record::registry::{self, Kind};
use crate::stats::DropReason;
use crate::wire::Number;
use crate::worker::reduce::Precision;
use crate::worker::report::Lost;
use crate::worker::series::Out;

/// Most datagrams that are ready at once: as many short ones as leave in a burst.
const BURST: usize = 128;

/// The same for datagrams that many messages share: that buffer holds 92 of their size.
const BURST_OF_SHARED: usize = 32;

impl Pipeline {
    /// Begins a window of sending: held meters are due again.
    pub(crate) fn open_window(&mut self) {
        for number in &self.held_meters {
            if let Some(Some(series)) = self.series.get_mut(*number as usize)
                && series.holds()
                && !series.queued
            {
                series.queued = true;
                self.due.push_back(*number);
            }
        }
    }

    /// How many datagrams the due series ask for.
    pub(crate) fn demand(&self) -> usize {
        let precision = self.settings.precision;
        let due = self
            .due
            .iter()
            .filter_map(|number| self.series.get(*number as usize)?.as_ref());
        match self.settings.dialect.shared_datagram() {
            None => due.map(|series| series.demand(precision)).sum(),
            Some(most) => due
                .map(|series| series.demand(precision) * series.address().line_length())
                .sum::<usize>()
                .div_ceil(most),
        }
    }

    /// Most datagrams that are ready at once.
    fn most_ready(&self) -> usize {
        match self.settings.dialect.shared_datagram() {
            None => BURST,
            Some(_) => BURST_OF_SHARED,
        }
    }

    /// Encodes due series until a burst is ready or `allowance` datagrams are made.
    /// With `rest` nothing of a series is carried over. Returns how many it made.
    pub(crate) fn encode_due(&mut self, allowance: usize, pace: Pace) -> usize {
        let precision = match pace {
            Pace::Window { messages_per_timer } => Precision {
                messages: messages_per_timer,
                ..self.settings.precision
            },
            Pace::Rest => self.settings.precision,
        };
        let before = self.outgoing.len();
        while self.outgoing.len() < self.most_ready() && self.outgoing.len() - before < allowance {
            let Some(number) = self.due.pop_front() else {
                break;
            };
            let Some(Some(series)) = self.series.get_mut(number as usize) else {
                continue;
            };
            series.queued = false;
            let mut out = Out {
                dialect: &self.settings.dialect,
                outgoing: &mut self.outgoing,
                totals: &mut self.totals,
            };
            series.take(precision, pace == Pace::Rest, &mut out);
        }
        self.outgoing.len() - before
    }

    /// Encodes what was lost, behind everything else that is due. Returns how many it made.
    pub(crate) fn encode_report(&mut self, pace: Pace) -> usize {
        if !self.settings.report_drops
            || !self.due.is_empty()
            || self.outgoing.len() >= self.most_ready()
        {
            return 0;
        }
        let mut lost = Lost {
            drops: self.totals.drops,
            cut: self.shared.cut(),
        };
        lost.drops.merge(&self.shared.drops());
        let counters = self
            .report
            .due(lost, self.totals.messages, pace == Pace::Rest);
        let mut out = Out {
            dialect: &self.settings.dialect,
            outgoing: &mut self.outgoing,
            totals: &mut self.totals,
        };
        for (key, count) in &counters {
            let count = Number::Int(i64::try_from(*count).unwrap_or(i64::MAX));
            out.message(0, |dialect, bytes| {
                dialect.counter(bytes, &dialect.address(key, None), count, None)
            });
        }
        counters.len()
    }

    /// Takes queued messages and single events into the burst.
    pub(crate) fn encode_queued(&mut self) {
        let has_logs = self.format().has_logs();
        while self.outgoing.len() < self.most_ready() {
            let Some(message) = self.shared.next_message() else {
                break;
            };
            self.totals.events += message.events;
            self.fetched += 1;
            if has_logs {
                self.outgoing.push_datagram(&message);
            } else {
                self.totals
                    .drops
                    .add(DropReason::Unsupported, message.events);
            }
        }
        let mut shards = std::mem::take(&mut self.shards);
        for watched in &mut shards {
            let Some(events) = watched.shard.existing_events() else {
                continue;
            };
            while self.outgoing.len() < self.most_ready() {
                let Some((slot, event)) = events.pop() else {
                    break;
                };
                self.totals.events += 1;
                self.fetched += 1;
                self.encode_event(slot, event);
            }
        }
        self.shards = shards;
    }

    fn encode_event(&mut self, slot: u32, event: Event) {
        let index = registry::index(slot);
        if self.metrics.len() <= index {
            registry::update(&mut self.metrics);
        }
        let metric = &self.metrics[index];
        let series = series_of(&mut self.series, metric, &self.settings.dialect);
        let (to, unit) = (series.address(), series.unit());
        let rate = (metric.rate < 1.0).then_some(metric.rate);
        let mut out = Out {
            dialect: &self.settings.dialect,
            outgoing: &mut self.outgoing,
            totals: &mut self.totals,
        };
        out.message(1, |dialect, bytes| {
            let value = match event {
                Event::Integer(value) => Number::Int(value),
                Event::Float(value) => Number::Float(value),
                Event::Time(reading) => {
                    let seconds = reading.seconds(clock::seconds_per_tick());
                    return dialect.timer(bytes, to, unit, seconds, rate);
                }
            };
            match metric.kind {
                Kind::Counter => dialect.counter(bytes, to, value, rate),
                _ => dialect.meter(bytes, to, value, rate),
            }
        });
    }
}
