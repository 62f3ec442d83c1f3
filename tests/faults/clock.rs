//! A wall clock that is stepped. No namespace has a wall clock of its own, and the
//! machine's belongs to everybody; so this program puts its own function in place of the
//! C library's, and steps what that one tells. The monotonic clock goes on, as it does when
//! the kernel's wall clock is stepped.
#![allow(
    unsafe_code,
    reason = "the C library's clock can only be replaced by a function of its kind"
)]

use std::ffi::{c_char, c_int, c_long, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use logd::Timer;
use logd_receiver::Receiver;

use crate::books::{Made, Table, audited, flushed, reducing, wait_for};
use crate::child;

/// How far the wall clock is off, in seconds.
static STEP: AtomicI64 = AtomicI64::new(0);

const WALL: c_int = 0;
const NEXT: *mut c_void = -1_isize as *mut c_void;

/// The C library's `timespec`.
#[repr(C)]
struct Timespec {
    seconds: c_long,
    nanoseconds: c_long,
}

type ClockGettime = unsafe extern "C" fn(c_int, *mut Timespec) -> c_int;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

fn of_the_c_library() -> ClockGettime {
    static FOUND: OnceLock<ClockGettime> = OnceLock::new();
    *FOUND.get_or_init(|| {
        // SAFETY: the name ends with a zero byte; the next function of this name is the C
        // library's own, whose type this is.
        unsafe {
            let found = dlsym(NEXT, c"clock_gettime".as_ptr());
            assert!(!found.is_null(), "the C library has a clock");
            std::mem::transmute::<*mut c_void, ClockGettime>(found)
        }
    })
}

/// In place of the C library's: the standard library calls this one.
///
/// # Safety
///
/// As for the C library's: `time` points to a place for the time.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int {
    // SAFETY: the caller's promise is passed on, and the place holds a time after success.
    unsafe {
        let result = of_the_c_library()(clock, time);
        if result == 0 && clock == WALL {
            (*time).seconds += STEP.load(Ordering::Relaxed) as c_long;
        }
        result
    }
}

#[test]
fn clock_step() {
    static ACROSS: Timer = Timer::new("faults.across");
    const TIMED: Duration = Duration::from_millis(5);
    const HOUR: i64 = 3600;

    let output = child::run("clock::clock_step", &[], || {
        let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
        let client = reducing(receiver.local_addr().port())
            .flush_interval(Duration::from_millis(10))
            .build()
            .expect("a client");
        let nowhere = reducing(8126).host("no-such-host.invalid");
        let nowhere = nowhere.build().expect("a client");
        let mut made = Made::default();
        let mut timed = 0;
        for step in [HOUR, -HOUR, 24 * 365 * HOUR, -24 * 365 * HOUR, 0] {
            let before = SystemTime::now();
            client.scope().run(|| {
                let across = ACROSS.start();
                STEP.store(step, Ordering::Relaxed);
                thread::sleep(TIMED);
                across.stop();
            });
            let moved = match SystemTime::now().duration_since(before) {
                Ok(forward) => forward,
                Err(error) => error.duration(),
            };
            assert!(moved > Duration::from_secs(3500), "{moved:?}: no step");
            made += Made::by(&client, 1000);
            timed += 1;
            // Windows go on ending by themselves, and a flush has its own time.
            wait_for("window", || client.stats().pending() == 0);
            Made::by(&nowhere, 1);
            let report = nowhere.flush(Duration::from_millis(20));
            assert!(report.timed_out(), "{report}");
            assert!(report.took() < Duration::from_secs(10), "{report}");
        }
        flushed(&client);
        let stats = client.stats();
        assert_eq!(stats.events(), made.events() + timed);
        assert_eq!(stats.events(), stats.sent(), "{stats:?}");
        let interval = receiver.flush();
        let table = Table::of(&interval);
        let rounds = made.rounds as f64;
        assert_eq!(
            (table.hits, table.calls, table.share),
            (rounds, rounds, rounds)
        );
        assert_eq!((table.read, table.lost), (stats.messages(), 0));
        let across = interval.timer("faults.across").unwrap();
        assert_eq!(across.count, timed as f64);
        assert!(across.lower >= TIMED.as_secs_f64(), "{across:?}");
        assert!(across.upper < 60.0, "{across:?}");
        audited(&nowhere, Made { rounds: timed });
    });
    child::succeeded(&output);
}
