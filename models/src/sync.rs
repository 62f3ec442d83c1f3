//! What `logd-runtime/src/sync.rs` is to the library, with a checker's types.

#[cfg(loom)]
use loom as checker;
#[cfg(not(loom))]
use shuttle as checker;

pub(crate) use std::sync::{MutexGuard, PoisonError};

pub(crate) use checker::hint::spin_loop;
#[cfg(not(loom))]
pub(crate) use checker::thread_local;

#[cfg(not(loom))]
pub(crate) mod atomic {
    pub(crate) use shuttle::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering, fence,
    };
}

#[cfg(loom)]
pub(crate) mod atomic {
    pub(crate) use loom::sync::atomic::{Ordering, fence};

    loom::lazy_static! {
        static ref STEPS: loom::sync::atomic::AtomicU8 = loom::sync::atomic::AtomicU8::new(0);
    }

    /// Makes every step of one thread depend on every step of the others. loom keeps one
    /// last access of an atomic, so it forgets that a thread read what another one
    /// reads and then writes: the usual step of a cell with one writer. A relaxed store
    /// orders nothing else.
    fn step() {
        STEPS.store(0, Ordering::Relaxed);
    }

    macro_rules! atomics {
        ($($name:ident: $value:ty),*) => {$(
            #[derive(Debug, Default)]
            pub(crate) struct $name(loom::sync::atomic::$name);

            impl $name {
                #[track_caller]
                pub(crate) fn new(value: $value) -> Self {
                    $name(loom::sync::atomic::$name::new(value))
                }

                #[track_caller]
                pub(crate) fn load(&self, order: Ordering) -> $value {
                    step();
                    self.0.load(order)
                }

                #[track_caller]
                pub(crate) fn store(&self, value: $value, order: Ordering) {
                    step();
                    self.0.store(value, order);
                }

                #[track_caller]
                #[allow(dead_code, reason = "not every width is taken by two")]
                pub(crate) fn compare_exchange(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    step();
                    self.0.compare_exchange(current, new, success, failure)
                }
            }
        )*};
    }

    atomics!(AtomicBool: bool, AtomicU32: u32, AtomicU64: u64);
}

/// The second: small enough that a model runs into the bound.
pub(crate) const fn size(_built: u64, modelled: u64) -> u64 {
    modelled
}

/// A lock that gives way to the schedule where it would wait. Shuttle's own remembers its
/// schedule, and those in statics outlive it.
#[cfg(not(loom))]
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

#[cfg(not(loom))]
impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Mutex(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> std::sync::LockResult<MutexGuard<'_, T>> {
        loop {
            match self.0.try_lock() {
                Ok(guard) => return Ok(guard),
                Err(std::sync::TryLockError::Poisoned(poisoned)) => return Err(poisoned),
                Err(std::sync::TryLockError::WouldBlock) => checker::thread::yield_now(),
            }
        }
    }
}

/// A cell that is set once. Neither checker has one, and std's would hide from them
/// that a reader waits for the writer's release.
#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    ready: atomic::AtomicBool,
    value: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        OnceLock {
            ready: atomic::AtomicBool::new(false),
            value: std::sync::OnceLock::new(),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        OnceLock {
            ready: atomic::AtomicBool::new(false),
            value: std::sync::OnceLock::new(),
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        if self.ready.load(atomic::Ordering::Acquire) {
            self.value.get()
        } else {
            None
        }
    }

    /// For one writer, which is all that the recorder has.
    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        self.value.set(value)?;
        self.ready.store(true, atomic::Ordering::Release);
        Ok(())
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        if self.value.get().is_none() {
            let _ = self.set(make());
        }
        self.value.get().expect("set just now, or before")
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        OnceLock::new()
    }
}
