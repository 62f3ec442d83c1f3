//! The UDP socket: bound with a receive buffer as large as the system grants, read without
//! blocking, and honest about what its queue lost.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use crate::error::Error;
use crate::sys;

/// The kernel charges a queued datagram at least this much of the receive buffer.
const LEAST_CHARGE: usize = 256;

#[derive(Debug)]
pub(crate) struct Socket {
    udp: UdpSocket,
    address: SocketAddr,
    /// More datagrams than this cannot be waiting at any one time.
    capacity: usize,
    /// The overflow count that has been reported.
    reported: u32,
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

    fn new(udp: UdpSocket, buffer: usize) -> io::Result<Socket> {
        udp.set_nonblocking(true)?;
        sys::set_receive_buffer(&udp, buffer);
        let granted = sys::receive_buffer(&udp).unwrap_or(buffer);
        Ok(Socket {
            address: udp.local_addr()?,
            capacity: granted / LEAST_CHARGE + 1,
            reported: sys::overflows(&udp).unwrap_or_default(),
            udp,
        })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The next datagram in the queue; `None` when there is none.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        loop {
            match self.udp.recv_from(buffer) {
                Ok(received) => return Some(received),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Anything else than an empty queue passes too: the next wait will tell.
                Err(_) => return None,
            }
        }
    }

    /// Datagrams lost in the queue since the last call.
    pub(crate) fn take_lost(&mut self) -> Option<u64> {
        let overflows = sys::overflows(&self.udp)?;
        let lost = overflows.wrapping_sub(self.reported);
        self.reported = overflows;
        Some(lost.into())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.udp.as_fd()
    }
}
