//! One thread's slots for one client, and the thread-local pointer to the shard
//! that calls record into. A call finds its slot with one comparison against a
//! length that anybody may set to 0, which sends every later call the slow way.
#![allow(
    unsafe_code,
    reason = "a bare pointer to the newest array is what makes finding it one load"
)]

mod current;
mod once;

use std::any::Any;
use std::ptr;
use std::sync::{Arc, Weak};

pub(crate) use self::current::{
    Entered, Quiet, current, is_busy, mute, quiet, replace_current, slow_path, this_thread,
    with_slot, with_slot_of, with_slots,
};
use self::current::{LEAVE_SLOTS, refresh_current};
pub(crate) use self::once::SetOnce;
use super::events::EventRing;
use super::slot::Slot;
use crate::fork;
use crate::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use crate::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The slots of one thread for one client. It outlives its thread: the next
/// thread that needs one goes on where this one stopped.
#[derive(Debug)]
pub(crate) struct Shard {
    /// The newest of `arrays`.
    newest: AtomicPtr<Array>,
    /// Every array there was: counted, so that none moves, and kept until the shard
    /// goes, so that no pointer to one dangles. Sizes double, so the old ones
    /// together are smaller than the newest.
    arrays: Mutex<Vec<Arc<Array>>>,
    /// Whether calls may use the slots; else they go the slow way, where the client decides.
    direct: AtomicBool,
    events: OnceLock<EventRing>,
    /// The process that it belongs to: children inherit it, and leave it alone.
    generation: u32,
    /// The client it records for, opaque to this layer.
    owner: Weak<dyn Any + Send + Sync>,
}

/// A header and the slots behind it; the slot of the metric `index` is `slots[index]`.
#[derive(Debug)]
struct Array {
    slots: Box<[Slot]>,
}

impl Array {
    /// In bytes, as places are counted.
    fn size(&self) -> u64 {
        size_of_val(&*self.slots) as u64
    }

    fn header(&self) -> &Slot {
        &self.slots[0]
    }
}

impl Shard {
    pub(crate) fn new(owner: Weak<dyn Any + Send + Sync>, direct: bool) -> Self {
        LEAVE_SLOTS.register();
        let shard = Shard {
            newest: AtomicPtr::new(ptr::null_mut()),
            arrays: Mutex::default(),
            direct: AtomicBool::new(direct),
            events: OnceLock::new(),
            generation: fork::generation(),
            owner,
        };
        shard.add_array(&mut shard.lock(), 16);
        // Later arrays take the header over. The address stays this client's own for
        // as long as the shard keeps a weak reference to it.
        shard.newest().header().set_owner(address(&shard.owner));
        shard
    }

    pub(crate) fn owner(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.owner.upgrade()
    }

    /// Whether it is an ancestor's: the worker of this process does not know it.
    pub(crate) fn is_inherited(&self) -> bool {
        self.generation != fork::generation()
    }

    /// Whether it records for this client.
    pub(crate) fn belongs_to<T>(&self, owner: &Weak<T>) -> bool {
        address(&self.owner) == address(owner)
    }

    /// The queue of single events, for clients that send each.
    pub(crate) fn events(&self) -> &EventRing {
        self.events.get_or_init(EventRing::new)
    }

    /// The queue of single events, if there ever was one.
    pub(crate) fn existing_events(&self) -> Option<&EventRing> {
        self.events.get()
    }

    /// The header and, behind it, the slots as they are now. What they hold is
    /// carried over into any later array.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.newest().slots
    }

    /// The header alone.
    pub(crate) fn header(&self) -> &Slot {
        self.newest().header()
    }

    /// The slot of a metric, made when there is none yet. For the shard's own thread.
    pub(crate) fn slot(&self, index: u32) -> &Slot {
        let index = index as usize;
        if self.slots().len() <= index {
            let mut arrays = self.lock();
            let size = (index + 1).next_power_of_two();
            self.add_array(&mut arrays, size);
            drop(arrays);
            refresh_current(self);
        }
        &self.slots()[index]
    }

    /// Lets calls use the slots, or sends them the slow way.
    pub(crate) fn set_direct(&self, direct: bool) {
        // Under the lock, so that an array that is being added does not miss it.
        let _arrays = self.lock();
        self.direct.store(direct, Ordering::Relaxed);
        let array = self.newest();
        array
            .header()
            .set_length(if direct { array.size() } else { 0 });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Array>>> {
        self.arrays.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_array(&self, arrays: &mut Vec<Arc<Array>>, size: usize) {
        // All memory first: what an instrumented allocator records meanwhile still
        // goes to the old array, and is taken over with the rest.
        let array = Arc::new(Array {
            slots: (0..size).map(|_| Slot::default()).collect(),
        });
        arrays.reserve(1);
        let old = arrays.last().map_or(&[][..], |array| &array.slots[..]);
        for (slot, old) in array.slots.iter().zip(old) {
            slot.take_over(old);
        }
        let direct = self.direct.load(Ordering::Relaxed);
        array
            .header()
            .set_length(if direct { array.size() } else { 0 });
        let newest = Arc::as_ptr(&array).cast_mut();
        arrays.push(array);
        // ORDERING: the array's content is readable for whoever sees the pointer.
        self.newest.store(newest, Ordering::Release);
    }

    fn newest(&self) -> &Array {
        // ORDERING: pairs with the release in `add_array`.
        let newest = self.newest.load(Ordering::Acquire);
        // SAFETY: `add_array`, which `new` calls, stored the address of an
        // array that `arrays` holds until the shard goes; nobody ever borrows an
        // array mutably, so a shared reference as long as the shard's is valid.
        unsafe { &*newest }
    }
}

/// What tells one client from another.
pub(crate) fn address<T: ?Sized>(owner: &Weak<T>) -> u64 {
    owner.as_ptr().cast::<()>().addr() as u64
}

/// Where a metric's slot is in every shard, in bytes: a call has nothing to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u32);

impl Place {
    /// In no shard.
    pub(crate) const NONE: Place = Place(u32::MAX);

    pub(crate) const fn of(slot: u32) -> Self {
        match slot.checked_mul(size_of::<Slot>() as u32) {
            Some(place) => Place(place),
            None => Place::NONE,
        }
    }
}

/// A place that a handle finds out once.
#[derive(Debug)]
pub(crate) struct AtomicPlace(AtomicU32);

impl AtomicPlace {
    pub(crate) const fn new(place: Place) -> Self {
        AtomicPlace(AtomicU32::new(place.0))
    }

    #[inline]
    pub(crate) fn load(&self) -> Place {
        Place(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn store(&self, place: Place) {
        self.0.store(place.0, Ordering::Relaxed);
    }
}
