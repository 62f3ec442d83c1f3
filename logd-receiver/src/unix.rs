//! A Unix socket with its file: one that nobody listens on any more makes way, and ours goes
//! when we do, unless another has taken its place.

use std::fs;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::sys;

/// How many datagrams the kernel keeps for a socket, on Linux.
const QUEUE_LENGTH: &str = "/proc/sys/net/unix/max_dgram_qlen";

/// More than other systems keep: theirs is a number of bytes.
const USUAL_QUEUE_LENGTH: usize = 1024;

#[derive(Debug)]
pub(crate) struct UnixSocket {
    socket: UnixDatagram,
    path: PathBuf,
    /// Device and number of the file.
    file: (u64, u64),
    /// More datagrams than this cannot be waiting at any one time.
    capacity: usize,
    is_closed: bool,
}

impl UnixSocket {
    pub(crate) fn bind(path: &Path) -> Result<UnixSocket, Error> {
        // To the system, an empty path asks for a socket without one.
        if path.as_os_str().is_empty() {
            return Err(Error::socket_path(path, io::ErrorKind::InvalidInput.into()));
        }
        SocketAddr::from_pathname(path).map_err(|error| Error::socket_path(path, error))?;
        let socket = match UnixDatagram::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                make_way(path)?;
                UnixDatagram::bind(path)
            }
            bound => bound,
        };
        let socket = socket.map_err(|error| Error::bind_unix(path, error))?;
        socket.set_nonblocking(true).map_err(Error::start)?;
        let status = fs::symlink_metadata(path).map_err(Error::start)?;
        Ok(UnixSocket {
            socket,
            path: path.to_owned(),
            file: (status.dev(), status.ino()),
            capacity: queue_length().unwrap_or(USUAL_QUEUE_LENGTH) + 1,
            is_closed: false,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_closed {
            return self.socket.recv(buffer);
        }
        // A closed socket is never empty: behind what is left it has datagrams without length.
        for _ in 0..self.capacity {
            match self.socket.recv(buffer) {
                Ok(0) => {}
                received => return received,
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Takes no more: who sends is told that nobody listens, and keeps what it has.
    pub(crate) fn close(&mut self) {
        self.is_closed = self.socket.shutdown(Shutdown::Read).is_ok();
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }
}

fn queue_length() -> Option<usize> {
    fs::read_to_string(QUEUE_LENGTH).ok()?.trim().parse().ok()
}

/// Removes the socket of a receiver that ended without a chance to.
fn make_way(path: &Path) -> Result<(), Error> {
    let refuse = |advice: &str| Err(Error::path_taken(path, advice));
    let Ok(status) = fs::symlink_metadata(path) else {
        // It has just gone by itself.
        return Ok(());
    };
    if !status.file_type().is_socket() {
        return refuse("a file that is no socket is there: choose another path");
    }
    let probe = UnixDatagram::unbound().map_err(Error::start)?;
    match probe.connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        _ => {
            return refuse(
                "another socket is there: stop what listens on it or choose another path",
            );
        }
    }
    if status.uid() != sys::effective_user() {
        return refuse("another user has left a socket there: remove it or choose another path");
    }
    fs::remove_file(path).map_err(|error| Error::bind_unix(path, error))
}

impl AsFd for UnixSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|status| (status.dev(), status.ino()) == self.file);
        if is_ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}
