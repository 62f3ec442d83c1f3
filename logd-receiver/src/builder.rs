//! The settings of a receiver, checked when it is bound, so that a bad one is an error with a
//! sentence and never a surprise later.

use std::net::ToSocketAddrs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::graphite::Shipper;
use crate::logfile::{Caps, LogDir};
use crate::reader::{Reader, Settings};
use crate::receiver::{Event, Receiver};
use crate::socket::Socket;

/// Long enough for any report, short enough for any clock.
const LONGEST_INTERVAL: Duration = Duration::from_secs(86_400);

/// Settings for a [`Receiver`].
///
/// ```
/// use logd_receiver::Receiver;
///
/// let receiver = Receiver::builder()
///     .threshold(95.0)
///     .max_keys(1_000)
///     .bind("127.0.0.1:0")?;
/// # Ok::<(), logd_receiver::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until `bind`"]
pub struct Builder {
    interval: Option<Duration>,
    nominal_interval: Option<Duration>,
    threshold: f64,
    graphite: Option<String>,
    log_dir: Option<PathBuf>,
    log_caps: Caps,
    max_keys: usize,
    max_samples: usize,
    max_log_lines: usize,
    receive_buffer: usize,
    events: Option<SyncSender<Event>>,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            interval: None,
            nominal_interval: None,
            threshold: 90.0,
            graphite: None,
            log_dir: None,
            log_caps: Caps {
                bytes: 26_144_000,
                lines: 1_000_000,
                logs: 1_000,
            },
            max_keys: 100_000,
            max_samples: 10_000_000,
            max_log_lines: 100_000,
            receive_buffer: 8 * 1024 * 1024,
            events: None,
        }
    }
}

impl Builder {
    /// Ends an interval by the clock, every `interval`, and divides counters by it. Such
    /// intervals go to Graphite and to the event channel, where these are set.
    ///
    /// Without it an interval ends only when [`Receiver::flush`] is called, and counters are
    /// divided by the time that has passed.
    pub fn interval(mut self, interval: Duration) -> Builder {
        self.interval = Some(interval);
        self
    }

    /// Divides counters by this length, whatever time has passed: for intervals that are ended
    /// by hand and have to come out the same every time.
    pub fn nominal_interval(mut self, length: Duration) -> Builder {
        self.nominal_interval = Some(length);
        self
    }

    /// The percentage of smallest samples that a timer's mean and upper percentile look at:
    /// 90 by default. More than 0 and at most 100; any other is an error of `bind`.
    ///
    /// ```
    /// use logd_receiver::Receiver;
    ///
    /// let error = Receiver::builder().threshold(0.0).bind("127.0.0.1:0").unwrap_err();
    /// assert!(error.is_invalid_setting());
    /// ```
    pub fn threshold(mut self, percent: f64) -> Builder {
        self.threshold = percent;
        self
    }

    /// Ships every interval to Graphite, or whatever takes its line protocol, at `HOST:PORT`.
    /// The name is looked up for each interval; one that cannot be delivered is lost and
    /// counted.
    pub fn graphite(mut self, address: impl Into<String>) -> Builder {
        self.graphite = Some(address.into());
        self
    }

    /// Keeps logs in this folder, which is made if needed.
    ///
    /// The log `app.log` is the file `app.log.jsonl`, one JSON object per line. When a file
    /// holds half of what [`log_cap`](Builder::log_cap) allows it becomes `app.log.jsonl.old`,
    /// in place of the one before. A delete message removes both. A folder that can not be made
    /// is an error of `bind`.
    ///
    /// Letters, digits, `-`, `_` and dots of a log's name stay in the file's name, other bytes
    /// become `%XX`, so that no name leads out of the folder.
    pub fn log_dir(mut self, dir: impl Into<PathBuf>) -> Builder {
        self.log_dir = Some(dir.into());
        self
    }

    /// The most that one log may take on disk: 26,144,000 bytes and 1,000,000 lines by default.
    pub fn log_cap(mut self, bytes: u64, lines: u64) -> Builder {
        self.log_caps.bytes = bytes;
        self.log_caps.lines = lines;
        self
    }

    /// The most logs in the folder: 1,000 by default. Lines of further ones are counted as
    /// failed.
    pub fn max_logs(mut self, logs: usize) -> Builder {
        self.log_caps.logs = logs;
        self
    }

    /// The most keys, counters, meters and timers together: 100,000 by default. Messages with
    /// further ones are counted as refused.
    pub fn max_keys(mut self, keys: usize) -> Builder {
        self.max_keys = keys;
        self
    }

    /// The most timer samples in one interval: 10,000,000 by default, which take 80 MB.
    /// Further ones are counted as refused.
    pub fn max_samples(mut self, samples: usize) -> Builder {
        self.max_samples = samples;
        self
    }

    /// The most log lines kept in one interval: 100,000 by default, and 64 MiB of memory in
    /// any case. Further ones are counted as dropped.
    pub fn max_log_lines(mut self, lines: usize) -> Builder {
        self.max_log_lines = lines;
        self
    }

    /// The size of the socket's receive buffer in bytes: 8 MiB by default. The system may grant
    /// less; on Linux the limit is `net.core.rmem_max`.
    pub fn receive_buffer(mut self, bytes: usize) -> Builder {
        self.receive_buffer = bytes;
        self
    }

    /// Sends log lines as they come, and intervals that end by the clock, into this channel.
    /// Log lines are then not kept in the intervals. The receiver never waits for the channel:
    /// what finds it full is counted as dropped.
    ///
    /// ```
    /// use logd_receiver::{Event, Receiver};
    /// use std::net::UdpSocket;
    /// use std::sync::mpsc;
    ///
    /// let (events, coming) = mpsc::sync_channel(1_000);
    /// let receiver = Receiver::builder().events(events).bind("127.0.0.1:0")?;
    /// let client = UdpSocket::bind("127.0.0.1:0")?;
    /// client.send_to(b"\x82\xa2id\x01\xa4path\xa7app.log", receiver.local_addr())?;
    ///
    /// let Event::Log(line) = coming.recv()? else { panic!() };
    /// assert_eq!(line.path, "app.log");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(mut self, channel: SyncSender<Event>) -> Builder {
        self.events = Some(channel);
        self
    }

    /// Starts to listen. The first of the addresses that can be bound is taken; port 0 takes a
    /// free port.
    ///
    /// # Errors
    ///
    /// A setting that makes no sense, an address that cannot be listened on, or a log folder
    /// that cannot be made.
    ///
    /// ```
    /// use logd_receiver::Receiver;
    ///
    /// let error = Receiver::builder().threshold(0.0).bind("127.0.0.1:0").unwrap_err();
    /// assert!(error.is_invalid_setting());
    /// ```
    pub fn bind(self, address: impl ToSocketAddrs) -> Result<Receiver, Error> {
        self.start(|buffer| Socket::bind(address, buffer))
    }

    /// Starts to listen on a Unix datagram socket at this path. The file of a socket that this
    /// user has left there and nobody listens on is removed first, and this one when the
    /// receiver ends. Who may send is said by the file's permissions, hence by the umask.
    ///
    /// The kernel keeps a few datagrams (`net.unix.max_dgram_qlen`, often 10) and has those who
    /// send wait for more, so nothing is lost in this queue, and
    /// [`receive_buffer`](Builder::receive_buffer) has no meaning.
    ///
    /// # Errors
    ///
    /// A setting that makes no sense, a path that is taken, too long or not allowed, or a log
    /// folder that cannot be made.
    ///
    /// ```
    /// use logd_receiver::Receiver;
    /// use std::os::unix::net::UnixDatagram;
    ///
    /// # let folder = std::env::temp_dir().join(format!("logd-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let path = folder.join("logd.sock");
    /// let receiver = Receiver::builder().bind_unix(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.send_to(b"\x83\xa2id\x02\xa3key\xa4hits\xa5value\x07", &path)?;
    ///
    /// assert_eq!(receiver.flush().counter("hits").unwrap().sum, 7.0);
    /// drop(receiver);
    /// assert!(!path.exists());
    /// # std::fs::remove_dir(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind_unix(self, path: impl AsRef<Path>) -> Result<Receiver, Error> {
        self.start(|_| Socket::bind_unix(path.as_ref()))
    }

    fn start(self, bind: impl FnOnce(usize) -> Result<Socket, Error>) -> Result<Receiver, Error> {
        self.check()?;
        let logs = match self.log_dir {
            Some(dir) => Some(
                LogDir::open(dir.clone(), self.log_caps)
                    .map_err(|error| Error::log_dir(&dir, error))?,
            ),
            None => None,
        };
        let socket = bind(self.receive_buffer)?;
        let address = socket.address();
        let (wake, woken) = UnixStream::pair().map_err(Error::start)?;
        for end in [&wake, &woken] {
            end.set_nonblocking(true).map_err(Error::start)?;
        }
        let shipper = match self.graphite {
            Some(address) => Some(Shipper::start(address).map_err(Error::start)?),
            None => None,
        };
        let (commands, asked) = mpsc::channel();
        let settings = Settings {
            interval: self.interval,
            nominal_interval: self.nominal_interval,
            threshold: self.threshold,
            max_keys: self.max_keys,
            max_samples: self.max_samples,
            max_log_lines: self.max_log_lines,
        };
        let reader = Reader::new(socket, woken, asked, settings, shipper, logs, self.events);
        let thread = thread::Builder::new()
            .name("logd-receiver".into())
            .spawn(move || reader.run())
            .map_err(Error::start)?;
        Ok(Receiver::new(
            address,
            self.threshold,
            commands,
            wake,
            thread,
        ))
    }

    fn check(&self) -> Result<(), Error> {
        if !(self.threshold > 0.0 && self.threshold <= 100.0) {
            return Err(Error::setting(format!(
                "the threshold is a percentage over 0 and up to 100, not {}",
                self.threshold
            )));
        }
        for interval in [self.interval, self.nominal_interval].into_iter().flatten() {
            if !(Duration::from_millis(1)..=LONGEST_INTERVAL).contains(&interval) {
                return Err(Error::setting(format!(
                    "an interval is from one millisecond to one day, not {interval:?}"
                )));
            }
        }
        Ok(())
    }
}
