//! What a recording thread and the worker share memory through, named in one place:
//! the models in `models/` compile the same files against a checker's types instead.

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
pub(crate) use std::time::Instant;
pub(crate) use std::{thread, thread_local};

pub(crate) use once_cell::race::OnceBox;

pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering, fence,
    };
}

/// Whether memory goes from one use to another: what loom watches belongs to one schedule.
pub(crate) const IS_REUSED: bool = true;

/// A size as it is built. A model has the second in its place, so that it runs into
/// the bound within a few steps.
pub(crate) const fn size(built: u64, _modelled: u64) -> u64 {
    built
}
