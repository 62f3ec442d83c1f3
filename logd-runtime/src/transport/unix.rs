//! A connected, non-blocking Unix datagram socket. The kernel keeps a few datagrams for the
//! receiver (`net.unix.max_dgram_qlen`, often 10) and loses none: when there is no room it says
//! so. A receiver that is not there is a state; what could not be sent is kept, never refused.
//! A connected socket stays with its receiver, whatever becomes of the path: one that takes the
//! path over is found by looking at it now and then.

use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};
use std::{fs, io};

use super::socket::OwnSocket;
use super::wait::{Backoff, Room};
use super::{Sent, is_full, is_too_large};

/// The first wait after nobody was there, and the longest: asking again costs next to nothing.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How often the path is looked at for another receiver.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Unix {
    path: String,
    state: State,
    room: Room,
    backoff: Backoff,
}

#[derive(Debug)]
enum State {
    Idle,
    /// Nobody listens there now.
    Away {
        error: io::Error,
        retry: Instant,
    },
    Connected {
        socket: OwnSocket<UnixDatagram>,
        /// What was at the path then.
        file: Option<File>,
        /// When it was last looked at.
        looked: Instant,
    },
}

/// Which file is at a path: its device and its number there.
type File = (u64, u64);

/// Whether a socket can have this path; the error says why not.
pub(crate) fn check(path: &str) -> io::Result<()> {
    SocketAddr::from_pathname(path).map(drop)
}

impl Unix {
    pub(crate) fn new(path: String) -> Self {
        Unix {
            path,
            state: State::Idle,
            room: Room::new(),
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
        }
    }

    pub(crate) fn make_ready(&mut self) -> bool {
        if let State::Connected { socket, .. } = &self.state
            && socket.get().is_none()
        {
            // Somebody has closed it.
            self.state = State::Idle;
        }
        self.follow();
        match &self.state {
            State::Connected { .. } => self.room.may_be_there(),
            State::Away { retry, .. } if Instant::now() < *retry => false,
            State::Idle | State::Away { .. } => self.connect(),
        }
    }

    /// Goes to another receiver that has taken the path over. The one that there is, is kept
    /// while nobody else listens: its path may be gone, and it reads on.
    fn follow(&mut self) {
        let State::Connected { file, looked, .. } = &mut self.state else {
            return;
        };
        if looked.elapsed() < LOOK_AGAIN {
            return;
        }
        *looked = Instant::now();
        let now = file_at(&self.path);
        if now.is_some()
            && now != *file
            && let Ok(connected) = connect(&self.path)
        {
            self.state = connected;
            self.room.was_there();
        }
    }

    fn connect(&mut self) -> bool {
        match connect(&self.path) {
            Ok(connected) => {
                self.state = connected;
                self.backoff.reset();
                self.room.was_there();
                true
            }
            Err(error) => {
                let retry = self.backoff.retry();
                self.state = State::Away { error, retry };
                false
            }
        }
    }

    pub(crate) fn send(&mut self, datagram: &[u8]) -> Sent {
        let mut sent = self.send_once(datagram);
        if sent.as_ref().is_err_and(is_gone) {
            // Another receiver may have taken its place.
            if !self.connect() {
                return Sent::NotReady;
            }
            sent = self.send_once(datagram);
        }
        let Err(error) = sent else {
            self.room.was_there();
            return Sent::Taken;
        };
        match error.kind() {
            io::ErrorKind::Interrupted => Sent::NotReady,
            _ if is_gone(&error) => {
                self.state = State::Idle;
                Sent::NotReady
            }
            _ if is_full(&error) => {
                self.room.was_none();
                Sent::NotReady
            }
            _ if is_too_large(&error) => Sent::TooLarge,
            _ => Sent::Failed,
        }
    }

    fn send_once(&self, datagram: &[u8]) -> io::Result<()> {
        match &self.state {
            State::Connected { socket, .. } => match socket.get() {
                Some(socket) => socket.send(datagram).map(drop),
                None => Err(io::ErrorKind::NotConnected.into()),
            },
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// How long the kernel is to be left alone, while it has no room.
    pub(crate) fn wait_for_room(&self) -> Option<Duration> {
        self.room.wait()
    }

    pub(crate) fn state(&self) -> String {
        let path = &self.path;
        match &self.state {
            State::Idle => format!("nothing sent to unix:{path} yet"),
            State::Away { error, .. } if error.kind() == io::ErrorKind::ConnectionRefused => {
                format!("refused: nobody listens on unix:{path}")
            }
            State::Away { error, .. } => format!("unreachable: unix:{path}: {error}"),
            State::Connected { .. } if self.room.is_full() => {
                format!("full: unix:{path} has not read what it was sent")
            }
            State::Connected { .. } => format!("sending to unix:{path}"),
        }
    }
}

fn connect(path: &str) -> io::Result<State> {
    // Looked at before: should another one come in between, the next look finds it.
    let file = file_at(path);
    let socket = UnixDatagram::unbound()?;
    // A receiver whose queue is full is there all the same.
    socket.set_nonblocking(true)?;
    socket.connect(path)?;
    Ok(State::Connected {
        socket: OwnSocket::new(socket),
        file,
        looked: Instant::now(),
    })
}

fn file_at(path: &str) -> Option<File> {
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

/// Whether the receiver that the socket was connected to has ended.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::NotConnected
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotFound
    )
}
