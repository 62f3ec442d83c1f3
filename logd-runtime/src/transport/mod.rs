//! How datagrams leave: over UDP, or nowhere. Nothing here ever blocks; what
//! stands in the way is a state with a reason, and the datagram stays with the caller.

pub(crate) mod resolver;
mod socket;
pub(crate) mod udp;

use self::udp::Udp;

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
    /// Measurements stay in the process.
    Nowhere,
}

impl Transport {
    /// Does what can be done towards sending without waiting; `true` when it can be tried.
    pub(crate) fn make_ready(&mut self) -> bool {
        match self {
            Transport::Udp(udp) => udp.make_ready(),
            Transport::Nowhere => false,
        }
    }

    pub(crate) fn send(&mut self, datagram: &[u8]) -> Sent {
        match self {
            Transport::Udp(udp) => udp.send(datagram),
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
            Transport::Nowhere => Sent::NotReady,
        }
    }

    /// Whether the receiver refused a message since it was last asked, as far as the kernel knows.
    pub(crate) fn take_refusal(&mut self) -> bool {
        match self {
            Transport::Udp(udp) => udp.take_refusal(),
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
            Transport::Nowhere => String::from("sends nothing"),
        }
    }
}
