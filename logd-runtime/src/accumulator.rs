//! Accumulators: timers that stop and go, and give one reading, the sum. Which
//! accumulator is open belongs to the thread, and in asynchronous code to the
//! task: a wrapper future makes it current on every poll and when it is dropped.

use std::cell::RefCell;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::client::core::Change;
use crate::error::Error;
use crate::key;
use crate::metric::TimedGuard;
use crate::metric::Timer;
use crate::rate;
use crate::record::registry::{self, Kind};
use crate::record::{Reading, shard};
use crate::stats::DropReason;
use crate::{clock, scope};

/// The time that is spent in several sections, as one reading of a timer.
///
/// Dropping it records the sum of its sections; without a section there is no
/// reading. Sections that overlap, on one thread or several, count once. The
/// attribute `#[accumulated]` and the macro `accumulate!` open one for a function
/// or a block; this is the explicit value, to keep in a struct or share.
///
/// ```
/// use logd_runtime::testing::Spy;
/// use logd_runtime::Accumulator;
///
/// let spy = Spy::new();
/// spy.run(|| {
///     let queries = Accumulator::new("timers.mysql");
///     {
///         let _section = queries.start();
///         // … a query …
///     }
///     // … not counted …
///     let section = queries.start();
///     // … another query …
///     section.stop();
/// });
/// assert_eq!(spy.timer("timers.mysql").count(), 1);
/// ```
#[derive(Debug)]
pub struct Accumulator {
    open: Arc<Open>,
}

/// What is shared by an accumulator, its sections and the tasks that take it along.
#[derive(Debug)]
struct Open {
    target: Target,
    /// Sections that run now.
    active: AtomicU64,
    /// Sections that ended since the last reading.
    sections: AtomicU64,
    /// Clock readings at the ends less those at the starts of the time in which
    /// any section ran; wraps. Additions in any order give the same, so no lock
    /// is needed to keep start and end together.
    ticks: AtomicU64,
}

/// Where the reading goes.
#[derive(Debug)]
enum Target {
    /// A handle that an expansion made.
    Site(&'static Timer),
    /// A name given at run time, cleaned; without one the reading is an invalid key.
    Name { key: Option<Arc<str>>, rate: f64 },
}

impl Target {
    fn is(&self, timer: &Timer) -> bool {
        match self {
            Target::Site(own) => own.site().has_key_of(timer.site()),
            Target::Name { key, .. } => key.as_deref().is_some_and(|key| timer.site().has_key(key)),
        }
    }

    fn record(&self, reading: Reading) {
        let change = Change::Time(reading);
        match self {
            Target::Site(timer) => timer.site().record(change),
            Target::Name { key, rate } => {
                shard::slow_path(
                    || {
                        let core = scope::current_core();
                        match key {
                            Some(key) => {
                                let slot =
                                    registry::register(Kind::Timer, (&**key).into(), *rate, false);
                                core.record(slot, *rate, change);
                            }
                            None => core.drop_events(DropReason::InvalidKey, 1),
                        }
                        core
                    },
                    |core, nested| core.drop_events(DropReason::Nested, nested.into()),
                );
            }
        }
    }
}

impl Open {
    fn new(target: Target) -> Arc<Self> {
        Arc::new(Open {
            target,
            active: AtomicU64::new(0),
            sections: AtomicU64::new(0),
            ticks: AtomicU64::new(0),
        })
    }

    fn start(&self) {
        // ORDERING: starts and ends are counted in one order, so that exactly the
        // first start and the last end of an overlap touch the clock's sum.
        if self.active.fetch_add(1, Ordering::AcqRel) == 0 {
            self.ticks.fetch_sub(clock::now(), Ordering::Relaxed);
        }
    }

    fn stop(&self) {
        let now = clock::now();
        // ORDERING: as in `start`.
        if self.active.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.ticks.fetch_add(now, Ordering::Relaxed);
        }
        // ORDERING: who sees the section sees its time.
        self.sections.fetch_add(1, Ordering::Release);
    }

    /// Records the sum so far, that of running sections included, and starts again from 0.
    fn flush(&self) {
        // ORDERING: pairs with `stop`.
        let ended = self.sections.swap(0, Ordering::AcqRel);
        let running = self.active.load(Ordering::Acquire) > 0;
        if ended == 0 && !running {
            return;
        }
        let ticks = if running {
            let now = clock::now();
            self.ticks
                .swap(now.wrapping_neg(), Ordering::Relaxed)
                .wrapping_add(now)
        } else {
            self.ticks.swap(0, Ordering::Relaxed)
        };
        self.target.record(Reading::ticks(ticks));
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Accumulator {
    /// An accumulator whose sum becomes a reading of the timer `key`, cleaned as
    /// for [`Client::increment`](crate::Client::increment).
    #[must_use]
    pub fn new(key: &str) -> Self {
        let key = key::clean(key).map(Into::into);
        Accumulator {
            open: Open::new(Target::Name { key, rate: 1.0 }),
        }
    }

    /// An accumulator with a sample rate, as a [`Timer`] has one.
    ///
    /// # Errors
    ///
    /// When the rate is not in (0, 1].
    pub fn with_rate(key: &str, rate: f64) -> Result<Self, Error> {
        if !rate::is_valid(rate) {
            return Err(Error::rate(rate));
        }
        let key = key::clean(key).map(Into::into);
        Ok(Accumulator {
            open: Open::new(Target::Name { key, rate }),
        })
    }

    /// Starts a section, which ends when it is stopped or dropped.
    pub fn start(&self) -> Section {
        Section::of(Arc::clone(&self.open))
    }

    /// Records the sum so far and starts again from 0. Dropping does so too.
    pub fn flush(&self) {
        self.open.flush();
    }
}

/// A stretch of time that an [`Accumulator`] counts; it ends when this is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the section: bind it, `let _section = accumulator.start();`"]
pub struct Section {
    kind: SectionKind,
}

#[derive(Debug)]
enum SectionKind {
    /// Adds to an accumulator.
    Part(Arc<Open>),
    /// Complete in itself: a reading of its own.
    Whole { _timed: TimedGuard<'static> },
}

impl Section {
    fn of(open: Arc<Open>) -> Self {
        open.start();
        Section {
            kind: SectionKind::Part(open),
        }
    }

    /// A section of the accumulator that is open for the timer's key, or one
    /// complete in itself.
    pub(crate) fn at(timer: &'static Timer) -> Self {
        match find(timer) {
            Some(open) => Section::of(open),
            None => Section {
                kind: SectionKind::Whole {
                    _timed: timer.start(),
                },
            },
        }
    }

    /// Ends the section.
    pub fn stop(self) {}
}

impl Drop for Section {
    fn drop(&mut self) {
        if let SectionKind::Part(open) = &self.kind {
            open.stop();
        }
    }
}

thread_local! {
    /// The accumulators that are open on this thread, or in the task that it polls.
    static OPEN: RefCell<Vec<Arc<Open>>> = const { RefCell::new(Vec::new()) };
}

/// The innermost open accumulator of a timer's key.
fn find(timer: &Timer) -> Option<Arc<Open>> {
    OPEN.try_with(|open| {
        let open = open.try_borrow().ok()?;
        open.iter()
            .rev()
            .find(|open| open.target.is(timer))
            .cloned()
    })
    .ok()
    .flatten()
}

/// An entry in this thread's list, taken out when this is dropped.
#[derive(Debug)]
struct Entered {
    open: Arc<Open>,
    not_send: PhantomData<*const ()>,
}

impl Entered {
    fn new(open: Arc<Open>) -> Self {
        let _ = OPEN.try_with(|all| {
            if let Ok(mut all) = all.try_borrow_mut() {
                all.push(Arc::clone(&open));
            }
        });
        Entered {
            open,
            not_send: PhantomData,
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let left = OPEN.try_with(|all| {
            let mut all = all.try_borrow_mut().ok()?;
            let place = all.iter().rposition(|open| Arc::ptr_eq(open, &self.open))?;
            Some(all.remove(place))
        });
        // Dropped here, outside of the borrow.
        drop(left);
    }
}

/// An accumulator that is open on this thread until this is dropped, and then
/// recorded. Inside of one that is open for the same key it does nothing.
#[derive(Debug)]
#[must_use = "the accumulator is open only while this lives"]
pub struct OpenGuard {
    entered: Option<Entered>,
}

impl OpenGuard {
    pub(crate) fn new(timer: &'static Timer) -> Self {
        let outermost = find(timer).is_none();
        OpenGuard {
            entered: outermost.then(|| Entered::new(Open::new(Target::Site(timer)))),
        }
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        if let Some(entered) = self.entered.take() {
            entered.open.flush();
        }
    }
}

pin_project! {
    /// A future with an accumulator that is open for it: the body of a function
    /// with `#[accumulated]`.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Accumulated<F> {
        #[pin]
        future: Option<F>,
        timer: &'static Timer,
        state: TaskState,
    }

    impl<F> PinnedDrop for Accumulated<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_none() {
                return;
            }
            // Sections that end as the future goes count too.
            let entered = this.state.enter(this.timer);
            this.future.set(None);
            drop(entered);
            this.state.flush();
        }
    }
}

#[derive(Debug)]
enum TaskState {
    Unpolled,
    /// Inside of an accumulator that is open for the same key: that one counts.
    Inner,
    Outermost(Arc<Open>),
}

impl TaskState {
    fn enter(&mut self, timer: &'static Timer) -> Option<Entered> {
        if matches!(self, TaskState::Unpolled) {
            *self = if find(timer).is_some() {
                TaskState::Inner
            } else {
                TaskState::Outermost(Open::new(Target::Site(timer)))
            };
        }
        match self {
            TaskState::Outermost(open) => Some(Entered::new(Arc::clone(open))),
            TaskState::Inner | TaskState::Unpolled => None,
        }
    }

    fn flush(&self) {
        if let TaskState::Outermost(open) = self {
            open.flush();
        }
    }
}

impl<F> Accumulated<F> {
    pub(crate) fn new(timer: &'static Timer, future: F) -> Self {
        Accumulated {
            future: Some(future),
            timer,
            state: TaskState::Unpolled,
        }
    }
}

impl<F: Future> Future for Accumulated<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let entered = this.state.enter(this.timer);
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let polled = future.poll(context);
        if polled.is_ready() {
            this.future.set(None);
            drop(entered);
            this.state.flush();
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
        open: Opened,
    }

    impl<F> PinnedDrop for InAccumulator<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.open.enter();
            this.future.set(None);
        }
    }
}

/// The accumulators that were open at one place.
#[derive(Debug)]
struct Opened(Vec<Arc<Open>>);

impl Opened {
    fn enter(&self) -> Vec<Entered> {
        self.0
            .iter()
            .map(|open| Entered::new(Arc::clone(open)))
            .collect()
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
        let open = OPEN.try_with(|open| open.try_borrow().map(|open| open.clone()).ok());
        InAccumulator {
            future: Some(self),
            open: Opened(open.ok().flatten().unwrap_or_default()),
        }
    }
}

impl<F: Future> AccumulatorExt for F {}
