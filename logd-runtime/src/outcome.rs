//! How a call ended: well, with an error, by a panic, or by being cancelled. Each
//! is a timer or counter of its own, `key.ok`, `key.err`, `key.panicked`, `key.cancelled`.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use pin_project_lite::pin_project;

use crate::key::Name;
use crate::metric::{Counter, Started, Timer};
use crate::off::{Kept, OFF};

/// Whether a value is a success, for functions with the `outcome` option.
///
/// `Result`, `Option` and `ControlFlow` have it; implement it for a type of your own
/// that a function returns.
///
/// ```
/// use logd_runtime::Outcome;
///
/// enum Answer { Found(u32), Missing }
///
/// impl Outcome for Answer {
///     fn is_ok(&self) -> bool {
///         matches!(self, Answer::Found(_))
///     }
/// }
///
/// assert!(Answer::Found(7).is_ok());
/// ```
#[diagnostic::on_unimplemented(
    message = "`outcome` does not know when a `{Self}` is ok",
    label = "returned by a function with `outcome`",
    note = "return a `Result` or an `Option`, implement `logd::Outcome` for the type, or leave `outcome` out"
)]
pub trait Outcome {
    /// Whether the call is recorded as `ok`; else as `err`.
    fn is_ok(&self) -> bool;
}

impl<T, E> Outcome for Result<T, E> {
    fn is_ok(&self) -> bool {
        self.is_ok()
    }
}

impl<T> Outcome for Option<T> {
    fn is_ok(&self) -> bool {
        self.is_some()
    }
}

impl<B, C> Outcome for ControlFlow<B, C> {
    fn is_ok(&self) -> bool {
        self.is_continue()
    }
}

/// One metric for each way in which a call can end.
#[derive(Debug)]
pub struct Outcomes<M> {
    ok: M,
    err: M,
    panicked: M,
    cancelled: M,
}

impl Outcomes<Timer> {
    pub(crate) const fn timers(name: Name, rate: f64) -> Self {
        Outcomes {
            ok: Timer::named(name.with_suffix("ok"), rate),
            err: Timer::named(name.with_suffix("err"), rate),
            panicked: Timer::named(name.with_suffix("panicked"), rate),
            cancelled: Timer::named(name.with_suffix("cancelled"), rate),
        }
    }
}

impl Outcomes<Counter> {
    pub(crate) const fn counters(name: Name, rate: f64) -> Self {
        Outcomes {
            ok: Counter::named(name.with_suffix("ok"), rate),
            err: Counter::named(name.with_suffix("err"), rate),
            panicked: Counter::named(name.with_suffix("panicked"), rate),
            cancelled: Counter::named(name.with_suffix("cancelled"), rate),
        }
    }
}

/// What can be recorded of a call's end.
pub trait Measure: 'static {
    /// What the start of the call leaves for its end.
    fn begin(&self) -> Started;
    /// Records the call.
    fn end(&self, started: Started);
}

impl Measure for Timer {
    fn begin(&self) -> Started {
        self.begin()
    }

    fn end(&self, started: Started) {
        self.end(started);
    }
}

impl Measure for Counter {
    fn begin(&self) -> Started {
        Started::UNCLOCKED
    }

    fn end(&self, _: Started) {
        self.increment();
    }
}

/// A call under way whose end will tell how it went. Dropped without a value it
/// has panicked or was cancelled.
#[derive(Debug)]
#[must_use = "dropping it says that the call was cancelled"]
pub struct OutcomeGuard<M: Measure> {
    kept: Kept<UnderWay<M>>,
}

#[derive(Debug)]
struct UnderWay<M: 'static> {
    outcomes: &'static Outcomes<M>,
    started: Started,
    /// Whether the thread was unwinding before the call began.
    unwinding: bool,
}

impl<M: Measure> OutcomeGuard<M> {
    pub(crate) fn new(outcomes: &'static Outcomes<M>) -> Self {
        OutcomeGuard {
            kept: Kept::new(|| UnderWay {
                outcomes,
                started: outcomes.ok.begin(),
                unwinding: thread::panicking(),
            }),
        }
    }

    /// A guard that records nothing any more.
    fn ended(outcomes: &'static Outcomes<M>) -> Self {
        OutcomeGuard {
            kept: Kept::new(|| UnderWay {
                outcomes,
                started: Started::DISCARDED,
                unwinding: false,
            }),
        }
    }

    pub(crate) fn finish<T: Outcome>(mut self, value: T) -> T {
        self.record(value)
    }

    /// Records the call, which leaves the guard nothing to do.
    fn record<T: Outcome>(&mut self, value: T) -> T {
        let Some(under_way) = self.kept.get_mut() else {
            return value;
        };
        let metric = if value.is_ok() {
            &under_way.outcomes.ok
        } else {
            &under_way.outcomes.err
        };
        let started = std::mem::replace(&mut under_way.started, Started::DISCARDED);
        metric.end(started);
        value
    }
}

impl<M: Measure> Drop for OutcomeGuard<M> {
    fn drop(&mut self) {
        let Some(under_way) = self.kept.get() else {
            return;
        };
        if under_way.started == Started::DISCARDED {
            return;
        }
        let panicked = !under_way.unwinding && thread::panicking();
        let metric = if panicked {
            &under_way.outcomes.panicked
        } else {
            &under_way.outcomes.cancelled
        };
        metric.end(under_way.started);
    }
}

pin_project! {
    /// A future whose end tells how it went: ok, err, panicked, or cancelled when it
    /// is dropped before. It begins with the first poll.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct OutcomeFuture<M, F>
    where
        M: Measure,
    {
        #[pin]
        future: F,
        outcomes: &'static Outcomes<M>,
        guard: Option<OutcomeGuard<M>>,
    }
}

pin_project! {
    /// The body of an asynchronous call that has begun. A future around it, because a value that
    /// an expansion hands to a function has the compiler look for errors about lifetimes there.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Finished<M, F>
    where
        M: Measure,
    {
        #[pin]
        future: F,
        guard: OutcomeGuard<M>,
    }
}

impl<M: Measure, F> Finished<M, F> {
    pub(crate) fn new(guard: OutcomeGuard<M>, future: F) -> Self {
        Finished { future, guard }
    }
}

impl<M: Measure, F: Future<Output: Outcome>> Future for Finished<M, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.future
            .poll(context)
            .map(|value| this.guard.record(value))
    }
}

impl<M: Measure, F> OutcomeFuture<M, F> {
    pub(crate) fn new(outcomes: &'static Outcomes<M>, future: F) -> Self {
        OutcomeFuture {
            future,
            outcomes,
            guard: None,
        }
    }
}

impl<M: Measure, F: Future<Output: Outcome>> Future for OutcomeFuture<M, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if OFF {
            return this.future.poll(context);
        }
        let guard = this
            .guard
            .get_or_insert_with(|| OutcomeGuard::new(this.outcomes));
        let polled = this.future.poll(context);
        if let Poll::Ready(value) = polled {
            // Taken out of a place that is known to be filled, with nothing to unwrap.
            let guard = std::mem::replace(guard, OutcomeGuard::ended(this.outcomes));
            return Poll::Ready(guard.finish(value));
        }
        polled
    }
}
