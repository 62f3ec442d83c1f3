//! Flush requests: what is asked of the worker, and how who asked learns the answer,
//! on a thread or in a task.

use std::future::Future;
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

    pub(crate) fn answer(&self, report: FlushReport) {
        let mut answer = self.lock();
        answer.report = Some(report);
        let waker = answer.waker.take();
        drop(answer);
        self.answered.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits for the answer; `None` when it does not come by the deadline and `grace`.
    pub(crate) fn wait(&self, grace: Duration) -> Option<FlushReport> {
        let until = self.deadline + grace;
        let mut answer = self.lock();
        loop {
            if let Some(report) = answer.report.take() {
                return Some(report);
            }
            let left = until.checked_duration_since(Instant::now())?;
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
