//! Accumulators: timers that stop and go, and give one reading, the sum.

mod open;
mod sum;
mod task;

use std::sync::Arc;

use self::open::{Entered, Open};
use self::sum::{Running, Use};
pub use self::task::{Accumulated, AccumulatorExt, InAccumulator};
use crate::client::core::Change;
use crate::error::Error;
use crate::metric::{Started, Timer};
use crate::off::{Kept, OFF};
use crate::record::registry;
use crate::record::{Reading, shard};
use crate::stats::DropReason;
use crate::{key, rate, scope};

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
    sum: Kept<Use>,
    /// Cleaned; without one the reading is an invalid key.
    key: Option<Arc<str>>,
    rate: f64,
}

impl Accumulator {
    /// An accumulator whose sum becomes a reading of the timer `key`, cleaned as
    /// for [`Client::increment`](crate::Client::increment).
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self::of(key, 1.0)
    }

    /// An accumulator with a sample rate, as a [`Timer`] has one.
    ///
    /// # Errors
    ///
    /// When the rate is not in (0, 1].
    pub fn with_rate(key: &str, rate: f64) -> Result<Self, Error> {
        if rate::is_valid(rate) {
            Ok(Self::of(key, rate))
        } else {
            Err(Error::rate(rate))
        }
    }

    fn of(key: &str, rate: f64) -> Self {
        Accumulator {
            sum: Kept::new(Use::open_value),
            key: if OFF {
                None
            } else {
                key::clean(key).map(Into::into)
            },
            rate,
        }
    }

    /// Starts a section, which ends when it is stopped or dropped.
    ///
    /// One that outlives its accumulator counts up to the accumulator's reading.
    pub fn start(&self) -> Section {
        Section::new(|| {
            let running = self.sum.get().and_then(|sum| sum.start_of_value());
            Kind::Within(running.unwrap_or(Running::UNCOUNTED))
        })
    }

    /// Records the sum so far and starts again from 0. Dropping does so too.
    pub fn flush(&self) {
        self.record(self.sum.get().and_then(|sum| sum.read()));
    }

    /// Ends it without a reading.
    pub(crate) fn give_up(self) {
        if let Some(sum) = self.sum.get() {
            let _ = sum.close();
        }
    }

    fn record(&self, reading: Option<Reading>) {
        let Some(reading) = reading else { return };
        shard::slow_path(
            || {
                let core = scope::current_core();
                match &self.key {
                    Some(key) => {
                        let slot = registry::register(
                            registry::Kind::Timer,
                            (&**key).into(),
                            self.rate,
                            false,
                        );
                        core.record(slot, self.rate, Change::Time(reading));
                    }
                    None => core.drop_events(DropReason::InvalidKey, 1),
                }
                core
            },
            |core, nested| core.drop_events(DropReason::Nested, nested.into()),
        );
    }
}

impl Drop for Accumulator {
    fn drop(&mut self) {
        if let Some(sum) = self.sum.get() {
            self.record(sum.close());
            sum.release();
        }
    }
}

/// A stretch of time that an [`Accumulator`] counts; it ends when this is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the section: bind it, `let _section = accumulator.start();`"]
pub struct Section {
    kind: Kept<Kind>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Of an accumulator that was open where it began, or of a value.
    Within(Running),
    /// Complete in itself: a reading of its own.
    Whole {
        timer: &'static Timer,
        started: Started,
    },
}

impl Section {
    /// A section of the accumulator that is open for the timer's key, or one
    /// complete in itself.
    #[inline]
    pub(crate) fn at(timer: &'static Timer) -> Self {
        Section::new(|| {
            if let Some(running) = open::start_in_innermost(timer) {
                return Kind::Within(running);
            }
            match start_slowly(timer) {
                (Some(running), _) => Kind::Within(running),
                (None, started) => Kind::Whole { timer, started },
            }
        })
    }

    #[inline]
    fn new(begin: impl FnOnce() -> Kind) -> Self {
        Section {
            kind: Kept::new(begin),
        }
    }

    /// Ends the section.
    pub fn stop(self) {}
}

/// A section of any accumulator that is open for the key, or else the beginning of one that
/// is complete in itself. In two words, so that sections stay in registers.
#[inline(never)]
fn start_slowly(timer: &'static Timer) -> (Option<Running>, Started) {
    match open::find(timer) {
        Some(sum) => {
            let running = sum.start().unwrap_or(Running::UNCOUNTED);
            (Some(running), Started::DISCARDED)
        }
        None => (None, timer.begin()),
    }
}

impl Drop for Section {
    #[inline]
    fn drop(&mut self) {
        match self.kind.get() {
            Some(Kind::Within(running)) => running.stop(),
            Some(Kind::Whole { timer, started }) => timer.end_apart(*started),
            None => {}
        }
    }
}

/// An accumulator that is open on this thread until this is dropped, and then
/// recorded. Inside of one that is open for the same key it does nothing.
#[derive(Debug)]
#[must_use = "the accumulator is open only while this lives"]
pub struct OpenGuard {
    entered: Kept<Option<Entered>>,
}

impl OpenGuard {
    #[inline]
    pub(crate) fn new(timer: &'static Timer) -> Self {
        OpenGuard {
            entered: Kept::new(|| {
                let outermost = open::find(timer).is_none();
                outermost.then(|| Entered::new(Open::new(timer)))
            }),
        }
    }
}

impl Drop for OpenGuard {
    #[inline]
    fn drop(&mut self) {
        if let Some(entered) = self.entered.get_mut() {
            close(entered);
        }
    }
}

/// Apart, so that nothing of it is where calls are compiled away.
fn close(entered: &mut Option<Entered>) {
    if let Some(entered) = entered.take() {
        let open = entered.open;
        drop(entered);
        open.close();
    }
}
