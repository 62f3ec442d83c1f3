//! A wall clock that can be stepped. The machine's belongs to everybody, so this program puts
//! its own function in place of the C library's, and steps what that one tells; the monotonic
//! clock goes on, as it does when the kernel's wall clock is stepped.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

/// How far the wall clock is off, in seconds.
static STEP: AtomicI64 = AtomicI64::new(0);

type ClockGettime = unsafe extern "C" fn(libc::clockid_t, *mut libc::timespec) -> libc::c_int;

/// Sets how many seconds the wall clock is off.
pub fn step_to(seconds: i64) {
    STEP.store(seconds, Ordering::Relaxed);
}

fn of_the_c_library() -> ClockGettime {
    static FOUND: OnceLock<ClockGettime> = OnceLock::new();
    *FOUND.get_or_init(|| {
        // SAFETY: the name ends with a zero byte; the next function of this name is the C
        // library's own, whose type this is.
        unsafe {
            let found = libc::dlsym(libc::RTLD_NEXT, c"clock_gettime".as_ptr());
            assert!(!found.is_null(), "the C library has a clock");
            std::mem::transmute::<*mut libc::c_void, ClockGettime>(found)
        }
    })
}

/// In place of the C library's: the standard library calls this one.
///
/// # Safety
///
/// As for the C library's: `time` points to a place for the time.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(
    clock: libc::clockid_t,
    time: *mut libc::timespec,
) -> libc::c_int {
    // SAFETY: the caller's promise is passed on, and the place holds a time after success.
    unsafe {
        let result = of_the_c_library()(clock, time);
        if result == 0 && clock == libc::CLOCK_REALTIME {
            (*time).tv_sec += STEP.load(Ordering::Relaxed) as libc::time_t;
        }
        result
    }
}
