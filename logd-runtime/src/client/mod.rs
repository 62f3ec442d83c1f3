//! Clients: what ships measurements to one receiver.

mod builder;
pub(crate) mod core;
pub(crate) mod lease;

use std::sync::Arc;
use std::time::Duration;

pub use self::builder::Builder;
use self::core::{Change, Core};
use crate::error::Error;
use crate::manual;
use crate::metric::{Counter, Meter, Timer};
use crate::record::registry::Kind;
use crate::scope::Scope;
use crate::stats::{DropReason, FlushReport, Stats};
use crate::wire::{self, Format};
use crate::worker::shared::Mode;

/// How long the last handle of a client waits for what is pending.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(2);

/// Ships measurements to one receiver, from one thread of its own.
///
/// Most programs need none: the macros and handles use the global client, which
/// [`init`](crate::init) configures. Make one to talk to a second receiver, or to
/// use names that are known at run time only.
///
/// Cloning is cheap and gives a handle of the same client. When the last handle
/// goes, what is pending is sent, for two seconds at most.
///
/// ```
/// use logd_runtime::Client;
///
/// let client = Client::builder().host("127.0.0.1").port(8126).prefix("shop").build()?;
/// let table = String::from("orders");
/// client.increment(&format!("db.{table}.reads"));
///
/// let rows = client.meter("db.orders.rows")?;
/// rows.set(17);
/// # Ok::<(), logd_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    handle: Arc<Handle>,
}

/// Closes the client when the last handle goes. The worker and the threads that
/// record hold the core, so that none of them is ever the last.
#[derive(Debug)]
pub(crate) struct Handle {
    core: Arc<Core>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.core.worker().shared.mode() != Mode::Closed {
            let _ = self.core.shutdown(CLOSING_TIMEOUT);
        }
    }
}

impl Client {
    /// Starts the configuration of a client.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// A client that sends nothing and counts nothing.
    ///
    /// ```
    /// let client = logd_runtime::Client::noop();
    /// client.increment("unseen");
    /// assert_eq!(client.stats().events(), 0);
    /// ```
    #[must_use]
    pub fn noop() -> Self {
        builder::noop()
    }

    pub(crate) fn from_core(core: Arc<Core>) -> Self {
        let handle = Arc::new(Handle { core });
        // A core has one handle from the start, so this is the first.
        let _ = handle.core.handle.set(Arc::downgrade(&handle));
        Client { handle }
    }

    /// The client of a core, unless its last handle is gone.
    pub(crate) fn of(core: &Core) -> Option<Self> {
        let handle = core.handle.get()?.upgrade()?;
        Some(Client { handle })
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.handle.core
    }

    /// A counter of this client, for a name known at run time.
    ///
    /// Keep the handle where the name comes up often: using it does not look the
    /// name up again.
    ///
    /// # Errors
    ///
    /// When the name can not be a key, or the client has made as many names as it may.
    ///
    /// ```
    /// let client = logd_runtime::Client::builder().max_names(1).build()?;
    /// client.counter("reads.orders")?.increment();
    /// assert!(client.counter("reads orders").unwrap_err().is_key());
    /// assert!(client.counter("reads.users").unwrap_err().is_too_many_names());
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn counter(&self, name: &str) -> Result<Counter, Error> {
        self.core().admit_name(Kind::Counter, name)?;
        Ok(Counter::made(name.into(), self.clone()))
    }

    /// A meter of this client, for a name known at run time.
    ///
    /// # Errors
    ///
    /// As for [`counter`](Self::counter).
    pub fn meter(&self, name: &str) -> Result<Meter, Error> {
        self.core().admit_name(Kind::Meter, name)?;
        Ok(Meter::made(name.into(), self.clone()))
    }

    /// A timer of this client, for a name known at run time.
    ///
    /// # Errors
    ///
    /// As for [`counter`](Self::counter).
    pub fn timer(&self, name: &str) -> Result<Timer, Error> {
        self.core().admit_name(Kind::Timer, name)?;
        Ok(Timer::made(name.into(), self.clone()))
    }

    /// Adds 1 to a counter by name.
    ///
    /// A name that can not be a key is cleaned: white space, control characters
    /// and `;` become `_`, empty parts go. One of which nothing is left is dropped
    /// and counted as [`InvalidKey`](DropReason::InvalidKey). Names beyond the
    /// client's bound count together as `logd.client.overflow.counter`.
    pub fn increment(&self, name: &str) {
        self.record_by_name(Kind::Counter, name, Change::Increment);
    }

    /// Takes 1 from a counter by name, cleaned as for [`increment`](Self::increment).
    pub fn decrement(&self, name: &str) {
        self.record_by_name(Kind::Counter, name, Change::Add(-1));
    }

    /// Changes a counter by name, cleaned as for [`increment`](Self::increment).
    ///
    /// An amount that is not finite, or beyond 2^53, is dropped and counted as
    /// [`InvalidValue`](DropReason::InvalidValue).
    pub fn add(&self, name: &str, amount: impl crate::Amount) {
        if let Some(change) = amount.change() {
            self.record_by_name(Kind::Counter, name, change);
        } else {
            self.core().drop_events(DropReason::InvalidValue, 1);
        }
    }

    /// Sets a meter by name, cleaned as for [`increment`](Self::increment).
    ///
    /// A reading that is not finite, or beyond 1e300, is dropped and counted as
    /// [`InvalidValue`](DropReason::InvalidValue).
    pub fn set(&self, name: &str, reading: impl crate::Reading) {
        if let Some(change) = reading.change() {
            self.record_by_name(Kind::Meter, name, change);
        } else {
            self.core().drop_events(DropReason::InvalidValue, 1);
        }
    }

    /// Records a duration by name, cleaned as for [`increment`](Self::increment).
    pub fn record(&self, name: &str, duration: Duration) {
        let reading = crate::record::Reading::duration(duration);
        self.record_by_name(Kind::Timer, name, Change::Time(reading));
    }

    fn record_by_name(&self, kind: Kind, name: &str, change: Change) {
        manual::record_by_name(self.core(), kind, name, change);
    }

    /// Starts a timer by name on this thread; see [`start_timer`](crate::start_timer).
    #[inline]
    pub fn start_timer(&self, name: &str) {
        manual::start_timer(self.core(), name);
    }

    /// Stops a timer by name on this thread and records it; see [`stop_timer`](crate::stop_timer).
    #[inline]
    pub fn stop_timer(&self, name: &str) {
        manual::stop_timer(self.core(), name);
    }

    /// Starts an accumulator by name on this thread; see
    /// [`start_accumulator`](crate::start_accumulator).
    #[inline]
    pub fn start_accumulator(&self, name: &str) {
        manual::start_accumulator(self.core(), name);
    }

    /// Stops an accumulator by name on this thread.
    #[inline]
    pub fn stop_accumulator(&self, name: &str) {
        manual::stop_accumulator(self.core(), name);
    }

    /// Records the sum of an accumulator of this thread; one that runs is stopped.
    #[inline]
    pub fn flush_accumulator(&self, name: &str) {
        self.scope()
            .run(|| manual::flush_accumulator(self.core(), name));
    }

    /// Records the sums of all accumulators that this thread started by name.
    #[inline]
    pub fn flush_accumulators(&self) {
        self.scope().run(|| manual::flush_accumulators(self.core()));
    }

    /// Deletes the log of this path at the receiver, with all its lines.
    ///
    /// # Errors
    ///
    /// When a path of that form would harm the receiver: it is empty, has a `$`,
    /// a NUL or an empty part; or when the client's [`Format`] has no logs.
    pub fn delete_log(&self, path: &str) -> Result<(), Error> {
        self.check_logs()?;
        let mut datagram = Vec::new();
        wire::delete(&mut datagram, path)
            .map_err(|fault| Error::key(format!("the log path is {path:?}: {fault}")))?;
        self.core().queue_message(datagram);
        Ok(())
    }

    /// What this client sends. The global client that nobody has configured takes
    /// what the environment says when it first sends, and is [`Format::Logd`] until then.
    #[must_use]
    pub fn format(&self) -> Format {
        self.core().worker().pipeline().format()
    }

    /// Whether log records can be sent, with what to write instead.
    pub(crate) fn check_logs(&self) -> Result<(), Error> {
        let format = self.format();
        if format.has_logs() {
            return Ok(());
        }
        Err(Error::config(format!(
            "this client sends the format {format}, which has no logs: \
             use a client with Format::Logd for them"
        )))
    }

    /// Makes this client current for a closure or a future.
    ///
    /// ```
    /// use logd_runtime::{Client, Counter};
    ///
    /// static SEEN: Counter = Counter::new("seen");
    ///
    /// let audit = Client::builder().prefix("audit").build()?;
    /// audit.scope().run(|| SEEN.increment());
    /// assert_eq!(audit.stats().events(), 1);
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::new(self)
    }

    /// Sends everything that was recorded before the call, and waits for it,
    /// `timeout` at most.
    ///
    /// Use [`flush_async`](Self::flush_async) in a task. The report tells what
    /// became of the events since the flush before; flushes that overlap share one.
    /// A flush never fails.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let client = logd_runtime::Client::builder().build()?;
    /// client.increment("jobs");
    /// let report = client.flush(Duration::from_secs(2));
    /// assert_eq!(report.events(), 1);
    /// println!("{report}");
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn flush(&self, timeout: Duration) -> FlushReport {
        self.core().worker().flush(timeout)
    }

    /// Sends everything that was recorded before the call, without holding up the
    /// thread. It needs no runtime: the client's own thread keeps the time.
    pub async fn flush_async(&self, timeout: Duration) -> FlushReport {
        match self.core().worker().flush_async(timeout).await {
            Some(report) => report,
            None => self.core().worker().flush(timeout),
        }
    }

    /// Closes the client: flushes, `timeout` at most, then ends its thread.
    ///
    /// What was not sent by then, and every later event, is counted as dropped.
    ///
    /// ```
    /// use std::time::Duration;
    /// use logd_runtime::{Client, DropReason};
    ///
    /// let client = Client::builder().build()?;
    /// client.shutdown(Duration::from_secs(2));
    /// client.increment("late");
    /// assert_eq!(client.stats().dropped_by(DropReason::Closed), 1);
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn shutdown(&self, timeout: Duration) -> FlushReport {
        self.core().shutdown(timeout)
    }

    /// What this client has done since it began.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core().worker().stats()
    }
}
