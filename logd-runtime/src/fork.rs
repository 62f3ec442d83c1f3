//! What a child process has of its own after `fork`.
//!
//! A child has one thread, the one that forked, and a copy of all memory as it was at that
//! moment: a lock that another thread held stays locked for ever, a list that it was changing
//! stays half changed, and what was recorded but not sent is the parent's to send. So the child
//! uses none of it. Every lock, and everything behind one, is in a [`PerProcess`], which begins
//! anew where it is first used in a child; what is inherited is left as it is and never freed.
//! What it may read are words that are whole at any moment: metrics that were registered
//! ([`List`](crate::record::list::List)), configurations that were set once, and the like.
//!
//! The hot way asks nothing: the forking thread's pointer to its slots is turned to an empty
//! array in the child ([`shard`](crate::record::shard)), so its next event takes the slow way
//! and finds itself in another process. All other threads of the child are new and have no
//! slots yet. Programs that are started (`exec`, `posix_spawn`, `vfork`) are not touched: they
//! have no memory of ours, or give it back.

use std::any::Any;
use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::sync::{OnceBox, thread};
use crate::sys;

/// Counts the forks between the first process and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

static NEXT_GENERATION: ChildHook = ChildHook::new(next_generation);

/// The child is another process than its parent; models call it where they fork.
pub(crate) extern "C" fn next_generation() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Which process this is, among those that memory was inherited through.
#[inline]
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Starts a thread; in a child process without std, which may be waiting there for a lock of
/// its own that the child inherited. `false` when no thread can be had.
pub(crate) fn start_thread(name: &'static CStr, run: Box<dyn FnOnce() + Send>) -> bool {
    if generation() > 0 {
        return sys::start_bare_thread(name, run);
    }
    thread::Builder::new()
        .name(name.to_string_lossy().into_owned())
        .spawn(run)
        .is_ok()
}

/// A function that runs first thing in every child, on its one thread. It may be told twice
/// to, and it must do no more than set words: another thread may have held any lock.
#[derive(Debug)]
pub(crate) struct ChildHook {
    run: extern "C" fn(),
    registered: AtomicBool,
}

impl ChildHook {
    pub(crate) const fn new(run: extern "C" fn()) -> Self {
        ChildHook {
            run,
            registered: AtomicBool::new(false),
        }
    }

    /// From here on it runs in children. Two threads may both see to it, since neither waits
    /// for the other: a child could wait for ever.
    pub(crate) fn register(&self) {
        // ORDERING: pairs with the release below.
        if !self.registered.load(Ordering::Acquire) {
            let registered = sys::run_in_child(self.run);
            // ORDERING: who sees it need not register again.
            self.registered.store(registered, Ordering::Release);
        }
    }
}

/// A value that each process makes for itself.
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    values: Values,
    of: PhantomData<T>,
}

/// From the first process that made one. Without the value's type, so that all of this is
/// compiled once and not for each.
#[derive(Debug)]
struct Values {
    first: OnceBox<Own>,
}

type Value = Arc<dyn Shared>;

/// What a handle may keep without being less than it is: sound to share between threads, and
/// behind a panic.
pub(crate) trait Shared: Any + Send + Sync + UnwindSafe + RefUnwindSafe {}

impl<T: Any + Send + Sync + UnwindSafe + RefUnwindSafe> Shared for T {}

impl fmt::Debug for dyn Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// The value of one process, and behind it that of a child.
#[derive(Debug)]
struct Own {
    generation: u32,
    value: Value,
    /// Filled by whoever comes first, without a lock: a fork in the middle leaves it empty.
    next: OnceBox<Own>,
}

impl<T: Shared> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        PerProcess {
            values: Values {
                first: OnceBox::new(),
            },
            of: PhantomData,
        }
    }

    /// This process's value, unless it has none yet.
    pub(crate) fn get(&self) -> Option<&T> {
        self.values.get()?.downcast_ref()
    }

    /// This process's value. Where there is none yet it is made, perhaps by two threads at
    /// once, of which one is heeded; `make` is given what was inherited, behind whose locks
    /// nothing is to be looked at.
    pub(crate) fn get_or_init(&self, make: impl FnOnce(Option<&T>) -> T) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        let mut make = Some(make);
        let value = self.values.init(&mut |inherited| {
            let make = make.take().expect("values are made once");
            Arc::new(make(inherited.and_then(<dyn Any>::downcast_ref)))
        });
        value.downcast_ref().expect("all values are of one type")
    }
}

impl Values {
    fn get(&self) -> Option<&dyn Any> {
        let mut own = self.first.get()?;
        while let Some(next) = own.next.get() {
            own = next;
        }
        (own.generation == generation()).then_some(&*own.value)
    }

    #[cold]
    fn init(&self, make: &mut dyn FnMut(Option<&dyn Any>) -> Value) -> &dyn Any {
        NEXT_GENERATION.register();
        let generation = generation();
        let mut place = &self.first;
        let mut inherited = None;
        // One that another thread has just made is not inherited.
        while let Some(own) = place.get()
            && own.generation != generation
        {
            inherited = Some(own);
            place = &own.next;
        }
        let own = place.get_or_init(|| {
            Box::new(Own {
                generation,
                value: make(inherited.map(|own| &*own.value as &dyn Any)),
                next: OnceBox::new(),
            })
        });
        &*own.value
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        let mut place = &self.first;
        while let Some(own) = place.get() {
            if own.generation != generation() {
                // It may have been in the middle of a change.
                std::mem::forget(Arc::clone(&own.value));
            }
            place = &own.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_a_process_and_sees_what_was_inherited() {
        // The other tests of this binary keep nothing for longer than a call.
        let value = PerProcess::new();
        let make = |inherited: Option<&u32>| inherited.map_or(1, |value| value + 1);
        assert_eq!(*value.get_or_init(make), 1);
        assert_eq!(*value.get_or_init(make), 1);
        assert!(value.get().is_some());
    }
}
