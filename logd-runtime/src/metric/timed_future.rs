//! A future that is timed as a whole, for functions that return one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{TimedGuard, Timer};

pin_project! {
    /// A future timed from its first poll until it completes or is dropped.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct TimedFuture<F> {
        #[pin]
        future: F,
        timer: &'static Timer,
        timed: Option<TimedGuard<'static>>,
        polled: bool,
    }
}

impl<F> TimedFuture<F> {
    pub(crate) fn new(timer: &'static Timer, future: F) -> Self {
        TimedFuture {
            future,
            timer,
            timed: None,
            polled: false,
        }
    }
}

impl<F: Future> Future for TimedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if !*this.polled {
            *this.polled = true;
            *this.timed = Some(this.timer.start());
        }
        let polled = this.future.poll(context);
        if polled.is_ready() {
            *this.timed = None;
        }
        polled
    }
}
