//! What std has no safe form of: many datagrams of one length in one send, which costs
//! a fraction of sending each; functions that run in a child after `fork`, and threads there.
#![allow(
    unsafe_code,
    reason = "calls of the C library that std has no safe form of"
)]

use std::ffi::CStr;
#[cfg(unix)]
use std::ffi::c_void;
use std::io;
#[cfg(unix)]
use std::mem::{ManuallyDrop, MaybeUninit};
use std::net::UdpSocket;
#[cfg(unix)]
use std::panic::{self, AssertUnwindSafe};
#[cfg(unix)]
use std::ptr;

pub(crate) mod c;

/// The most datagrams in one call that every kernel with this feature takes.
pub(crate) const MOST_SEGMENTS: usize = 64;

/// Sends `datagrams` cut into pieces of `length` bytes, the last of which may be
/// shorter; all of them or none.
///
/// An error of the kind `Unsupported` means that this kernel, or the way to the
/// receiver, can not do it.
#[cfg(target_os = "linux")]
pub(crate) fn send_segments(socket: &UdpSocket, datagrams: &[u8], length: u16) -> io::Result<()> {
    use std::mem::offset_of;
    use std::os::fd::AsRawFd;

    let control = c::Control {
        length: offset_of!(c::Control, number) + size_of::<u16>(),
        level: c::SOL_UDP,
        kind: c::UDP_SEGMENT,
        number: length,
        padding: Default::default(),
    };
    let part = c::Part {
        start: datagrams.as_ptr(),
        length: datagrams.len(),
    };
    let message = c::Message {
        address: ptr::null(),
        address_length: 0,
        parts: &raw const part,
        parts_count: 1,
        control: &raw const control,
        control_size: size_of::<c::Control>(),
        flags: 0,
    };
    // SAFETY: the descriptor is open while `socket` is borrowed; `message` points to
    // `part` and `control`, which live until the call returns and are only read, as the
    // datagrams are.
    let sent = unsafe { c::sendmsg(socket.as_raw_fd(), &raw const message, c::MSG_NOSIGNAL) };
    if sent >= 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(c::EINVAL | c::EIO | c::ENOPROTOOPT | c::EOPNOTSUPP | c::EMSGSIZE) => {
            Err(io::Error::new(io::ErrorKind::Unsupported, error))
        }
        _ => Err(error),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn send_segments(_: &UdpSocket, _: &[u8], _: u16) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What has the number of an open file.
#[cfg(unix)]
pub(crate) trait Numbered: std::os::fd::AsRawFd + std::os::fd::IntoRawFd {}
#[cfg(unix)]
impl<S: std::os::fd::AsRawFd + std::os::fd::IntoRawFd> Numbered for S {}
#[cfg(not(unix))]
pub(crate) trait Numbered {}
#[cfg(not(unix))]
impl<S> Numbered for S {}

/// What tells an open file from every other.
#[cfg(unix)]
pub(crate) type FileIdentity = (u64, u64);
#[cfg(not(unix))]
pub(crate) type FileIdentity = ();

/// Which file a socket's number stands for now, if any.
#[cfg(unix)]
pub(crate) fn identity(socket: &impl Numbered) -> Option<FileIdentity> {
    use std::fs::File;
    use std::os::fd::FromRawFd;
    use std::os::unix::fs::MetadataExt;

    // SAFETY: the file is asked what it is and never closed by this name of it. A number that
    // is no open file's is an error.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(socket.as_raw_fd()) });
    let status = file.metadata().ok()?;
    Some((status.dev(), status.ino()))
}

/// Files are not closed behind our back here.
#[cfg(not(unix))]
pub(crate) fn identity(_: &impl Numbered) -> Option<FileIdentity> {
    Some(())
}

/// Forgets a socket without closing its number.
pub(crate) fn leave_open(socket: impl Numbered) {
    #[cfg(unix)]
    let _ = socket.into_raw_fd();
    #[cfg(not(unix))]
    drop(socket);
}

/// Nanoseconds of the monotonic clock, from one point for all processes.
#[inline]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn monotonic_nanoseconds() -> u64 {
    let mut time = c::Time {
        seconds: 0,
        nanoseconds: 0,
    };
    // SAFETY: the call writes to `time` alone, which lives until it returns. It can not fail
    // for a clock that every system has, and would leave the time at 0.
    unsafe { c::clock_gettime(c::CLOCK_MONOTONIC, &raw mut time) };
    time.seconds as u64 * 1_000_000_000 + time.nanoseconds as u64
}

/// The same where the call has other forms: std knows them, and says how long ago something was.
#[inline]
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn monotonic_nanoseconds() -> u64 {
    use once_cell::race::OnceBox;
    use std::time::Instant;

    // Without a lock, that a child process might find taken; a child has what its parent began with.
    static START: OnceBox<Instant> = OnceBox::new();
    let start = START.get_or_init(|| Box::new(Instant::now()));
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX / 4)
}

/// Has `run` called in every child of a `fork`, before `fork` returns there. `false` when
/// there is no memory to note it.
#[cfg(unix)]
pub(crate) fn run_in_child(run: extern "C" fn()) -> bool {
    // SAFETY: a plain function without state, which code of this library keeps loaded: the C
    // library forgets it when the shared object that it is in is unloaded.
    unsafe { c::pthread_atfork(None, None, Some(run)) == 0 }
}

/// Has `run` called when the process ends: by a return from `main`, behind a panic there, or
/// by `exit`. Where there is no memory to note it, it is not.
pub(crate) fn run_at_exit(run: extern "C" fn()) {
    // SAFETY: a plain function without state; see `run_in_child` about unloading.
    unsafe { c::atexit(run) };
}

/// Starts a thread without any part of std's that takes a lock: in a child process, std's
/// list of stack guards may be locked for ever, and no thread of std's gets past it.
#[cfg(unix)]
pub(crate) fn start_bare_thread(name: &'static CStr, run: Box<dyn FnOnce() + Send>) -> bool {
    struct Start {
        name: &'static CStr,
        run: Box<dyn FnOnce() + Send>,
    }

    extern "C" fn enter(start: *mut c_void) -> *mut c_void {
        // SAFETY: the pointer is that of the box below, given to this thread alone.
        let Start { name, run } = *unsafe { Box::from_raw(start.cast::<Start>()) };
        #[cfg(target_os = "linux")]
        // SAFETY: the thread names itself; the name is copied.
        unsafe {
            c::pthread_setname_np(c::pthread_self(), name.as_ptr());
        }
        #[cfg(not(target_os = "linux"))]
        let _ = name;
        // Unwinding must not leave a function of the C library's.
        let _ = panic::catch_unwind(AssertUnwindSafe(run));
        ptr::null_mut()
    }

    let start = Box::into_raw(Box::new(Start { name, run }));
    let mut thread: MaybeUninit<c::Thread> = MaybeUninit::uninit();
    // SAFETY: `thread` is written before the call returns; null stands for the usual
    // attributes; `enter` takes the box, and nobody else touches it from here on.
    let failed =
        unsafe { c::pthread_create(thread.as_mut_ptr(), ptr::null(), enter, start.cast()) };
    if failed != 0 {
        // SAFETY: no thread began, so the box is still this function's.
        drop(unsafe { Box::from_raw(start) });
        return false;
    }
    // SAFETY: a thread was created, so its number is there; nobody joins or detaches it but us.
    unsafe { c::pthread_detach(thread.assume_init()) };
    true
}

/// There is no `fork` here, so no thread needs this.
#[cfg(not(unix))]
pub(crate) fn start_bare_thread(_: &'static CStr, _: Box<dyn FnOnce() + Send>) -> bool {
    false
}

/// There is no `fork` here.
#[cfg(not(unix))]
pub(crate) fn run_in_child(_: extern "C" fn()) -> bool {
    true
}

/// Makes a number stand for another file, as closing and opening does.
#[cfg(all(test, unix))]
pub(crate) fn put_in_place(file: std::os::fd::OwnedFd, number: i32) -> std::os::fd::OwnedFd {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    // SAFETY: whoever has the number notices, which is what the caller tests; from here on
    // the number is that of the file which is returned.
    unsafe {
        assert_eq!(c::dup2(file.as_raw_fd(), number), number);
        OwnedFd::from_raw_fd(number)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn datagrams_of_one_length_arrive_one_by_one_the_last_may_be_shorter() {
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        receiver
            .set_read_timeout(Some(std::time::Duration::from_secs(10)))
            .expect("a time limit");
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        sender
            .connect(receiver.local_addr().expect("an address"))
            .expect("connected");
        match send_segments(&sender, b"onetwosix.", 3) {
            // A kernel from before 4.18 can not.
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::Unsupported),
            Ok(()) => {
                for expected in [&b"one"[..], b"two", b"six", b"."] {
                    let mut buffer = [0; 16];
                    let length = receiver.recv(&mut buffer).expect("a datagram");
                    assert_eq!(&buffer[..length], expected);
                }
            }
        }
    }
}
