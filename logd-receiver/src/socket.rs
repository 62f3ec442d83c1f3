//! The socket: bound with a receive buffer as large as the system grants, read without
//! blocking, and honest about what its queue lost.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use crate::address::Address;
use crate::error::Error;
use crate::sys;
use crate::unix::UnixSocket;

/// The kernel charges a queued datagram at least this much of the receive buffer.
const LEAST_CHARGE: usize = 256;

#[derive(Debug)]
pub(crate) struct Socket {
    kind: Kind,
    /// More datagrams than this cannot be waiting at any one time.
    capacity: usize,
    /// The overflow count that has been reported.
    reported: u32,
}

#[derive(Debug)]
enum Kind {
    Udp { udp: UdpSocket, address: SocketAddr },
    Unix(UnixSocket),
}

impl Socket {
    /// Binds the first of the addresses that can be bound.
    pub(crate) fn bind(address: impl ToSocketAddrs, buffer: usize) -> Result<Socket, Error> {
        let mut failure = None;
        for address in address.to_socket_addrs().map_err(Error::resolve)? {
            match UdpSocket::bind(address) {
                Ok(udp) => return Socket::new(udp, buffer).map_err(Error::start),
                Err(error) => failure = Some(Error::bind(address, error)),
            }
        }
        Err(failure.unwrap_or_else(|| Error::resolve(io::ErrorKind::NotFound.into())))
    }

    /// Binds a Unix socket to a path.
    pub(crate) fn bind_unix(path: &Path) -> Result<Socket, Error> {
        let unix = UnixSocket::bind(path)?;
        Ok(Socket {
            capacity: unix.capacity(),
            // Who sends is told that there is no room, so nothing overflows.
            reported: sys::overflows(&unix).unwrap_or_default(),
            kind: Kind::Unix(unix),
        })
    }

    fn new(udp: UdpSocket, buffer: usize) -> io::Result<Socket> {
        udp.set_nonblocking(true)?;
        sys::set_receive_buffer(&udp, buffer);
        let granted = sys::receive_buffer(&udp).unwrap_or(buffer);
        Ok(Socket {
            capacity: granted / LEAST_CHARGE + 1,
            reported: sys::overflows(&udp).unwrap_or_default(),
            kind: Kind::Udp {
                address: udp.local_addr()?,
                udp,
            },
        })
    }

    pub(crate) fn address(&self) -> Address {
        match &self.kind {
            Kind::Udp { address, .. } => Address::Udp(*address),
            Kind::Unix(unix) => Address::Unix(unix.path().to_owned()),
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The next datagram in the queue, and who sent it: this machine, through a Unix socket.
    /// `None` when there is none.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Option<(usize, IpAddr)> {
        loop {
            let received = match &self.kind {
                Kind::Udp { udp, .. } => udp
                    .recv_from(buffer)
                    .map(|(length, from)| (length, from.ip().to_canonical())),
                Kind::Unix(unix) => unix
                    .receive(buffer)
                    .map(|length| (length, Ipv4Addr::LOCALHOST.into())),
            };
            match received {
                Ok(received) => return Some(received),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Anything else than an empty queue passes too: the next wait will tell.
                Err(_) => return None,
            }
        }
    }

    /// Takes no more, where who sends is told so; what is in the queue can still be read.
    pub(crate) fn close(&mut self) {
        if let Kind::Unix(unix) = &mut self.kind {
            unix.close();
        }
    }

    /// Whether nothing comes into the queue any more.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(&self.kind, Kind::Unix(unix) if unix.is_closed())
    }

    /// Datagrams lost in the queue since the last call.
    pub(crate) fn take_lost(&mut self) -> Option<u64> {
        let overflows = sys::overflows(self)?;
        let lost = overflows.wrapping_sub(self.reported);
        self.reported = overflows;
        Some(lost.into())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.kind {
            Kind::Udp { udp, .. } => udp.as_fd(),
            Kind::Unix(unix) => unix.as_fd(),
        }
    }
}
