//! Where the calls of this thread go: the shard that is current, found through one
//! thread-local pointer.
#![allow(
    unsafe_code,
    reason = "a bare pointer to the current shard is what makes a recorded event cost one comparison"
)]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::{Arc, Weak};

use super::{Place, Shard, address};
use crate::fork::ChildHook;
use crate::record::slot::Slot;
use crate::sync::thread_local;

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

pub(super) static LEAVE_SLOTS: ChildHook = ChildHook::new(leave_slots);

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
pub(crate) fn with_slots<R>(place: Place, use_slots: impl FnOnce(&Slot, &Slot) -> R) -> Option<R> {
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
pub(super) fn refresh_current(shard: &Shard) {
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
