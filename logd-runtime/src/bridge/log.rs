//! The `log` facade: a logger whose records become log lines at the receiver.

mod levels;
mod values;

use std::fmt;
use std::time::Duration;

use log::{Level, LevelFilter, Log, Metadata, Record};

use self::levels::Levels;
use super::line::draft::Draft;
use super::line::sink::{Settings, Sink};
use super::line::site::Site;
use super::line::text::Text;
use super::line::traceback;
use crate::client::Client;
use crate::error::Error;
use crate::record::shard;

/// How long a flush through the facade, which names no time, may take.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends the records of the [`log`](https://docs.rs/log) crate to logd: pylogd's handler.
///
/// Recording neither blocks nor fails: records go into the client's bounded queue
/// ([`Builder::log_queue`](crate::Builder::log_queue)), and what finds no room is counted in
/// [`Stats`](crate::Stats). Flush at the end of the program, or keep the guard of
/// [`init`](crate::init), which does.
///
/// ```
/// use logd_runtime::Logger;
///
/// # fn main() -> Result<(), logd_runtime::Error> {
/// let _logd = logd_runtime::builder().host("127.0.0.1").port(8126).init()?;
/// Logger::builder().path("shop.log").level(log::LevelFilter::Info).install()?;
///
/// log::info!(order = 4242, customer = "ada"; "paid");
/// # Ok(())
/// # }
/// ```
///
/// # What is sent
///
/// | field | what it is |
/// |---|---|
/// | `path` | the log's name at the receiver |
/// | `name` | the record's target: its module, unless the macro names another |
/// | `level` | `ERROR`, `WARNING`, `INFO` or `DEBUG`, as Python names them, and `TRACE` |
/// | `msg` | the message |
/// | `time` | seconds since 1970, with fractions |
/// | `pid` | the process |
/// | `loc` | file, module and line: `src/orders.rs shop::orders:42` |
/// | `tb` | only with an error or a [`backtrace`](LoggerBuilder::backtrace): every error among the key-values (`error:err = e`), followed by what caused it, each cause on a line |
/// | others | the key-values, each in a field of its own |
///
/// Numbers and truth values of key-values are sent as such, integers beyond 2^53 as text so that
/// no digit is lost, everything else as the text that it shows. A receiver cannot keep every
/// name: dots become `_`, and so does a `$` in front; a name that the message itself has, or
/// that is there already, gets `_` behind it.
///
/// A record that is too long for a datagram is cut: the longest texts first, between two
/// characters, with a mark that says how much is missing (`… [34493 bytes cut]`); it counts in
/// [`Stats::cut`](crate::Stats::cut). Fields that then still find no room are left out from the
/// last one, and `fields_cut` says how many.
///
/// Records that come up while another one is made, by what it shows, or inside of a client are
/// not sent, so that nothing ever feeds itself: they count as
/// [`Nested`](crate::DropReason::Nested).
#[derive(Debug)]
pub struct Logger {
    sink: Sink,
    levels: Levels,
    backtrace: LevelFilter,
    tee: Option<Tee>,
}

impl Logger {
    /// Starts the configuration of a logger.
    pub fn builder() -> LoggerBuilder {
        LoggerBuilder::default()
    }

    /// The most verbose level that it has a use for: what [`log::set_max_level`] is to be given
    /// where another logger takes this one in. [`install`](LoggerBuilder::install) does it.
    #[must_use]
    pub fn max_level(&self) -> LevelFilter {
        let tee = self.tee.as_ref().map_or(LevelFilter::Off, |tee| tee.level);
        self.levels.most().max(tee)
    }

    fn sends(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= self.levels.of(metadata.target())
    }

    fn describe(&self, record: &Record<'_>, draft: &mut Draft) {
        draft.level = name_of(record.level());
        draft.name = Text::of(record.target());
        draft.msg = Text::of(record.args());
        draft.locate(record.file(), record.module_path(), record.line());
        values::take_key_values(record, draft);
        if record.level() <= self.backtrace {
            traceback::add_backtrace(&mut draft.tb);
        }
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.sends(metadata) || self.tee.as_ref().is_some_and(|tee| tee.takes(metadata))
    }

    fn log(&self, record: &Record<'_>) {
        if self.sends(record.metadata()) {
            let level = record.level().as_str();
            let site = Site::new(record.file(), record.line(), level, record.target());
            self.sink.send(site, |draft| self.describe(record, draft));
        }
        if let Some(tee) = &self.tee
            && tee.takes(record.metadata())
        {
            tee.logger.log(record);
        }
    }

    /// Sends what is queued and waits for it, two seconds at most; then the other logger's turn
    /// comes.
    fn flush(&self) {
        // A thread inside of a client would wait for itself.
        if !shard::is_busy()
            && let Some(core) = self.sink.existing_core()
        {
            let _ = core.worker().flush(FLUSH_TIMEOUT);
        }
        if let Some(tee) = &self.tee {
            tee.logger.flush();
        }
    }
}

/// Configures a [`Logger`]: [`install`](Self::install) makes it the program's logger,
/// [`build`](Self::build) gives it away as a [`log::Log`].
///
/// ```
/// use logd_runtime::{Client, Logger};
/// use log::{LevelFilter, Log};
///
/// let client = Client::builder().host("127.0.0.1").port(8126).build()?;
/// let logger = Logger::builder()
///     .path("shop.log")
///     .level(LevelFilter::Debug)
///     .level_for("hyper", LevelFilter::Warn)
///     .client(client)
///     .build()?;
/// assert_eq!(logger.max_level(), LevelFilter::Debug);
/// # Ok::<(), logd_runtime::Error>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `install()` or `build()`"]
pub struct LoggerBuilder {
    settings: Settings,
    levels: Levels,
    backtrace: Option<LevelFilter>,
    tee: Option<Tee>,
}

impl LoggerBuilder {
    /// The log's name at the receiver, which keeps the lines of each path together. Without it
    /// that is what [`Config::discover`](crate::Config::discover) finds: `LOGD_PATH`, or the
    /// `path` of pylogd's files.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.settings.path = Some(path.into());
        self
    }

    /// The most verbose level that is sent, `Info` by default.
    pub fn level(mut self, level: LevelFilter) -> Self {
        self.levels.default = level;
        self
    }

    /// Another level for one target and those below it: `hyper` is also `hyper::client`. The
    /// longest target that fits counts.
    pub fn level_for(mut self, target: impl Into<String>, level: LevelFilter) -> Self {
        self.levels.set(target.into(), level);
        self
    }

    /// The client that sends the records. Without it that is the current one: the global client,
    /// or the one whose [`Scope`](crate::Scope) a record is made in.
    ///
    /// The logger is then a handle of the client, and an installed one is never dropped: flush or
    /// shut down at the end of the program.
    pub fn client(mut self, client: Client) -> Self {
        self.settings.client = Some(client);
        self
    }

    /// A second logger, which gets every record too, whatever this one's levels: one that writes to
    /// the console, say. It decides by itself what it takes.
    ///
    /// ```
    /// # struct Console;
    /// # impl log::Log for Console {
    /// #     fn enabled(&self, _: &log::Metadata<'_>) -> bool { true }
    /// #     fn log(&self, _: &log::Record<'_>) {}
    /// #     fn flush(&self) {}
    /// # }
    /// # let console = Console;
    /// use logd_runtime::Logger;
    ///
    /// let logger = Logger::builder().path("shop.log").tee(console).build()?;
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn tee(self, logger: impl Log + 'static) -> Self {
        self.tee_at(LevelFilter::Trace, logger)
    }

    /// The same for a logger that wants nothing more verbose than `level`: records beyond it, that
    /// this one has no use for either, are then not even made.
    pub fn tee_at(mut self, level: LevelFilter, logger: impl Log + 'static) -> Self {
        let logger = Box::new(logger);
        self.tee = Some(Tee { logger, level });
        self
    }

    /// Records up to this level carry the stack of their caller in `tb`: `Error` for errors
    /// only. `Off` by default, since walking a stack takes far longer than all the rest.
    pub fn backtrace(mut self, level: LevelFilter) -> Self {
        self.backtrace = Some(level);
        self
    }

    /// The most bytes of a record's datagram: what is longer is cut. By default the most that UDP
    /// carries, 65,507, which is sent in pieces where a network does not carry it whole, and lost
    /// with any of them. 1,432 get through unbroken everywhere.
    pub fn max_datagram(mut self, bytes: usize) -> Self {
        self.settings.max_datagram = Some(bytes);
        self
    }

    /// The most records that each place in the source may send in a time. There is no limit by
    /// default.
    ///
    /// Those beyond it count as [`RateLimited`](crate::DropReason::RateLimited), and the next
    /// record that is sent from there says in the field `suppressed` how many they were. A second
    /// logger gets them all.
    pub fn rate_limit(mut self, records: u32, per: Duration) -> Self {
        self.settings.limit = Some((records, per));
        self
    }

    /// The logger, for code that takes a [`log::Log`].
    ///
    /// # Errors
    ///
    /// When there is no path, or one that would harm the receiver or fill half of a datagram; when
    /// the rate limit is 0, `max_datagram` is out of range, or the client's
    /// [`Format`](crate::Format) has no logs.
    pub fn build(self) -> Result<Logger, Error> {
        Ok(Logger {
            sink: self.settings.build()?,
            levels: self.levels,
            backtrace: self.backtrace.unwrap_or(LevelFilter::Off),
            tee: self.tee,
        })
    }

    /// Makes it the program's logger, and has the facade pass on what it has a use for.
    ///
    /// # Errors
    ///
    /// As for [`build`](Self::build); and when another logger was installed before.
    pub fn install(self) -> Result<(), Error> {
        let logger = self.build()?;
        let level = logger.max_level();
        log::set_boxed_logger(Box::new(logger))
            .map_err(|error| Error::logger_installed().caused_by(error))?;
        log::set_max_level(level);
        Ok(())
    }
}

/// A second logger.
struct Tee {
    logger: Box<dyn Log>,
    level: LevelFilter,
}

impl Tee {
    fn takes(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= self.level && self.logger.enabled(metadata)
    }
}

impl fmt::Debug for Tee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tee")
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// The level as Python names it, which is how logd's users know it.
fn name_of(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warn => "WARNING",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    }
}
