//! What `logd-runtime/src/sync.rs` is to the library, for threads that run under valgrind:
//! locks that it knows, and atomics that say which thread comes after which. Rust's own locks
//! are words to it, and an atomic load a load like any other.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::TryLockError;
use std::time::Duration;

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::PoisonError;
pub(crate) use std::time::Instant;
pub(crate) use std::{thread, thread_local};

/// Memory goes from one use to another.
pub(crate) const IS_REUSED: bool = true;

/// The second: small enough that a few steps run into the bound.
pub(crate) const fn size(_built: u64, modelled: u64) -> u64 {
    modelled
}

unsafe extern "C" {
    fn note_happens_before(word: *const libc::c_void);
    fn note_happens_after(word: *const libc::c_void);
}

/// Lets other threads go on now and then: valgrind runs one at a time, for long.
fn step() {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEEDS: AtomicU64 = AtomicU64::new(1);
    std::thread_local! {
        static STATE: Cell<u64> = Cell::new(SEEDS.fetch_add(1, Ordering::Relaxed));
    }
    let next = |state: u64| {
        state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1)
    };
    let turn = STATE.try_with(|state| {
        state.set(next(state.get()));
        state.get() >> 61
    });
    if turn == Ok(0) {
        thread::yield_now();
    }
}

/// What this thread has done comes before what others do who see this word changed.
fn release<T>(word: &T) {
    // SAFETY: valgrind takes the address as a name and reads nothing.
    unsafe { note_happens_before(std::ptr::from_ref(word).cast()) }
}

/// What this thread does comes after what those did who changed this word.
fn acquire<T>(word: &T) {
    // SAFETY: as above.
    unsafe { note_happens_after(std::ptr::from_ref(word).cast()) }
}

pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{Ordering, fence};

    use super::{acquire, release, step};

    const fn releases(order: Ordering) -> bool {
        matches!(
            order,
            Ordering::Release | Ordering::AcqRel | Ordering::SeqCst
        )
    }

    const fn acquires(order: Ordering) -> bool {
        matches!(
            order,
            Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst
        )
    }

    macro_rules! atomics {
        ($($name:ident$(<$t:ident>)?: $value:ty, [$($changed:ident)*];)*) => {$(
            #[derive(Debug, Default)]
            pub(crate) struct $name$(<$t>)?(std::sync::atomic::$name$(<$t>)?);

            #[allow(dead_code, reason = "all have the same, and each its use")]
            impl$(<$t>)? $name$(<$t>)? {
                pub(crate) const fn new(value: $value) -> Self {
                    $name(std::sync::atomic::$name::new(value))
                }

                pub(crate) fn load(&self, order: Ordering) -> $value {
                    step();
                    let value = self.0.load(order);
                    if acquires(order) {
                        acquire(self);
                    }
                    value
                }

                pub(crate) fn store(&self, value: $value, order: Ordering) {
                    step();
                    if releases(order) {
                        release(self);
                    }
                    self.0.store(value, order);
                }

                pub(crate) fn compare_exchange(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    if releases(success) {
                        release(self);
                    }
                    let result = self.0.compare_exchange(current, new, success, failure);
                    if acquires(if result.is_ok() { success } else { failure }) {
                        acquire(self);
                    }
                    result
                }

                pub(crate) fn compare_exchange_weak(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    self.compare_exchange(current, new, success, failure)
                }

                $(pub(crate) fn $changed(&self, value: $value, order: Ordering) -> $value {
                    if releases(order) {
                        release(self);
                    }
                    let before = self.0.$changed(value, order);
                    if acquires(order) {
                        acquire(self);
                    }
                    before
                })*
            }
        )*};
    }

    atomics! {
        AtomicBool: bool, [swap];
        AtomicU8: u8, [swap];
        AtomicU32: u32, [fetch_add];
        AtomicU64: u64, [fetch_add fetch_sub fetch_or fetch_and];
        AtomicPtr<T>: *mut T, [swap];
    }
}

/// A lock of the C library's, whose order valgrind knows.
pub(crate) struct Mutex<T> {
    lock: UnsafeCell<libc::pthread_mutex_t>,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by the thread that holds the lock, one at a time.
unsafe impl<T: Send> Sync for Mutex<T> {}
// SAFETY: a lock is moved only while nobody can hold it: who does, borrows it.
unsafe impl<T: Send> Send for Mutex<T> {}

// As std's has them for any value.
impl<T> UnwindSafe for Mutex<T> {}
impl<T> RefUnwindSafe for Mutex<T> {}

/// The lock while it is held.
pub(crate) struct MutexGuard<'a, T>(&'a Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Mutex {
            lock: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            value: UnsafeCell::new(value),
        }
    }

    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, T>, PoisonError<MutexGuard<'_, T>>> {
        step();
        // SAFETY: initialised, and where it is as long as it is borrowed.
        let error = unsafe { libc::pthread_mutex_lock(self.lock.get()) };
        assert_eq!(error, 0, "the lock");
        Ok(MutexGuard(self))
    }

    pub(crate) fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError<MutexGuard<'_, T>>> {
        // SAFETY: as above.
        match unsafe { libc::pthread_mutex_trylock(self.lock.get()) } {
            0 => Ok(MutexGuard(self)),
            _ => Err(TryLockError::WouldBlock),
        }
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> std::fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mutex")
    }
}

impl<T> std::fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MutexGuard")
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread holds the lock.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this thread holds the lock, by this guard alone.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this thread holds the lock.
        let error = unsafe { libc::pthread_mutex_unlock(self.0.lock.get()) };
        assert_eq!(error, 0, "the lock");
    }
}

/// A condition of the C library's.
pub(crate) struct Condvar(UnsafeCell<libc::pthread_cond_t>);

// SAFETY: the C library's functions may be called by all threads at once.
unsafe impl Sync for Condvar {}
// SAFETY: it is moved only while nobody can wait: who does, borrows it.
unsafe impl Send for Condvar {}

impl Condvar {
    pub(crate) const fn new() -> Self {
        Condvar(UnsafeCell::new(libc::PTHREAD_COND_INITIALIZER))
    }

    pub(crate) fn notify_all(&self) {
        // SAFETY: initialised, and where it is as long as it is borrowed.
        unsafe { libc::pthread_cond_broadcast(self.0.get()) };
    }

    #[allow(clippy::type_complexity, reason = "the type of std's")]
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        time: Duration,
    ) -> Result<(MutexGuard<'a, T>, bool), PoisonError<(MutexGuard<'a, T>, bool)>> {
        let mut until = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: `until` lives until the calls return, and this thread holds the lock.
        let error = unsafe {
            libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut until);
            let nanoseconds = until.tv_nsec + i64::from(time.subsec_nanos());
            until.tv_sec += time.as_secs() as i64 + nanoseconds / 1_000_000_000;
            until.tv_nsec = nanoseconds % 1_000_000_000;
            libc::pthread_cond_timedwait(self.0.get(), guard.0.lock.get(), &raw const until)
        };
        Ok((guard, error == libc::ETIMEDOUT))
    }

    #[allow(clippy::type_complexity, reason = "the type of std's")]
    pub(crate) fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        time: Duration,
        mut holds: impl FnMut(&mut T) -> bool,
    ) -> Result<(MutexGuard<'a, T>, bool), PoisonError<(MutexGuard<'a, T>, bool)>> {
        let until = Instant::now() + time;
        while holds(&mut guard) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok((guard, true));
            }
            guard = self.wait_timeout(guard, left)?.0;
        }
        Ok((guard, false))
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Condvar::new()
    }
}

impl std::fmt::Debug for Condvar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Condvar")
    }
}

/// A cell that is set once.
#[derive(Debug)]
pub(crate) struct OnceLock<T>(std::sync::OnceLock<T>);

impl<T> OnceLock<T> {
    pub(crate) const fn new() -> Self {
        OnceLock(std::sync::OnceLock::new())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        let value = self.0.get();
        acquire(self);
        value
    }

    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        release(self);
        self.0.set(value)
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let value = self.0.get_or_init(|| {
            let value = make();
            release(self);
            value
        });
        acquire(self);
        value
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        OnceLock::new()
    }
}

/// A cell that is filled by whoever comes first.
#[derive(Debug)]
pub(crate) struct OnceBox<T>(once_cell::race::OnceBox<T>);

impl<T> OnceBox<T> {
    pub(crate) const fn new() -> Self {
        OnceBox(once_cell::race::OnceBox::new())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        let value = self.0.get();
        acquire(self);
        value
    }

    pub(crate) fn set(&self, value: Box<T>) -> Result<(), Box<T>> {
        release(self);
        self.0.set(value)
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> Box<T>) -> &T {
        let value = self.0.get_or_init(|| {
            let value = make();
            release(self);
            value
        });
        acquire(self);
        value
    }
}
