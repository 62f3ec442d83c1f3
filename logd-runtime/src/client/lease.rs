//! Which shards a thread has: one for each client that it recorded with, given
//! back when the thread ends. A thread that is past that point borrows a shard
//! for one event.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use rand::RngExt;
use rand::rngs::SmallRng;

use super::core::{Core, NameSlot};
use crate::fork;
use crate::names::{Group, Names};
use crate::rate;
use crate::record::registry::Kind;
use crate::record::{Shard, shard};

thread_local! {
    static THREAD: Thread = Thread::default();
}

#[derive(Default)]
struct Thread {
    leases: RefCell<Vec<Lease>>,
    /// Slots of names made at run time, so that a known name takes no lock.
    names: RefCell<Names>,
    /// With the process that it was seeded for: siblings must not draw alike.
    random: RefCell<Option<(u32, SmallRng)>>,
}

struct Lease {
    client: Weak<Core>,
    shard: Arc<Shard>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        let _quiet = shard::quiet();
        // What this thread records from here on borrows a shard for each event.
        drop(shard::replace_current(None));
        for Lease { client, shard } in self.leases.take() {
            if let Some(client) = client.upgrade() {
                client.worker().shared.park(shard);
            }
        }
    }
}

impl Thread {
    fn shard(&self, core: &Core) -> Option<Arc<Shard>> {
        let mut leases = self.leases.try_borrow_mut().ok()?;
        let found = leases
            .iter()
            .find(|lease| Weak::ptr_eq(&lease.client, core.weak()))
            .filter(|lease| !lease.shard.is_inherited());
        if let Some(lease) = found {
            return Some(Arc::clone(&lease.shard));
        }
        // Clients that are gone need no lease (tests make many on one thread), and what was
        // leased before a fork is the parent's.
        leases.retain(|lease| lease.client.strong_count() > 0 && !lease.shard.is_inherited());
        if let Ok(mut names) = self.names.try_borrow_mut() {
            names.retain(|(client, _)| {
                leases
                    .iter()
                    .any(|lease| shard::address(&lease.client) == client)
            });
        }
        let shard = core.lease();
        leases.push(Lease {
            client: Weak::clone(core.weak()),
            shard: Arc::clone(&shard),
        });
        Some(shard)
    }
}

/// The thread's shard for a client; made when it has none.
pub(crate) fn shard(core: &Core) -> Option<Arc<Shard>> {
    THREAD.try_with(|thread| thread.shard(core)).ok().flatten()
}

/// Calls `use_shard` with the thread's shard for a client, or with a borrowed one
/// when the thread is ending.
pub(crate) fn with_shard<R>(core: &Core, use_shard: impl FnOnce(&Arc<Shard>) -> R) -> R {
    if let Some(shard) = shard(core) {
        return use_shard(&shard);
    }
    let borrowed = core.lease();
    let result = use_shard(&borrowed);
    core.worker().shared.park(borrowed);
    result
}

/// Makes the thread's shard for a client current until something else is.
pub(crate) fn stay(core: &Core) {
    if let Some(shard) = shard(core) {
        drop(shard::replace_current(Some(shard)));
    }
}

/// After a fork: makes a shard of this process current where an inherited one of this client is.
pub(crate) fn renew(core: &Core, current: &Shard) {
    if current.is_inherited() && current.belongs_to(core.weak()) {
        stay(core);
    }
}

/// The slot of a name made at run time; from the thread's own list when it is there.
pub(crate) fn name_slot(core: &Core, kind: Kind, name: &str) -> Option<u32> {
    let group: Group = (core.number(), kind as u64);
    let known = THREAD.try_with(|thread| {
        let names = thread.names.try_borrow().ok()?;
        names.get(group, name)
    });
    if let Ok(Some(slot)) = known {
        return Some(slot as u32);
    }
    let slot = match core.clean_name(kind, name) {
        NameSlot::Own(slot) => slot,
        NameSlot::Overflow(slot) => return Some(slot),
        NameSlot::Nothing => return None,
    };
    let _ = THREAD.try_with(|thread| {
        if let Ok(mut names) = thread.names.try_borrow_mut() {
            names.insert(group, name.into(), slot.into());
        }
    });
    Some(slot)
}

/// A number in [0, 1) from the thread's generator.
pub(crate) fn random() -> f64 {
    let drawn = THREAD.try_with(|thread| {
        let mut random = thread.random.try_borrow_mut().ok()?;
        let now = fork::generation();
        let own = random.take().filter(|(generation, _)| *generation == now);
        let (_, generator) = random.insert(own.unwrap_or_else(|| (now, rate::seeded())));
        Some(generator.random())
    });
    drawn
        .ok()
        .flatten()
        .unwrap_or_else(|| rate::seeded().random())
}
