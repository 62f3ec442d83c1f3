//! The last flushes that a program may ask for: when it ends, and when it panics. Both wait for
//! a bounded time, whatever the thread that they run on holds, and in a child process that has
//! recorded nothing for none.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use crate::client::core::Core;
use crate::record::list::List;
use crate::sys;

/// How long a hook waits for each client at most.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Clients to flush, in lists without a lock: whoever panics may hold any, and a child of
/// `fork` has the same hooks.
static AT_EXIT: List<Weak<Core>> = List::new();
static ON_PANIC: List<Weak<Core>> = List::new();

static EXIT_HOOK: AtomicBool = AtomicBool::new(false);
static PANIC_HOOK: AtomicBool = AtomicBool::new(false);

/// Flushes a client when the process ends.
pub(crate) fn flush_at_exit(core: &Arc<Core>) {
    AT_EXIT.push(0, Arc::downgrade(core));
    if !EXIT_HOOK.swap(true, Ordering::Relaxed) {
        sys::run_at_exit(at_exit);
    }
}

extern "C" fn at_exit() {
    // Nothing may unwind into the C library.
    let _ = panic::catch_unwind(|| flush(&AT_EXIT));
}

/// Flushes a client when a thread panics, behind what the program does then itself.
pub(crate) fn flush_on_panic(core: &Arc<Core>) {
    ON_PANIC.push(0, Arc::downgrade(core));
    // In the middle of a panic hooks can not be changed.
    if !thread::panicking() && !PANIC_HOOK.swap(true, Ordering::Relaxed) {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            before(panic);
            flush(&ON_PANIC);
        }));
    }
}

fn flush(clients: &List<Weak<Core>>) {
    for core in clients.iter().filter_map(Weak::upgrade) {
        core.flush_from_hook(TIMEOUT);
    }
}
