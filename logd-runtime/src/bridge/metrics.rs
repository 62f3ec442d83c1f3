//! The `metrics` facade: what libraries record through it reaches a client through the
//! same shards as everything else. A name is looked up when a library asks for its handle;
//! the handle then writes to its slot.

mod handles;
mod known;
mod names;

use std::collections::HashMap;
use std::sync::Arc;

use ::metrics::{Key, KeyName, Metadata, Recorder, SharedString, Unit};

use self::known::{Instrument, Known};
use crate::client::Client;
use crate::client::core::Core;
use crate::error::Error;
use crate::fork::PerProcess;
use crate::off::OFF;
use crate::record::list::List;
use crate::record::quiet::{QuietMutex, made_quietly};
use crate::record::shard;
use crate::scope;
use crate::stats::DropReason;

/// The most names unless the builder says otherwise.
const MOST_NAMES: usize = 10_000;

/// Takes what libraries record through the [`metrics`](::metrics) facade.
///
/// Two lines at the start of a program, and the numbers of every dependency that uses the
/// facade stand beside its own:
///
/// ```
/// let _logd = logd_runtime::builder().prefix("shop").init()?;
/// logd_runtime::MetricsRecorder::install()?;
///
/// metrics::counter!("http_requests_total", "method" => "GET").increment(1);
/// # Ok::<(), logd_runtime::Error>(())
/// ```
///
/// | the facade's | becomes |
/// |---|---|
/// | counter | a counter; `absolute(n)` counts what is missing to `n`, from 0, or from the highest `n` before and what was added since: what was added before the first `n` stands beside it |
/// | gauge | a meter that is [held](crate::Meter::hold): a flush interval without a change repeats the level |
/// | histogram | a timer |
///
/// It costs a library what one of our own handles costs where it keeps the facade's handle,
/// and a look-up in a table of its thread where it asks for one each time, as the macros do.
///
/// # Names
///
/// A name is made a key as [`Client::increment`] does it. Labels are folded in behind it,
/// sorted by their names: `http_requests_total` with `status` 200 and `method` GET is
/// `http_requests_total.method.GET.status.200`. In a label, everything that is neither a letter
/// nor a digit, `-` or `_` becomes `_`, so that it is one part of the key: `/users/{id}` is
/// `_users__id_`. A client of [`Format::DogStatsD`](crate::Format) sends labels as tags instead.
///
/// There may be 10,000 names, a name with other labels being another. What goes beyond counts
/// under `logd.client.overflow.…`.
///
/// # Units
///
/// By the facade's convention histograms are in seconds, as timers are here. One that was
/// described with another unit of time, or whose name ends in one (`_ms`, `.micros`), is
/// converted to seconds. Described with any other unit, or with a name that ends in
/// `bytes`, `percent` or `ratio`, it keeps its numbers as they are: the receiver shows bytes
/// where it otherwise shows seconds, and in the `StatsD` formats where it shows milliseconds.
/// Describe a histogram before it is first used. What is not described and no time comes
/// out as it is too, but beyond 8,000 only the first 64 values of a flush interval and thread
/// are exact.
///
/// Values that are not finite, and negative ones of a histogram, are dropped and counted as
/// [`InvalidValue`](DropReason::InvalidValue).
#[derive(Clone, Debug)]
pub struct MetricsRecorder {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// None: the one that is current where something is recorded.
    client: Option<Client>,
    most_names: usize,
    known: PerProcess<QuietMutex<Known>>,
    units: PerProcess<QuietMutex<HashMap<Box<str>, Unit>>>,
    /// What `units` are made from in a child process.
    described: List<(Box<str>, Unit)>,
}

/// Configures a [`MetricsRecorder`].
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build()` or `install()`"]
pub struct MetricsRecorderBuilder {
    client: Option<Client>,
    max_names: Option<usize>,
}

impl MetricsRecorder {
    /// Starts the configuration of a recorder.
    pub fn builder() -> MetricsRecorderBuilder {
        MetricsRecorderBuilder::default()
    }

    /// Makes a recorder the facade's own, for the whole program.
    ///
    /// What is recorded goes to the client that is current there: the global one outside of
    /// every [`Scope`](crate::Scope). Calls that a library made before are lost to the facade.
    ///
    /// # Errors
    ///
    /// When the facade has a recorder already.
    pub fn install() -> Result<(), Error> {
        Self::builder().install()
    }

    fn instrument<I: Instrument>(&self, key: &Key) -> I {
        if OFF {
            return I::noop();
        }
        let recorder = Arc::as_ptr(&self.inner) as usize;
        if let Some(known) = known::on_thread(recorder, key) {
            return known;
        }
        // On the slow way already, it is the recorder's own doing: an instrumented allocator, say.
        shard::slow_path(
            || {
                let instrument = self.inner.instrument(key);
                (instrument, self.inner.core())
            },
            |(_, core), nested| core.drop_events(DropReason::Nested, nested.into()),
        )
        .map_or_else(I::noop, |(instrument, _)| match instrument {
            Some(instrument) => {
                known::keep_on_thread(&self.inner, key, &instrument);
                instrument
            }
            None => self.inner.overflow(),
        })
    }
}

impl Inner {
    /// Handles have no part in keeping a client alive.
    fn own_core(&self) -> Option<Arc<Core>> {
        self.client.as_ref().map(|client| Arc::clone(client.core()))
    }

    fn core(&self) -> Arc<Core> {
        self.own_core().unwrap_or_else(scope::current_core)
    }

    fn known(&self) -> &QuietMutex<Known> {
        made_quietly(&self.known, |_| QuietMutex::default())
    }

    fn units(&self) -> &QuietMutex<HashMap<Box<str>, Unit>> {
        let described = || self.described.iter().cloned().collect();
        made_quietly(&self.units, |_| QuietMutex::new(described()))
    }

    fn describe(&self, name: &str, unit: Unit) {
        let mut units = self.units().lock();
        if units.insert(name.into(), unit) != Some(unit) {
            self.described.push(0, (name.into(), unit));
        }
    }

    /// The instrument of a name; none when there are as many as may be.
    fn instrument<I: Instrument>(&self, key: &Key) -> Option<I> {
        let unit = self.units().lock().get(key.name()).copied();
        let mut known = self.known().lock();
        if let Some(instrument) = known.get(key) {
            return Some(instrument);
        }
        if known.len() >= self.most_names {
            return None;
        }
        let instrument = I::register(names::fold(key), unit, self.own_core());
        known.insert(key, &instrument);
        Some(instrument)
    }

    /// The instrument of all names beyond the bound.
    fn overflow<I: Instrument>(&self) -> I {
        self.known()
            .lock()
            .overflow(|| I::overflow(self.own_core()))
    }
}

impl MetricsRecorderBuilder {
    /// Records with this client, wherever something is recorded. The recorder keeps the
    /// client alive, so [flush](Client::flush) or [shut it down](Client::shutdown) at the end
    /// of the program.
    pub fn client(mut self, client: &Client) -> Self {
        self.client = Some(client.clone());
        self
    }

    /// The most names, 10,000 by default. What goes beyond counts under
    /// `logd.client.overflow.…`.
    pub fn max_names(mut self, names: usize) -> Self {
        self.max_names = Some(names);
        self
    }

    /// A recorder to install by other means: under a layer of `metrics-util`, or for a closure.
    ///
    /// ```
    /// use logd_runtime::{MetricsRecorder, testing::Spy};
    ///
    /// let spy = Spy::new();
    /// let recorder = MetricsRecorder::builder().client(spy.client()).build();
    /// metrics::with_local_recorder(&recorder, || {
    ///     metrics::counter!("orders", "kind" => "book").increment(2);
    /// });
    /// assert_eq!(spy.counter("orders.kind.book").total(), 2);
    /// ```
    #[must_use]
    pub fn build(self) -> MetricsRecorder {
        MetricsRecorder {
            inner: Arc::new(Inner {
                client: self.client,
                most_names: self.max_names.unwrap_or(MOST_NAMES),
                known: PerProcess::new(),
                units: PerProcess::new(),
                described: List::new(),
            }),
        }
    }

    /// Makes the recorder the facade's own, for the whole program.
    ///
    /// # Errors
    ///
    /// When the facade has a recorder already.
    pub fn install(self) -> Result<(), Error> {
        ::metrics::set_global_recorder(self.build()).map_err(|_| Error::recorder_installed())
    }
}

impl Recorder for MetricsRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        if let Some(unit) = unit {
            self.inner.describe(name.as_str(), unit);
        }
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> ::metrics::Counter {
        self.instrument(key)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> ::metrics::Gauge {
        self.instrument(key)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> ::metrics::Histogram {
        self.instrument(key)
    }
}
