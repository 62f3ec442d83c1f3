//! For tests: a client that keeps what it is given, and shows it.
//!
//! Everything here is marked `inline` for the sake of programs without a spy: only who calls it
//! compiles it.

mod assertions;
#[cfg(any(feature = "log", feature = "tracing"))]
mod logs;

use std::future::Future;

#[cfg(any(feature = "log", feature = "tracing"))]
pub use self::logs::SpiedLog;

use crate::client::Client;
use crate::client::core::Core;
use crate::record::registry::Kind;
use crate::scope::{Scope, Scoped};
use crate::worker::pipeline::Pipeline;
use crate::worker::series::{Series, State};

/// A client that sends nothing and shows what was recorded with it.
///
/// Give each test its own: what runs in its scope is recorded there and nowhere
/// else, so tests run in parallel.
///
/// ```
/// use logd_runtime::testing::Spy;
/// use logd_runtime::Counter;
///
/// static LOGINS: Counter = Counter::new("login");
///
/// let spy = Spy::new();
/// spy.run(|| LOGINS.increment());
/// assert_eq!(spy.counter("login").total(), 1);
///
/// // The same, with everything that was recorded in the message when it fails.
/// spy.assert_counter("login", 1);
/// spy.assert_keys(["login"]);
/// ```
///
/// A task is recorded here too, on whichever thread it runs, and so is what it spawns with
/// [`Scope::current`]:
///
/// ```
/// use logd_runtime::testing::Spy;
/// use logd_runtime::{Counter, Scope};
///
/// static SENT: Counter = Counter::new("mail.sent");
///
/// # fn spawn<F: Future + Send + 'static>(_: F) {}
/// async fn order() {
///     spawn(Scope::current().future(mail())); // `tokio::spawn`, say
/// }
///
/// async fn mail() {
///     SENT.increment();
/// }
///
/// let spy = Spy::new();
/// let test = spy.future(order()); // `.await` it in the test
/// # drop(test);
/// ```
#[derive(Clone, Debug)]
pub struct Spy {
    client: Client,
}

impl Default for Spy {
    #[inline]
    fn default() -> Self {
        Spy::new()
    }
}

impl Spy {
    /// A client that has seen nothing yet.
    #[must_use]
    #[inline]
    pub fn new() -> Self {
        Spy {
            client: Client::from_core(Core::keeping()),
        }
    }

    /// The client, for code that takes one.
    #[must_use]
    #[inline]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The spy's scope, to take into a thread or a task.
    #[must_use]
    #[inline]
    pub fn scope(&self) -> Scope {
        self.client.scope()
    }

    /// Runs a closure whose events come here.
    pub fn run<R>(&self, inside: impl FnOnce() -> R) -> R {
        self.scope().run(inside)
    }

    /// The future, with its events coming here.
    pub fn future<F: Future>(&self, future: F) -> Scoped<F> {
        self.scope().future(future)
    }

    /// What a counter has counted so far.
    #[must_use]
    #[inline]
    pub fn counter(&self, key: &str) -> SpiedCounter {
        let mut spied = SpiedCounter::default();
        self.look(Kind::Counter, key, |series| {
            if let State::Counter(counter) = &series.state {
                spied = SpiedCounter {
                    events: counter.events,
                    total: i64::try_from(counter.sum).unwrap_or(if counter.sum < 0 {
                        i64::MIN
                    } else {
                        i64::MAX
                    }),
                    float_total: counter.sum as f64 + counter.float_sum,
                };
            }
        });
        spied
    }

    /// What a meter has read so far.
    #[must_use]
    #[inline]
    pub fn meter(&self, key: &str) -> SpiedMeter {
        let mut spied = SpiedMeter::default();
        self.look(Kind::Meter, key, |series| {
            if let State::Meter(meter) = &series.state {
                spied = SpiedMeter {
                    readings: meter.readings,
                    sum: meter.sum,
                    last: (meter.readings > 0).then_some(meter.last),
                };
            }
        });
        spied
    }

    /// What a timer has measured so far.
    #[must_use]
    #[inline]
    pub fn timer(&self, key: &str) -> SpiedTimer {
        let mut spied = SpiedTimer::default();
        self.look(Kind::Timer, key, |series| {
            if let State::Timer(timer) = &series.state {
                let unit = series.unit();
                spied = SpiedTimer {
                    count: timer.calls(),
                    clocked: timer.clocked(),
                    extremes: timer
                        .extremes()
                        .map(|(lowest, highest)| (unit.amount(lowest), unit.amount(highest))),
                };
            }
        });
        spied
    }

    /// The keys that were used, sorted.
    #[must_use]
    #[inline]
    pub fn keys(&self) -> Vec<String> {
        // One of another kind is no other key.
        let used = self.used(|_| Kind::Counter);
        used.into_iter().map(|(_, key)| key).collect()
    }

    /// What was used, each once, in order of what `as_kind` makes of its kind, and then its key.
    #[inline]
    fn used(&self, as_kind: fn(Kind) -> Kind) -> Vec<(Kind, String)> {
        let mut used: Vec<(Kind, String)> = self.collect(|pipeline| {
            let keys = pipeline.keys();
            keys.map(|(kind, key)| (as_kind(kind), key.to_owned()))
                .collect()
        });
        used.sort_unstable();
        used.dedup();
        used
    }

    #[inline]
    fn look(&self, kind: Kind, key: &str, mut see: impl FnMut(&Series)) {
        self.collect(|pipeline| {
            if let Some(series) = pipeline.find(kind, key) {
                see(series);
            }
        });
    }

    #[inline]
    fn collect<R>(&self, see: impl FnOnce(&Pipeline) -> R) -> R {
        let mut pipeline = self.client.core().worker().pipeline();
        pipeline.collect();
        see(&pipeline)
    }
}

/// Ends a client's window now, as its worker does once a flush interval: for
/// measuring what windows do to the receiver's figures.
#[doc(hidden)]
#[inline]
pub fn end_window(client: &Client) {
    client.core().worker().end_window();
}

/// What a counter has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpiedCounter {
    events: u64,
    total: i64,
    float_total: f64,
}

impl SpiedCounter {
    /// The sum of all integer changes.
    #[must_use]
    #[inline]
    pub fn total(&self) -> i64 {
        self.total
    }

    /// The sum of all changes, fractions included.
    #[must_use]
    #[inline]
    pub fn float_total(&self) -> f64 {
        self.float_total
    }

    /// How many changes there were.
    #[must_use]
    #[inline]
    pub fn events(&self) -> u64 {
        self.events
    }
}

/// What a meter has read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpiedMeter {
    readings: u64,
    sum: f64,
    last: Option<f64>,
}

impl SpiedMeter {
    /// How many readings there were.
    #[must_use]
    #[inline]
    pub fn readings(&self) -> u64 {
        self.readings
    }

    /// The last reading.
    #[must_use]
    #[inline]
    pub fn last(&self) -> Option<f64> {
        self.last
    }

    /// The mean of all readings.
    #[must_use]
    #[inline]
    pub fn mean(&self) -> Option<f64> {
        (self.readings > 0).then(|| self.sum / self.readings as f64)
    }
}

/// What a timer has measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpiedTimer {
    count: u64,
    clocked: u64,
    extremes: Option<(f64, f64)>,
}

impl SpiedTimer {
    /// How many calls there were, clocked or not.
    #[must_use]
    #[inline]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many of the calls have a duration that was kept: all of them at rate 1,
    /// unless more than a few timers go past 64 calls each.
    #[must_use]
    #[inline]
    pub fn clocked(&self) -> u64 {
        self.clocked
    }

    /// The shortest call, in seconds; a histogram's lowest value, in its own unit.
    #[must_use]
    #[inline]
    pub fn lower(&self) -> Option<f64> {
        self.extremes.map(|(lowest, _)| lowest)
    }

    /// The longest call, in seconds; a histogram's highest value, in its own unit.
    #[must_use]
    #[inline]
    pub fn upper(&self) -> Option<f64> {
        self.extremes.map(|(_, highest)| highest)
    }
}
