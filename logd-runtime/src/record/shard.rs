//! One thread's slots for one client, and the thread-local pointer to the shard
//! that calls record into. A call finds its slot with one comparison against a
//! length that anybody may set to 0, which sends every later call the slow way.
#![allow(
    unsafe_code,
    reason = "a bare pointer to the current shard is what makes a recorded event cost one comparison"
)]

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::{Arc, Weak};

use super::events::EventRing;
use super::slot::Slot;
use crate::fork::{self, ChildHook};
use crate::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use crate::sync::{Mutex, MutexGuard, OnceLock, PoisonError, thread_local};

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
fn address<T: ?Sized>(owner: &Weak<T>) -> u64 {
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

/// Where the calls of this thread go.
struct Current {
    /// The first slot, the header, of the current shard's newest array, or of [`NOWHERE`].
    slots: Cell<*const Slot>,
    /// The current shard as a strong reference that this cell owns; null for none.
    shard: Cell<*const Shard>,
    /// Whether the thread is on the slow path: what that path itself calls (an
    /// instrumented allocator) must not come in again.
    busy: Cell<bool>,
    /// Events that came in all the same and could not be recorded.
    nested: Cell<u32>,
}

/// The header of an array without slots.
static NOWHERE: Slot = Slot::empty();

thread_local! {
    // Constant and without a destructor: reading it needs no registration, never
    // fails, and works in the destructors of other thread-locals.
    static CURRENT: Current = const {
        Current {
            slots: Cell::new(&raw const NOWHERE),
            shard: Cell::new(ptr::null()),
            busy: Cell::new(false),
            nested: Cell::new(0),
        }
    };
}

static LEAVE_SLOTS: ChildHook = ChildHook::new(leave_slots);

/// In a child: the thread's next event goes the slow way, where it gets a shard of this
/// process. Which shard was current stays known, and with it the client.
extern "C" fn leave_slots() {
    CURRENT.with(|current| current.slots.set(&raw const NOWHERE));
}

/// The same address, computed before it is used: the processor takes longer over an
/// update of a place that it finds by base and index, call after call.
#[cfg(all(target_arch = "x86_64", not(any(miri, loom))))]
#[inline(always)]
#[allow(
    clippy::pointers_in_nomem_asm_block,
    reason = "the block has no instruction that could follow it"
)]
fn in_a_register(mut slot: *const Slot) -> *const Slot {
    // SAFETY: no instruction at all; it only asks for the value in a register.
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) slot, options(pure, nomem, nostack, preserves_flags));
    }
    slot
}

#[cfg(not(all(target_arch = "x86_64", not(any(miri, loom)))))]
fn in_a_register(slot: *const Slot) -> *const Slot {
    slot
}

/// Calls `use_slot` with the metric's slot when the current shard has one that may be
/// used directly.
#[inline(always)]
pub(crate) fn with_slot<R>(place: Place, use_slot: impl FnOnce(&Slot) -> R) -> Option<R> {
    with_slots(place, |_, slot| use_slot(slot))
}

/// The same with the header too.
#[inline(always)]
fn with_slots<R>(place: Place, use_slots: impl FnOnce(&Slot, &Slot) -> R) -> Option<R> {
    // Only the pointer comes out of the closure: more in there is not always inlined.
    let slots = CURRENT.with(|current| current.slots.get());
    // SAFETY: `slots` is `NOWHERE`, or the first slot of an array of the shard whose
    // strong reference `CURRENT` owns. Arrays live as long as their shard. What
    // `use_slots` can reach, an allocator of the user's included, may make another
    // shard current, but `Entered` holds the reference meanwhile and puts it back.
    let header = unsafe { &*slots };
    if u64::from(place.0) >= header.length() {
        return None;
    }
    // SAFETY: as above; a place is a whole number of slots, a header's length never
    // exceeds its array's, and `NOWHERE`'s is 0.
    let slot = unsafe { &*in_a_register(slots.byte_add(place.0 as usize)) };
    Some(use_slots(header, slot))
}

/// The same for a metric that belongs to one client: only when that is the current one.
#[inline]
pub(crate) fn with_slot_of<R, T>(
    owner: &Weak<T>,
    place: Place,
    use_slot: impl FnOnce(&Slot) -> R,
) -> Option<R> {
    with_slots(place, |header, slot| {
        (header.owner() == address(owner)).then(|| use_slot(slot))
    })
    .flatten()
}

/// Runs the slow path, unless this thread is on it: then the event is one that
/// the path itself made, and is only counted. `settle` gets the count of those.
pub(crate) fn slow_path<R>(run: impl FnOnce() -> R, settle: impl FnOnce(&R, u32)) -> Option<R> {
    if is_busy() {
        CURRENT.with(|current| current.nested.set(current.nested.get().saturating_add(1)));
        return None;
    }
    let quiet = quiet();
    let result = run();
    drop(quiet);
    let nested = CURRENT.with(|current| current.nested.take());
    if nested > 0 {
        settle(&result, nested);
    }
    Some(result)
}

/// Keeps this thread off the slow path while it lives: events that come up
/// meanwhile are counted with the next one that takes it.
#[derive(Debug)]
#[must_use = "the thread is quiet only while this lives"]
pub(crate) struct Quiet {
    was_busy: bool,
    not_send: PhantomData<*const ()>,
}

pub(crate) fn quiet() -> Quiet {
    let was_busy = CURRENT.with(|current| current.busy.replace(true));
    Quiet {
        was_busy,
        not_send: PhantomData,
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        CURRENT.with(|current| current.busy.set(self.was_busy));
    }
}

/// What tells this thread from others that live, in its last moments too, when std has no
/// name for it any more.
pub(crate) fn this_thread() -> usize {
    CURRENT.with(|current| ptr::from_ref(current).addr())
}

/// Whether this thread is on the slow path.
pub(crate) fn is_busy() -> bool {
    CURRENT.with(|current| current.busy.get())
}

/// Lets nothing that this thread does be recorded: it is the one that drains.
pub(crate) fn mute() {
    replace_current(None);
    CURRENT.with(|current| current.busy.set(true));
}

/// The current shard of this thread, if one was made current.
pub(crate) fn current() -> Option<Arc<Shard>> {
    CURRENT.with(|current| {
        let shard = current.shard.get();
        if shard.is_null() {
            return None;
        }
        // SAFETY: the cell owns a strong reference that came from `Arc::into_raw`,
        // so the count is at least one and may be raised for the new `Arc`.
        unsafe {
            Arc::increment_strong_count(shard);
            Some(Arc::from_raw(shard))
        }
    })
}

/// A new array of the current shard: later calls of this thread use it.
fn refresh_current(shard: &Shard) {
    CURRENT.with(|current| {
        if ptr::eq(current.shard.get(), shard) {
            current.slots.set(shard.slots().as_ptr());
        }
    });
}

/// Makes a shard current until the next change, and gives back the one before.
pub(crate) fn replace_current(shard: Option<Arc<Shard>>) -> Option<Arc<Shard>> {
    CURRENT.with(|current| {
        let slots = shard
            .as_ref()
            // A scope may end in another process than it began in.
            .filter(|shard| !shard.is_inherited())
            .map_or(&raw const NOWHERE, |shard| shard.slots().as_ptr());
        let raw = shard.map_or(ptr::null(), Arc::into_raw);
        let before = current.shard.replace(raw);
        current.slots.set(slots);
        if before.is_null() {
            return None;
        }
        // SAFETY: the cell owned this strong reference, which came from
        // `Arc::into_raw`; it is taken out of the cell exactly once, here.
        Some(unsafe { Arc::from_raw(before) })
    })
}

/// Makes a shard current while it lives. Not `Send`: what it restores belongs to this thread.
#[derive(Debug)]
#[must_use = "the shard is current only while this lives"]
pub(crate) struct Entered {
    before: Option<Arc<Shard>>,
    not_send: PhantomData<*const ()>,
}

impl Entered {
    pub(crate) fn new(shard: Arc<Shard>) -> Self {
        Entered {
            before: replace_current(Some(shard)),
            not_send: PhantomData,
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        replace_current(self.before.take());
    }
}
