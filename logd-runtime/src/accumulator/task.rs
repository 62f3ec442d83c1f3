//! Accumulators in asynchronous code: a wrapper makes one current on every poll
//! and when the future is dropped, so that tasks which share a thread do not mix.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::open::{self, Entered, Open};
use super::sum::Use;
use crate::metric::Timer;
use crate::off::{Kept, OFF};

pin_project! {
    /// A future with an accumulator that is open for it: the body of a function
    /// with `#[accumulated]`.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Accumulated<F> {
        // Dropped before the state, which then leaves and closes the accumulator.
        #[pin]
        future: F,
        state: Kept<State>,
    }

    impl<F> PinnedDrop for Accumulated<F> {
        fn drop(this: Pin<&mut Self>) {
            // Sections that end as the future goes count too.
            if let Some(open) = this.project().state.get().and_then(State::open) {
                open::enter(open);
            }
        }
    }
}

/// Kept small, because it is a part of every future that has an accumulator.
#[derive(Debug)]
struct State {
    timer: &'static Timer,
    /// None before the first poll, at the end, and as long as it is polled inside of an
    /// accumulator that is open for the same key: that one counts.
    sum: Option<Use>,
}

impl State {
    fn open(&self) -> Option<Open> {
        self.sum.map(|sum| Open::of(self.timer, sum))
    }

    fn enter(&mut self) -> Option<Entered> {
        if self.sum.is_none() && open::find(self.timer).is_none() {
            self.sum = Some(Use::open());
        }
        self.open().map(Entered::new)
    }

    fn close(&mut self) {
        if let Some(open) = self.open() {
            self.sum = None;
            open.close();
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(sum) = self.sum {
            open::leave(sum);
            self.close();
        }
    }
}

impl<F> Accumulated<F> {
    pub(crate) fn new(timer: &'static Timer, future: F) -> Self {
        Accumulated {
            future,
            state: Kept::new(|| State { timer, sum: None }),
        }
    }
}

impl<F: Future> Future for Accumulated<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(state) = this.state.get_mut() else {
            return this.future.poll(context);
        };
        let entered = state.enter();
        let polled = this.future.poll(context);
        if polled.is_ready() {
            drop(entered);
            state.close();
        }
        polled
    }
}

pin_project! {
    /// A future that takes the accumulators along which were open where it was made.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct InAccumulator<F> {
        #[pin]
        future: Option<F>,
        open: Taken,
    }

    impl<F> PinnedDrop for InAccumulator<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.open.enter();
            this.future.set(None);
        }
    }
}

/// The accumulators that were open at one place, kept for a task.
#[derive(Debug)]
struct Taken(Vec<Open>);

impl Taken {
    fn from_here() -> Self {
        if OFF {
            return Taken(Vec::new());
        }
        let all = open::all();
        all.iter().for_each(|open| open.sum.share());
        Taken(all)
    }

    fn enter(&self) -> Vec<Entered> {
        let mut entered = Vec::with_capacity(self.0.len());
        for open in &*self.0 {
            entered.push(Entered::new(*open));
        }
        entered
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.iter().for_each(|open| open.sum.release());
    }
}

impl<F: Future> Future for InAccumulator<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.open.enter();
        match this.future.as_pin_mut() {
            Some(future) => future.poll(context),
            None => Poll::Pending,
        }
    }
}

/// Takes open accumulators into a task that is spawned.
///
/// Sections in the task count there for as long as the function that opened the
/// accumulator runs; after that they are readings of their own.
///
/// ```
/// use logd_runtime::AccumulatorExt as _;
///
/// async fn fetch() -> u32 { 7 }
/// let task = fetch().in_accumulator(); // hand this to `spawn`
/// # let _ = task;
/// ```
pub trait AccumulatorExt: Future + Sized {
    /// The future with the accumulators that are open here: sections in it count there.
    fn in_accumulator(self) -> InAccumulator<Self> {
        InAccumulator {
            future: Some(self),
            open: Taken::from_here(),
        }
    }
}

impl<F: Future> AccumulatorExt for F {}
