//! Flush requests: what is asked of the worker, and how who asked learns the answer,
//! on a thread or in a task.

use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::stats::FlushReport;

/// One flush that somebody waits for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) deadline: Instant,
    answer: Mutex<Answer>,
    answered: Condvar,
}

#[derive(Debug, Default)]
struct Answer {
    report: Option<FlushReport>,
    waker: Option<Waker>,
    /// Nobody waits any more.
    given_up: bool,
}

impl Request {
    pub(crate) fn new(deadline: Instant) -> Arc<Self> {
        Arc::new(Request {
            deadline,
            answer: Mutex::default(),
            answered: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody waits for it any more.
    pub(crate) fn is_given_up(&self) -> bool {
        self.lock().given_up
    }

    /// Hands the report over; `false` when nobody is there to take it. Who waits learns of it by
    /// [`wake`](Self::wake).
    pub(crate) fn answer(&self, report: &FlushReport) -> bool {
        let mut answer = self.lock();
        if !answer.given_up {
            answer.report = Some(report.clone());
        }
        !answer.given_up
    }

    /// Wakes who waits. No lock of ours is held: a task's waker is an executor's own code.
    pub(crate) fn wake(&self) {
        let waker = self.lock().waker.take();
        self.answered.notify_all();
        if let Some(waker) = waker {
            // Its panic is not ours to die of.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }

    /// Waits for the answer; `None` when it does not come by the deadline and `grace`.
    pub(crate) fn wait(&self, grace: Duration) -> Option<FlushReport> {
        let until = self.deadline.checked_add(grace).unwrap_or(self.deadline);
        let mut answer = self.lock();
        loop {
            if let Some(report) = answer.report.take() {
                return Some(report);
            }
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                answer.given_up = true;
                return None;
            };
            answer = self
                .answered
                .wait_timeout(answer, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// A flush as a future: the worker keeps its deadline, so no runtime's timer is needed.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub(crate) struct Flushing(pub(crate) Arc<Request>);

impl Drop for Flushing {
    fn drop(&mut self) {
        self.0.lock().given_up = true;
    }
}

impl Future for Flushing {
    type Output = FlushReport;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<FlushReport> {
        let mut answer = self.0.lock();
        match answer.report.take() {
            Some(report) => Poll::Ready(report),
            None => {
                answer.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
