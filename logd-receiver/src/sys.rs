//! The system calls that std has no name for. All unsafe code of this crate is here,
//! behind functions that are safe to call with anything.

#![allow(
    unsafe_code,
    reason = "poll and the socket options have no safe equivalent in std"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

/// Waits until one of the two can be read, the time is over, or a signal came.
pub(crate) fn wait(
    one: &impl AsFd,
    other: &impl AsFd,
    timeout: Option<Duration>,
) -> io::Result<()> {
    let descriptor = |fd: i32| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    let mut descriptors = [
        descriptor(one.as_fd().as_raw_fd()),
        descriptor(other.as_fd().as_raw_fd()),
    ];
    // Rounded up, so that a deadline has passed when the call returns.
    let millis = timeout.map_or(-1, |timeout| {
        libc::c_int::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(libc::c_int::MAX)
    });
    // SAFETY: the pointer and the length are those of an array that outlives the call, and
    // both descriptors are borrowed, hence open.
    let ready = unsafe {
        libc::poll(
            descriptors.as_mut_ptr(),
            descriptors.len() as libc::nfds_t,
            millis,
        )
    };
    if ready < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(())
}

/// Asks for a receive buffer of this many bytes. The system may grant less: without a
/// privilege it stays under a limit of its own.
pub(crate) fn set_receive_buffer(socket: &impl AsFd, bytes: usize) {
    let bytes = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let options = [libc::SO_RCVBUFFORCE, libc::SO_RCVBUF];
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let options = [libc::SO_RCVBUF];
    for option in options {
        // SAFETY: the descriptor is borrowed, hence open; the value is a c_int, as the option
        // wants, and its size is given.
        let result = unsafe {
            libc::setsockopt(
                socket.as_fd().as_raw_fd(),
                libc::SOL_SOCKET,
                option,
                (&raw const bytes).cast(),
                size_of_val(&bytes) as libc::socklen_t,
            )
        };
        if result == 0 {
            return;
        }
    }
}

/// How many bytes the receive buffer has.
pub(crate) fn receive_buffer(socket: &impl AsFd) -> Option<usize> {
    let [bytes] = option::<1>(socket, libc::SO_RCVBUF)?;
    usize::try_from(bytes).ok()
}

/// How many datagrams have found the receive buffer full since the socket was made. It wraps.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn overflows(socket: &impl AsFd) -> Option<u32> {
    // The last of the nine figures that the kernel keeps about a socket's memory. Unlike the
    // control message with the same figure it needs no further datagram to be seen.
    let figures = option::<9>(socket, libc::SO_MEMINFO)?;
    Some(figures[8])
}

/// How many datagrams have found the receive buffer full: this system does not tell.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn overflows(_socket: &impl AsFd) -> Option<u32> {
    None
}

/// The user that this process acts as.
pub(crate) fn effective_user() -> u32 {
    // SAFETY: asks for a number, and never fails.
    unsafe { libc::geteuid() }
}

/// A socket option that consists of `N` 32-bit figures.
fn option<const N: usize>(socket: &impl AsFd, option: libc::c_int) -> Option<[u32; N]> {
    let mut figures = [0_u32; N];
    let size = size_of_val(&figures);
    let mut len = size as libc::socklen_t;
    // SAFETY: the descriptor is borrowed, hence open; the pointer and the length are those of
    // an array that outlives the call, and any bytes are valid for it.
    let result = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            figures.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    (result == 0 && len as usize == size).then_some(figures)
}
