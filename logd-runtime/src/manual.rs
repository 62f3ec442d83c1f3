//! Timers and accumulators that are started and stopped by name, per thread and
//! client, as pylogd has them.

use std::cell::RefCell;
use std::collections::HashMap;
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
    /// When they were started, by client.
    timers: RefCell<Names>,
    accumulators: RefCell<HashMap<Name, Manual>>,
}

/// A client's address and a name.
type Name = (usize, Box<str>);

/// An accumulator of a client, with its section while it runs.
struct Manual {
    client: Weak<Core>,
    section: Option<Section>,
    accumulator: Option<Accumulator>,
}

impl Drop for Manual {
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

fn timers_of(core: &Core) -> Group {
    (core.number(), 0)
}

fn name_of(core: &Core, name: &str) -> Name {
    (core.weak().as_ptr() as usize, name.into())
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

pub(crate) fn start_timer(core: &Core, name: &str) {
    if OFF {
        return;
    }
    let now = clock::now();
    with_timers(|timers| timers.insert(timers_of(core), name.into(), now));
}

pub(crate) fn stop_timer(core: &Core, name: &str) {
    if OFF {
        return;
    }
    let now = clock::now();
    let started = with_timers(|timers| timers.remove(timers_of(core), name)).flatten();
    if let Some(started) = started {
        let reading = Reading::ticks(now.saturating_sub(started));
        record_by_name(core, Kind::Timer, name, Change::Time(reading));
    }
}

pub(crate) fn start_accumulator(core: &Arc<Core>, name: &str) {
    if OFF {
        return;
    }
    let key = name_of(core, name);
    with_accumulators(|accumulators| {
        let manual = accumulators.entry(key).or_insert_with(|| Manual {
            client: Arc::downgrade(core),
            section: None,
            accumulator: Some(Accumulator::new(name)),
        });
        if manual.section.is_none() {
            manual.section = manual.accumulator.as_ref().map(Accumulator::start);
        }
    });
}

pub(crate) fn stop_accumulator(core: &Core, name: &str) {
    if OFF {
        return;
    }
    let key = name_of(core, name);
    with_accumulators(|accumulators| {
        if let Some(manual) = accumulators.get_mut(&key) {
            manual.section = None;
        }
    });
}

pub(crate) fn flush_accumulator(core: &Core, name: &str) {
    if OFF {
        return;
    }
    let key = name_of(core, name);
    // Dropped outside of the borrow, and recorded by being dropped.
    drop(with_accumulators(|accumulators| accumulators.remove(&key)));
}

pub(crate) fn flush_accumulators(core: &Core) {
    if OFF {
        return;
    }
    let client = core.weak().as_ptr() as usize;
    drop(with_accumulators(|accumulators| {
        let own = accumulators.extract_if(|(owner, _), _| *owner == client);
        own.map(|(_, manual)| manual).collect::<Vec<_>>()
    }));
}

/// `None` where the thread is past its end, or an instrumented allocator comes in
/// from the middle of another call.
fn with_timers<R>(act: impl FnOnce(&mut Names) -> R) -> Option<R> {
    RUNNING
        .try_with(|running| Some(act(&mut *running.timers.try_borrow_mut().ok()?)))
        .ok()
        .flatten()
}

fn with_accumulators<R>(act: impl FnOnce(&mut HashMap<Name, Manual>) -> R) -> Option<R> {
    RUNNING
        .try_with(|running| Some(act(&mut *running.accumulators.try_borrow_mut().ok()?)))
        .ok()
        .flatten()
}
