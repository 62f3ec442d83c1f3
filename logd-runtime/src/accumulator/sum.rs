//! The sum of an accumulator's sections, in memory that is used again: opening
//! and closing one allocates nothing once a thread has done so before.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, TryLockError};

use crate::clock;
use crate::fork::PerProcess;
use crate::record::Reading;
use crate::record::quiet::made_quietly;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{IS_REUSED, thread_local};

/// Time spent in sections. Never freed, so that a section needs no count of its
/// holders; while several threads may touch it, [`share`](Use::share) makes every
/// update one step.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    /// The generation, which grows when it is closed: what was started before does not
    /// count any more. The lowest bit is set while several threads may touch it.
    generation: AtomicU64,
    /// Who may still touch it: its owner, and tasks that took it along.
    users: AtomicU64,
    /// A [`State`] in one word, so that no reading falls between two parts of an update.
    state: AtomicU64,
}

const SHARED: u64 = 1;
const NEXT_GENERATION: u64 = 2;

/// A sum that is never open.
#[cfg(not(loom))]
static NO_SUM: Sum = Sum {
    generation: AtomicU64::new(0),
    users: AtomicU64::new(0),
    state: AtomicU64::new(0),
};

/// What is known of the sections since the last reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    /// Sections that run now.
    active: u64,
    /// Whether a section ended.
    ended: bool,
    /// Clock readings at the ends less those at the starts of the time in which any
    /// section ran, modulo 2^47, the upper half of which is below 0: room for six hours of
    /// cycles in one accumulator.
    ticks: u64,
}

// In the word the ticks are on top, where what is over falls off by itself.
const MOST_ACTIVE: u64 = 0xffff;
const ENDED: u64 = MOST_ACTIVE + 1;
const TICKS_SHIFT: u32 = 17;
const TICKS: u64 = u64::MAX >> TICKS_SHIFT;

impl State {
    #[inline]
    fn of(word: u64) -> Self {
        State {
            active: word & MOST_ACTIVE,
            ended: word & ENDED != 0,
            ticks: word >> TICKS_SHIFT,
        }
    }

    #[inline]
    fn word(self) -> u64 {
        self.ticks << TICKS_SHIFT | if self.ended { ENDED } else { 0 } | self.active
    }

    /// With one more section, unless there are as many as can be counted.
    #[inline]
    fn started(self, now: u64) -> Option<Self> {
        if self.active == MOST_ACTIVE {
            return None;
        }
        let ticks = if self.active == 0 {
            self.ticks.wrapping_sub(now)
        } else {
            self.ticks
        };
        Some(State {
            active: self.active + 1,
            ticks,
            ..self
        })
    }

    /// With one section less.
    #[inline]
    fn stopped(self, now: u64) -> Option<Self> {
        let active = self.active.checked_sub(1)?;
        let ticks = if active == 0 {
            self.ticks.wrapping_add(now)
        } else {
            self.ticks
        };
        Some(State {
            active,
            ended: true,
            ticks,
        })
    }

    /// As it is after a reading, unless there was no section at all.
    fn read(self, now: u64) -> Option<Self> {
        if !self.ended && self.active == 0 {
            return None;
        }
        let ticks = if self.active == 0 {
            0
        } else {
            now.wrapping_neg()
        };
        Some(State {
            active: self.active,
            ended: false,
            ticks,
        })
    }

    /// The sum of the sections up to now.
    fn sum(self, now: u64) -> u64 {
        let ticks = if self.active == 0 {
            self.ticks
        } else {
            self.ticks.wrapping_add(now)
        };
        // The processor may read its counter a little before what stands before it, so
        // an end can seem to come before a start: such a sum is just below 0.
        match ticks & TICKS {
            ticks if ticks > TICKS / 2 => 0,
            ticks => ticks,
        }
    }
}

/// One use of a [`Sum`], from its opening to its closing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    sum: &'static Sum,
    generation: u64,
}

impl Use {
    /// Of no sum: never open.
    #[cfg(not(loom))]
    pub(super) const NONE: Use = Use {
        sum: &NO_SUM,
        generation: NEXT_GENERATION,
    };

    /// An empty sum, which its one user must [`release`](Self::release).
    pub(crate) fn open() -> Self {
        let sum = take();
        sum.users.store(1, Ordering::Relaxed);
        Use {
            sum,
            generation: sum.generation.load(Ordering::Relaxed) & !SHARED,
        }
    }

    pub(crate) fn is(self, other: Use) -> bool {
        std::ptr::eq(self.sum, other.sum) && self.generation == other.generation
    }

    /// Whether it was not closed yet.
    #[inline]
    pub(crate) fn is_open(self) -> bool {
        // ORDERING: pairs with `close`; an old generation means that all is over.
        self.sum.generation.load(Ordering::Acquire) & !SHARED == self.generation
    }

    /// Whether it is open and this thread is the only one near.
    #[inline]
    fn is_alone(self) -> bool {
        // ORDERING: pairs with `mark_shared` and `close`.
        self.sum.generation.load(Ordering::Acquire) == self.generation
    }

    /// Begins a section where that takes least: nothing else runs in it, no other thread
    /// is near, and the cycle counter is the clock, which the caller knows. `false` when
    /// it has to be [`start`](Self::start).
    #[inline]
    pub(crate) fn start_alone(self) -> bool {
        let word = self.sum.state.load(Ordering::Relaxed);
        let is_first = word & MOST_ACTIVE == 0;
        if is_first && self.is_alone() {
            let now = clock::cycles() << TICKS_SHIFT;
            let word = word.wrapping_sub(now) + 1;
            self.sum.state.store(word, Ordering::Relaxed);
            return true;
        }
        false
    }

    /// Ends a section that began with [`start_alone`](Self::start_alone).
    #[inline]
    pub(crate) fn stop_alone(self) {
        let word = self.sum.state.load(Ordering::Relaxed);
        let is_last = word & MOST_ACTIVE == 1;
        if is_last && self.is_alone() {
            let now = clock::cycles() << TICKS_SHIFT;
            let word = (word.wrapping_add(now) - 1) | ENDED;
            self.sum.state.store(word, Ordering::Relaxed);
        } else {
            self.stop();
        }
    }

    /// From here on several threads may touch it at once.
    pub(crate) fn mark_shared(self) {
        // ORDERING: it is handed to the other thread afterwards, which orders the rest.
        self.sum.generation.fetch_or(SHARED, Ordering::Release);
    }

    /// Gives it one more user, perhaps on another thread.
    pub(crate) fn share(self) {
        self.mark_shared();
        self.sum.users.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives it up; the last user makes room for another use.
    pub(crate) fn release(self) {
        // ORDERING: what every user did is done before the last one clears it.
        if self.sum.users.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.sum.generation.fetch_and(!SHARED, Ordering::Relaxed);
            self.sum.state.store(0, Ordering::Relaxed);
            give_back(self.sum);
        }
    }

    /// Begins a section; `false` when more run than can be counted.
    pub(crate) fn start(self) -> bool {
        self.update(|state| state.started(clock::now())).is_some()
    }

    /// Ends a section. One that outlives its accumulator counts up to the reading.
    #[inline(never)]
    pub(crate) fn stop(self) {
        if self.is_open() {
            self.update(|state| state.stopped(clock::now()));
        }
    }

    /// The sum since the last reading, that of running sections included, unless
    /// there was no section at all.
    pub(crate) fn read(self) -> Option<Reading> {
        let mut now = 0;
        let before = self.update(|state| {
            now = clock::now();
            state.read(now)
        })?;
        Some(Reading::ticks(before.sum(now)))
    }

    /// The last reading: from here on it is not open any more.
    pub(crate) fn close(self) -> Option<Reading> {
        let reading = self.read();
        // ORDERING: whoever sees the new generation comes after the reading.
        self.sum
            .generation
            .fetch_add(NEXT_GENERATION, Ordering::Release);
        reading
    }

    /// Replaces the state and gives back the one before, unless there is nothing to change.
    #[inline]
    fn update(self, mut next: impl FnMut(State) -> Option<State>) -> Option<State> {
        let cell = &self.sum.state;
        let mut before = cell.load(Ordering::Relaxed);
        // ORDERING: pairs with `mark_shared`; until then no other thread is near.
        if self.sum.generation.load(Ordering::Acquire) & SHARED == 0 {
            cell.store(next(State::of(before))?.word(), Ordering::Relaxed);
            return Some(State::of(before));
        }
        loop {
            let after = next(State::of(before))?.word();
            // ORDERING: updates of all threads are in one order, with what came before them.
            match cell.compare_exchange_weak(before, after, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Some(State::of(before)),
                Err(now) => before = now,
            }
        }
    }
}

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
        if let Some(mut spares) = spares() {
            spares.append(&mut self.0);
        }
    }
}

/// The common list, unless another thread has it right now: nobody waits for it.
fn spares() -> Option<MutexGuard<'static, Vec<&'static Sum>>> {
    match made_quietly(&SPARES, |_| Mutex::default()).try_lock() {
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
    kept.ok()
        .flatten()
        .unwrap_or_else(|| Box::leak(Box::default()))
}

fn give_back(sum: &'static Sum) {
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

#[cfg(test)]
mod tests {
    use crate::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_section_alone_gives_what_any_other_does() {
        if clock::source() != "cycle counter" {
            return;
        }
        assert!(!Use::NONE.start_alone());
        let sum = Use::open();
        let before = clock::now();
        assert!(sum.start_alone());
        assert!(!sum.start_alone(), "one runs");
        assert!(sum.start());
        sum.stop_alone();
        sum.stop_alone();
        let between = sum.read().map(Reading::to_bits).expect("a section");
        assert!(between > 0 && between <= clock::now() - before);
        assert!(sum.start_alone());
        sum.mark_shared();
        sum.stop_alone();
        assert!(!sum.start_alone(), "shared");
        assert!(sum.close().is_some());
        assert!(!sum.start_alone(), "closed");
        sum.release();
    }

    #[test]
    fn overlapping_sections_count_once_and_readings_follow_each_other() {
        let state = State::of(0)
            .started(100)
            .and_then(|state| state.started(110));
        let state = state
            .and_then(|state| state.stopped(130))
            .expect("two sections");
        assert_eq!(state.sum(150), 50);
        let state = state.read(150).expect("a section");
        let state = state.stopped(170).expect("it runs");
        assert_eq!(state.sum(1000), 20);
        assert_eq!(state.read(1000).and_then(|state| state.read(1000)), None);
    }

    #[test]
    fn the_sum_is_right_where_the_clock_or_the_word_wraps() {
        for start in [TICKS - 5, u64::MAX - 5, 0] {
            let state = State::of(0)
                .started(start)
                .and_then(|state| State::of(state.word()).stopped(start.wrapping_add(20)));
            assert_eq!(state.map(|state| state.sum(0)), Some(20), "{start}");
        }
    }

    #[test]
    fn readings_of_a_shared_sum_stay_sane_while_sections_come_and_go() {
        let sum = Use::open();
        sum.share();
        let done = AtomicBool::new(false);
        let start = clock::now();
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        sum.start();
                        sum.stop();
                    }
                });
            }
            let mut total = 0;
            for _ in 0..20_000 {
                total += sum.read().map_or(0, Reading::to_bits);
            }
            done.store(true, Ordering::Relaxed);
            assert!(
                total <= clock::now() - start,
                "more than has passed: {total}"
            );
        });
        sum.release();
        sum.release();
    }
}
