//! The configuration of a client, checked as a whole when it is built.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Client;
use super::core::Core;
use crate::config::{Config, Setting};
use crate::error::Error;
use crate::global::{self, FlushGuard};
use crate::hooks;
use crate::off::OFF;
use crate::transport::AddressFamily;
use crate::wire::Format;

/// Configures a client: [`build`](Self::build) makes one of its own,
/// [`init`](Self::init) configures the global one.
///
/// ```
/// use std::time::Duration;
///
/// let client = logd_runtime::Client::builder()
///     .host("127.0.0.1")
///     .port(8126)
///     .prefix("shop")
///     .flush_interval(Duration::from_millis(500))
///     .build()?;
/// # Ok::<(), logd_runtime::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build()` or `init()`"]
pub struct Builder {
    /// What the settings below stand over.
    config: Option<Config>,
    host: Option<String>,
    port: Option<u16>,
    prefix: Option<String>,
    reduce: Option<bool>,
    enabled: Option<bool>,
    flush_interval: Option<Duration>,
    datagrams_per_second: Option<u32>,
    messages_per_timer: Option<usize>,
    threshold: Option<f64>,
    max_names: Option<usize>,
    log_queue: Option<(usize, usize)>,
    report_drops: Option<bool>,
    format: Option<Format>,
    tags: Vec<(String, String)>,
    address_family: Option<AddressFamily>,
    flush_on_exit: bool,
    flush_on_panic: bool,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Builder::default()
    }

    /// The settings that stand where this builder sets nothing itself, in place of the
    /// defaults and of what [`init`](Self::init) would look for.
    ///
    /// ```
    /// use logd_runtime::{Client, Config};
    ///
    /// // A client of its own that is configured as the program is.
    /// let client = Client::builder().config(Config::discover()?).prefix("audit").build()?;
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// The receiver's host: a name, an address in numbers, or `unix:` and the path of a socket,
    /// see [`unix_socket`](Self::unix_socket). `127.0.0.1` by default.
    ///
    /// A name is looked up in the background, so one that does not
    /// resolve is no error here: it shows in [`Stats`](crate::Stats) and flush
    /// reports, and events are kept until it does. It is looked up again once a minute, and two
    /// seconds after a refusal. The address in use is kept while it is among the answers and
    /// does not refuse, and while the name fails.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Sends to a Unix datagram socket on this machine, at an absolute path; the same as a
    /// [`host`](Self::host) of `unix:` and that path. The port has no meaning then.
    ///
    /// Nothing is lost on the way: when the receiver has read nothing for a while, or is not
    /// there, events are kept and merged until it is back, and the state says so. One that ends
    /// takes with it what it had not read. A path that is too long for a socket, or is not
    /// UTF-8, is an error when built, and so is any on a system without such sockets.
    ///
    /// ```
    /// use logd_runtime::Client;
    ///
    /// # #[cfg(unix)] {
    /// let client = Client::builder().unix_socket("/run/logd.sock").build()?;
    /// # }
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn unix_socket(self, path: impl AsRef<Path>) -> Self {
        self.host(format!("unix:{}", path.as_ref().display()))
    }

    /// Which addresses of the host's name are used, where it has IPv4 and IPv6 ones: IPv4 ones
    /// first by default, since the original daemon listens there. An address in numbers that is
    /// not of the one family allowed is an error when built.
    ///
    /// ```
    /// use logd_runtime::{AddressFamily, Client};
    ///
    /// let builder = Client::builder().host("::1").address_family(AddressFamily::Ipv4);
    /// assert!(builder.build().unwrap_err().is_config());
    /// ```
    pub fn address_family(mut self, family: AddressFamily) -> Self {
        self.address_family = Some(family);
        self
    }

    /// The receiver's UDP port, by default 8126, and 8125 in the `StatsD` formats. 0 is an
    /// error when built.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// What stands before every key, with a colon: `shop` makes `shop:orders`; in the
    /// `StatsD` formats with a dot. None by default.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Whether events are added up between two flushes, as they are by default.
    ///
    /// With `false` each event is a message of its own, sampled and sent as
    /// pylogd does. Use it where that very form is wanted; it costs more, and a
    /// burst beyond 4,096 events on a thread is dropped and counted.
    pub fn reduce(mut self, reduce: bool) -> Self {
        self.reduce = Some(reduce);
        self
    }

    /// What the client sends: logd's messages by default, or lines for `StatsD` agents.
    ///
    /// ```
    /// use logd_runtime::{Client, Format};
    ///
    /// let client = Client::builder().format(Format::StatsD).prefix("shop").build()?;
    /// client.increment("orders");         // shop.orders:1|c
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// A tag for everything that the client sends; more than one may be given. Only
    /// [`Format::DogStatsD`] has tags: with another format they are an error when built.
    ///
    /// ```
    /// use logd_runtime::{Client, Format};
    ///
    /// let client = Client::builder().format(Format::DogStatsD).tag("env", "prod").build()?;
    /// client.increment("orders");         // orders:1|c|#env:prod
    ///
    /// assert!(Client::builder().tag("env", "prod").build().unwrap_err().is_config());
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((name.into(), value.into()));
        self
    }

    /// Whether the client does anything, as it does by default. With `false` it is
    /// what [`Client::noop`] gives.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// The time between two flushes, one second by default. At least a millisecond.
    ///
    /// The original daemon reports every ten seconds: a few flushes in each of
    /// its intervals keep its figures close to the true ones.
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.flush_interval = Some(interval);
        self
    }

    /// The most datagrams that the client sends in a second, 2,000 by default.
    ///
    /// What is over it waits and is merged with what comes later: totals stay
    /// exact. A flush that is asked for does not count against it, nor do log records
    /// and, with `reduce(false)`, single events: those are only paced.
    pub fn datagrams_per_second(mut self, datagrams: u32) -> Self {
        self.datagrams_per_second = Some(datagrams);
        self
    }

    /// The most messages that a timer is reduced to in one flush, 30 by default:
    /// a multiple of 10.
    pub fn messages_per_timer(mut self, messages: usize) -> Self {
        self.messages_per_timer = Some(messages);
        self
    }

    /// The receiver's percentile threshold, 90 by default, for which timers are
    /// reduced: above 50 and below 100.
    pub fn threshold(mut self, percent: f64) -> Self {
        self.threshold = Some(percent);
        self
    }

    /// The most names that can be made at run time, 10,000 by default. Beyond it
    /// names count together under `logd.client.overflow.…`.
    pub fn max_names(mut self, names: usize) -> Self {
        self.max_names = Some(names);
        self
    }

    /// The most log records, and bytes of them, that wait to be sent: 1,024 and
    /// 1 MiB by default. Records beyond it are dropped and counted as
    /// [`QueueFull`](crate::DropReason::QueueFull).
    pub fn log_queue(mut self, records: usize, bytes: usize) -> Self {
        self.log_queue = Some((records, bytes));
        self
    }

    /// Whether the receiver is told what was lost, as it is by default: once a second at
    /// most, and with a flush, a counter for each reason with a count since the last report,
    /// `logd.client.dropped.queue_full` and so on behind the client's prefix, and
    /// `logd.client.cut` for log records that were cut. Nothing is sent where nothing was lost.
    ///
    /// These messages stand for no event: they count among
    /// [`Stats::messages`](crate::Stats::messages) and nowhere else. While the receiver
    /// refuses messages they wait.
    pub fn report_drops(mut self, report: bool) -> Self {
        self.report_drops = Some(report);
        self
    }

    /// Flushes when the process ends, waiting for two seconds at most: on a return from `main`,
    /// behind a panic there, and on `std::process::exit` anywhere. Off by default.
    ///
    /// The guard of [`init`](Self::init) does so on a return from `main` only. `abort`, `_exit` and
    /// signals that end the process run nothing: see the README on SIGTERM. A child of `fork`
    /// flushes what it has recorded itself. Hooks stay for the life of the process.
    ///
    /// ```
    /// let _logd = logd_runtime::builder().flush_on_exit().init()?;
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn flush_on_exit(mut self) -> Self {
        self.flush_on_exit = true;
        self
    }

    /// Flushes when a thread panics, behind the panic hook that there was (which prints the
    /// message), waiting for two seconds at most. Off by default.
    ///
    /// For programs that are built with `panic = "abort"`, and for those that must not lose what
    /// led to a panic. The panicking thread waits, so leave it out where panics are caught as a
    /// matter of course. A hook that is set later without calling the one before it replaces this.
    ///
    /// ```
    /// let _logd = logd_runtime::builder().flush_on_panic().init()?;
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn flush_on_panic(mut self) -> Self {
        self.flush_on_panic = true;
        self
    }

    /// A client of its own with this configuration. The environment and files have no say in
    /// it, as they have in [`init`](Self::init), unless they are given with
    /// [`config`](Self::config).
    ///
    /// # Errors
    ///
    /// When a setting can not be used; the message names it and says what to write.
    pub fn build(self) -> Result<Client, Error> {
        let hooks = (self.flush_on_exit, self.flush_on_panic);
        let config = self.over(|| Ok(Config::default()))?;
        if OFF {
            return Ok(noop());
        }
        let core = Core::new(config);
        hook(hooks, &core);
        Ok(Client::from_core(core))
    }

    /// Configures the global client, which macros and handles use, and returns a
    /// guard that flushes when it is dropped. What is not set here comes from
    /// [`Config::discover`]: the environment, then files, then defaults. With
    /// [`config`](Self::config) it comes from there, and nothing is looked for.
    ///
    /// What was recorded before is kept and sent with this configuration.
    ///
    /// # Errors
    ///
    /// When a setting can not be used, here or where it is discovered, or the global client
    /// was configured before.
    pub fn init(self) -> Result<FlushGuard, Error> {
        if OFF {
            // What the environment and files say is for those who record.
            return global::install(&self.over(|| Ok(Config::default()))?);
        }
        let hooks = (self.flush_on_exit, self.flush_on_panic);
        let guard = global::install(&self.over(Config::discover)?)?;
        hook(hooks, global::get().core());
        Ok(guard)
    }

    /// The configuration with what this builder sets, checked.
    fn over(self, otherwise: fn() -> Result<Config, Error>) -> Result<Config, Error> {
        let mut config = self.config.map_or_else(otherwise, Ok)?;
        let (records, bytes) = self.log_queue.unzip();
        config.set(Setting::Host, |c| &mut c.host, self.host);
        config.set(Setting::Port, |c| &mut c.port, self.port);
        config.set(Setting::Prefix, |c| &mut c.prefix, self.prefix);
        config.set(Setting::Reduce, |c| &mut c.reduce, self.reduce);
        config.set(Setting::Enabled, |c| &mut c.enabled, self.enabled);
        config.set(
            Setting::FlushInterval,
            |c| &mut c.flush_interval,
            self.flush_interval,
        );
        config.set(
            Setting::DatagramsPerSecond,
            |c| &mut c.datagrams_per_second,
            self.datagrams_per_second,
        );
        config.set(
            Setting::MessagesPerTimer,
            |c| &mut c.messages_per_timer,
            self.messages_per_timer,
        );
        config.set(Setting::Threshold, |c| &mut c.threshold, self.threshold);
        config.set(Setting::MaxNames, |c| &mut c.max_names, self.max_names);
        config.set(Setting::LogQueueRecords, |c| &mut c.log_queue.0, records);
        config.set(Setting::LogQueueBytes, |c| &mut c.log_queue.1, bytes);
        config.set(
            Setting::ReportDrops,
            |c| &mut c.report_drops,
            self.report_drops,
        );
        config.set(Setting::Format, |c| &mut c.format, self.format);
        if !self.tags.is_empty() {
            config.set(Setting::Tags, |c| &mut c.tags, Some(self.tags));
        }
        config.set(
            Setting::AddressFamily,
            |c| &mut c.address_family,
            self.address_family,
        );
        config.check()?;
        Ok(config)
    }
}

/// Asks for the flushes that a client is to have beside its own.
fn hook((on_exit, on_panic): (bool, bool), core: &Arc<Core>) {
    if on_exit {
        hooks::flush_at_exit(core);
    }
    if on_panic {
        hooks::flush_on_panic(core);
    }
}

/// A client that sends nothing.
pub(super) fn noop() -> Client {
    Client::from_core(Core::new(Config::disabled()))
}
