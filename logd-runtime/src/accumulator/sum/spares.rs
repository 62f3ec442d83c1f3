//! Sums for another use: opening an accumulator allocates nothing once a thread has done so
//! before.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::Sum;
use crate::fork::PerProcess;
use crate::record::quiet::made_quietly;
use crate::sync::{IS_REUSED, thread_local};

/// Sums for another use that one thread keeps at most.
const MOST_KEPT: usize = 64;

/// Sums that are in no use and on no thread's list.
static SPARES: PerProcess<Mutex<Vec<&'static Sum>>> = PerProcess::new();

thread_local! {
    static KEPT: RefCell<Kept> = const { RefCell::new(Kept(Vec::new())) };
}

struct Kept(Vec<&'static Sum>);

impl Drop for Kept {
    fn drop(&mut self) {
        // A thread that ends may wait, as it does to park its shards: what it did not pass on
        // would be nobody's for ever. Who has the list copies a few addresses.
        all()
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .append(&mut self.0);
    }
}

fn all() -> &'static Mutex<Vec<&'static Sum>> {
    made_quietly(&SPARES, |_| Mutex::default())
}

/// The common list, unless another thread has it right now: nobody waits for it.
fn spares() -> Option<MutexGuard<'static, Vec<&'static Sum>>> {
    match all().try_lock() {
        Ok(spares) => Some(spares),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

pub(super) fn take() -> &'static Sum {
    let kept = KEPT.try_with(|kept| {
        let mut kept = kept.try_borrow_mut().ok()?;
        if kept.0.is_empty()
            && let Some(mut spares) = spares()
        {
            let half = spares.len().min(MOST_KEPT / 2);
            let rest = spares.len() - half;
            kept.0.extend(spares.drain(rest..));
        }
        kept.0.pop()
    });
    kept.ok()
        .flatten()
        .unwrap_or_else(|| Box::leak(Box::default()))
}

pub(super) fn give_back(sum: &'static Sum) {
    if !IS_REUSED {
        return;
    }
    let kept = KEPT.try_with(|kept| {
        let mut kept = kept.try_borrow_mut().ok()?;
        // A thread that closes what others open passes half of its list on.
        if kept.0.len() >= MOST_KEPT
            && let Some(mut spares) = spares()
        {
            spares.extend(kept.0.drain(MOST_KEPT / 2..));
        }
        kept.0.push(sum);
        Some(())
    });
    if !matches!(kept, Ok(Some(())))
        && let Some(mut spares) = spares()
    {
        spares.push(sum);
    }
}
