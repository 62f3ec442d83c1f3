//! The sum of an accumulator's sections, in memory that is used again.

mod spares;
mod state;

use self::state::{GIVEN_UP, SHARED, State, UNCOUNTED};
use crate::clock;
use crate::record::Reading;
use crate::sync::atomic::{AtomicU64, Ordering};

/// Time spent in sections. Never freed, and not used again before the last section has
/// ended, so that a section needs nothing but its address; while several threads may touch
/// it, [`share`](Use::share) makes every update one step.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    /// The generation, which grows when it is closed: who found it before does not find it
    /// open any more. The lowest bit is set while sections are users too.
    generation: AtomicU64,
    /// Who may still begin or read something: its owner, tasks that took it along, and the
    /// sections of a value.
    users: AtomicU64,
    /// A [`State`] in one word, so that no reading falls between two parts of an update.
    state: AtomicU64,
    /// The sum at the last reading.
    told: AtomicU64,
}

const SECTIONS_USE: u64 = 1;
const NEXT_GENERATION: u64 = 2;

/// A sum that is never open, with no section to end.
#[cfg(not(loom))]
static NO_SUM: Sum = Sum {
    generation: AtomicU64::new(NEXT_GENERATION),
    users: AtomicU64::new(0),
    state: AtomicU64::new(GIVEN_UP),
    told: AtomicU64::new(0),
};

impl Sum {
    /// Replaces the state and gives back the one before, unless there is nothing to change.
    #[inline]
    fn update(&self, mut next: impl FnMut(State) -> Option<State>) -> Option<State> {
        let mut before = self.state.load(Ordering::Relaxed);
        // Until somebody marks it no other thread is near.
        if before & SHARED == 0 {
            let after = next(State::of(before))?.word();
            self.state.store(after, Ordering::Relaxed);
            return Some(State::of(before));
        }
        loop {
            let after = next(State::of(before))?.word();
            // ORDERING: updates of all threads are in one order, with what came before them.
            let replaced = self.state.compare_exchange_weak(
                before,
                after,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            match replaced {
                Ok(_) => return Some(State::of(before)),
                Err(now) => before = now,
            }
        }
    }

    /// What a state has more than was told, which is told with it.
    fn tell(&self, state: State, now: u64) -> u64 {
        let sum = state.sum(now);
        let mut told = self.told.load(Ordering::Relaxed);
        // Of two who read at once the later may have told what the earlier has too.
        while let Some(more) = state::since(sum, told) {
            if state.marks & SHARED == 0 {
                self.told.store(sum, Ordering::Relaxed);
                return more;
            }
            let set =
                self.told
                    .compare_exchange_weak(told, sum, Ordering::Relaxed, Ordering::Relaxed);
            match set {
                Ok(_) => return more,
                Err(now) => told = now,
            }
        }
        0
    }

    /// Takes away a user; the last one makes room for another use, or has the last section
    /// do so.
    fn release(&'static self) {
        // ORDERING: what every user did is done before the last one clears it.
        if self.users.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let before = self.update(|state| Some(state.given_up()));
        if before.is_some_and(|state| state.active == 0) {
            self.make_room();
        }
    }

    fn make_room(&'static self) {
        self.generation.fetch_and(!SECTIONS_USE, Ordering::Relaxed);
        self.state.store(0, Ordering::Relaxed);
        self.told.store(0, Ordering::Relaxed);
        spares::give_back(self);
    }
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
        let sum = spares::take();
        sum.users.store(1, Ordering::Relaxed);
        if !clock::counts_cycles() {
            sum.state.store(UNCOUNTED, Ordering::Relaxed);
        }
        Use {
            sum,
            generation: sum.generation.load(Ordering::Relaxed),
        }
    }

    /// The same for a value: any thread may begin a section, which is one user more.
    pub(crate) fn open_value() -> Self {
        let opened = Use::open();
        opened.mark_shared();
        opened
            .sum
            .generation
            .fetch_or(SECTIONS_USE, Ordering::Relaxed);
        opened
    }

    pub(crate) fn is(self, other: Use) -> bool {
        std::ptr::eq(self.sum, other.sum) && self.generation == other.generation
    }

    /// Whether it was not closed yet.
    #[inline]
    pub(crate) fn is_open(self) -> bool {
        // ORDERING: pairs with `close`; an old generation means that all is over.
        self.sum.generation.load(Ordering::Acquire) & !SECTIONS_USE == self.generation
    }

    /// From here on several threads may touch it at once.
    pub(crate) fn mark_shared(self) {
        // It is handed to the other thread afterwards, which orders the rest.
        self.sum.state.fetch_or(SHARED, Ordering::Relaxed);
    }

    /// Gives it one more user, perhaps on another thread.
    pub(crate) fn share(self) {
        self.mark_shared();
        self.sum.users.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives it up; the last user makes room for another use.
    pub(crate) fn release(self) {
        self.sum.release();
    }

    /// Begins a section; `None` when more run than can be counted.
    pub(crate) fn start(self) -> Option<Running> {
        self.sum.update(|state| state.started(clock::now()))?;
        Some(Running(self.sum))
    }

    /// Begins a section that is a user too.
    pub(crate) fn start_of_value(self) -> Option<Running> {
        self.sum.users.fetch_add(1, Ordering::Relaxed);
        let running = self.start();
        if running.is_none() {
            self.release();
        }
        running
    }

    /// Where a section may begin the shortest way.
    pub(crate) fn door(self) -> Door {
        Door(self.sum)
    }

    /// The sum since the last reading, that of running sections included, unless
    /// there was no section at all.
    pub(crate) fn read(self) -> Option<Reading> {
        let mut now = 0;
        let before = self.sum.update(|state| {
            now = clock::now();
            state.read()
        })?;
        Some(Reading::ticks(self.sum.tell(before, now)))
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
}

/// A sum as the code sees it that begins most sections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door(&'static Sum);

impl Door {
    /// To no sum: never open.
    #[cfg(not(loom))]
    pub(super) const CLOSED: Door = Door(&NO_SUM);

    /// Begins a section where that takes least: nothing else runs in it, no other thread
    /// is near, and the cycle counter is the clock. `None` when it has to be
    /// [`start`](Use::start).
    #[inline]
    pub(crate) fn start_alone(self) -> Option<Running> {
        let word = self.0.state.load(Ordering::Relaxed);
        if !state::is_idle(word) {
            return None;
        }
        let word = state::started_alone(word, clock::cycles());
        self.0.state.store(word, Ordering::Relaxed);
        Some(Running(self.0))
    }
}

/// A section that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Running(&'static Sum);

impl Running {
    /// One that is not counted, because too many others run.
    #[cfg(not(loom))]
    pub(super) const UNCOUNTED: Running = Running(&NO_SUM);

    /// Ends the section. One that outlives its accumulator counts up to the reading.
    #[inline]
    pub(crate) fn stop(self) {
        let word = self.0.state.load(Ordering::Relaxed);
        if state::is_alone(word) {
            let word = state::stopped_alone(word, clock::cycles());
            self.0.state.store(word, Ordering::Relaxed);
        } else {
            self.stop_among_others();
        }
    }

    #[inline(never)]
    fn stop_among_others(self) {
        // As long as this section runs the sum is in no other use; afterwards it may be.
        let is_user = self.0.generation.load(Ordering::Relaxed) & SECTIONS_USE != 0;
        let Some(before) = self.0.update(|state| state.stopped(clock::now())) else {
            return;
        };
        if is_user {
            self.0.release();
        } else if before.marks & GIVEN_UP != 0 && before.active == 1 {
            self.0.make_room();
        }
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
        assert!(Door::CLOSED.start_alone().is_none());
        let sum = Use::open();
        let before = clock::now();
        let first = sum.door().start_alone().expect("nothing runs");
        assert!(sum.door().start_alone().is_none(), "one runs");
        let second = sum.start().expect("few run");
        first.stop();
        second.stop();
        let between = sum.read().map(Reading::to_bits).expect("a section");
        assert!(between > 0 && between <= clock::now() - before);
        let section = sum.door().start_alone().expect("nothing runs");
        sum.mark_shared();
        section.stop();
        assert!(sum.door().start_alone().is_none(), "shared");
        assert!(sum.close().is_some());
        sum.release();
    }

    #[test]
    fn a_sum_is_not_used_again_before_its_last_section_has_ended() {
        let sum = Use::open();
        let section = sum.start().expect("few run");
        assert!(sum.close().is_some());
        sum.release();
        let others: Vec<Use> = (0..3).map(|_| Use::open()).collect();
        assert!(others.iter().all(|other| !std::ptr::eq(other.sum, sum.sum)));
        section.stop();
        let next = Use::open();
        assert!(std::ptr::eq(next.sum, sum.sum), "it was given back");
        assert!(next.is_open() && !sum.is_open() && next.read().is_none());
        others.into_iter().chain([next]).for_each(Use::release);
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
                        sum.start().expect("few run").stop();
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
