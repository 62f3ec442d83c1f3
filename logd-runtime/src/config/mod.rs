//! What can be configured, where values come from, and what is wrong with them.
//! Nothing here is read but by who asks: recording never waits for a file.

mod discovery;
mod environment;
mod file;
pub(crate) mod nearest;
mod origin;
mod setting;

use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::time::Duration;

pub use self::origin::Origin;
pub(crate) use self::setting::Setting;

use crate::client::Builder;
use crate::error::Error;
use crate::transport::{AddressFamily, Transport};
use crate::wire::Format;
use crate::worker::dialect::Dialect;
use crate::worker::pipeline::Settings;
use crate::worker::reduce::Precision;
use crate::worker::shared::Mode;
use crate::worker::{Schedule, Setup};

/// The settings of a client, and where each of them comes from.
///
/// [`init`](crate::init) reads them by itself. Ask for them to print them at the start of a
/// program, or to configure a client of its own from them:
///
/// ```
/// use logd_runtime::{Client, Config};
///
/// let config = Config::discover()?;
/// println!("{config}");
/// let client = config.into_builder().prefix("worker").build()?;
/// # Ok::<(), logd_runtime::Error>(())
/// ```
///
/// prints, say
///
/// ```text
/// host = "10.0.0.7"  # from /etc/logd.conf:3
/// port = 8126  # default
/// prefix = "shop"  # from LOGD_PREFIX
/// …
/// ```
///
/// which is a file that [`from_file`](Self::from_file) reads.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) host: String,
    /// When nobody has set it, [`port`](Self::port) is that of the format.
    pub(crate) port: u16,
    pub(crate) prefix: String,
    /// Of the log; none when empty.
    pub(crate) path: String,
    pub(crate) enabled: bool,
    pub(crate) reduce: bool,
    pub(crate) flush_interval: Duration,
    pub(crate) datagrams_per_second: u32,
    pub(crate) messages_per_timer: usize,
    pub(crate) threshold: f64,
    pub(crate) max_names: usize,
    /// Records and bytes.
    pub(crate) log_queue: (usize, usize),
    pub(crate) report_drops: bool,
    pub(crate) format: Format,
    /// Name and value.
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) address_family: AddressFamily,
    origins: [Origin; Setting::ALL.len()],
}

/// Every setting as it is when nobody says anything.
impl Default for Config {
    fn default() -> Self {
        Config {
            // In numbers: `localhost` may be an IPv6 address, on which the original daemon does not listen.
            host: String::from("127.0.0.1"),
            port: 8126,
            prefix: String::new(),
            path: String::new(),
            enabled: true,
            reduce: true,
            flush_interval: Duration::from_secs(1),
            datagrams_per_second: 2000,
            messages_per_timer: 30,
            threshold: 90.0,
            max_names: 10_000,
            log_queue: (1024, 1 << 20),
            report_drops: true,
            format: Format::default(),
            tags: Vec::new(),
            address_family: AddressFamily::default(),
            origins: [const { Origin::Default }; Setting::ALL.len()],
        }
    }
}

impl Config {
    /// Finds the settings that the program's surroundings have for it.
    ///
    /// Each comes from the first of these that has it:
    ///
    /// 1. the environment: `LOGD_` and the setting's name in capitals, such as `LOGD_HOST`. An
    ///    empty variable counts as not set. Other variables that begin with `LOGD_` are left
    ///    alone, unless a name is one letter away from one of ours. So is `LOGD_PORT` where
    ///    Kubernetes sets it for a service named `logd`: then it begins with `udp://` or `tcp://`,
    ///    and `LOGD_SERVICE_HOST` stands beside it.
    /// 2. the first file that exists of `~/.logdrc`, `/etc/logd.conf`, `/etc/logd/logd.conf` and
    ///    `/etc/default/logd.conf`, in which pylogd looks too. As there, files are not merged, and
    ///    one that this user may not see does not exist. `~` is the user's home, as an absolute
    ///    path.
    /// 3. the defaults.
    ///
    /// | setting | default | meaning |
    /// |---|---|---|
    /// | `host` | `127.0.0.1` | the receiver's name or address, [`Builder::host`], or `unix:` and the path of its socket |
    /// | `port` | `8126`; `8125` in the `StatsD` formats | its UDP port |
    /// | `prefix` | none | what stands before every key, with a colon, in the `StatsD` formats with a dot |
    /// | `path` | none | the log that records go to; pylogd's name for it, `logfile`, is taken too |
    /// | `enabled` | `true` | whether anything is recorded at all |
    /// | `reduce` | `true` | whether events are added up before they are sent |
    /// | `flush_interval` | `1s` | the time between two flushes: `500ms`, `1s`, `2m`, or a number of seconds |
    /// | `datagrams_per_second` | `2000` | the most datagrams sent in a second |
    /// | `messages_per_timer` | `30` | the most messages that a timer is reduced to |
    /// | `threshold` | `90` | the receiver's percentile threshold |
    /// | `max_names` | `10000` | the most names that can be made at run time |
    /// | `log_queue_records` | `1024` | the most log records that wait to be sent |
    /// | `log_queue_bytes` | `1048576` | the most bytes of them |
    /// | `report_drops` | `true` | whether the receiver is told what was lost, as `logd.client.dropped.…` |
    /// | `format` | `logd` | what is sent, [`Format`](crate::Format): `logd`, `statsd` or `dogstatsd` |
    /// | `tags` | none | tags of everything that is sent, in `dogstatsd` only: `env:prod,zone:eu` |
    /// | `address_family` | `prefer_ipv4` | which addresses of a name are used, [`AddressFamily`]: also `prefer_ipv6`, `ipv4`, `ipv6` |
    ///
    /// A file has settings of the form `name = value`, one on a line or several; `:` does for
    /// `=`. `#` begins a comment. A value with spaces or a `#` stands in quotes, `"` or `'`; any
    /// other may. There are no escapes and no sections. Of a name that comes twice the last one
    /// counts, as in pylogd.
    ///
    /// ```text
    /// # /etc/logd.conf
    /// host   = stats.internal
    /// prefix = "shop"
    /// ```
    ///
    /// # Errors
    ///
    /// When a variable or a line of the file can not be used, or the file not be read. The
    /// message says where it stands and what to write instead.
    pub fn discover() -> Result<Self, Error> {
        discovery::discover(&discovery::places(), std::env::vars_os())
    }

    /// The settings of one file over the defaults. Neither the environment nor other files are
    /// looked at.
    ///
    /// ```no_run
    /// let config = logd_runtime::Config::from_file("deploy/logd.conf")?;
    /// let _logd = config.into_builder().init()?;
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`discover`](Self::discover), and when there is no such file.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let mut config = Config::default();
        discovery::read_file(&mut config, path.as_ref())?;
        Ok(config)
    }

    /// What [`from_file`](Self::from_file) makes of a file's content; for tests and fuzzing.
    #[doc(hidden)]
    pub fn from_bytes(path: &Path, content: &[u8]) -> Result<Self, Error> {
        let mut config = Config::default();
        discovery::read_bytes(&mut config, path, content)?;
        Ok(config)
    }

    /// What [`discover`](Self::discover) finds with another home, another root of the file
    /// system and other variables; for tests.
    #[doc(hidden)]
    pub fn discover_below(
        home: Option<&Path>,
        root: &Path,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Error> {
        discovery::discover(&discovery::places_below(home, root), variables)
    }

    /// A builder that begins with these settings: what it sets itself wins, and
    /// [`Builder::init`] looks for no others.
    ///
    /// ```
    /// use logd_runtime::Config;
    ///
    /// // Neither the environment nor files have a say.
    /// let _logd = Config::default().into_builder().port(9000).init()?;
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    pub fn into_builder(self) -> Builder {
        Builder::new().config(self)
    }

    /// The receiver's name or address, or `unix:` and the path of its socket.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The receiver's UDP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        match self.origin(Setting::Port) {
            Origin::Default => self.format.usual_port(),
            _ => self.port,
        }
    }

    /// What stands before every key, if anything does.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        Some(&*self.prefix).filter(|prefix| !prefix.is_empty())
    }

    /// The log that records go to unless the program says another, if one is set.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        Some(&*self.path).filter(|path| !path.is_empty())
    }

    /// Every setting by name, as it would be written in a file, with its origin.
    ///
    /// ```
    /// use logd_runtime::{Config, Origin};
    ///
    /// let config = Config::default();
    /// let (name, value, origin) = config.origins().next().unwrap();
    /// assert_eq!((name, &*value), ("host", "\"127.0.0.1\""));
    /// assert_eq!(*origin, Origin::Default);
    /// ```
    pub fn origins(&self) -> impl Iterator<Item = (&'static str, String, &Origin)> {
        Setting::ALL
            .iter()
            .map(|setting| (setting.name(), setting.show(self), self.origin(*setting)))
    }

    fn origin(&self, setting: Setting) -> &Origin {
        &self.origins[setting as usize]
    }

    /// Sets what a text says, which stands at `origin`. The error begins where the name of
    /// the setting ends.
    fn read(&mut self, setting: Setting, text: &str, origin: Origin) -> Result<(), String> {
        setting.read(self, text)?;
        self.origins[setting as usize] = origin;
        setting.check(self)
    }

    /// Sets what the program asks for; it is checked when all is set.
    pub(crate) fn set<T>(
        &mut self,
        setting: Setting,
        place: fn(&mut Self) -> &mut T,
        value: Option<T>,
    ) {
        if let Some(value) = value {
            *place(self) = value;
            self.origins[setting as usize] = Origin::Program;
        }
    }

    /// Checks what the program has set, since a text was checked when it was read, and what
    /// settings mean to one another.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for setting in Setting::ALL {
            setting
                .check(self)
                .and_then(|()| setting.check_beside_others(self))
                .map_err(|complaint| self.error(*setting, &complaint))?;
        }
        Ok(())
    }

    fn error(&self, setting: Setting, complaint: &str) -> Error {
        Error::config(match self.origin(setting) {
            Origin::Default | Origin::Program => format!("{} {complaint}", setting.words()),
            Origin::Variable(variable) => format!("{variable} {complaint}"),
            Origin::File { path, line } => {
                format!("{}:{line}: {} {complaint}", path.display(), setting.name())
            }
        })
    }

    /// Of a client that does nothing.
    pub(crate) fn disabled() -> Self {
        Config {
            enabled: false,
            ..Config::default()
        }
    }

    /// All of it, as a client and its worker take it.
    pub(crate) fn setup(&self) -> Setup {
        Setup {
            mode: self.mode(),
            max_names: self.max_names,
            log_queue: self.log_queue,
            schedule: self.schedule(),
            settings: self.settings(),
            transport: self.transport(),
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        match (self.enabled, self.reduce) {
            (false, _) => Mode::Ignore,
            (true, true) => Mode::Reduce,
            (true, false) => Mode::EachEvent,
        }
    }

    pub(crate) fn schedule(&self) -> Schedule {
        Schedule {
            interval: self.flush_interval,
            messages_per_second: self.datagrams_per_second,
            messages_per_timer: self.messages_per_timer,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let dialect = Dialect::new(self.format, &self.prefix, &self.tags);
        Settings {
            precision: Precision {
                messages: self.messages_per_timer,
                threshold: self.threshold,
                tail: dialect.tail(),
            },
            dialect,
            report_drops: self.report_drops,
        }
    }

    pub(crate) fn transport(&self) -> Transport {
        if self.enabled {
            Transport::new(self.host.trim(), self.port(), self.address_family)
        } else {
            Transport::Nowhere
        }
    }
}

/// Every setting on a line of its own, in the form of a file, its origin behind it.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, value, origin)) in self.origins().enumerate() {
            let end = if number == 0 { "" } else { "\n" };
            write!(f, "{end}{name} = {value}  # {origin}")?;
        }
        Ok(())
    }
}
