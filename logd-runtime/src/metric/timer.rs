//! Timers: how long things take, every call counted.

use std::sync::Arc;
use std::time::Duration;

use super::site::{Sampling, Site};
use crate::client::Client;
use crate::client::core::Change;
use crate::clock;
use crate::error::Error;
use crate::key::Name;
use crate::off::{Kept, OFF};
use crate::rate;
use crate::record::slot::Slot;
use crate::record::{Kind, Reading, shard};

/// Measures how long something takes, in seconds.
///
/// The receiver shows count, mean, lower, upper and `upper_90` of each interval as
/// `stats.timers.<key>.…`. The count is that of all calls, also with a rate below 1.
///
/// ```
/// use std::time::Duration;
/// use logd_runtime::Timer;
///
/// static QUERY: Timer = Timer::new("db.query");
///
/// let timed = QUERY.start();
/// // … what is to be measured …
/// timed.stop();
///
/// QUERY.record(Duration::from_millis(20));
/// ```
#[derive(Clone, Debug)]
pub struct Timer {
    pub(super) site: Site,
}

impl Timer {
    /// A timer of this key, for the client that is current where a measurement ends.
    ///
    /// # Panics
    ///
    /// When the key can not be used, as with [`Counter::new`](crate::Counter::new).
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Timer {
            site: Site::written(Kind::Timer, Name::literal(key), 1.0),
        }
    }

    pub(crate) const fn named(name: Name, rate: f64) -> Self {
        rate::assert_valid(rate);
        Timer {
            site: Site::written(Kind::Timer, name, rate),
        }
    }

    pub(crate) fn made(key: Arc<str>, client: Client) -> Self {
        Timer {
            site: Site::made(Kind::Timer, key, client),
        }
    }

    /// The same timer with a sample rate in (0, 1].
    ///
    /// A client that reduces (the default) counts every call and clocks this share
    /// of them, the first one always. One that sends each event keeps a call with
    /// this probability.
    ///
    /// # Panics
    ///
    /// When the rate is not in (0, 1]; in a `static` or `const` that is an error of
    /// the compiler.
    #[must_use]
    pub const fn rate(mut self, rate: f64) -> Self {
        self.site.set_rate(rate);
        self
    }

    /// The same timer with a sample rate that is known at run time.
    ///
    /// # Errors
    ///
    /// When the rate is not in (0, 1].
    pub fn try_rate(mut self, rate: f64) -> Result<Self, Error> {
        self.site.try_set_rate(rate)?;
        Ok(self)
    }

    /// The same timer, which clocks as many calls as it keeps values of.
    ///
    /// Those are the first 64 of a flush interval on each thread. The others are counted, which
    /// takes a tenth of the time.
    ///
    /// For functions that are called millions of times a second. Counts stay exact; mean and
    /// percentile are those of the clocked calls, and so are the extremes: a single slow call
    /// among the others does not show. A client that sends each event sends all of them.
    /// Of this and [`rate`](Self::rate) the last one counts.
    ///
    /// ```
    /// use logd_runtime::Timer;
    /// use logd_runtime::testing::Spy;
    ///
    /// static STEP: Timer = Timer::new("step").adaptive();
    ///
    /// let spy = Spy::new();
    /// spy.run(|| {
    ///     for _ in 0..100_000 {
    ///         STEP.start().stop();
    ///     }
    /// });
    /// assert_eq!(spy.timer("step").count(), 100_000);
    /// ```
    #[must_use]
    pub const fn adaptive(mut self) -> Self {
        self.site.set_adaptive();
        self
    }

    /// Records a duration that was measured by other means.
    ///
    /// ```
    /// use std::time::Duration;
    /// use logd_runtime::Timer;
    /// use logd_runtime::testing::Spy;
    ///
    /// static WAIT: Timer = Timer::new("wait");
    ///
    /// let spy = Spy::new();
    /// spy.run(|| WAIT.record(Duration::from_millis(20)));
    /// assert_eq!(spy.timer("wait").count(), 1);
    /// ```
    #[inline]
    pub fn record(&self, duration: Duration) {
        if OFF {
            return;
        }
        self.site.record(Change::Time(Reading::duration(duration)));
    }

    /// Starts a measurement, which ends when the guard is stopped or dropped.
    ///
    /// The guard is an ordinary value: it may be kept, sent to another thread and
    /// stopped there.
    #[inline]
    pub fn start(&self) -> TimedGuard<'_> {
        TimedGuard {
            kept: Kept::new(|| UnderWay {
                timer: self,
                started: self.begin(),
            }),
        }
    }

    /// Starts a measurement of a timer without a rate.
    #[inline]
    pub(crate) fn start_clocked(&self) -> TimedGuard<'_> {
        TimedGuard {
            kept: Kept::new(|| UnderWay {
                timer: self,
                started: self.read_clock(),
            }),
        }
    }

    /// The key, without the client's prefix.
    #[must_use]
    pub fn key(&self) -> String {
        self.site.key().as_ref().to_owned()
    }

    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    #[inline]
    pub(crate) fn begin(&self) -> Started {
        if OFF {
            return Started::DISCARDED;
        }
        if self.is_clocked() {
            self.read_clock()
        } else {
            Started::UNCLOCKED
        }
    }

    /// Whether this call is one of those that are clocked.
    #[inline(always)]
    fn is_clocked(&self) -> bool {
        match self.site.sampling() {
            Sampling::Every => true,
            Sampling::Part => self.clocks(|_, slot| slot.is_clocked()),
            Sampling::WhileRoom => self.clocks(|header, slot| slot.has_room(header)),
        }
    }

    #[inline]
    fn read_clock(&self) -> Started {
        Started(if self.site.reads_cycles() {
            clock::cycles()
        } else {
            clock::begin()
        })
    }

    /// Begins a call of a timer with a rate. One that is not clocked is counted here, where
    /// its slot is at hand, and there is nothing more to do for it.
    #[inline]
    fn begin_counted(&self) -> Started {
        self.count_or_begin(|_, slot| slot.skip())
    }

    /// The same for an adaptive timer.
    #[inline]
    fn begin_while_room(&self) -> Started {
        self.count_or_begin(|header, slot| slot.count_if_full(header))
    }

    #[inline(always)]
    fn count_or_begin(&self, count: impl FnOnce(&Slot, &Slot) -> bool) -> Started {
        match shard::with_slots(self.site.direct(), count) {
            Some(true) => Started::DISCARDED,
            Some(false) | None => self.begin_or_count(),
        }
    }

    /// Begins a call that is most likely clocked. Cold, so that the others go straight on.
    #[cold]
    #[inline(never)]
    fn begin_or_count(&self) -> Started {
        if self.is_clocked() {
            self.read_clock()
        } else {
            self.end(Started::UNCLOCKED);
            Started::DISCARDED
        }
    }

    /// Makes up for a clocked call that is not recorded: a timer with a rate clocks the
    /// next one instead.
    fn clock_next(&self) {
        if self.site.sampling() == Sampling::Part {
            shard::with_slot(self.site.direct(), Slot::clock_next);
        }
    }

    #[inline]
    pub(crate) fn end(&self, started: Started) {
        if OFF {
            return;
        }
        // One look at a bit for the usual call.
        if started.0 & clock::MARK == 0 {
            let ticks = clock::cycles_since(started.0);
            if shard::with_slot(self.site.direct(), |slot| slot.time(Reading::ticks(ticks)))
                .is_none()
            {
                self.end_slowly(ticks);
            }
        } else if started == Started::UNCLOCKED {
            if shard::with_slot(self.site.direct(), Slot::count_call).is_none() {
                self.end_unclocked_slowly();
            }
        } else {
            self.end_monotonic(started);
        }
    }

    /// The same where the code around it is not to grow.
    #[inline(never)]
    pub(crate) fn end_apart(&self, started: Started) {
        self.end(started);
    }

    /// The same where few calls have anything to end, and the others are to go straight on.
    #[cold]
    #[inline(never)]
    fn end_rarely(&self, started: Started) {
        self.end(started);
    }

    // Each of these is the last thing that the end of a call does, so that it needs no
    // stack of its own for them.

    #[cold]
    #[inline(never)]
    fn end_slowly(&self, ticks: u64) {
        self.site.record(Change::Clocked(Reading::ticks(ticks)));
    }

    #[cold]
    #[inline(never)]
    fn end_unclocked_slowly(&self) {
        self.site.record(Change::Called);
    }

    #[inline(never)]
    fn end_monotonic(&self, started: Started) {
        if started != Started::DISCARDED {
            self.end_slowly(clock::monotonic_since(started.0));
        }
    }

    #[inline]
    fn clocks(&self, decide: impl FnOnce(&Slot, &Slot) -> Option<bool>) -> bool {
        shard::with_slots(self.site.direct(), decide)
            .flatten()
            .unwrap_or_else(|| self.site.clocks_slowly())
    }
}

/// When a measurement began: a reading of the cycle counter, or with a mark one of the
/// monotonic clock, or one of two words that neither ever reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started(u64);

impl Started {
    /// Nothing will be recorded.
    pub(crate) const DISCARDED: Started = Started(u64::MAX);
    /// The call will be counted without a duration.
    pub(crate) const UNCLOCKED: Started = Started(clock::MARK);

    fn is_clocked(self) -> bool {
        self != Started::DISCARDED && self != Started::UNCLOCKED
    }
}

/// A measurement under way; it is recorded when this is stopped or dropped.
///
/// Dropping records, so early return, `?`, `break` and panic are all measured.
#[derive(Debug)]
#[must_use = "dropping the guard ends the measurement: bind it, `let _timed = timer.start();`"]
pub struct TimedGuard<'timer> {
    kept: Kept<UnderWay<'timer>>,
}

#[derive(Debug)]
struct UnderWay<'timer> {
    timer: &'timer Timer,
    started: Started,
}

impl TimedGuard<'_> {
    /// Ends the measurement and records it.
    #[inline]
    pub fn stop(self) {}

    /// Ends the measurement without recording anything, the call's count included.
    ///
    /// ```
    /// use logd_runtime::testing::Spy;
    /// use logd_runtime::Timer;
    ///
    /// static MISS: Timer = Timer::new("cache.miss");
    /// let spy = Spy::new();
    /// spy.run(|| MISS.start().discard());
    /// assert_eq!(spy.timer("cache.miss").count(), 0);
    /// ```
    #[inline]
    pub fn discard(mut self) {
        let Some(under_way) = self.kept.get_mut() else {
            return;
        };
        let discarded = std::mem::replace(&mut under_way.started, Started::DISCARDED);
        if discarded.is_clocked() {
            under_way.timer.clock_next();
        }
    }
}

impl Drop for TimedGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(under_way) = self.kept.get() {
            under_way.timer.end(under_way.started);
        }
    }
}

/// A call of a timer that clocks some of them: this one is clocked, or only counted.
#[derive(Debug)]
pub struct SampledGuard {
    kept: Kept<UnderWay<'static>>,
}

impl SampledGuard {
    #[inline]
    pub(crate) fn new(timer: &'static Timer) -> Self {
        Self::of(timer, Timer::begin_counted)
    }

    /// A call of an adaptive timer.
    #[inline]
    pub(crate) fn while_room(timer: &'static Timer) -> Self {
        Self::of(timer, Timer::begin_while_room)
    }

    #[inline(always)]
    fn of(timer: &'static Timer, begin: impl FnOnce(&Timer) -> Started) -> Self {
        SampledGuard {
            kept: Kept::new(|| UnderWay {
                timer,
                started: begin(timer),
            }),
        }
    }
}

impl Drop for SampledGuard {
    #[inline]
    fn drop(&mut self) {
        if let Some(under_way) = self.kept.get()
            && under_way.started != Started::DISCARDED
        {
            under_way.timer.end_rarely(under_way.started);
        }
    }
}
