//! Timers and accumulators that are started and stopped by name, per thread and
//! client, as pylogd has them.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::accumulator::{Accumulator, Section};
use crate::client::core::{Change, Core};
use crate::client::lease;
use crate::clock;
use crate::record::Reading;
use crate::record::registry::Kind;
use crate::record::shard;
use crate::stats::DropReason;

#[derive(Default)]
struct Running {
    timers: RefCell<HashMap<Name, u64>>,
    accumulators: RefCell<HashMap<Name, Manual>>,
}

/// A client's address and a name.
type Name = (usize, Box<str>);

/// An accumulator with its section while it runs. The section goes first.
struct Manual {
    section: Option<Section>,
    accumulator: Accumulator,
}

thread_local! {
    static RUNNING: Running = Running::default();
}

fn name_of(core: &Core, name: &str) -> Name {
    (core.weak().as_ptr() as usize, name.into())
}

/// Records an event of a name; cleaned, and dropped when nothing is left of it.
pub(crate) fn record_by_name(core: &Core, kind: Kind, name: &str, change: Change) {
    shard::slow_path(
        || match lease::name_slot(core, kind, name) {
            Some(slot) => core.record(slot, 1.0, change),
            None => core.drop_events(DropReason::InvalidKey, 1),
        },
        |(), nested| core.drop_events(DropReason::Nested, nested.into()),
    );
}

pub(crate) fn start_timer(core: &Core, name: &str) {
    let _ = RUNNING.try_with(|running| {
        running
            .timers
            .borrow_mut()
            .insert(name_of(core, name), clock::now());
    });
}

pub(crate) fn stop_timer(core: &Core, name: &str) {
    let now = clock::now();
    let started = RUNNING
        .try_with(|running| running.timers.borrow_mut().remove(&name_of(core, name)))
        .ok()
        .flatten();
    if let Some(started) = started {
        let reading = Reading::ticks(now.saturating_sub(started));
        record_by_name(core, Kind::Timer, name, Change::Time(reading));
    }
}

pub(crate) fn start_accumulator(core: &Core, name: &str) {
    let _ = RUNNING.try_with(|running| {
        let mut accumulators = running.accumulators.borrow_mut();
        let manual = accumulators
            .entry(name_of(core, name))
            .or_insert_with(|| Manual {
                section: None,
                accumulator: Accumulator::new(name),
            });
        if manual.section.is_none() {
            manual.section = Some(manual.accumulator.start());
        }
    });
}

pub(crate) fn stop_accumulator(core: &Core, name: &str) {
    let _ = RUNNING.try_with(|running| {
        if let Some(manual) = running
            .accumulators
            .borrow_mut()
            .get_mut(&name_of(core, name))
        {
            manual.section = None;
        }
    });
}

pub(crate) fn flush_accumulator(core: &Core, name: &str) {
    // Dropped outside of the borrow, and recorded by being dropped.
    let taken = RUNNING.try_with(|running| {
        running
            .accumulators
            .borrow_mut()
            .remove(&name_of(core, name))
    });
    drop(taken);
}

pub(crate) fn flush_accumulators(core: &Core) {
    let client = core.weak().as_ptr() as usize;
    let taken: Option<Vec<Manual>> = RUNNING
        .try_with(|running| {
            running
                .accumulators
                .borrow_mut()
                .extract_if(|(owner, _), _| *owner == client)
                .map(|(_, manual)| manual)
                .collect()
        })
        .ok();
    drop(taken);
}
