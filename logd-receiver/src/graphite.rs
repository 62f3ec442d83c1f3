//! Ships intervals to Graphite: the original daemon's lines, one connection per interval, on
//! a thread of its own, so that a slow or missing Graphite never keeps the socket waiting.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use logd_runtime::wire::EcmaNumber;

use crate::health::Health;
use crate::interval::Interval;

/// For each address that the name stands for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// For each piece of an interval.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);
/// For a whole interval; a Graphite that takes longer cannot keep up anyway.
const SHIP_TIMEOUT: Duration = Duration::from_secs(8);
/// For what is still under way when the receiver stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// Written at once, so that the time is looked at between pieces.
const PIECE: usize = 64 * 1024;

impl Interval {
    /// The interval in Graphite's line protocol: `<path> <number> <unix seconds>` per line, in
    /// the order and with the digits of the original daemon. Empty when nothing is known.
    ///
    /// A value that is not a number (infinities of both signs met) is left out: Graphite would
    /// drop it.
    ///
    /// ```
    /// use logd_receiver::Receiver;
    /// use std::net::UdpSocket;
    /// use std::time::Duration;
    ///
    /// let receiver = Receiver::builder()
    ///     .nominal_interval(Duration::from_secs(10))
    ///     .bind("127.0.0.1:0")?;
    /// let client = UdpSocket::bind("127.0.0.1:0")?;
    /// client.send_to(b"\x83\xa2id\x02\xa3key\xa4hits\xa5value\x07", receiver.local_addr())?;
    ///
    /// let lines = receiver.flush().graphite_lines(1_327_860_000);
    /// assert_eq!(lines, "stats.hits 0.7 1327860000\nstats.numStats 1 1327860000\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn graphite_lines(&self, timestamp: u64) -> String {
        let mut out = String::new();
        let mut line = |path: fmt::Arguments<'_>, n: f64| {
            if !n.is_nan() {
                let _ = writeln!(out, "stats.{path} {} {timestamp}", EcmaNumber(n));
            }
        };
        for counter in &self.counters {
            line(format_args!("{}", counter.key), counter.per_second);
        }
        for meter in &self.meters {
            line(format_args!("meters.{}", meter.key), meter.mean);
            line(format_args!("mcounts.{}", meter.key), meter.count as f64);
        }
        let threshold = EcmaNumber(self.threshold);
        for timer in &self.timers {
            let key = &timer.key;
            line(format_args!("timers.{key}.mean"), timer.mean);
            line(format_args!("timers.{key}.upper"), timer.upper);
            line(
                format_args!("timers.{key}.upper_{threshold}"),
                timer.upper_percentile,
            );
            line(format_args!("timers.{key}.lower"), timer.lower);
            line(format_args!("timers.{key}.count"), timer.count);
        }
        let known = self.num_stats();
        if known > 0 {
            line(format_args!("numStats"), known as f64);
        }
        out
    }
}

/// The thread that ships.
#[derive(Debug)]
pub(crate) struct Shipper {
    /// At most one interval waits while another is under way.
    queue: Option<SyncSender<String>>,
    outcomes: Arc<Outcomes>,
    ended: Receiver<()>,
}

#[derive(Debug, Default)]
struct Outcomes {
    sent: AtomicU64,
    lost: AtomicU64,
}

impl Shipper {
    pub(crate) fn start(address: String) -> io::Result<Shipper> {
        let (queue, intervals) = mpsc::sync_channel::<String>(1);
        let (end, ended) = mpsc::channel();
        let outcomes = Arc::new(Outcomes::default());
        let counts = Arc::clone(&outcomes);
        thread::Builder::new()
            .name("logd-graphite".into())
            .spawn(move || {
                for lines in intervals {
                    let outcome = match ship(&address, &lines) {
                        Ok(()) => &counts.sent,
                        Err(_) => &counts.lost,
                    };
                    outcome.fetch_add(1, Ordering::Relaxed);
                }
                drop(end);
            })?;
        Ok(Shipper {
            queue: Some(queue),
            outcomes,
            ended,
        })
    }

    /// Hands over an interval; one too many is lost, and counted.
    pub(crate) fn send(&self, lines: String) {
        if lines.is_empty() {
            return;
        }
        let taken = self
            .queue
            .as_ref()
            .is_some_and(|queue| queue.try_send(lines).is_ok());
        if !taken {
            self.outcomes.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Adds what became of the intervals since the last call.
    pub(crate) fn report(&self, health: &mut Health) {
        health.graphite_sent += self.outcomes.sent.swap(0, Ordering::Relaxed);
        health.graphite_lost += self.outcomes.lost.swap(0, Ordering::Relaxed);
    }

    /// Waits, for a bounded time, until everything handed over is sent or lost.
    pub(crate) fn stop(&mut self) {
        self.queue = None;
        match self.ended.recv_timeout(STOP_TIMEOUT) {
            Err(RecvTimeoutError::Timeout) => {
                self.outcomes.lost.fetch_add(1, Ordering::Relaxed);
            }
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {}
        }
    }
}

fn ship(address: &str, lines: &str) -> io::Result<()> {
    let deadline = Instant::now() + SHIP_TIMEOUT;
    let mut stream = connect(address)?;
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    for piece in lines.as_bytes().chunks(PIECE) {
        if Instant::now() > deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.write_all(piece)?;
    }
    stream.shutdown(Shutdown::Write)
}

/// The name is looked up anew each time: it may have moved, or not have been there yet.
fn connect(address: &str) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(io::ErrorKind::NotFound);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
