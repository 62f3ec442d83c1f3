//! The instruments that were made, by name: the recorder's list, and each thread's copy of
//! what it has asked for, so that a known name takes no lock.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};

use ::metrics::{Counter, Gauge, Histogram, Key, Unit};

use super::Inner;
use super::handles::{CounterHandle, GaugeHandle, HistogramHandle};
use super::names::{Folded, Measure};
use crate::client::core::Core;
use crate::metric;
use crate::record::Kind;
use crate::record::registry::{self, Details};

/// A key knows its own hash.
#[derive(Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(31).wrapping_add(u64::from(*byte));
        }
    }
}

type ByKey<I> = HashMap<Key, I, BuildHasherDefault<KeyHasher>>;

/// Instruments of one kind, with the one for all names beyond the bound.
#[derive(Debug)]
pub(super) struct Instruments<I> {
    by_key: ByKey<I>,
    overflow: Option<I>,
}

impl<I> Default for Instruments<I> {
    fn default() -> Self {
        Instruments {
            by_key: HashMap::default(),
            overflow: None,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Known {
    counters: Instruments<Counter>,
    gauges: Instruments<Gauge>,
    histograms: Instruments<Histogram>,
}

impl Known {
    pub(super) fn get<I: Instrument>(&mut self, key: &Key) -> Option<I> {
        I::of(self).by_key.get(key).cloned()
    }

    pub(super) fn insert<I: Instrument>(&mut self, key: &Key, instrument: &I) {
        I::of(self).by_key.insert(key.clone(), instrument.clone());
    }

    pub(super) fn len(&self) -> usize {
        self.counters.by_key.len() + self.gauges.by_key.len() + self.histograms.by_key.len()
    }

    pub(super) fn overflow<I: Instrument>(&mut self, make: impl FnOnce() -> I) -> I {
        I::of(self).overflow.get_or_insert_with(make).clone()
    }
}

thread_local! {
    /// By the recorder's address. Those that are gone leave with the next new one.
    static KNOWN: RefCell<Vec<OfThread>> = const { RefCell::new(Vec::new()) };
}

struct OfThread {
    recorder: Weak<Inner>,
    known: Known,
}

/// The instrument that this thread has asked a recorder for before.
pub(super) fn on_thread<I: Instrument>(recorder: usize, key: &Key) -> Option<I> {
    KNOWN
        .try_with(|all| {
            let mut all = all.try_borrow_mut().ok()?;
            let own = all
                .iter_mut()
                .find(|own| own.recorder.as_ptr() as usize == recorder)?;
            own.known.get(key)
        })
        .ok()
        .flatten()
}

pub(super) fn keep_on_thread<I: Instrument>(recorder: &Arc<Inner>, key: &Key, instrument: &I) {
    let mut gone = Vec::new();
    let _ = KNOWN.try_with(|all| {
        let Ok(mut all) = all.try_borrow_mut() else {
            return;
        };
        let of = |own: &OfThread| std::ptr::eq(own.recorder.as_ptr(), Arc::as_ptr(recorder));
        if !all.iter().any(of) {
            gone.extend(all.extract_if(.., |own| own.recorder.strong_count() == 0));
            all.push(OfThread {
                recorder: Arc::downgrade(recorder),
                known: Known::default(),
            });
        }
        if let Some(own) = all.iter_mut().find(|own| of(own)) {
            own.known.insert(key, instrument);
        }
    });
    // Outside of the borrow: it may be the end of more than a handle.
    drop(gone);
}

/// A handle of the facade.
pub(super) trait Instrument: Clone {
    fn of(known: &mut Known) -> &mut Instruments<Self>;
    fn noop() -> Self;
    fn register(name: Folded, unit: Option<Unit>, client: Option<Arc<Core>>) -> Self;
    /// For names beyond the bound.
    fn overflow(client: Option<Arc<Core>>) -> Self;
}

impl Instrument for Counter {
    fn of(known: &mut Known) -> &mut Instruments<Self> {
        &mut known.counters
    }

    fn noop() -> Self {
        Counter::noop()
    }

    fn register(name: Folded, _: Option<Unit>, client: Option<Arc<Core>>) -> Self {
        let details = Details {
            labels: name.labels,
            ..Details::default()
        };
        let slot = registry::register_detailed(Kind::Counter, name.key.into(), details);
        let counter = metric::Counter::registered_as(slot, client);
        Counter::from_arc(Arc::new(CounterHandle::new(counter, false)))
    }

    fn overflow(client: Option<Arc<Core>>) -> Self {
        let slot = registry::overflow(Kind::Counter);
        let counter = metric::Counter::registered_as(slot, client);
        Counter::from_arc(Arc::new(CounterHandle::new(counter, true)))
    }
}

impl Instrument for Gauge {
    fn of(known: &mut Known) -> &mut Instruments<Self> {
        &mut known.gauges
    }

    fn noop() -> Self {
        Gauge::noop()
    }

    fn register(name: Folded, _: Option<Unit>, client: Option<Arc<Core>>) -> Self {
        let level = Arc::new(AtomicU64::new(0.0_f64.to_bits()));
        let details = Details {
            labels: name.labels,
            level: Some(Arc::clone(&level)),
            ..Details::default()
        };
        let slot = registry::register_detailed(Kind::Meter, name.key.into(), details);
        let meter = metric::Meter::registered_as(slot, client);
        Gauge::from_arc(Arc::new(GaugeHandle::new(meter, Some(level))))
    }

    fn overflow(client: Option<Arc<Core>>) -> Self {
        let slot = registry::overflow(Kind::Meter);
        let meter = metric::Meter::registered_as(slot, client);
        Gauge::from_arc(Arc::new(GaugeHandle::new(meter, None)))
    }
}

impl Instrument for Histogram {
    fn of(known: &mut Known) -> &mut Instruments<Self> {
        &mut known.histograms
    }

    fn noop() -> Self {
        Histogram::noop()
    }

    fn register(name: Folded, unit: Option<Unit>, client: Option<Arc<Core>>) -> Self {
        let measure = Measure::of(&name.name, unit);
        let details = Details {
            labels: name.labels,
            unit: measure.unit(),
            level: None,
        };
        let slot = registry::register_detailed(Kind::Timer, name.key.into(), details);
        let timer = metric::Timer::registered_as(slot, client);
        Histogram::from_arc(Arc::new(HistogramHandle::new(timer, measure)))
    }

    fn overflow(client: Option<Arc<Core>>) -> Self {
        let slot = registry::overflow(Kind::Timer);
        let timer = metric::Timer::registered_as(slot, client);
        let measure = Measure::Seconds(1.0);
        Histogram::from_arc(Arc::new(HistogramHandle::new(timer, measure)))
    }
}
