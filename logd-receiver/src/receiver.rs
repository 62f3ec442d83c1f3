//! The handle of a running receiver. The work is done by its thread; the handle asks for an
//! interval and waits for the answer.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Sender, SyncSender};
use std::thread::JoinHandle;

use crate::address::Address;
use crate::builder::Builder;
use crate::error::Error;
use crate::interval::Interval;
use crate::logline::LogLine;

/// What a receiver reports through the channel of [`Builder::events`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A log line has come.
    Log(LogLine),
    /// An interval has ended by the clock.
    Interval(Box<Interval>),
}

/// A running receiver. Dropping it stops it.
///
/// Without settings it listens, keeps everything in memory, and closes an interval whenever
/// [`flush`](Receiver::flush) is called:
///
/// ```
/// use logd_receiver::Receiver;
///
/// let receiver = Receiver::bind("127.0.0.1:0")?;
/// println!("listening on {}", receiver.local_addr());
/// assert_eq!(receiver.flush().num_stats(), 0);
/// # Ok::<(), logd_receiver::Error>(())
/// ```
#[derive(Debug)]
pub struct Receiver {
    address: Address,
    threshold: f64,
    commands: Sender<Command>,
    /// A byte written here ends the thread's wait.
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

/// What the handle asks of the thread; the answer comes through the channel inside.
#[derive(Debug)]
pub(crate) enum Command {
    Snapshot(SyncSender<Interval>),
    Flush(SyncSender<Interval>),
    Stop(SyncSender<Interval>),
}

impl Receiver {
    /// Listens on an address, with default settings. Port 0 takes a free port; see
    /// [`local_addr`](Receiver::local_addr).
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on; [`Error::is_address_in_use`] tells the most
    /// frequent reason.
    pub fn bind(address: impl ToSocketAddrs) -> Result<Receiver, Error> {
        Receiver::builder().bind(address)
    }

    /// Settings for a receiver: interval, Graphite, log folder, bounds.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The address and the UDP port that it listens on. A receiver on a Unix socket has none:
    /// then it is `0.0.0.0:0`, where nobody listens, and [`address`](Self::address) tells more.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        match self.address {
            Address::Udp(address) => address,
            Address::Unix(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        }
    }

    /// Where it listens, whatever kind of socket it is.
    ///
    /// ```
    /// use logd_receiver::Receiver;
    ///
    /// let receiver = Receiver::bind("127.0.0.1:0")?;
    /// assert_eq!(receiver.address().to_string(), receiver.local_addr().to_string());
    /// # Ok::<(), logd_receiver::Error>(())
    /// ```
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Ends the interval now and returns it. Everything that was sent on this machine before
    /// the call is in it, unless it was lost.
    #[must_use = "the interval is gone from the receiver"]
    pub fn flush(&self) -> Interval {
        self.ask(Command::Flush)
    }

    /// Looks at the running interval without ending it. Log lines stay for the flush.
    ///
    /// ```
    /// use logd_receiver::Receiver;
    /// use std::net::UdpSocket;
    ///
    /// let receiver = Receiver::bind("127.0.0.1:0")?;
    /// let client = UdpSocket::bind("127.0.0.1:0")?;
    /// client.send_to(b"\x82\xa2id\x02\xa3key\xa4hits", receiver.local_addr())?;
    ///
    /// assert_eq!(receiver.snapshot().counter("hits").unwrap().sum, 1.0);
    /// assert_eq!(receiver.flush().counter("hits").unwrap().sum, 1.0);
    /// assert_eq!(receiver.snapshot().counter("hits").unwrap().sum, 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Interval {
        self.ask(Command::Snapshot)
    }

    /// Ends the last interval, ships it where Graphite was asked for (waiting some seconds at
    /// most), closes the files and the socket, and returns the interval.
    ///
    /// ```
    /// use logd_receiver::Receiver;
    ///
    /// let receiver = Receiver::bind("127.0.0.1:0")?;
    /// let last = receiver.stop();
    /// assert_eq!(last.health.datagrams, 0);
    /// # Ok::<(), logd_receiver::Error>(())
    /// ```
    pub fn stop(mut self) -> Interval {
        let last = self.ask(Command::Stop);
        self.join();
        last
    }

    pub(crate) fn new(
        address: Address,
        threshold: f64,
        commands: Sender<Command>,
        wake: UnixStream,
        thread: JoinHandle<()>,
    ) -> Receiver {
        Receiver {
            address,
            threshold,
            commands,
            wake,
            thread: Some(thread),
        }
    }

    fn ask(&self, command: impl FnOnce(SyncSender<Interval>) -> Command) -> Interval {
        let (reply, answer) = mpsc::sync_channel(1);
        let sent = self.commands.send(command(reply)).is_ok();
        // A full pipe wakes as well as one byte.
        let _ = (&self.wake).write(&[1]);
        // Without an answer the thread has ended, which only a stop makes it do.
        sent.then(|| answer.recv().ok())
            .flatten()
            .unwrap_or_else(|| Interval::empty(self.threshold))
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let _ = self.ask(Command::Stop);
            self.join();
        }
    }
}
