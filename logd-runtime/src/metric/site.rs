//! What counters, meters and timers have in common: a name, a rate, and, after
//! the first use, the number of a slot. The fast way is one look at that number.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::client::core::{Change, Core};
use crate::client::{Client, lease};
use crate::clock;
use crate::error::Error;
use crate::key::Name;
use crate::off::OFF;
use crate::rate;
use crate::record::registry::{self, Kind};
use crate::record::shard::{self, AtomicPlace, Place};
use crate::record::slot::Slot;
use crate::stats::DropReason;
use crate::{global, scope};

/// No shard has a slot of this number, so a call that finds it goes the slow way.
const UNREGISTERED: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Site {
    /// The place of the slot that calls may use directly.
    direct: AtomicPlace,
    /// The slot, also where a client must be asked first.
    registered: AtomicU32,
    /// Its series, once somebody has asked.
    series: AtomicU32,
    /// Whether a call may read the cycle counter, which is known when the slot is: cheaper to
    /// look at than the clock's own word.
    cycles: AtomicBool,
    kind: Kind,
    rate: f64,
    sampling: Sampling,
    hold: bool,
    source: Source,
}

/// Which calls of a timer are clocked: cheaper to look at than the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sampling {
    Every,
    /// The part that the rate says.
    Part,
    /// As many as the raw places of a window hold.
    WhileRoom,
}

impl Sampling {
    const fn of(rate: f64) -> Self {
        if rate < 1.0 {
            Sampling::Part
        } else {
            Sampling::Every
        }
    }
}

#[derive(Clone, Debug)]
enum Source {
    /// Written in the program; belongs to whichever client is current.
    Written(Name),
    /// Made at run time by one client, for it alone.
    Made {
        key: Arc<str>,
        client: Arc<dyn Owner>,
    },
    /// Registered by another recorder, for one client or for whichever is current. It does
    /// not keep the client from closing.
    #[cfg(feature = "metrics")]
    Registered {
        slot: u32,
        client: Option<Arc<dyn Owner>>,
    },
}

/// What a metric knows of the one client that it records with. A trait, because the compiler asks
/// of each static anew whether threads may share it, and would look through all of a client.
trait Owner: fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
    fn core(&self) -> &Arc<Core>;
}

impl Owner for Client {
    fn core(&self) -> &Arc<Core> {
        Client::core(self)
    }
}

#[cfg(feature = "metrics")]
impl Owner for Arc<Core> {
    fn core(&self) -> &Arc<Core> {
        self
    }
}

impl Source {
    /// The one client that it records with.
    fn own_core(&self) -> Option<&Arc<Core>> {
        match self {
            Source::Written(_) => None,
            Source::Made { client, .. } => Some(client.core()),
            #[cfg(feature = "metrics")]
            Source::Registered { client, .. } => client.as_deref().map(Owner::core),
        }
    }
}

/// What a site that nobody has used begins with. Constants, because the compiler evaluates
/// [`Site::written`] for each static anew, and a call takes it longer than a copy.
#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each site is to have a copy"
)]
impl Site {
    const NO_PLACE: AtomicPlace = AtomicPlace::new(Place::NONE);
    const NO_NUMBER: AtomicU32 = AtomicU32::new(UNREGISTERED);
    const NO_CYCLES: AtomicBool = AtomicBool::new(false);
}

impl Site {
    pub(crate) const fn written(kind: Kind, name: Name, rate: f64) -> Self {
        Site {
            direct: Self::NO_PLACE,
            registered: Self::NO_NUMBER,
            series: Self::NO_NUMBER,
            cycles: Self::NO_CYCLES,
            kind,
            rate,
            sampling: Sampling::of(rate),
            hold: false,
            source: Source::Written(name),
        }
    }

    pub(crate) fn made(kind: Kind, key: Arc<str>, client: Client) -> Self {
        Site {
            direct: AtomicPlace::new(Place::NONE),
            registered: AtomicU32::new(UNREGISTERED),
            series: AtomicU32::new(UNREGISTERED),
            cycles: AtomicBool::new(false),
            kind,
            rate: 1.0,
            sampling: Sampling::Every,
            hold: false,
            source: Source::Made {
                key,
                client: Arc::new(client),
            },
        }
    }

    /// The site of a slot that has its metric already, for one client or for whichever is
    /// current.
    #[cfg(feature = "metrics")]
    pub(crate) fn registered_as(kind: Kind, slot: u32, client: Option<Arc<Core>>) -> Self {
        let direct = match client {
            Some(_) => Place::NONE,
            None => Place::of(slot),
        };
        Site {
            direct: AtomicPlace::new(direct),
            registered: AtomicU32::new(slot),
            series: AtomicU32::new(UNREGISTERED),
            cycles: AtomicBool::new(false),
            kind,
            rate: 1.0,
            sampling: Sampling::Every,
            hold: false,
            source: Source::Registered {
                slot,
                client: client.map(|core| Arc::new(core) as Arc<dyn Owner>),
            },
        }
    }

    /// # Panics
    /// When the rate is not in (0, 1].
    pub(crate) const fn set_rate(&mut self, rate: f64) {
        rate::assert_valid(rate);
        self.rate = rate;
        self.sampling = Sampling::of(rate);
        self.unregister();
    }

    pub(crate) fn try_set_rate(&mut self, rate: f64) -> Result<(), Error> {
        if !rate::is_valid(rate) {
            return Err(Error::rate(rate));
        }
        self.set_rate(rate);
        Ok(())
    }

    pub(crate) const fn set_adaptive(&mut self) {
        self.set_rate(1.0);
        self.sampling = Sampling::WhileRoom;
    }

    pub(crate) const fn set_hold(&mut self) {
        self.hold = true;
        self.unregister();
    }

    /// The slot that it may have is that of another rate or kind of meter.
    const fn unregister(&mut self) {
        self.direct = AtomicPlace::new(Place::NONE);
        self.registered = AtomicU32::new(UNREGISTERED);
    }

    pub(crate) fn key(&self) -> Arc<str> {
        match &self.source {
            Source::Written(name) => name.to_key().into(),
            Source::Made { key, .. } => Arc::clone(key),
            #[cfg(feature = "metrics")]
            Source::Registered { slot, .. } => registry::metric(*slot).key,
        }
    }

    /// The number that all metrics of its kind and key have in common.
    pub(crate) fn series(&self) -> u32 {
        let series = self.known_series();
        if series == UNREGISTERED {
            self.register_series()
        } else {
            series
        }
    }

    /// The same if somebody has asked before; else a number that no series has.
    #[inline]
    pub(crate) fn known_series(&self) -> u32 {
        self.series.load(Ordering::Relaxed)
    }

    #[cold]
    fn register_series(&self) -> u32 {
        let series = registry::metric(self.registered()).series;
        self.series.store(series, Ordering::Relaxed);
        series
    }

    #[inline]
    pub(crate) const fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// The slot for [`shard::with_slot`]; one that no shard has until it is registered.
    #[inline]
    pub(crate) fn direct(&self) -> Place {
        self.direct.load()
    }

    fn registered(&self) -> u32 {
        let slot = self.registered.load(Ordering::Relaxed);
        if slot != UNREGISTERED {
            return slot;
        }
        let slot = match &self.source {
            Source::Written(name) => {
                let slot = registry::register(self.kind, name.to_key(), self.rate, self.hold);
                self.direct.store(Place::of(slot));
                slot
            }
            Source::Made { key, .. } => {
                registry::register(self.kind, (&**key).into(), self.rate, self.hold)
            }
            #[cfg(feature = "metrics")]
            Source::Registered { slot, .. } => *slot,
        };
        self.registered.store(slot, Ordering::Relaxed);
        self.cycles.store(clock::counts_cycles(), Ordering::Relaxed);
        slot
    }

    /// Whether its calls are known to be timed with the cycle counter.
    #[inline]
    pub(crate) fn reads_cycles(&self) -> bool {
        self.cycles.load(Ordering::Relaxed)
    }

    /// Records a step of 1: apart from other changes, so that it becomes one store in place.
    #[inline]
    pub(crate) fn increment(&self) {
        if OFF {
            return;
        }
        if shard::with_slot(self.direct(), Slot::increment).is_none() {
            self.record_indirectly(Change::Increment);
        }
    }

    /// Records one event.
    #[inline]
    pub(crate) fn record(&self, change: Change) {
        if OFF {
            return;
        }
        if shard::with_slot(self.direct(), |slot| change.apply(slot)).is_none() {
            self.record_indirectly(change);
        }
    }

    /// Records an event of a client's own metric, straight away where that client is
    /// the current one, or the slow way. Cold, so that the usual call saves no registers.
    #[cold]
    #[inline(never)]
    fn record_indirectly(&self, change: Change) {
        if let Some(core) = self.source.own_core() {
            let slot = self.registered.load(Ordering::Relaxed);
            let recorded = shard::with_slot_of(core.weak(), Place::of(slot), |slot| {
                change.apply(slot);
            });
            if recorded.is_some() {
                return;
            }
        }
        self.record_slowly(change);
    }

    /// Counts an event whose value can not be stored.
    #[cold]
    pub(crate) fn refuse(&self) {
        self.slowly(|core, _| core.drop_events(DropReason::InvalidValue, 1));
    }

    #[cold]
    #[inline(never)]
    fn record_slowly(&self, change: Change) {
        self.slowly(|core, slot| core.record(slot, self.rate, change));
    }

    /// Whether a call of a timer that clocks some is clocked, decided the slow way.
    #[cold]
    #[inline(never)]
    pub(crate) fn clocks_slowly(&self) -> bool {
        if shard::is_busy() {
            // Its end comes up in the same place, and is counted there.
            return false;
        }
        let decide = |header: &Slot, slot: &Slot| match self.sampling {
            Sampling::WhileRoom => slot.has_room(header),
            Sampling::Every | Sampling::Part => slot.is_clocked(),
        };
        self.slowly(|core, slot| core.clocks(slot, &registry::metric(slot), decide))
            .unwrap_or(false)
    }

    /// The client that events of this site belong to now.
    pub(crate) fn core(&self) -> Arc<Core> {
        self.source
            .own_core()
            .map_or_else(scope::current_core, Arc::clone)
    }

    fn slowly<R>(&self, record: impl FnOnce(&Core, u32) -> R) -> Option<R> {
        if OFF {
            return None;
        }
        let recorded = shard::slow_path(
            || {
                let slot = self.registered();
                let core = self.core();
                // The global client's shard becomes the thread's current one, so
                // that the next event takes the fast way.
                match shard::current() {
                    None if global::is_global(&core) => lease::stay(&core),
                    None => {}
                    Some(current) => lease::renew(&core, &current),
                }
                (record(&core, slot), core)
            },
            |(_, core), nested| core.drop_events(DropReason::Nested, nested.into()),
        );
        recorded.map(|(result, _)| result)
    }
}

/// Whether the daemon can store it and sums of it stay finite.
pub(crate) fn is_storable(value: f64) -> bool {
    value.abs() <= 1e300
}

impl Clone for Site {
    fn clone(&self) -> Self {
        Site {
            direct: AtomicPlace::new(self.direct.load()),
            registered: AtomicU32::new(self.registered.load(Ordering::Relaxed)),
            series: AtomicU32::new(self.series.load(Ordering::Relaxed)),
            cycles: AtomicBool::new(self.reads_cycles()),
            kind: self.kind,
            rate: self.rate,
            sampling: self.sampling,
            hold: self.hold,
            source: self.source.clone(),
        }
    }
}
