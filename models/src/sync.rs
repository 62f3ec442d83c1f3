//! What `logd-runtime/src/sync.rs` is to the library, with a checker's types.

#[cfg(loom)]
use loom as checker;
#[cfg(not(loom))]
use shuttle as checker;

use std::ops::{Add, Deref, DerefMut};
use std::sync::TryLockError;
use std::sync::atomic as real;
use std::time::Duration;

pub(crate) use std::sync::PoisonError;

pub(crate) use checker::hint::spin_loop;
pub(crate) use checker::thread;
#[cfg(not(loom))]
pub(crate) use checker::thread_local;

/// loom's takes no constant expressions.
#[cfg(loom)]
macro_rules! thread_local_of_loom {
    ($(static $name:ident: $value:ty = const { $first:expr };)*) => {
        loom::thread_local! { $(static $name: $value = $first;)* }
    };
}
#[cfg(loom)]
pub(crate) use thread_local_of_loom as thread_local;

/// Whether memory goes from one use to another: what loom watches belongs to one schedule.
pub(crate) const IS_REUSED: bool = cfg!(not(loom));

#[cfg(not(loom))]
pub(crate) mod atomic {
    pub(crate) use shuttle::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering, fence,
    };

    /// A place where another thread may go on.
    pub(crate) fn step() {
        AtomicBool::new(false).store(true, Ordering::Relaxed);
    }
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
    pub(crate) fn step() {
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

                /// It never fails for no reason here: that is one more turn of a loop.
                #[track_caller]
                #[allow(dead_code, reason = "not every width is changed in a loop")]
                pub(crate) fn compare_exchange_weak(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    self.compare_exchange(current, new, success, failure)
                }
            }
        )*};
    }

    impl AtomicU64 {
        #[track_caller]
        pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
            step();
            self.0.fetch_add(value, order)
        }

        #[track_caller]
        pub(crate) fn fetch_sub(&self, value: u64, order: Ordering) -> u64 {
            step();
            self.0.fetch_sub(value, order)
        }

        #[track_caller]
        pub(crate) fn fetch_or(&self, value: u64, order: Ordering) -> u64 {
            step();
            self.0.fetch_or(value, order)
        }

        #[track_caller]
        pub(crate) fn fetch_and(&self, value: u64, order: Ordering) -> u64 {
            step();
            self.0.fetch_and(value, order)
        }
    }

    atomics!(AtomicBool: bool, AtomicU32: u32, AtomicU64: u64);
}

/// The second: small enough that a model runs into the bound.
pub(crate) const fn size(_built: u64, modelled: u64) -> u64 {
    modelled
}

/// A lock that gives way to the schedule where it would wait. Shuttle's own remembers its
/// schedule, and those in statics outlive it.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

/// The lock while it is held, which a [`Condvar`] lets go of.
#[derive(Debug)]
pub(crate) struct MutexGuard<'a, T> {
    lock: &'a Mutex<T>,
    guard: std::sync::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Mutex(std::sync::Mutex::new(value))
    }

    pub(crate) fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError<MutexGuard<'_, T>>> {
        let held = |guard| MutexGuard { lock: self, guard };
        atomic::step();
        match self.0.try_lock() {
            Ok(guard) => Ok(held(guard)),
            Err(TryLockError::Poisoned(poisoned)) => {
                Err(PoisonError::new(held(poisoned.into_inner())).into())
            }
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
        }
    }

    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, T>, PoisonError<MutexGuard<'_, T>>> {
        loop {
            match self.try_lock() {
                Ok(guard) => return Ok(guard),
                Err(TryLockError::Poisoned(poisoned)) => return Err(poisoned),
                Err(TryLockError::WouldBlock) => checker::thread::yield_now(),
            }
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// A condition that gives way to the schedule where it would wait, and whose time limits are
/// those of [`Instant`]: neither checker's has any.
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    notified: real::AtomicU64,
}

impl Condvar {
    pub(crate) const fn new() -> Self {
        Condvar {
            notified: real::AtomicU64::new(0),
        }
    }

    pub(crate) fn notify_all(&self) {
        atomic::step();
        self.notified.fetch_add(1, real::Ordering::Relaxed);
    }

    #[allow(clippy::type_complexity, reason = "the type of std's")]
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        time: Duration,
    ) -> Result<(MutexGuard<'a, T>, bool), PoisonError<(MutexGuard<'a, T>, bool)>> {
        let lock = guard.lock;
        let before = self.notified.load(real::Ordering::Relaxed);
        drop(guard);
        let until = Instant::now() + time;
        let over = loop {
            if self.notified.load(real::Ordering::Relaxed) != before {
                break false;
            }
            if Instant::now() >= until {
                break true;
            }
            checker::thread::yield_now();
        };
        match lock.lock() {
            Ok(guard) => Ok((guard, over)),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), over))),
        }
    }

    #[allow(clippy::type_complexity, reason = "the type of std's")]
    pub(crate) fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        time: Duration,
        mut holds: impl FnMut(&mut T) -> bool,
    ) -> Result<(MutexGuard<'a, T>, bool), PoisonError<(MutexGuard<'a, T>, bool)>> {
        let until = Instant::now() + time;
        loop {
            if !holds(&mut guard) {
                return Ok((guard, false));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok((guard, true));
            }
            guard = self.wait_timeout(guard, left)?.0;
        }
    }
}

/// A clock that goes on by a millisecond whenever somebody looks at it, so that a schedule is
/// the same however fast it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

static NOW: real::AtomicU64 = real::AtomicU64::new(0);

impl Instant {
    pub(crate) fn now() -> Self {
        Instant(Duration::from_millis(
            NOW.fetch_add(1, real::Ordering::Relaxed),
        ))
    }

    pub(crate) fn elapsed(self) -> Duration {
        Instant::now().saturating_duration_since(self)
    }

    pub(crate) fn checked_add(self, time: Duration) -> Option<Self> {
        self.0.checked_add(time).map(Instant)
    }

    pub(crate) fn duration_since(self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }

    pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn checked_duration_since(self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Instant(self.0 + time)
    }
}

/// A cell that is filled by whoever comes first, and whose places in a schedule are its own:
/// how its memory is ordered is its crate's to see to.
#[derive(Debug)]
pub(crate) struct OnceBox<T>(once_cell::race::OnceBox<T>);

/// Whether such cells are places in a schedule now. Those of statics are not in loom's, where
/// each schedule has to take the same steps.
pub(crate) static WATCHES_CELLS: real::AtomicBool = real::AtomicBool::new(false);

/// The only thread that goes on beyond its next look at a cell, as after a fork.
static ONLY: std::sync::Mutex<Option<thread::ThreadId>> = std::sync::Mutex::new(None);

/// From here on this thread is the only one, wherever the others are at cells.
pub(crate) fn stop_others() {
    *ONLY.lock().expect("no panic") = Some(thread::current().id());
}

/// In a model of a fork: to let them end, which they would not in a child.
pub(crate) fn let_others_go_on() {
    *ONLY.lock().expect("no panic") = None;
}

fn step_at_cell() {
    if WATCHES_CELLS.load(real::Ordering::Relaxed) {
        atomic::step();
        while ONLY
            .lock()
            .expect("no panic")
            .is_some_and(|only| only != thread::current().id())
        {
            thread::yield_now();
        }
    }
}

impl<T> OnceBox<T> {
    pub(crate) const fn new() -> Self {
        OnceBox(once_cell::race::OnceBox::new())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        step_at_cell();
        self.0.get()
    }

    pub(crate) fn set(&self, value: Box<T>) -> Result<(), Box<T>> {
        step_at_cell();
        self.0.set(value)
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> Box<T>) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        let _ = self.set(make());
        self.get().expect("set just now, or by another thread")
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
