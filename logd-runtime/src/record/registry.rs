//! The process-wide list of metrics: which slot a kind, key and rate have in
//! every shard. A metric is registered once, on its first use, and stays.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use once_cell::sync::Lazy;

use super::quiet::QuietMutex;
use crate::rate::GapTable;

/// What a metric measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Counter,
    Meter,
    Timer,
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
}

#[derive(Debug, Default)]
struct Registry {
    metrics: Vec<Metric>,
    slots: HashMap<(Kind, u64, bool), HashMap<Arc<str>, u32>>,
    series: HashMap<(Kind, Arc<str>), u32>,
    gaps: HashMap<u64, Arc<GapTable>>,
}

static REGISTRY: Lazy<QuietMutex<Registry>> = Lazy::new(QuietMutex::default);

/// The slot 0 of a shard is its header, so metrics are numbered from 1.
const FIRST: u32 = 1;

/// The slot of a metric, registered when it is new.
pub(crate) fn register(kind: Kind, key: Cow<'_, str>, rate: f64, hold: bool) -> u32 {
    let mut registry = REGISTRY.lock();
    let registry = &mut *registry;
    let of_rate = registry
        .slots
        .entry((kind, rate.to_bits(), hold))
        .or_default();
    if let Some(slot) = of_rate.get(&*key) {
        return *slot;
    }
    let slot = registry.metrics.len() as u32 + FIRST;
    let key: Arc<str> = key.into();
    of_rate.insert(Arc::clone(&key), slot);
    let next_series = registry.series.len() as u32;
    let series = *registry
        .series
        .entry((kind, Arc::clone(&key)))
        .or_insert(next_series);
    let gaps = (rate < 1.0).then(|| {
        Arc::clone(
            registry
                .gaps
                .entry(rate.to_bits())
                .or_insert_with(|| Arc::new(GapTable::new(rate))),
        )
    });
    registry.metrics.push(Metric {
        kind,
        key,
        rate,
        hold,
        series,
        gaps,
    });
    slot
}

/// One metric by its slot.
pub(crate) fn metric(slot: u32) -> Metric {
    REGISTRY.lock().metrics[(slot - FIRST) as usize].clone()
}

/// Brings a copy of the list up to date; the copy's index is the slot's number less one.
pub(crate) fn update(copy: &mut Vec<Metric>) {
    let registry = REGISTRY.lock();
    copy.extend_from_slice(&registry.metrics[copy.len()..]);
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
