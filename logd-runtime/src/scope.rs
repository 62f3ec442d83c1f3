//! Which client events belong to: the global one, or for a closure or a future
//! the one whose scope it runs in.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::client::core::Core;
use crate::client::{Client, lease};
use crate::global;
use crate::off::OFF;
use crate::record::{Shard, shard};

/// Makes a client current for a closure, a future, or a child that is spawned.
///
/// Handles, macros and attributes record with the current client. A scope is not
/// a guard that can be dropped in any order: it covers exactly what it is given.
///
/// ```
/// use logd_runtime::testing::Spy;
/// use logd_runtime::{Counter, Scope};
///
/// static HITS: Counter = Counter::new("hits");
///
/// let spy = Spy::new();
/// spy.run(|| {
///     // A thread starts outside of every scope; this one takes it along.
///     let scope = Scope::current();
///     std::thread::spawn(move || scope.run(|| HITS.increment())).join().unwrap();
/// });
/// assert_eq!(spy.counter("hits").total(), 1);
/// ```
///
/// What is spawned takes its scope along, whatever spawns it:
///
/// | child | write |
/// |---|---|
/// | a thread | `thread::spawn(Scope::current().wrap(work))` |
/// | a task | `tokio::spawn(Scope::current().future(work()))` |
/// | blocking work of a runtime, a job of a pool | `spawn_blocking(Scope::current().wrap(work))` |
/// | each item of a parallel iterator | `let scope = Scope::current();` and `scope.run(…)` in the closure |
///
/// Where nothing else was made current, `Scope::current()` is the global client's scope, so
/// code that takes it along does the same as before.
#[derive(Clone, Debug)]
pub struct Scope {
    core: Arc<Core>,
}

impl Scope {
    /// The scope of a client.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        Scope {
            core: Arc::clone(client.core()),
        }
    }

    pub(crate) fn of(core: Arc<Core>) -> Self {
        Scope { core }
    }

    /// The scope in which the caller is: of the global client outside of every other.
    #[must_use]
    pub fn current() -> Self {
        Scope {
            core: current_core(),
        }
    }

    /// Runs a closure in this scope, and gives back what it returns.
    pub fn run<R>(&self, inside: impl FnOnce() -> R) -> R {
        if OFF {
            return inside();
        }
        let _entered = self.enter();
        inside()
    }

    /// The closure, to be run in this scope wherever it is called.
    ///
    /// ```
    /// use logd_runtime::testing::Spy;
    /// use logd_runtime::{Counter, Scope};
    ///
    /// static JOBS: Counter = Counter::new("jobs");
    ///
    /// let spy = Spy::new();
    /// spy.run(|| {
    ///     let job = Scope::current().wrap(|| JOBS.increment());
    ///     std::thread::spawn(job).join().unwrap();
    /// });
    /// assert_eq!(spy.counter("jobs").total(), 1);
    /// ```
    pub fn wrap<F: FnOnce() -> R, R>(&self, inside: F) -> impl FnOnce() -> R + use<F, R> {
        let scope = self.clone();
        move || scope.run(inside)
    }

    /// The future, polled and dropped in this scope wherever that happens.
    pub fn future<F: Future>(&self, future: F) -> Scoped<F> {
        Scoped {
            future: Some(future),
            scope: self.clone(),
        }
    }

    fn enter(&self) -> Entered {
        match lease::shard(&self.core) {
            Some(shard) => Entered {
                _entered: shard::Entered::new(shard),
                _borrowed: None,
            },
            None => {
                let shard = self.core.lease();
                Entered {
                    _entered: shard::Entered::new(Arc::clone(&shard)),
                    _borrowed: Some(Borrowed {
                        core: Arc::clone(&self.core),
                        shard,
                    }),
                }
            }
        }
    }
}

/// The scope is left before a borrowed shard is given back: fields drop in order.
struct Entered {
    _entered: shard::Entered,
    _borrowed: Option<Borrowed>,
}

/// A shard for a thread that is ending and has none of its own.
struct Borrowed {
    core: Arc<Core>,
    shard: Arc<Shard>,
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.core.worker().shared.park(Arc::clone(&self.shard));
    }
}

pin_project! {
    /// A future in a [`Scope`].
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Scoped<F> {
        #[pin]
        future: Option<F>,
        scope: Scope,
    }

    impl<F> PinnedDrop for Scoped<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if OFF {
                return;
            }
            // What the future's own values record as they go belongs here too.
            let _entered = this.scope.enter();
            this.future.set(None);
        }
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = if OFF { None } else { Some(this.scope.enter()) };
        match this.future.as_pin_mut() {
            Some(future) => future.poll(context),
            None => Poll::Pending,
        }
    }
}

/// The client whose scope this is, else the global one.
pub(crate) fn current_core() -> Arc<Core> {
    shard::current()
        .and_then(|shard| shard.owner())
        .and_then(|owner| owner.downcast::<Core>().ok())
        .unwrap_or_else(|| Arc::clone(global::get().core()))
}

/// The same, but `None` where that is a global client which nobody has asked for yet.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn existing_core() -> Option<Arc<Core>> {
    shard::current()
        .and_then(|shard| shard.owner())
        .and_then(|owner| owner.downcast::<Core>().ok())
        .or_else(global::existing_core)
}
