//! A connected, non-blocking UDP socket behind a name: connected, so that the
//! kernel tells when nobody listens; behind a name, so that not resolving is a
//! state like any other.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::resolver::{Name, next_address};
use super::socket::OwnSocket;
use super::wait::{Backoff, Room};
use super::{AddressFamily, Sent, is_full, is_too_large};
use crate::sys;

/// The first wait after no socket could be had, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long a refusal is believed, when what follows it is taken: of many refusals a
/// machine tells its neighbours one in a second.
const REFUSAL_STANDS: Duration = Duration::from_millis(1200);

#[derive(Debug)]
pub(crate) struct Udp {
    name: Name,
    state: State,
    /// When the kernel last said that nobody listens, while nothing else is known.
    refused: Option<Instant>,
    room: Room,
    /// Whether the kernel cuts one send into datagrams, as far as is known.
    segments: bool,
    backoff: Backoff,
}

#[derive(Debug)]
enum State {
    Idle,
    /// There is an address, but no socket to it now.
    Unreachable {
        error: io::Error,
        retry: Instant,
    },
    Connected {
        socket: OwnSocket<UdpSocket>,
        address: SocketAddr,
    },
}

impl Udp {
    pub(crate) fn new(host: String, port: u16, family: AddressFamily) -> Self {
        Udp {
            name: Name::new(host, port, family),
            state: State::Idle,
            refused: None,
            room: Room::new(),
            segments: true,
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
        let trouble = self.refused.is_some() || matches!(self.state, State::Unreachable { .. });
        if self.name.refresh(trouble) {
            self.follow();
        }
        match &self.state {
            State::Connected { .. } => return self.room.may_be_there(),
            State::Unreachable { retry, .. } if Instant::now() < *retry => return false,
            State::Idle | State::Unreachable { .. } => {}
        }
        match connect_any(self.name.addresses()) {
            None => false,
            Some(Ok((socket, address))) => {
                self.state = State::Connected { socket, address };
                self.backoff.reset();
                true
            }
            Some(Err(error)) => {
                self.stand_back(error);
                false
            }
        }
    }

    /// Goes where the name leads now.
    fn follow(&mut self) {
        match &self.state {
            State::Connected { address, .. } => {
                let refuses = self.refused.is_some();
                // A socket that works is kept while there is no better one.
                if let Some(next) = next_address(*address, refuses, self.name.addresses())
                    && next != *address
                    && let Ok(socket) = connect(next)
                {
                    self.state = State::Connected {
                        socket,
                        address: next,
                    };
                    self.refused = None;
                }
            }
            // Another address may be reachable.
            State::Unreachable { .. } => self.state = State::Idle,
            State::Idle => {}
        }
    }

    fn stand_back(&mut self, error: io::Error) {
        let retry = self.backoff.retry();
        self.state = State::Unreachable { error, retry };
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
            self.room.was_there();
            return Sent::Taken;
        };
        match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                self.refused = Some(Instant::now());
                Sent::EarlierRefused
            }
            io::ErrorKind::Interrupted => Sent::NotReady,
            _ if is_full(&error) => {
                self.room.was_none();
                Sent::NotReady
            }
            _ if is_too_large(&error) => Sent::TooLarge,
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::OutOfMemory => {
                self.stand_back(error);
                Sent::NotReady
            }
            _ => Sent::Failed,
        }
    }

    /// How long the kernel is to be left alone, while it has no room.
    pub(crate) fn wait_for_room(&self) -> Option<Duration> {
        self.room.wait()
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
        self.name.is_unresolved()
    }

    pub(crate) fn state(&self) -> String {
        let host = self.name.host();
        let failure = self.name.error();
        let mut words = match &self.state {
            State::Connected { address, .. } if self.room.is_full() => {
                format!("full: the system has no room for more to {address}")
            }
            State::Connected { address, .. } if self.refused.is_some() => {
                format!("refused: nobody listens on {address}")
            }
            State::Connected { address, .. } => format!("sending to {address}"),
            State::Unreachable { error, .. } => {
                format!("unreachable: {}: {error}", self.name.with_port())
            }
            State::Idle => match failure {
                Some(error) => return format!("unresolved: {host}: {error}"),
                None if self.name.is_unresolved() => format!("unresolved: looking up {host}"),
                None => format!("nothing sent to {} yet", self.name.with_port()),
            },
        };
        if let Some(error) = failure {
            words += &format!(", the last known address of {host}: {error}");
        }
        words
    }
}

/// The first of the addresses to which there is a way.
fn connect_any(addresses: &[SocketAddr]) -> Option<io::Result<(OwnSocket<UdpSocket>, SocketAddr)>> {
    let mut failure = None;
    for address in addresses {
        match connect(*address) {
            Ok(socket) => return Some(Ok((socket, *address))),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map(Err)
}

fn connect(address: SocketAddr) -> io::Result<OwnSocket<UdpSocket>> {
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn bound() -> (UdpSocket, SocketAddr) {
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let address = receiver.local_addr().expect("bound");
        (receiver, address)
    }

    fn udp_to(address: SocketAddr) -> Udp {
        let host = address.ip().to_string();
        Udp::new(host, address.port(), AddressFamily::default())
    }

    #[test]
    fn no_room_is_a_state_that_passes_and_nothing_is_given_up_in_it() {
        let (_receiver, address) = bound();
        let mut udp = udp_to(address);
        assert!(udp.make_ready());
        let no_room = || Err(io::Error::from_raw_os_error(sys::c::ENOBUFS));
        for _ in 0..20 {
            assert!(matches!(udp.judge(no_room()), Sent::NotReady));
        }
        assert!(!udp.make_ready(), "it waits");
        assert!(udp.state().starts_with("full: "), "{}", udp.state());
        let wait = udp.wait_for_room().expect("a wait");
        assert!(wait <= Duration::from_millis(250), "{wait:?}");
        while !udp.make_ready() {
            std::thread::sleep(udp.wait_for_room().expect("a wait"));
        }
        assert!(matches!(udp.send(b"x"), Sent::Taken));
        assert!(udp.state().starts_with("sending to "), "{}", udp.state());
    }

    #[test]
    fn an_address_without_a_way_is_passed_over_for_the_next() {
        let (_receiver, address) = bound();
        // The kernel refuses it: a broadcast needs to be asked for.
        let no_way = SocketAddr::from((Ipv4Addr::BROADCAST, address.port()));
        let (_, connected) = connect_any(&[no_way, address])
            .expect("addresses")
            .expect("one with a way");
        assert_eq!(connected, address);
        assert!(connect_any(&[no_way]).expect("addresses").is_err());
        assert!(connect_any(&[]).is_none());
    }
}
