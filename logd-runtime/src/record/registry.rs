//! The process-wide list of metrics: which slot a kind, key and rate have in
//! every shard. A metric is registered once, on its first use, and stays.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::list::List;
use super::quiet::{QuietMutex, made_quietly};
use super::shard::quiet;
use crate::fork::PerProcess;
use crate::names::{Group, Names};
use crate::rate::GapTable;

/// What a metric measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Counter,
    Meter,
    Timer,
}

/// What the readings of a timer are in, and how its slots keep them: in whole billionths
/// of a second, or in as many parts of another unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// All metrics, a slot's at its number less one. A child process has those of its parent,
/// whose slots are known to handles and threads.
static METRICS: List<Metric> = List::new();

static INDEX: PerProcess<QuietMutex<Index>> = PerProcess::new();

/// Where a metric is.
#[derive(Debug, Default)]
struct Index {
    metrics: usize,
    /// By kind and rate.
    slots: Names,
    /// Slots of metrics with details, by kind.
    detailed: Names,
    /// By kind.
    series: Names,
    /// By the bits of the rate.
    gaps: Vec<(u64, Arc<GapTable>)>,
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

    fn gaps(&self, rate: f64) -> Option<&Arc<GapTable>> {
        let known = self.gaps.iter().find(|(bits, _)| *bits == rate.to_bits());
        known.map(|(_, gaps)| gaps)
    }

    /// Notes the next metric, and returns its slot.
    fn note(&mut self, metric: &Metric) -> u32 {
        let slot = self.metrics as u32 + FIRST;
        self.metrics += 1;
        let identity = identity(&metric.key, &metric.details);
        if metric.details.are_none() {
            let group = of_rate(metric.kind, metric.rate, metric.hold);
            self.slots.insert(group, Arc::clone(&identity), slot.into());
        } else {
            self.detailed.insert(
                of_kind(metric.kind, &metric.details),
                Arc::clone(&identity),
                slot.into(),
            );
        }
        self.series.insert(
            of_kind(metric.kind, &metric.details),
            identity,
            metric.series.into(),
        );
        if let Some(gaps) = &metric.gaps
            && self.gaps(metric.rate).is_none()
        {
            self.gaps.push((metric.rate.to_bits(), Arc::clone(gaps)));
        }
        slot
    }

    /// Adds a metric to the list.
    fn add(&mut self, kind: Kind, key: Arc<str>, rate: f64, hold: bool, details: Details) -> u32 {
        let known = self
            .series
            .get(of_kind(kind, &details), &identity(&key, &details));
        let series = known.unwrap_or_else(|| self.series.len() as u64) as u32;
        let gaps = (rate < 1.0).then(|| {
            let known = self.gaps(rate).map(Arc::clone);
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

/// Metrics with details are apart: what identifies them may look like another's key.
fn of_kind(kind: Kind, details: &Details) -> Group {
    (kind as u64, u64::from(!details.are_none()))
}

fn of_rate(kind: Kind, rate: f64, hold: bool) -> Group {
    (2 * kind as u64 + u64::from(hold), rate.to_bits())
}

/// What tells metrics of one kind and rate apart: mostly the key alone. Details are written out
/// behind it, with quotes around texts, and a level as its address, which the metric keeps.
fn identity(key: &Arc<str>, details: &Details) -> Arc<str> {
    if details.are_none() {
        return Arc::clone(key);
    }
    let level = details.level.as_ref().map(Arc::as_ptr);
    format!("{key:?} {:?} {:?} {level:?}", details.labels, details.unit).into()
}

fn index_of_all() -> &'static QuietMutex<Index> {
    made_quietly(&INDEX, |_| QuietMutex::new(Index::of(&METRICS)))
}

/// The slot of a metric, registered when it is new.
pub(crate) fn register(kind: Kind, key: Cow<'_, str>, rate: f64, hold: bool) -> u32 {
    let _quiet = quiet();
    let mut index = index_of_all().lock();
    if let Some(slot) = index.slots.get(of_rate(kind, rate, hold), &key) {
        return slot as u32;
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
    let key = Arc::from(key);
    let identity = identity(&key, &details);
    let mut index = index_of_all().lock();
    if let Some(slot) = index.detailed.get(of_kind(kind, &details), &identity) {
        return slot as u32;
    }
    index.add(kind, key, 1.0, hold, details)
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
