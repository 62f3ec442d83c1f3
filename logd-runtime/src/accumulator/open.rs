//! Which accumulators are open on this thread, or in the task that it polls.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use super::sum::Use;
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
    /// How many are open: apart from the list, so that a section outside of any
    /// accumulator looks at nothing else.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) };
}

/// The innermost accumulator that is open for a timer's key.
#[inline]
pub(super) fn find(timer: &Timer) -> Option<Use> {
    if DEPTH.get() == 0 {
        None
    } else {
        find_in_list(timer)
    }
}

fn find_in_list(timer: &Timer) -> Option<Use> {
    let series = timer.site().series();
    OPEN.try_with(|open| {
        let open = open.try_borrow().ok()?;
        let found = open.iter().rev().find(|open| open.series == series)?;
        found.sum.is_open().then_some(found.sum)
    })
    .ok()
    .flatten()
}

/// Those that are open here, for a task that is spawned.
pub(super) fn all() -> Vec<Open> {
    OPEN.try_with(|open| {
        open.try_borrow()
            .map(|open| open.clone())
            .unwrap_or_default()
    })
    .unwrap_or_default()
}

/// Makes it the innermost of this thread, until it is left.
pub(super) fn enter(open: Open) {
    let _ = OPEN.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut() {
            all.push(open);
            DEPTH.set(all.len());
        }
    });
}

/// Takes its last entry out of this thread's list.
pub(super) fn leave(sum: Use) {
    let _ = OPEN.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut()
            && let Some(place) = all.iter().rposition(|open| open.sum.is(sum))
        {
            all.remove(place);
            DEPTH.set(all.len());
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
