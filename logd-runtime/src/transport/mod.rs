//! How datagrams leave: over UDP, into a Unix socket, or nowhere. Nothing here ever blocks; what
//! stands in the way is a state with a reason, and the datagram stays with the caller.

mod family;
mod resolver;
mod socket;
mod udp;
#[cfg(unix)]
pub(crate) mod unix;
mod wait;

use std::io;
use std::time::Duration;

pub use self::family::AddressFamily;

use self::udp::Udp;
#[cfg(unix)]
use self::unix::Unix;
#[cfg(unix)]
use crate::sys;

/// What became of one datagram.
#[derive(Debug)]
pub(crate) enum Sent {
    /// The kernel took it.
    Taken,
    /// The kernel told instead that an earlier one was refused: this one is unsent, try it again.
    EarlierRefused,
    /// Not now; [`Transport::state`] says why. Try it again later.
    NotReady,
    /// It does not fit.
    TooLarge,
    /// Several at once can not be sent this way: try them one by one.
    OneByOne,
    /// The kernel will not take this one, now or later.
    Failed,
}

/// The way out of one client.
#[derive(Debug)]
pub(crate) enum Transport {
    Udp(Udp),
    #[cfg(unix)]
    Unix(Unix),
    /// Measurements stay in the process.
    Nowhere,
}

/// The path of a Unix socket, if that is what a host says.
pub(crate) fn socket_path(host: &str) -> Option<&str> {
    host.strip_prefix("unix:")
}

impl Transport {
    /// The way to a host: a name, an address in numbers, or `unix:` and the path of a socket.
    pub(crate) fn new(host: &str, port: u16, family: AddressFamily) -> Self {
        #[cfg(unix)]
        if let Some(path) = socket_path(host) {
            return Transport::Unix(Unix::new(path.to_owned()));
        }
        Transport::Udp(Udp::new(host.to_owned(), port, family))
    }

    /// Does what can be done towards sending without waiting; `true` when it can be tried.
    pub(crate) fn make_ready(&mut self) -> bool {
        match self {
            Transport::Udp(udp) => udp.make_ready(),
            #[cfg(unix)]
            Transport::Unix(unix) => unix.make_ready(),
            Transport::Nowhere => false,
        }
    }

    pub(crate) fn send(&mut self, datagram: &[u8]) -> Sent {
        match self {
            Transport::Udp(udp) => udp.send(datagram),
            #[cfg(unix)]
            Transport::Unix(unix) => unix.send(datagram),
            Transport::Nowhere => Sent::NotReady,
        }
    }

    /// Whether [`send_segments`](Self::send_segments) is worth a try.
    pub(crate) fn sends_segments(&self) -> bool {
        matches!(self, Transport::Udp(udp) if udp.sends_segments())
    }

    /// Sends several datagrams of `length` bytes, the last may be shorter: all or none.
    pub(crate) fn send_segments(&mut self, datagrams: &[u8], length: u16) -> Sent {
        match self {
            Transport::Udp(udp) => udp.send_segments(datagrams, length),
            #[cfg(unix)]
            Transport::Unix(_) => Sent::OneByOne,
            Transport::Nowhere => Sent::NotReady,
        }
    }

    /// How long the kernel is to be left alone, while nothing but its room stands in the way.
    pub(crate) fn wait_for_room(&self) -> Option<Duration> {
        match self {
            Transport::Udp(udp) => udp.wait_for_room(),
            #[cfg(unix)]
            Transport::Unix(unix) => unix.wait_for_room(),
            Transport::Nowhere => None,
        }
    }

    /// Whether the receiver refused a message since it was last asked, as far as the kernel knows.
    pub(crate) fn take_refusal(&mut self) -> bool {
        match self {
            Transport::Udp(udp) => udp.take_refusal(),
            // A datagram that the receiver did not get was never taken.
            #[cfg(unix)]
            Transport::Unix(_) => false,
            Transport::Nowhere => false,
        }
    }

    /// Whether the name of the receiver's host is what stands in the way.
    pub(crate) fn is_unresolved(&self) -> bool {
        matches!(self, Transport::Udp(udp) if udp.is_unresolved())
    }

    /// The state in words, with the reason where it is not a good one.
    pub(crate) fn state(&self) -> String {
        match self {
            Transport::Udp(udp) => udp.state(),
            #[cfg(unix)]
            Transport::Unix(unix) => unix.state(),
            Transport::Nowhere => String::from("sends nothing"),
        }
    }
}

#[cfg(unix)]
fn is_too_large(error: &io::Error) -> bool {
    error.raw_os_error() == Some(sys::c::EMSGSIZE)
}

#[cfg(not(unix))]
fn is_too_large(_: &io::Error) -> bool {
    false
}

/// Whether a queue behind the socket, or the kernel's memory for sockets, is full.
fn is_full(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(sys::c::ENOBUFS) {
        return true;
    }
    error.kind() == io::ErrorKind::WouldBlock
}
