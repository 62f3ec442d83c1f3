//! Where a receiver listens, in the form in which its clients write it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where a [`Receiver`](crate::Receiver) listens. Shown as `127.0.0.1:8126` or
/// `unix:/run/logd.sock`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// An address and a UDP port.
    Udp(SocketAddr),
    /// The path of a Unix datagram socket.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Udp(address) => address.fmt(f),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}
