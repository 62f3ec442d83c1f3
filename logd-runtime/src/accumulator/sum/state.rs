//! What is known of an accumulator's sections, in one word.

/// What is known of the sections of one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Sections that run now.
    pub(super) active: u64,
    /// What keeps a section from the shortest way: [`SHARED`], [`GIVEN_UP`], [`UNCOUNTED`].
    pub(super) marks: u64,
    /// Whether a section ended since the last reading.
    ended: bool,
    /// Clock readings at the ends less those at the starts of the time in which any
    /// section ran, modulo 2^47. It only grows, over readings too: a thread that is held up
    /// while it begins a section must not find the word as it was, with others counted between.
    ticks: u64,
}

// In the word the ticks are on top, where what is over falls off by itself. Below them are
// sections and marks, so that one look tells whether a section is alone.
const MOST_ACTIVE: u64 = 0x1fff;
/// Several threads may touch it at once.
pub(super) const SHARED: u64 = MOST_ACTIVE + 1;
/// It has no user any more: the last section that ends makes room for another use.
pub(super) const GIVEN_UP: u64 = SHARED << 1;
/// The clock does not count cycles.
pub(super) const UNCOUNTED: u64 = GIVEN_UP << 1;
const MARKS: u64 = SHARED | GIVEN_UP | UNCOUNTED;
const ENDED: u64 = UNCOUNTED << 1;
const TICKS_SHIFT: u32 = 17;
const TICKS: u64 = u64::MAX >> TICKS_SHIFT;

impl State {
    #[inline]
    pub(super) fn of(word: u64) -> Self {
        State {
            active: word & MOST_ACTIVE,
            marks: word & MARKS,
            ended: word & ENDED != 0,
            ticks: word >> TICKS_SHIFT,
        }
    }

    #[inline]
    pub(super) fn word(self) -> u64 {
        let ended = if self.ended { ENDED } else { 0 };
        self.ticks << TICKS_SHIFT | ended | self.marks | self.active
    }

    /// With one more section, unless there are as many as can be counted.
    #[inline]
    pub(super) fn started(self, now: u64) -> Option<Self> {
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

    /// Without a user.
    pub(super) fn given_up(self) -> Self {
        State {
            marks: self.marks | GIVEN_UP,
            ..self
        }
    }

    /// With one section less.
    #[inline]
    pub(super) fn stopped(self, now: u64) -> Option<Self> {
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
            ..self
        })
    }

    /// As it is after a reading, unless there was no section at all.
    pub(super) fn read(self) -> Option<Self> {
        (self.ended || self.active > 0).then_some(State {
            ended: false,
            ..self
        })
    }

    /// The sum of all sections up to now, modulo 2^47.
    pub(super) fn sum(self, now: u64) -> u64 {
        let ticks = if self.active == 0 {
            self.ticks
        } else {
            self.ticks.wrapping_add(now)
        };
        ticks & TICKS
    }
}

/// What one sum is more than an earlier one, unless it is less; of the numbers there are the
/// upper half is below 0: room for six hours of cycles between two readings.
pub(super) fn since(sum: u64, earlier: u64) -> Option<u64> {
    // The processor may read its counter a little before what stands before it, so an end
    // can seem to come before a start: such a sum is just below the one before.
    let ticks = sum.wrapping_sub(earlier) & TICKS;
    (ticks <= TICKS / 2).then_some(ticks)
}

/// Whether there is no section, no other thread near, and the cycle counter is the clock.
#[inline]
pub(super) fn is_idle(word: u64) -> bool {
    word & (MOST_ACTIVE | MARKS) == 0
}

/// The same with one section.
#[inline]
pub(super) fn is_alone(word: u64) -> bool {
    word & (MOST_ACTIVE | MARKS) == 1
}

/// An idle word with one section that starts.
#[inline]
pub(super) fn started_alone(word: u64, now: u64) -> u64 {
    word.wrapping_sub(now << TICKS_SHIFT) + 1
}

/// A word with one section, after that has ended.
#[inline]
pub(super) fn stopped_alone(word: u64, now: u64) -> u64 {
    (word.wrapping_add(now << TICKS_SHIFT) - 1) | ENDED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_sections_count_once_and_readings_follow_each_other() {
        let state = State::of(0)
            .started(100)
            .and_then(|state| state.started(110));
        let state = state
            .and_then(|state| state.stopped(130))
            .expect("two sections");
        let first = state.sum(150);
        assert_eq!(since(first, 0), Some(50));
        let state = state.read().expect("a section");
        let state = state.stopped(170).expect("it runs");
        assert_eq!(since(state.sum(1000), first), Some(20));
        assert_eq!(state.read().and_then(State::read), None);
    }

    #[test]
    fn an_end_that_seems_to_come_before_its_start_takes_nothing_from_the_next() {
        let section = |state: State, start, end| state.started(start)?.stopped(end);
        let state = section(State::of(0), 100, 99).expect("one section");
        assert_eq!(since(state.sum(200), 0), None);
        let state = section(state, 300, 321).expect("one section");
        assert_eq!(since(state.sum(400), 0), Some(20));
    }

    /// What a thread replaces that was held up in between: were it as before, it would count
    /// the time from its own look at the clock once more.
    #[test]
    fn no_word_comes_again_once_a_section_was_told() {
        let before = State::of(0);
        let state = before.started(110).and_then(|state| state.stopped(150));
        let state = state.and_then(State::read).expect("a section");
        assert_eq!(state.read(), None);
        assert_ne!(state.word(), before.word());
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
    fn a_section_alone_is_what_any_other_is() {
        for start in [TICKS - 5, u64::MAX - 5, 0] {
            let end = start.wrapping_add(20);
            let word = stopped_alone(started_alone(0, start), end);
            let state = State::of(0)
                .started(start)
                .and_then(|state| state.stopped(end));
            assert_eq!(Some(State::of(word)), state, "{start}");
        }
    }
}
