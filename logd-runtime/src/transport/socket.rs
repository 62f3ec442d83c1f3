//! A socket that is sure to be its own: who becomes a daemon closes all files, and the number
//! of one may be that of another's file by then, which is neither written to nor closed.

use crate::sys::{self, Numbered};

#[derive(Debug)]
pub(crate) struct OwnSocket<S: Numbered> {
    /// There until this goes.
    socket: Option<S>,
    identity: Option<sys::FileIdentity>,
}

impl<S: Numbered> OwnSocket<S> {
    pub(crate) fn new(socket: S) -> Self {
        OwnSocket {
            identity: sys::identity(&socket),
            socket: Some(socket),
        }
    }

    /// The socket, unless its number is another file's now.
    pub(crate) fn get(&self) -> Option<&S> {
        let socket = self.socket.as_ref()?;
        (sys::identity(socket) == self.identity).then_some(socket)
    }
}

impl<S: Numbered> Drop for OwnSocket<S> {
    fn drop(&mut self) {
        let is_own = self.get().is_some();
        if let Some(socket) = self.socket.take()
            && !is_own
        {
            sys::leave_open(socket);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn a_number_that_is_another_files_is_left_alone() {
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let number = udp.as_raw_fd();
        let own = OwnSocket::new(udp);
        assert!(own.get().is_some());
        let file = File::open("/dev/zero").expect("a file");
        let file = sys::put_in_place(file.into(), number);
        assert!(own.get().is_none());
        drop(own);
        let mut bytes = [1; 4];
        File::from(file).read_exact(&mut bytes).expect("still open");
        assert_eq!(bytes, [0; 4]);
    }
}
