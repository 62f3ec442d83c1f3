//! From shards to datagrams, in three steps: collects what threads have recorded and merges
//! it by series, encodes what is due, and hands it to the transport. It never waits; who
//! runs it decides when.

mod collect;
mod encode;
mod send;

use std::collections::VecDeque;
use std::sync::Arc;

use self::collect::Watched;
use self::send::Taken;
use super::burst::Burst;
use super::dialect::Dialect;
use super::outgoing::Outgoing;
use super::reduce::Precision;
use super::report::Report;
use super::series::Series;
use super::shared::Shared;
use crate::record::events::EventRing;
use crate::record::registry::{Kind, Metric};
use crate::stats::{DropReason, Totals};
use crate::transport::Transport;
use crate::wire::Format;

/// What the worker needs to know of a client's configuration.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) dialect: Dialect,
    pub(crate) precision: Precision,
    /// Whether the receiver is told what was lost.
    pub(crate) report_drops: bool,
}

/// How much of a series goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// What a window may send; the rest is carried over.
    Window { messages_per_timer: usize },
    /// Everything: a flush.
    Rest,
}

#[derive(Debug)]
pub(crate) struct Pipeline {
    shared: Arc<Shared>,
    settings: Settings,
    pub(crate) transport: Transport,
    metrics: Vec<Metric>,
    shards: Vec<Watched>,
    /// By the number of the series; those of other clients stay empty.
    series: Vec<Option<Series>>,
    /// Series with something to send, in rotation.
    due: VecDeque<u32>,
    held_meters: Vec<u32>,
    /// Encoded, not yet taken by the kernel.
    outgoing: Outgoing,
    /// What the kernel took last, until a refusal is put down to it.
    last_taken: Option<Taken>,
    /// What was handed over just now.
    burst: Burst,
    /// Messages and single events taken out of queues.
    fetched: u64,
    totals: Totals,
    report: Report,
}

impl Pipeline {
    pub(crate) fn new(shared: Arc<Shared>, settings: Settings, transport: Transport) -> Self {
        Pipeline {
            shared,
            settings,
            transport,
            metrics: Vec::new(),
            shards: Vec::new(),
            series: Vec::new(),
            due: VecDeque::new(),
            held_meters: Vec::new(),
            outgoing: Outgoing::default(),
            last_taken: None,
            burst: Burst::default(),
            fetched: 0,
            totals: Totals::default(),
            report: Report::default(),
        }
    }

    /// Takes new settings for what has not been encoded yet.
    pub(crate) fn configure(&mut self, settings: Settings, transport: Transport) {
        for series in self.series.iter_mut().flatten() {
            series.set_dialect(&settings.dialect);
        }
        if self.format() != settings.dialect.format() {
            // It would be read as something else, or not at all.
            let events = self.outgoing.clear();
            self.totals.drops.add(DropReason::Unsupported, events);
        }
        self.settings = settings;
        self.transport = transport;
    }

    pub(crate) fn format(&self) -> Format {
        self.settings.dialect.format()
    }

    /// Whether encoded messages wait.
    pub(crate) fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// How many messages and single events came into queues since the client began.
    pub(crate) fn queued_so_far(&self) -> u64 {
        self.fetched + self.shared.queued_messages() + self.single_events()
    }

    pub(crate) fn has_fetched_less_than(&self, queued: u64) -> bool {
        self.fetched < queued
    }

    /// Whether all is sent, of queues what came before [`queued_so_far`](Self::queued_so_far)
    /// was this.
    pub(crate) fn is_flushed(&self, queued: u64) -> bool {
        self.outgoing.is_empty() && self.due.is_empty() && self.fetched >= queued
    }

    /// Whether something waits to be encoded or sent.
    pub(crate) fn has_work(&self) -> bool {
        !self.outgoing.is_empty()
            || !self.due.is_empty()
            || self.shared.queued_messages() > 0
            || self.single_events() > 0
    }

    /// Events in the threads' queues.
    fn single_events(&self) -> u64 {
        self.shards
            .iter()
            .filter_map(|watched| watched.shard.existing_events())
            .map(EventRing::len)
            .sum()
    }

    /// Gives up what is pending, with a reason: the client is closed.
    pub(crate) fn drop_pending(&mut self, reason: DropReason) {
        self.collect();
        for series in self.series.iter_mut().flatten() {
            let events = series.pending();
            if events > 0 {
                self.totals.drops.add(reason, events);
                series.clear();
            }
        }
        let events = self.outgoing.clear();
        self.totals.drops.add(reason, events);
        while let Some(message) = self.shared.next_message() {
            self.totals.events += message.events;
            self.totals.drops.add(reason, message.events);
        }
        for watched in &self.shards {
            let Some(events) = watched.shard.existing_events() else {
                continue;
            };
            while events.pop().is_some() {
                self.totals.events += 1;
                self.totals.drops.add(reason, 1);
            }
        }
    }

    /// Totals to this moment. Single events that are still in a thread's queue
    /// count when the worker takes them out.
    pub(crate) fn totals(&mut self) -> Totals {
        self.collect();
        self.totals_so_far()
    }

    /// Totals to the last time that threads were looked at.
    pub(crate) fn totals_so_far(&self) -> Totals {
        let mut totals = self.totals;
        let in_series: u64 = self.series.iter().flatten().map(Series::pending).sum();
        let queued = self.shared.queued_messages();
        let single = self.single_events();
        totals.pending = in_series + self.outgoing.events() + queued + single;
        totals.sampled_out = self.shared.sampled_out();
        totals.cut = self.shared.cut();
        let dropped = self.shared.drops();
        totals.drops.merge(&dropped);
        totals.events += queued + single + totals.sampled_out + dropped.total();
        totals
    }

    /// The series of a key, as far as it has been collected.
    pub(crate) fn find(&self, kind: Kind, key: &str) -> Option<&Series> {
        self.metrics
            .iter()
            .filter(|metric| metric.kind == kind && &*metric.key == key)
            .find_map(|metric| self.series.get(metric.series as usize)?.as_ref())
    }

    /// The keys that have been used, with their kind.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (Kind, &str)> {
        self.metrics
            .iter()
            .filter(|metric| matches!(self.series.get(metric.series as usize), Some(Some(_))))
            .map(|metric| (metric.kind, &*metric.key))
    }
}
