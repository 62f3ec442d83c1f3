//! Flush requests: what is asked of the worker, and how who asked learns the answer,
//! on a thread or in a task.

use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::Worker;
use crate::fork;
use crate::stats::FlushReport;
use crate::sync::{Condvar, Instant, Mutex, MutexGuard, PoisonError};

/// One flush that somebody waits for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) deadline: Instant,
    answer: Mutex<Answer>,
    answered: Condvar,
}

#[derive(Debug, Default)]
struct Answer {
    given: Option<Given>,
    waker: Option<Waker>,
    /// Nobody waits any more.
    given_up: bool,
}

/// A report as one of those has it who share it.
#[derive(Debug)]
pub(crate) struct Given {
    report: FlushReport,
    /// Whether any of them has taken it.
    taken: Arc<AtomicBool>,
}

impl Given {
    pub(crate) fn new(report: &FlushReport, taken: &Arc<AtomicBool>) -> Self {
        Given {
            report: report.clone(),
            taken: Arc::clone(taken),
        }
    }

    fn take(self) -> FlushReport {
        self.taken.store(true, Ordering::Relaxed);
        self.report
    }

    /// The report, when this was the last chance that anybody would take it.
    pub(crate) fn into_lost(self) -> Option<FlushReport> {
        let taken = Arc::into_inner(self.taken)?.into_inner();
        (!taken).then_some(self.report)
    }
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
    pub(crate) fn answer(&self, given: Given) -> bool {
        let mut answer = self.lock();
        if !answer.given_up {
            answer.given = Some(given);
        }
        !answer.given_up
    }

    /// Waits no more. What was given meanwhile and nobody has seen is handed back.
    pub(crate) fn give_up(&self) -> Option<Given> {
        let mut answer = self.lock();
        answer.given_up = true;
        answer.given.take()
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
            if let Some(given) = answer.given.take() {
                return Some(given.take());
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
/// Without a report in a child process: the worker that was asked is the parent's.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub(crate) struct Flushing<'a> {
    request: Arc<Request>,
    worker: &'a Worker,
    generation: u32,
}

impl<'a> Flushing<'a> {
    pub(crate) fn new(request: Arc<Request>, worker: &'a Worker) -> Self {
        Flushing {
            request,
            worker,
            generation: fork::generation(),
        }
    }

    fn is_inherited(&self) -> bool {
        self.generation != fork::generation()
    }
}

impl Drop for Flushing<'_> {
    fn drop(&mut self) {
        if self.is_inherited() {
            return;
        }
        if let Some(given) = self.request.give_up() {
            self.worker.take_back(given);
        }
    }
}

impl Future for Flushing<'_> {
    type Output = Option<FlushReport>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.is_inherited() {
            return Poll::Ready(None);
        }
        let mut answer = self.request.lock();
        match answer.given.take() {
            Some(given) => Poll::Ready(Some(given.take())),
            None => {
                answer.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
