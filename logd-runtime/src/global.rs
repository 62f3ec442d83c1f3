//! The global client: made by the first event or by `init`, whichever comes
//! first, and never taken down, so that a handle works in every corner of a program.

use std::sync::Arc;
use std::time::Duration;

use once_cell::race::OnceBox;

use crate::client::core::Core;
use crate::client::{Builder, Client};
use crate::config::Config;
use crate::error::Error;
use crate::manual;
use crate::off::OFF;
use crate::record::shard;
use crate::scope;
use crate::stats::FlushReport;
use crate::worker::Setup;
use crate::worker::shared::Mode;

/// Empty until the first event or `init`; from then on the same client for good. Set by
/// whoever comes first, without a lock: a child process might find it taken.
static GLOBAL: OnceBox<Client> = OnceBox::new();

/// What the environment and files say, read once: a child process may have another one.
static DISCOVERED: OnceBox<Config> = OnceBox::new();

/// How long a dropped [`FlushGuard`] waits unless it is told otherwise.
const GUARD_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn get() -> &'static Client {
    if let Some(client) = GLOBAL.get() {
        return client;
    }
    // An instrumented allocator must not ask for the client while it is being made.
    let _quiet = shard::quiet();
    let made = Client::from_core(Core::discovering(discovered));
    if let Err(second) = GLOBAL.set(Box::new(made)) {
        // Another thread's came first. Closed, it goes without a flush.
        second.core().worker().shared.set_mode(Mode::Closed);
    }
    GLOBAL.get().expect("it was set")
}

pub(crate) fn is_global(core: &Arc<Core>) -> bool {
    GLOBAL
        .get()
        .is_some_and(|client| Arc::ptr_eq(client.core(), core))
}

/// The global client's core, if there is one yet.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn existing_core() -> Option<Arc<Core>> {
    GLOBAL.get().map(|client| Arc::clone(client.core()))
}

/// What the global client starts with until `init` configures it.
fn discovered() -> Result<Setup, Error> {
    let config = DISCOVERED.get_or_try_init(|| {
        let config = Config::discover()?;
        config.check()?;
        Ok::<_, Error>(Box::new(config))
    })?;
    Ok(config.setup())
}

pub(crate) fn install(config: &Config) -> Result<FlushGuard, Error> {
    let client = get();
    let core = client.core();
    if !core.is_configured() && core.worker().shared.mode() == Mode::Closed {
        return Err(Error::config(
            "the global client was shut down before `init`: call `init` first, in `main`",
        ));
    }
    if !core.configure(config) {
        return Err(Error::already_initialized());
    }
    Ok(FlushGuard {
        client,
        timeout: GUARD_TIMEOUT,
    })
}

/// Flushes the global client when it is dropped, and leaves it running.
///
/// Keep it until the end of `main`. Bound to `_` it flushes at once and nothing
/// is lost but the last flush.
///
/// ```
/// let _logd = logd_runtime::builder().prefix("shop").init()?;
/// // … the program …
/// # Ok::<(), logd_runtime::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the guard flushes when it is dropped: bind it to `_logd` in `main`, not to `_`"]
pub struct FlushGuard {
    client: &'static Client,
    timeout: Duration,
}

impl FlushGuard {
    /// Waits for this long at most when it is dropped; two seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Flushes now, waiting for `timeout` at most.
    pub fn flush(&self, timeout: Duration) -> FlushReport {
        self.client.flush(timeout)
    }
}

impl Drop for FlushGuard {
    fn drop(&mut self) {
        let _ = self.client.flush(self.timeout);
    }
}

/// Starts the configuration of the global client; [`Builder::init`] ends it.
pub fn builder() -> Builder {
    Builder::new()
}

/// Configures the global client with what [`Config::discover`] finds.
///
/// That is the environment (`LOGD_HOST`, `LOGD_PORT`, `LOGD_PREFIX` and others), then pylogd's
/// files, then defaults. Call it in `main` and keep the guard.
///
/// # Errors
///
/// When a variable or a file can not be used, or the global client was configured before.
///
/// ```
/// fn main() -> Result<(), logd_runtime::Error> {
///     let _logd = logd_runtime::init()?;
///     // … the program …
///     Ok(())
/// }
/// ```
pub fn init() -> Result<FlushGuard, Error> {
    builder().init()
}

/// The client that is current here: the global one outside of every
/// [`Scope`](crate::Scope).
#[must_use]
pub fn client() -> Client {
    Client::of(&scope::current_core()).unwrap_or_else(|| get().clone())
}

/// Sends everything that was recorded with the current client before the call, and
/// waits for it, `timeout` at most; see [`Client::flush`].
///
/// ```
/// let report = logd_runtime::flush(std::time::Duration::from_secs(2));
/// println!("{report}");
/// ```
pub fn flush(timeout: Duration) -> FlushReport {
    client().flush(timeout)
}

/// Sends everything that was recorded with the current client before the call,
/// without holding up the thread; see [`Client::flush_async`].
pub async fn flush_async(timeout: Duration) -> FlushReport {
    client().flush_async(timeout).await
}

/// Deletes the log of this path at the current client's receiver.
///
/// # Errors
///
/// As for [`Client::delete_log`].
pub fn delete_log(path: &str) -> Result<(), Error> {
    client().delete_log(path)
}

/// Starts a timer by name on this thread, for a stop elsewhere in the program.
/// Started again before it was stopped, it forgets the first start.
///
/// ```
/// logd_runtime::start_timer("import");
/// // … another function, the same thread …
/// logd_runtime::stop_timer("import");
/// ```
#[inline]
pub fn start_timer(name: &str) {
    here(|core| manual::start_timer(core, name));
}

/// Stops a timer that [`start_timer`] started on this thread, and records it. One
/// that does not run is left alone.
#[inline]
pub fn stop_timer(name: &str) {
    here(|core| manual::stop_timer(core, name));
}

/// Starts or goes on with an accumulator by name on this thread: a timer that
/// takes several readings before its sum is sent.
///
/// ```
/// use logd_runtime::{flush_accumulator, start_accumulator, stop_accumulator};
///
/// start_accumulator("timers.mysql");
/// // … a query …
/// stop_accumulator("timers.mysql");
/// // … something else …
/// start_accumulator("timers.mysql");
/// // … another query …
/// stop_accumulator("timers.mysql");
/// flush_accumulator("timers.mysql");
/// ```
#[inline]
pub fn start_accumulator(name: &str) {
    here(|core| manual::start_accumulator(core, name));
}

/// Stops an accumulator that [`start_accumulator`] started on this thread. One
/// that does not run is left alone.
#[inline]
pub fn stop_accumulator(name: &str) {
    here(|core| manual::stop_accumulator(core, name));
}

/// Records the sum of an accumulator of this thread; one that runs is stopped.
#[inline]
pub fn flush_accumulator(name: &str) {
    here(|core| manual::flush_accumulator(core, name));
}

/// Records the sums of all accumulators that this thread started by name.
#[inline]
pub fn flush_accumulators() {
    here(|core| manual::flush_accumulators(core));
}

/// Does something with the current client.
fn here(act: impl FnOnce(&Arc<Core>)) {
    if !OFF {
        act(&scope::current_core());
    }
}
