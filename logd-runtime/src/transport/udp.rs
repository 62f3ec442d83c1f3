//! A connected, non-blocking UDP socket behind a name: connected, so that the
//! kernel tells when nobody listens; behind a name, so that not resolving is a
//! state like any other.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::Sent;
use super::resolver::{LookUp, is_numeric};
use super::socket::OwnSocket;
use crate::sys;

/// The first wait after a name did not resolve or a socket could not be had; it
/// doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The waits while the kernel has no room for more.
const FIRST_WAIT_FOR_ROOM: Duration = Duration::from_millis(1);
const LONGEST_WAIT_FOR_ROOM: Duration = Duration::from_millis(250);

/// How often a name is looked up again while all goes well, and how soon after a
/// refusal: the receiver may have moved.
const LOOK_UP_PERIOD: Duration = Duration::from_secs(60);
const LOOK_UP_AFTER_REFUSAL: Duration = Duration::from_secs(2);

/// How long a refusal is believed, when what follows it is taken: of many refusals a
/// machine tells its neighbours one in a second.
const REFUSAL_STANDS: Duration = Duration::from_millis(1200);

#[derive(Debug)]
pub(crate) struct Udp {
    host: String,
    port: u16,
    state: State,
    /// When the kernel last said that nobody listens, while nothing else is known.
    refused: Option<Instant>,
    /// While the kernel takes nothing more: how long to wait, and until when.
    full: Option<(Duration, Instant)>,
    /// Whether the kernel cuts one send into datagrams, as far as is known.
    segments: bool,
    wait: Duration,
    /// A look-up beside a socket that works, and when the last one began.
    again: Option<LookUp>,
    looked_up: Instant,
}

#[derive(Debug)]
enum State {
    Idle,
    Resolving(LookUp),
    /// The name had no address when it was last looked up.
    Unresolved {
        error: io::Error,
        retry: Instant,
    },
    /// There is an address, but no socket to it now.
    Unreachable {
        error: io::Error,
        retry: Instant,
    },
    Connected {
        socket: OwnSocket,
        address: SocketAddr,
    },
}

impl Udp {
    pub(crate) fn new(host: String, port: u16) -> Self {
        Udp {
            host,
            port,
            state: State::Idle,
            refused: None,
            full: None,
            segments: true,
            wait: FIRST_WAIT,
            again: None,
            looked_up: Instant::now(),
        }
    }

    pub(crate) fn make_ready(&mut self) -> bool {
        if let State::Connected { socket, .. } = &self.state
            && socket.get().is_none()
        {
            // Somebody has closed it.
            self.state = State::Idle;
        }
        match &self.state {
            State::Connected { .. } => {
                self.look_up_again();
                return self.full.is_none_or(|(_, until)| Instant::now() >= until);
            }
            State::Unresolved { retry, .. } | State::Unreachable { retry, .. }
                if Instant::now() < *retry =>
            {
                return false;
            }
            State::Idle | State::Unresolved { .. } | State::Unreachable { .. } => {
                self.looked_up = Instant::now();
                self.state = State::Resolving(LookUp::start(&self.host, self.port));
            }
            State::Resolving(_) => {}
        }
        let State::Resolving(look_up) = &self.state else {
            return false;
        };
        match look_up.take() {
            None => false,
            Some(Err(error)) => {
                self.state = State::Unresolved {
                    error,
                    retry: self.next_retry(),
                };
                false
            }
            Some(Ok(address)) => match connect(address) {
                Ok(socket) => {
                    self.state = State::Connected { socket, address };
                    self.wait = FIRST_WAIT;
                    true
                }
                Err(error) => {
                    self.state = State::Unreachable {
                        error,
                        retry: self.next_retry(),
                    };
                    false
                }
            },
        }
    }

    /// Follows a name that has another address now; one that is in numbers never has.
    fn look_up_again(&mut self) {
        let State::Connected { address, .. } = &self.state else {
            return;
        };
        if let Some(answer) = self.again.as_ref().and_then(LookUp::take) {
            self.again = None;
            // An address that worked is kept while the name has none.
            if let Ok(found) = answer
                && found != *address
                && let Ok(socket) = connect(found)
            {
                self.state = State::Connected {
                    socket,
                    address: found,
                };
                self.refused = None;
            }
            return;
        }
        let period = if self.refused.is_some() {
            LOOK_UP_AFTER_REFUSAL
        } else {
            LOOK_UP_PERIOD
        };
        if self.again.is_none() && self.looked_up.elapsed() >= period && !is_numeric(&self.host) {
            self.looked_up = Instant::now();
            self.again = Some(LookUp::start(&self.host, self.port));
        }
    }

    fn next_retry(&mut self) -> Instant {
        let wait = self.wait;
        self.wait = (wait * 2).min(LONGEST_WAIT);
        Instant::now() + wait
    }

    fn socket(&self) -> Option<&UdpSocket> {
        match &self.state {
            State::Connected { socket, .. } => socket.get(),
            _ => None,
        }
    }

    pub(crate) fn send(&mut self, datagram: &[u8]) -> Sent {
        let Some(socket) = self.socket() else {
            return Sent::NotReady;
        };
        let sent = socket.send(datagram).map(drop);
        self.judge(sent)
    }

    pub(crate) fn sends_segments(&self) -> bool {
        self.segments
    }

    pub(crate) fn send_segments(&mut self, datagrams: &[u8], length: u16) -> Sent {
        let Some(socket) = self.socket() else {
            return Sent::NotReady;
        };
        match sys::send_segments(socket, datagrams, length) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                self.segments = false;
                Sent::OneByOne
            }
            sent => self.judge(sent),
        }
    }

    fn judge(&mut self, sent: io::Result<()>) -> Sent {
        let Err(error) = sent else {
            self.refused
                .take_if(|refused| refused.elapsed() >= REFUSAL_STANDS);
            self.full = None;
            return Sent::Taken;
        };
        match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                self.refused = Some(Instant::now());
                Sent::EarlierRefused
            }
            io::ErrorKind::Interrupted => Sent::NotReady,
            io::ErrorKind::WouldBlock => self.wait_for_room(),
            _ if is_full(&error) => self.wait_for_room(),
            _ if is_too_large(&error) => Sent::TooLarge,
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::OutOfMemory => {
                let retry = self.next_retry();
                self.state = State::Unreachable { error, retry };
                Sent::NotReady
            }
            _ => Sent::Failed,
        }
    }

    /// The kernel has no room: what there is to send waits and merges meanwhile.
    fn wait_for_room(&mut self) -> Sent {
        let wait = self.full.map_or(FIRST_WAIT_FOR_ROOM, |(before, _)| {
            (before * 2).min(LONGEST_WAIT_FOR_ROOM)
        });
        self.full = Some((wait, Instant::now() + wait));
        Sent::NotReady
    }

    pub(crate) fn take_refusal(&mut self) -> bool {
        let Some(socket) = self.socket() else {
            return false;
        };
        let refused = matches!(
            socket.take_error(),
            Ok(Some(error)) if error.kind() == io::ErrorKind::ConnectionRefused
        );
        if refused {
            self.refused = Some(Instant::now());
        }
        refused
    }

    pub(crate) fn is_unresolved(&self) -> bool {
        matches!(self.state, State::Unresolved { .. } | State::Resolving(_))
    }

    pub(crate) fn state(&self) -> String {
        let Udp { host, port, .. } = self;
        // Brackets, as they are written around an address with a port behind it.
        let host = if host.contains(':') && !host.starts_with('[') {
            format!("[{host}]")
        } else {
            host.clone()
        };
        match &self.state {
            State::Idle => format!("nothing sent to {host}:{port} yet"),
            State::Resolving(_) => format!("unresolved: looking up {host}"),
            State::Unresolved { error, .. } => format!("unresolved: {host}: {error}"),
            State::Unreachable { error, .. } => format!("unreachable: {host}:{port}: {error}"),
            State::Connected { address, .. } if self.full.is_some() => {
                format!("full: the system has no room for more to {address}")
            }
            State::Connected { address, .. } if self.refused.is_some() => {
                format!("refused: nobody listens on {address}")
            }
            State::Connected { address, .. } => format!("sending to {address}"),
        }
    }
}

fn connect(address: SocketAddr) -> io::Result<OwnSocket> {
    let any: SocketAddr = if address.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(address)?;
    socket.set_nonblocking(true)?;
    Ok(OwnSocket::new(socket))
}

#[cfg(unix)]
fn is_too_large(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMSGSIZE)
}

/// Whether the queue of the network device, or the kernel's memory for sockets, is full.
#[cfg(unix)]
fn is_full(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOBUFS)
}

#[cfg(not(unix))]
fn is_full(_: &io::Error) -> bool {
    false
}

#[cfg(not(unix))]
fn is_too_large(_: &io::Error) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn no_room_is_a_state_that_passes_and_nothing_is_given_up_in_it() {
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let address = receiver.local_addr().expect("bound");
        let mut udp = Udp::new(address.ip().to_string(), address.port());
        assert!(udp.make_ready());
        let no_room = || Err(io::Error::from_raw_os_error(libc::ENOBUFS));
        for _ in 0..20 {
            assert!(matches!(udp.judge(no_room()), Sent::NotReady));
        }
        assert!(!udp.make_ready(), "it waits");
        assert!(udp.state().starts_with("full: "), "{}", udp.state());
        let until = udp.full.expect("a wait").1;
        assert!(until <= Instant::now() + LONGEST_WAIT_FOR_ROOM);
        while !udp.make_ready() {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
        }
        assert!(matches!(udp.send(b"x"), Sent::Taken));
        assert!(udp.state().starts_with("sending to "), "{}", udp.state());
    }
}
