//! Which accumulators are open on this thread, or in the task that it polls.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use super::sum::{Door, Running, Use};
use crate::client::core::Change;
use crate::metric::Timer;

/// An accumulator that is open for the key of a timer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(super) sum: Use,
    timer: &'static Timer,
    series: u32,
}

impl Open {
    pub(super) fn new(timer: &'static Timer) -> Self {
        Open::of(timer, Use::open())
    }

    /// The accumulator that a use of a sum is for.
    pub(super) fn of(timer: &'static Timer, sum: Use) -> Self {
        Open {
            sum,
            timer,
            series: timer.site().series(),
        }
    }

    /// Records the sum and ends its use here.
    pub(super) fn close(self) {
        if let Some(reading) = self.sum.close() {
            self.timer.site().record(Change::Time(reading));
        }
        self.sum.release();
    }
}

thread_local! {
    /// What a section looks at first: apart from the list, and without a destructor, so
    /// that it needs no registration.
    static INNERMOST: Innermost = const { Innermost::new() };
    static OPEN: RefCell<List> = const { RefCell::new(List(Vec::new())) };
}

/// How many accumulators are open, and the last of them.
struct Innermost {
    depth: Cell<usize>,
    series: Cell<u32>,
    door: Cell<Door>,
}

impl Innermost {
    const fn new() -> Self {
        Innermost {
            depth: Cell::new(0),
            series: Cell::new(0),
            door: Cell::new(Door::CLOSED),
        }
    }
}

struct List(Vec<Open>);

impl List {
    /// Lets sections find its last one at once.
    fn show_last(&self) {
        INNERMOST.with(|innermost| {
            innermost.depth.set(self.0.len());
            match self.0.last() {
                Some(open) => {
                    innermost.series.set(open.series);
                    innermost.door.set(open.sum.door());
                }
                None => innermost.door.set(Door::CLOSED),
            }
        });
    }
}

impl Drop for List {
    fn drop(&mut self) {
        self.0.clear();
        self.show_last();
    }
}

/// Begins a section of the innermost accumulator if it is the one for the timer's key and
/// nothing else is going on in it.
#[inline]
pub(super) fn start_in_innermost(timer: &Timer) -> Option<Running> {
    let (series, door) = INNERMOST.with(|innermost| (innermost.series.get(), innermost.door.get()));
    if timer.site().known_series() == series {
        door.start_alone()
    } else {
        None
    }
}

/// The innermost accumulator that is open for a timer's key.
pub(super) fn find(timer: &Timer) -> Option<Use> {
    if INNERMOST.with(|innermost| innermost.depth.get()) == 0 {
        return None;
    }
    let series = timer.site().series();
    OPEN.try_with(|open| {
        let open = open.try_borrow().ok()?;
        let found = open.0.iter().rev().find(|open| open.series == series)?;
        found.sum.is_open().then_some(found.sum)
    })
    .ok()
    .flatten()
}

/// Those that are open here, for a task that is spawned.
pub(super) fn all() -> Vec<Open> {
    OPEN.try_with(|open| {
        open.try_borrow()
            .map(|open| open.0.clone())
            .unwrap_or_default()
    })
    .unwrap_or_default()
}

/// Makes it the innermost of this thread, until it is left.
pub(super) fn enter(open: Open) {
    let _ = OPEN.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut() {
            all.0.push(open);
            all.show_last();
        }
    });
}

/// Takes its last entry out of this thread's list.
pub(super) fn leave(sum: Use) {
    let _ = OPEN.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut()
            && let Some(place) = all.0.iter().rposition(|open| open.sum.is(sum))
        {
            all.0.remove(place);
            all.show_last();
        }
    });
}

/// An entry in this thread's list, taken out when this is dropped.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) open: Open,
    not_send: PhantomData<*const ()>,
}

impl Entered {
    pub(super) fn new(open: Open) -> Self {
        enter(open);
        Entered {
            open,
            not_send: PhantomData,
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        leave(self.open.sum);
    }
}
