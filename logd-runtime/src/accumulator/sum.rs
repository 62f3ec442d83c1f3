//! The sum of an accumulator's sections, in memory that is used again: opening
//! and closing one allocates nothing once a thread has done so before.

use std::cell::RefCell;
use std::sync::TryLockError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::clock;
use crate::record::Reading;

/// Time spent in sections. Never freed, so that a section needs no count of its
/// holders; while several threads may touch it, [`share`](Self::share) makes
/// every update one step.
#[derive(Debug)]
pub(crate) struct Sum {
    /// Grows when it is closed: what was started before does not count any more.
    generation: AtomicU64,
    /// Who may still touch it: its owner, and tasks that took it along.
    users: AtomicU64,
    shared: AtomicBool,
    /// Sections that run now.
    active: AtomicU64,
    /// Sections that ended since the last reading.
    sections: AtomicU64,
    /// Clock readings at the ends less those at the starts of the time in which
    /// any section ran; wraps. Additions in any order give the same, so start and
    /// end need not be kept together.
    ticks: AtomicU64,
}

/// One use of a [`Sum`], from its opening to its closing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    sum: &'static Sum,
    generation: u64,
}

impl Use {
    /// An empty sum, which its one user must [`release`](Self::release).
    pub(crate) fn open() -> Self {
        let sum = take();
        sum.users.store(1, Ordering::Relaxed);
        Use {
            sum,
            generation: sum.generation.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn is(self, other: Use) -> bool {
        std::ptr::eq(self.sum, other.sum) && self.generation == other.generation
    }

    /// Whether it was not closed yet.
    pub(crate) fn is_open(self) -> bool {
        // ORDERING: pairs with `close`; an old generation means that all is over.
        self.sum.generation.load(Ordering::Acquire) == self.generation
    }

    /// From here on several threads may touch it at once.
    pub(crate) fn share(self) {
        // ORDERING: it is handed to the other thread afterwards, which orders the rest.
        self.sum.shared.store(true, Ordering::Release);
        self.sum.users.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives it up; the last user makes room for another use.
    pub(crate) fn release(self) {
        // ORDERING: what every user did is done before the last one clears it.
        if self.sum.users.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.sum.shared.store(false, Ordering::Relaxed);
            self.sum.active.store(0, Ordering::Relaxed);
            self.sum.sections.store(0, Ordering::Relaxed);
            self.sum.ticks.store(0, Ordering::Relaxed);
            give_back(self.sum);
        }
    }

    /// Begins a section.
    #[inline]
    pub(crate) fn start(self) {
        if add(&self.sum.active, 1, self.is_shared()) == 0 {
            add(
                &self.sum.ticks,
                clock::now().wrapping_neg(),
                self.is_shared(),
            );
        }
    }

    /// Ends a section. One that outlives its accumulator counts up to the reading.
    #[inline]
    pub(crate) fn stop(self) {
        if !self.is_open() {
            return;
        }
        let (now, shared) = (clock::now(), self.is_shared());
        if add(&self.sum.active, u64::MAX, shared) == 1 {
            add(&self.sum.ticks, now, shared);
        }
        add(&self.sum.sections, 1, shared);
    }

    /// The sum since the last reading, that of running sections included, unless
    /// there was no section at all.
    pub(crate) fn read(self) -> Option<Reading> {
        // ORDERING: who sees a section sees its time.
        let ended = self.sum.sections.swap(0, Ordering::AcqRel);
        let running = self.sum.active.load(Ordering::Acquire) > 0;
        if ended == 0 && !running {
            return None;
        }
        let ticks = if running {
            let now = clock::now();
            self.sum
                .ticks
                .swap(now.wrapping_neg(), Ordering::Relaxed)
                .wrapping_add(now)
        } else {
            self.sum.ticks.swap(0, Ordering::Relaxed)
        };
        Some(Reading::ticks(ticks))
    }

    /// The last reading: from here on it is not open any more.
    pub(crate) fn close(self) -> Option<Reading> {
        let reading = self.read();
        // ORDERING: whoever sees the new generation comes after the reading.
        self.sum
            .generation
            .store(self.generation + 1, Ordering::Release);
        reading
    }

    #[inline]
    fn is_shared(self) -> bool {
        // ORDERING: pairs with `share`.
        self.sum.shared.load(Ordering::Acquire)
    }
}

/// Adds, and gives back what was there before.
#[inline]
fn add(cell: &AtomicU64, value: u64, shared: bool) -> u64 {
    if shared {
        // ORDERING: starts and ends are counted in one order, so that exactly the
        // first start and the last end of an overlap touch the clock's sum.
        return cell.fetch_add(value, Ordering::AcqRel);
    }
    let before = cell.load(Ordering::Relaxed);
    cell.store(before.wrapping_add(value), Ordering::Relaxed);
    before
}

/// Sums for another use that one thread keeps at most.
const MOST_KEPT: usize = 64;

/// Sums that are in no use and on no thread's list.
static SPARES: Mutex<Vec<&'static Sum>> = Mutex::new(Vec::new());

thread_local! {
    static KEPT: RefCell<Kept> = const { RefCell::new(Kept(Vec::new())) };
}

struct Kept(Vec<&'static Sum>);

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(mut spares) = spares() {
            spares.append(&mut self.0);
        }
    }
}

/// The common list, unless another thread has it right now: nobody waits for it.
fn spares() -> Option<MutexGuard<'static, Vec<&'static Sum>>> {
    match SPARES.try_lock() {
        Ok(spares) => Some(spares),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn take() -> &'static Sum {
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
    kept.ok().flatten().unwrap_or_else(|| {
        Box::leak(Box::new(Sum {
            generation: AtomicU64::new(0),
            users: AtomicU64::new(0),
            shared: AtomicBool::new(false),
            active: AtomicU64::new(0),
            sections: AtomicU64::new(0),
            ticks: AtomicU64::new(0),
        }))
    })
}

fn give_back(sum: &'static Sum) {
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
