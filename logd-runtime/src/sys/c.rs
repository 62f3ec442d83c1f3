//! The functions of the C library that are called here, and its numbers of errors that std has no
//! kind for. Each function takes numbers and pointers alone, in a form that all systems share
//! which it is declared for. They are declared here because the crate that declares all of the C
//! library takes a third as long to build as this one.

#[cfg(target_os = "linux")]
use std::ffi::c_char;
use std::ffi::c_int;
#[cfg(unix)]
use std::ffi::c_void;

// SAFETY: as the C standard has it.
unsafe extern "C" {
    pub(super) fn atexit(run: extern "C" fn()) -> c_int;
}

/// What stands for a thread there: a pointer, or a number of that size.
#[cfg(unix)]
pub(super) type Thread = usize;

#[cfg(unix)]
// SAFETY: as POSIX has them.
unsafe extern "C" {
    pub(super) fn pthread_atfork(
        before: Option<extern "C" fn()>,
        in_parent: Option<extern "C" fn()>,
        in_child: Option<extern "C" fn()>,
    ) -> c_int;
    pub(super) fn pthread_create(
        thread: *mut Thread,
        attributes: *const c_void,
        enter: extern "C" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> c_int;
    pub(super) fn pthread_detach(thread: Thread) -> c_int;
    #[cfg(test)]
    pub(super) fn dup2(file: c_int, number: c_int) -> c_int;
}

#[cfg(target_os = "linux")]
// SAFETY: as POSIX has them, the second as Linux has it.
unsafe extern "C" {
    pub(super) fn pthread_self() -> Thread;
    pub(super) fn pthread_setname_np(thread: Thread, name: *const c_char) -> c_int;
    pub(super) fn sendmsg(socket: c_int, message: *const Message, flags: c_int) -> isize;
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
// SAFETY: as POSIX has it; both fields of a time are 64 bits wide here.
unsafe extern "C" {
    pub(super) fn clock_gettime(clock: c_int, time: *mut Time) -> c_int;
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[repr(C)]
pub(super) struct Time {
    pub(super) seconds: i64,
    pub(super) nanoseconds: i64,
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(super) const CLOCK_MONOTONIC: c_int = 1;

/// What `sendmsg` sends, and how. Where a C library has narrower lengths, it keeps the rest of
/// the word at 0.
#[cfg(target_os = "linux")]
#[repr(C)]
pub(super) struct Message {
    pub(super) address: *const c_void,
    pub(super) address_length: u32,
    pub(super) parts: *const Part,
    pub(super) parts_count: usize,
    pub(super) control: *const Control,
    pub(super) control_size: usize,
    pub(super) flags: c_int,
}

#[cfg(target_os = "linux")]
#[repr(C)]
pub(super) struct Part {
    pub(super) start: *const u8,
    pub(super) length: usize,
}

/// A control message of one number, and what the next one would begin after.
#[cfg(target_os = "linux")]
#[repr(C)]
pub(super) struct Control {
    /// In bytes, up to the end of the number.
    pub(super) length: usize,
    pub(super) level: c_int,
    pub(super) kind: c_int,
    pub(super) number: u16,
    /// Named, because the kernel reads it too.
    pub(super) padding: [u16; size_of::<usize>() / size_of::<u16>() - 1],
}

#[cfg(target_os = "linux")]
pub(super) const SOL_UDP: c_int = 17;
#[cfg(target_os = "linux")]
pub(super) const UDP_SEGMENT: c_int = 103;
#[cfg(target_os = "linux")]
pub(super) const MSG_NOSIGNAL: c_int = 0x4000;

/// Linux has numbers of its own for what is about sockets, but where its first port took those of
/// the system that was there before.
#[cfg(unix)]
const fn number(linux: c_int, bsd: c_int, system_v: c_int) -> c_int {
    if cfg!(any(
        target_arch = "mips",
        target_arch = "mips32r6",
        target_arch = "mips64",
        target_arch = "mips64r6",
        target_os = "illumos",
        target_os = "solaris",
    )) {
        system_v
    } else if cfg!(any(
        target_arch = "sparc",
        target_arch = "sparc64",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_vendor = "apple",
    )) {
        bsd
    } else {
        linux
    }
}

/// A datagram is longer than a socket or a way takes.
#[cfg(unix)]
pub(crate) const EMSGSIZE: c_int = number(90, 40, 97);
/// No memory for another datagram.
#[cfg(unix)]
pub(crate) const ENOBUFS: c_int = number(105, 55, 132);
#[cfg(target_os = "linux")]
pub(super) const ENOPROTOOPT: c_int = number(92, 42, 99);
#[cfg(target_os = "linux")]
pub(super) const EOPNOTSUPP: c_int = number(95, 45, 122);
#[cfg(target_os = "linux")]
pub(super) const EIO: c_int = 5;
#[cfg(target_os = "linux")]
pub(super) const EINVAL: c_int = 22;
