//! From shards to datagrams: collects what threads have recorded, merges it by
//! series, encodes what is due and hands it to the transport. It never waits; who
//! runs it decides when.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::burst::{BURST_GAP, Burst};
use super::dialect::Dialect;
use super::outgoing::Outgoing;
use super::reduce::Precision;
use super::report::{Lost, Report};
use super::series::{Encoded, Series, State, encode};
use super::shared::Shared;
use crate::clock;
use crate::record::events::EventRing;
use crate::record::registry::{self, Kind, Metric};
use crate::record::slot::{CounterSeen, MeterSeen, TimerSeen};
use crate::record::{Event, Shard, histogram};
use crate::stats::{DropReason, Totals};
use crate::sync::Instant;
use crate::transport::{Sent, Transport};
use crate::wire::{EncodeError, Format, Number};

/// Most datagrams that are ready at once: as many short ones as leave in a burst.
const BURST: usize = 128;

/// The same for datagrams that many messages share: that buffer holds 92 of their size.
const BURST_OF_SHARED: usize = 32;

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
    /// Datagrams of one length behind each other.
    segments: Vec<u8>,
    /// What was handed over just now.
    burst: Burst,
    /// Messages and single events taken out of queues.
    fetched: u64,
    totals: Totals,
    report: Report,
}

/// One send's content.
#[derive(Debug)]
struct Taken {
    events: u64,
    messages: u64,
}

/// A shard and what has been read of it.
#[derive(Debug)]
struct Watched {
    shard: Arc<Shard>,
    seen: Vec<Seen>,
}

#[derive(Debug, Default)]
enum Seen {
    #[default]
    Nothing,
    Counter(CounterSeen),
    Meter(MeterSeen),
    Timer(Box<TimerSeen>),
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
            segments: Vec::new(),
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

    /// Adds to the series what threads have recorded since the last time.
    pub(crate) fn collect(&mut self) {
        clock::calibrate();
        histogram::refill_spares();
        let mut shards = std::mem::take(&mut self.shards);
        self.shared.update_shards(&mut shards, |shard| Watched {
            shard,
            seen: Vec::new(),
        });
        for watched in &mut shards {
            self.collect_shard(watched);
        }
        self.shards = shards;
    }

    fn collect_shard(&mut self, watched: &mut Watched) {
        let slots = &watched.shard.slots()[1..];
        // Metrics are registered before any shard has a slot for them.
        if self.metrics.len() < slots.len() {
            registry::update(&mut self.metrics);
        }
        if watched.seen.len() < slots.len() {
            watched.seen.resize_with(slots.len(), Seen::default);
        }
        let seconds_per_tick = clock::seconds_per_tick();
        for (index, (slot, seen)) in slots.iter().zip(&mut watched.seen).enumerate() {
            if slot.is_untouched() {
                continue;
            }
            let Some(metric) = self.metrics.get(index) else {
                break;
            };
            let number = metric.series;
            let series = series_of(&mut self.series, metric, &self.settings.dialect);
            match &mut series.state {
                State::Counter(counter) => {
                    if !matches!(seen, Seen::Counter(_)) {
                        *seen = Seen::Counter(CounterSeen::default());
                    }
                    let Seen::Counter(seen) = seen else { continue };
                    let gain = slot.drain_counter(seen);
                    self.totals.events += gain.events;
                    counter.gain(gain);
                }
                State::Meter(meter) => {
                    if !matches!(seen, Seen::Meter(_)) {
                        *seen = Seen::Meter(MeterSeen::default());
                        if metric.hold && !self.held_meters.contains(&number) {
                            self.held_meters.push(number);
                        }
                    }
                    let Seen::Meter(seen) = seen else { continue };
                    meter.hold |= metric.hold;
                    let gain = slot.drain_meter(seen);
                    self.totals.events += gain.readings;
                    meter.gain(gain);
                }
                State::Timer(timer) => {
                    if !matches!(seen, Seen::Timer(_)) {
                        *seen = Seen::Timer(Box::default());
                    }
                    let Seen::Timer(seen) = seen else { continue };
                    self.totals.events +=
                        timer.take_in(|timer| slot.drain_timer(seen, seconds_per_tick, timer));
                }
            }
            if series.is_due() && !series.queued {
                series.queued = true;
                self.due.push_back(number);
            }
        }
    }

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
            let Self {
                outgoing,
                totals,
                settings: Settings { dialect, .. },
                ..
            } = self;
            let cancelled = series.take(dialect, precision, pace == Pace::Rest, &mut |encoded| {
                enqueue(outgoing, totals, dialect, encoded);
            });
            // A sum of 0 is what the receiver has already.
            self.totals.sent += cancelled;
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
        let dialect = &self.settings.dialect;
        for (key, count) in &counters {
            let to = dialect.address(key, None);
            let count = Number::Int(i64::try_from(*count).unwrap_or(i64::MAX));
            let encoded = encode(0, |out| dialect.counter(out, &to, count, None));
            enqueue(&mut self.outgoing, &mut self.totals, dialect, encoded);
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
                self.outgoing.push(message, None);
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
        let dialect = &self.settings.dialect;
        let (to, unit) = (series.address(), series.unit());
        let rate = (metric.rate < 1.0).then_some(metric.rate);
        let encoded = encode(1, |out| {
            let value = match event {
                Event::Integer(value) => Number::Int(value),
                Event::Float(value) => Number::Float(value),
                Event::Time(reading) => {
                    let seconds = reading.seconds(clock::seconds_per_tick());
                    return dialect.timer(out, to, unit, seconds, rate);
                }
            };
            match metric.kind {
                Kind::Counter => dialect.counter(out, to, value, rate),
                _ => dialect.meter(out, to, value, rate),
            }
        });
        if matches!(encoded, Err((EncodeError::Zero, _))) {
            // Nothing to say: the daemon would count a change of 0 as 1.
            self.totals.sent += 1;
            return;
        }
        enqueue(&mut self.outgoing, &mut self.totals, dialect, encoded);
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

    /// Hands at most a burst to the kernel, fewer when the last one was just now;
    /// `false` when the transport is not ready.
    pub(crate) fn send_burst(&mut self) -> bool {
        if !self.transport.make_ready() {
            return false;
        }
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
        while let Some(length) = self.outgoing.first().map(<[u8]>::len) {
            let room = self.burst.room_for(length);
            if room == 0 {
                break;
            }
            let run = match self.transport.sends_segments() {
                true => self.outgoing.run_of_one_length(room),
                false => 1,
            };
            let sent = match (self.outgoing.first(), run) {
                (None, _) => break,
                (Some(datagram), 0 | 1) => self.transport.send(datagram),
                (Some(datagram), _) => {
                    let length = datagram.len() as u16;
                    self.outgoing.copy_first(run, &mut self.segments);
                    self.transport.send_segments(&self.segments, length)
                }
            };
            match sent {
                Sent::Taken => {
                    let run = run.max(1);
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
                    let events = self.outgoing.leave(run.max(1));
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

/// Takes an encoded message into the burst, or counts why there is none.
fn enqueue(
    outgoing: &mut Outgoing,
    totals: &mut Totals,
    dialect: &Dialect,
    encoded: Result<Encoded, (EncodeError, u64)>,
) {
    match encoded {
        Ok(message) => outgoing.push(message, dialect.shared_datagram()),
        Err((EncodeError::NotFinite, events)) => {
            totals.drops.add(DropReason::InvalidValue, events);
        }
        Err((EncodeError::TooLarge, events)) => totals.drops.add(DropReason::TooLarge, events),
        Err((_, events)) => totals.drops.add(DropReason::InvalidKey, events),
    }
}

fn series_of<'a>(
    all: &'a mut Vec<Option<Series>>,
    metric: &Metric,
    dialect: &Dialect,
) -> &'a mut Series {
    let number = metric.series as usize;
    if all.len() <= number {
        all.resize_with(number + 1, || None);
    }
    all[number].get_or_insert_with(|| Series::new(metric, dialect))
}
