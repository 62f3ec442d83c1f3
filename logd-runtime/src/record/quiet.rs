//! A lock that the slow path of recording takes too. While a thread holds one, what
//! it records itself (through an instrumented allocator, say) stays off that path:
//! it would wait for its own lock.

use std::ops::{Deref, DerefMut};

use super::shard::{Quiet, quiet};
use crate::fork::{PerProcess, Shared};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// A mutex whose holder records nothing the slow way. It does not poison: what it
/// guards is whole between any two statements.
#[derive(Debug, Default)]
pub(crate) struct QuietMutex<T>(Mutex<T>);

/// Fields drop in order: the lock is free before the thread records again.
#[derive(Debug)]
pub(crate) struct QuietGuard<'a, T> {
    guard: MutexGuard<'a, T>,
    _quiet: Quiet,
}

impl<T> QuietMutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        QuietMutex(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> QuietGuard<'_, T> {
        let quiet = quiet();
        let guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        QuietGuard {
            guard,
            _quiet: quiet,
        }
    }
}

impl<T> Deref for QuietGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for QuietGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// This process's value, made where there is none yet without recording what that allocates:
/// an instrumented allocator would find it missing again.
pub(crate) fn made_quietly<T: Shared>(
    own: &PerProcess<T>,
    make: impl FnOnce(Option<&T>) -> T,
) -> &T {
    if let Some(value) = own.get() {
        return value;
    }
    let _quiet = quiet();
    own.get_or_init(make)
}
