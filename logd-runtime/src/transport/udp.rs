//! A connected, non-blocking UDP socket behind a name: connected, so that the
//! kernel tells when nobody listens; behind a name, so that not resolving is a
//! state like any other.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::Sent;
use super::resolver::{LookUp, is_numeric};
use crate::sys;

/// The first wait after a name did not resolve or a socket could not be had; it
/// doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

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
        socket: UdpSocket,
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
            segments: true,
            wait: FIRST_WAIT,
            again: None,
            looked_up: Instant::now(),
        }
    }

    pub(crate) fn make_ready(&mut self) -> bool {
        match &self.state {
            State::Connected { .. } => {
                self.look_up_again();
                return true;
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

    pub(crate) fn send(&mut self, datagram: &[u8]) -> Sent {
        let State::Connected { socket, .. } = &self.state else {
            return Sent::NotReady;
        };
        let sent = socket.send(datagram).map(drop);
        self.judge(sent)
    }

    pub(crate) fn sends_segments(&self) -> bool {
        self.segments
    }

    pub(crate) fn send_segments(&mut self, datagrams: &[u8], length: u16) -> Sent {
        let State::Connected { socket, .. } = &self.state else {
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
            return Sent::Taken;
        };
        match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                self.refused = Some(Instant::now());
                Sent::EarlierRefused
            }
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Sent::NotReady,
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

    pub(crate) fn take_refusal(&mut self) -> bool {
        let State::Connected { socket, .. } = &self.state else {
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
            State::Connected { address, .. } if self.refused.is_some() => {
                format!("refused: nobody listens on {address}")
            }
            State::Connected { address, .. } => format!("sending to {address}"),
        }
    }
}

fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = if address.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(unix)]
fn is_too_large(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMSGSIZE)
}

#[cfg(not(unix))]
fn is_too_large(_: &io::Error) -> bool {
    false
}
