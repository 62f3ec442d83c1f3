//! Drains of values whose thread is held up, or goes on meanwhile.

use super::*;
use crate::record::histogram::refill_spares;

/// Gathers what a drain tells, and lets the thread go on while it does.
struct Meanwhile<'a> {
    go_on: &'a mut dyn FnMut(),
    count: u64,
    extremes: Vec<f64>,
}

impl Sink for Meanwhile<'_> {
    fn value(&mut self, _: f64) {
        self.count += 1;
        (self.go_on)();
    }
    fn bucket(&mut self, _: f64, count: u64) {
        self.count += count;
    }
    fn extreme(&mut self, seconds: f64) {
        self.extremes.push(seconds);
    }
}

/// A thread's values with their head, and what a worker knows of them.
struct Watched {
    values: Values,
    head: AtomicU64,
    seen: ValuesSeen,
}

impl Watched {
    fn new() -> Self {
        let values = Values::new();
        while !values.make_histograms() {
            refill_spares();
        }
        Watched {
            values,
            head: AtomicU64::new(0),
            seen: ValuesSeen::default(),
        }
    }

    fn window(&self) -> u64 {
        self.values.window.load(Ordering::Relaxed)
    }

    /// What a thread does with a value of a full ring when it has found this window.
    fn fold(&self, window: u64, ticks: u64) {
        let head = self.head.load(Ordering::Relaxed) + 1;
        self.head.store(head, Ordering::Relaxed);
        self.values.limit.store(head + RAW, Ordering::Relaxed);
        self.values.fold_unusual(window, Reading::ticks(ticks));
    }

    fn drain(&mut self, go_on: impl Fn(&Values)) -> (u64, u64, Vec<f64>) {
        let mut sink = Meanwhile {
            go_on: &mut || go_on(&self.values),
            count: 0,
            extremes: Vec::new(),
        };
        let calls = self
            .values
            .drain(&self.head, &mut self.seen, 1.0, &mut sink);
        (calls, sink.count, sink.extremes)
    }

    /// Drains one raw value more; while it is told the thread begins whatever window there is.
    fn drain_into_the_next_window(&mut self) -> (u64, u64, Vec<f64>) {
        let place = self.values.limit() - RAW;
        self.values.set_raw(place, Reading::ticks(1000));
        self.head.fetch_add(1, Ordering::Relaxed);
        self.drain(|values| {
            let window = values.window.load(Ordering::Relaxed);
            values.clocked.widen(window, 1000);
        })
    }
}

/// A thread that is held up while it takes out its ring goes on in a window that is over.
#[test]
fn extremes_that_come_after_their_window_survive_two_that_follow_at_once() {
    let mut watched = Watched::new();
    let first = watched.window();
    watched.fold(first, 1000);
    watched.drain(|_| ());
    watched.fold(first, 5000);
    watched.fold(watched.window(), 1000);
    let (calls, _, extremes) = watched.drain_into_the_next_window();
    assert!(extremes.contains(&5000.0), "{extremes:?}");
    assert_eq!(calls, 4);
}

/// So do those of a window that could not be read when the next began.
#[test]
fn extremes_that_a_drain_could_not_read_survive_the_next_window() {
    let mut watched = Watched::new();
    watched.fold(watched.window(), 1000);
    watched.drain(|_| ());
    watched.fold(watched.window(), 5000);
    // In the middle of an update, as a drain finds a thread that does not run.
    watched.values.clocked.hold_up(|| {
        watched.values.drain(
            &watched.head,
            &mut watched.seen,
            1.0,
            &mut Meanwhile {
                go_on: &mut || (),
                count: 0,
                extremes: Vec::new(),
            },
        );
    });
    watched.fold(watched.window(), 1000);
    let (calls, _, extremes) = watched.drain_into_the_next_window();
    assert!(extremes.contains(&5000.0), "{extremes:?}");
    assert_eq!(calls, 4);
}

/// Without a histogram the values of a full ring are a fair choice of their window's, not of
/// all that ever came.
#[test]
fn a_choice_of_values_is_one_of_its_window() {
    let values = Values::new();
    (0..10_000).for_each(|_| values.replace_raw(Reading::ticks(1)));
    // The worker has taken the ring, which fills again.
    assert_eq!(values.make_room(RAW - 1, Reading::ticks(2)), Some(RAW));
    (0..RAW).for_each(|number| values.set_raw(number, Reading::ticks(2)));
    (0..RAW).for_each(|_| values.replace_raw(Reading::ticks(3)));
    let later = (0..RAW).filter(|number| values.raw(*number).amount() == 3);
    let share = later.count();
    assert!((20..44).contains(&share), "{share} of {RAW}");
}

#[test]
fn calls_are_told_also_when_a_bucket_counts_all_its_numbers_in_one_window() {
    const ALL: u64 = 1 << 32;
    let mut watched = Watched::new();
    watched.fold(watched.window(), 1000);
    assert_eq!(watched.drain(|_| ()).0, 1);
    // After so many the count is what it was.
    watched.head.fetch_add(ALL, Ordering::Relaxed);
    watched.values.limit.fetch_add(ALL, Ordering::Relaxed);
    assert_eq!(watched.drain(|_| ()).0, ALL + 1);
    watched.fold(watched.window(), 1000);
    assert_eq!(watched.drain(|_| ()).0, ALL + 2);
}
