//! Timers and accumulators that are started and stopped by name, per thread and
//! client, as pylogd has them.
//!
//! What starts and stops them is marked `inline`: only programs that do so compile it.

use std::cell::RefCell;
use std::mem;
use std::sync::{Arc, Weak};

use crate::accumulator::{Accumulator, Section};
use crate::client::core::{Change, Core};
use crate::client::lease;
use crate::clock;
use crate::names::{Group, Names};
use crate::off::OFF;
use crate::record::Reading;
use crate::record::registry::Kind;
use crate::record::shard;
use crate::scope::Scope;
use crate::stats::DropReason;

#[derive(Default)]
struct Running {
    /// When they were started, by client; [`STOPPED`] keeps the name for the next time.
    timers: RefCell<Names>,
    accumulators: RefCell<Accumulators>,
}

/// No timer is started at this moment.
const STOPPED: u64 = 0;

/// So many names of timers stay at least, stopped ones among them.
const KEPT: usize = 1024;

#[derive(Default)]
struct Accumulators {
    /// By client.
    places: Names,
    all: Vec<Option<Manual>>,
    /// Places that nobody has.
    free: Vec<u64>,
}

/// An accumulator of a client, with its section while it runs.
struct Manual {
    client: Weak<Core>,
    section: Option<Section>,
    accumulator: Option<Accumulator>,
}

impl Drop for Manual {
    #[inline]
    fn drop(&mut self) {
        self.section = None;
        // Recorded with its own client, also when the thread ends.
        if let Some(core) = self.client.upgrade() {
            Scope::of(core).run(|| self.accumulator = None);
        } else if let Some(accumulator) = self.accumulator.take() {
            // With nobody else's either.
            accumulator.give_up();
        }
    }
}

thread_local! {
    static RUNNING: Running = Running::default();
}

#[inline]
fn own_by(core: &Core) -> Group {
    (core.number(), 0)
}

impl Accumulators {
    /// That of a name, where it has one.
    #[inline]
    fn get(&mut self, group: Group, name: &str) -> Option<&mut Manual> {
        let place = self.places.get(group, name)?;
        self.all.get_mut(place as usize)?.as_mut()
    }

    #[inline]
    fn insert(&mut self, group: Group, name: &str, manual: Manual) {
        let place = self.free.pop().unwrap_or_else(|| {
            self.all.push(None);
            self.all.len() as u64 - 1
        });
        self.all[place as usize] = Some(manual);
        self.places.insert(group, name.into(), place);
    }

    #[inline]
    fn remove(&mut self, group: Group, name: &str) -> Option<Manual> {
        let place = self.places.remove(group, name)?;
        self.free.push(place);
        self.all[place as usize].take()
    }

    /// All of a client.
    #[inline]
    fn take(&mut self, core: &Core) -> Vec<Option<Manual>> {
        let mut taken = Vec::new();
        for (place, manual) in self.all.iter_mut().enumerate() {
            let client = manual.as_ref().map(|manual| &manual.client);
            if client.is_some_and(|client| Weak::ptr_eq(client, core.weak())) {
                taken.push(manual.take());
                self.free.push(place as u64);
            }
        }
        self.places.retain(|group| group != own_by(core));
        taken
    }
}

/// Records an event of a name; cleaned, and dropped when nothing is left of it.
pub(crate) fn record_by_name(core: &Core, kind: Kind, name: &str, change: Change) {
    if core.ignores() {
        return;
    }
    shard::slow_path(
        || match lease::name_slot(core, kind, name) {
            Some(slot) => core.record(slot, 1.0, change),
            None => core.drop_events(DropReason::InvalidKey, 1),
        },
        |(), nested| core.drop_events(DropReason::Nested, nested.into()),
    );
}

#[inline]
pub(crate) fn start_timer(core: &Core, name: &str) {
    if OFF {
        return;
    }
    let now = clock::now();
    let group = own_by(core);
    with_timers(|timers| {
        if let Some(started) = timers.get_mut(group, name) {
            *started = now;
            return;
        }
        let names = timers.len();
        if names >= KEPT && names.is_power_of_two() {
            timers.forget(STOPPED);
        }
        timers.insert(group, name.into(), now);
    });
}

#[inline]
pub(crate) fn stop_timer(core: &Core, name: &str) {
    if OFF {
        return;
    }
    let now = clock::now();
    let stop = |timers: &mut Names| {
        let started = timers.get_mut(own_by(core), name)?;
        Some(mem::replace(started, STOPPED)).filter(|started| *started != STOPPED)
    };
    if let Some(started) = with_timers(stop).flatten() {
        let reading = Reading::ticks(now.saturating_sub(started));
        record_by_name(core, Kind::Timer, name, Change::Time(reading));
    }
}

#[inline]
pub(crate) fn start_accumulator(core: &Arc<Core>, name: &str) {
    if OFF {
        return;
    }
    let group = own_by(core);
    with_accumulators(|accumulators| {
        if let Some(manual) = accumulators.get(group, name) {
            if manual.section.is_none() {
                manual.section = manual.accumulator.as_ref().map(Accumulator::start);
            }
            return;
        }
        let accumulator = Accumulator::new(name);
        let manual = Manual {
            client: Arc::downgrade(core),
            section: Some(accumulator.start()),
            accumulator: Some(accumulator),
        };
        accumulators.insert(group, name, manual);
    });
}

#[inline]
pub(crate) fn stop_accumulator(core: &Core, name: &str) {
    if OFF {
        return;
    }
    with_accumulators(|accumulators| {
        if let Some(manual) = accumulators.get(own_by(core), name) {
            manual.section = None;
        }
    });
}

#[inline]
pub(crate) fn flush_accumulator(core: &Core, name: &str) {
    if OFF {
        return;
    }
    // Dropped outside of the borrow, and recorded by being dropped.
    drop(with_accumulators(|accumulators| {
        accumulators.remove(own_by(core), name)
    }));
}

#[inline]
pub(crate) fn flush_accumulators(core: &Core) {
    if OFF {
        return;
    }
    drop(with_accumulators(|accumulators| accumulators.take(core)));
}

/// `None` where the thread is past its end, or an instrumented allocator comes in
/// from the middle of another call.
#[inline]
fn with_timers<R>(act: impl FnOnce(&mut Names) -> R) -> Option<R> {
    RUNNING
        .try_with(|running| Some(act(&mut *running.timers.try_borrow_mut().ok()?)))
        .ok()
        .flatten()
}

#[inline]
fn with_accumulators<R>(act: impl FnOnce(&mut Accumulators) -> R) -> Option<R> {
    RUNNING
        .try_with(|running| Some(act(&mut *running.accumulators.try_borrow_mut().ok()?)))
        .ok()
        .flatten()
}
