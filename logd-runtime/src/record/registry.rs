//! The process-wide list of metrics: which slot a kind, key and rate have in
//! every shard. A metric is registered once, on its first use, and stays.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::list::List;
use super::quiet::{QuietMutex, made_quietly};
use super::shard::quiet;
use crate::fork::PerProcess;
use crate::rate::GapTable;

/// What a metric measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Counter,
    Meter,
    Timer,
}

/// What the readings of a timer are in, and how its slots keep them: in whole billionths
/// of a second, or in as many parts of another unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    #[default]
    Time,
    #[allow(dead_code, reason = "for bridges, which features bring in")]
    /// No time: one of the unit is kept as so many parts, a billionth of a second each.
    Parts(u32),
}

impl Unit {
    /// A kept number of seconds as a number of the unit, with a thousandth of a part.
    pub(crate) fn amount(self, seconds: f64) -> f64 {
        match self {
            Unit::Time => seconds,
            Unit::Parts(parts) => (seconds * 1e12).round() / 1e3 / f64::from(parts),
        }
    }
}

/// A name and its labels, for receivers that take them apart; the key has them folded in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Labels {
    pub(crate) name: String,
    pub(crate) pairs: Vec<(String, String)>,
}

/// What a metric may have beside its key and rate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    pub(crate) labels: Option<Arc<Labels>>,
    pub(crate) unit: Unit,
    /// The bits of a level that threads change together, which a held meter repeats: of
    /// their last readings no one knows which was the last.
    pub(crate) level: Option<Arc<AtomicU64>>,
}

impl Details {
    fn are_none(&self) -> bool {
        self.labels.is_none() && self.unit == Unit::Time && self.level.is_none()
    }
}

/// One registered metric. Metrics of one kind and key that differ in rate have
/// slots of their own and are one series on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Metric {
    pub(crate) kind: Kind,
    pub(crate) key: Arc<str>,
    pub(crate) rate: f64,
    /// Whether a meter without readings repeats its last one.
    pub(crate) hold: bool,
    /// The number of its series.
    pub(crate) series: u32,
    /// Gaps between clocked calls; only with a rate below 1.
    pub(crate) gaps: Option<Arc<GapTable>>,
    pub(crate) details: Details,
}

/// What tells metrics of one kind and rate apart: mostly the key alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Identity {
    key: Arc<str>,
    labels: Option<Arc<Labels>>,
    unit: Unit,
    /// The address of the level, which the metric keeps.
    level: usize,
}

/// All metrics, a slot's at its number less one. A child process has those of its parent,
/// whose slots are known to handles and threads.
static METRICS: List<Metric> = List::new();

static INDEX: PerProcess<QuietMutex<Index>> = PerProcess::new();

/// Where a metric is.
#[derive(Debug, Default)]
struct Index {
    metrics: usize,
    slots: HashMap<(Kind, u64, bool), HashMap<Arc<str>, u32>>,
    /// Of metrics with details.
    detailed: HashMap<(Kind, Identity), u32>,
    series: HashMap<(Kind, Identity), u32>,
    gaps: HashMap<u64, Arc<GapTable>>,
}

/// The slot 0 of a shard is its header, so metrics are numbered from 1.
const FIRST: u32 = 1;

impl Index {
    fn of(metrics: &List<Metric>) -> Self {
        let mut index = Index::default();
        for metric in metrics.iter() {
            index.note(metric);
        }
        index
    }

    /// Notes the next metric, and returns its slot.
    fn note(&mut self, metric: &Metric) -> u32 {
        let slot = self.metrics as u32 + FIRST;
        self.metrics += 1;
        let identity = Identity::new(Arc::clone(&metric.key), &metric.details);
        if metric.details.are_none() {
            self.slots
                .entry((metric.kind, metric.rate.to_bits(), metric.hold))
                .or_default()
                .insert(Arc::clone(&metric.key), slot);
        } else {
            self.detailed.insert((metric.kind, identity.clone()), slot);
        }
        self.series.insert((metric.kind, identity), metric.series);
        if let Some(gaps) = &metric.gaps {
            self.gaps.insert(metric.rate.to_bits(), Arc::clone(gaps));
        }
        slot
    }

    /// Adds a metric to the list.
    fn add(&mut self, kind: Kind, key: Arc<str>, rate: f64, hold: bool, details: Details) -> u32 {
        let identity = Identity::new(Arc::clone(&key), &details);
        let known = self.series.get(&(kind, identity));
        let series = known.copied().unwrap_or(self.series.len() as u32);
        let gaps = (rate < 1.0).then(|| {
            let known = self.gaps.get(&rate.to_bits()).map(Arc::clone);
            known.unwrap_or_else(|| Arc::new(GapTable::new(rate)))
        });
        let metric = Metric {
            kind,
            key,
            rate,
            hold,
            series,
            gaps,
            details,
        };
        let slot = self.note(&metric);
        METRICS.push(index(slot), metric);
        slot
    }
}

impl Identity {
    fn new(key: Arc<str>, details: &Details) -> Self {
        Identity {
            key,
            labels: details.labels.clone(),
            unit: details.unit,
            level: details
                .level
                .as_ref()
                .map_or(0, |level| Arc::as_ptr(level) as usize),
        }
    }
}

fn index_of_all() -> &'static QuietMutex<Index> {
    made_quietly(&INDEX, |_| QuietMutex::new(Index::of(&METRICS)))
}

/// The slot of a metric, registered when it is new.
pub(crate) fn register(kind: Kind, key: Cow<'_, str>, rate: f64, hold: bool) -> u32 {
    let _quiet = quiet();
    let mut index = index_of_all().lock();
    let of_rate = index.slots.get(&(kind, rate.to_bits(), hold));
    if let Some(slot) = of_rate.and_then(|slots| slots.get(&*key)) {
        return *slot;
    }
    index.add(kind, key.into(), rate, hold, Details::default())
}

/// The slot of a metric with details, registered when it is new. It is a series of its own
/// where it has any. A meter is held.
#[allow(dead_code, reason = "for bridges, which features bring in")]
pub(crate) fn register_detailed(kind: Kind, key: Cow<'_, str>, details: Details) -> u32 {
    let hold = kind == Kind::Meter;
    if details.are_none() {
        return register(kind, key, 1.0, hold);
    }
    let _quiet = quiet();
    let identity = (kind, Identity::new(key.into(), &details));
    let mut index = index_of_all().lock();
    if let Some(slot) = index.detailed.get(&identity) {
        return *slot;
    }
    index.add(kind, identity.1.key, 1.0, hold, details)
}

/// Where names beyond the bound are counted together.
pub(crate) fn overflow(kind: Kind) -> u32 {
    let key = match kind {
        Kind::Counter => "logd.client.overflow.counter",
        Kind::Meter => "logd.client.overflow.meter",
        Kind::Timer => "logd.client.overflow.timer",
    };
    register(kind, key.into(), 1.0, false)
}

/// One metric by its slot.
pub(crate) fn metric(slot: u32) -> Metric {
    // A number may come from a thread that never met the one which registered it: the
    // lock puts the metric before it.
    let _index = index_of_all().lock();
    METRICS
        .get((slot - FIRST) as usize)
        .expect("a slot is given out after its metric is there")
        .clone()
}

/// Brings a copy of the list up to date; the copy's index is the slot's number less one.
pub(crate) fn update(copy: &mut Vec<Metric>) {
    let _index = index_of_all().lock();
    while let Some(metric) = METRICS.get(copy.len()) {
        copy.push(metric.clone());
    }
}

/// The index of a slot's metric in a copy made by [`update`].
pub(crate) fn index(slot: u32) -> usize {
    (slot - FIRST) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_series_for_a_key_however_many_rates_it_has() {
        let plain = register(Kind::Timer, "registry.test".into(), 1.0, false);
        let rated = register(Kind::Timer, "registry.test".into(), 0.25, false);
        let again = register(Kind::Timer, "registry.test".into(), 0.25, false);
        let other = register(Kind::Counter, "registry.test".into(), 1.0, false);
        assert_ne!(plain, rated);
        assert_eq!(rated, again);
        assert_eq!(metric(plain).series, metric(rated).series);
        assert_ne!(metric(plain).series, metric(other).series);
        assert!(metric(plain).gaps.is_none() && metric(rated).gaps.is_some());
    }
}
