//! A program that ends by a panic, in the way that its argument says, and sends to the port
//! behind it.

use std::io;
use std::panic;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use logd::{Counter, timed};

static HITS: Counter = Counter::new("hits");

/// Nothing is sent but by the hook.
const NEVER: Duration = Duration::from_secs(3600);

#[timed("calls", outcome)]
fn ends_well() -> Option<()> {
    Some(())
}

#[timed("calls", outcome)]
fn ends_here() -> Option<()> {
    HITS.increment();
    panic!("the end");
}

fn fails() -> io::Result<()> {
    Err(io::Error::other("the end"))
}

/// Counts as a thread ends, which a program that aborts has no time for.
struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        HITS.add(1000);
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (way, port) = (arguments.next(), arguments.next());
    let port = port.expect("a port").parse().expect("a port");
    let way = way.expect("a way to end");
    let builder = logd::builder().port(port).flush_interval(NEVER);
    let builder = match &*way {
        "unasked" => builder,
        "nowhere" => builder.host("no-such-host.invalid").flush_on_panic(),
        _ => builder.flush_on_panic(),
    };
    let _logd = builder.init().expect("the first init");
    let _end = AtTheEnd;
    HITS.increment();
    ends_well();
    match &*way {
        "thread" => {
            let (_keeps_waiting, never) = mpsc::channel::<()>();
            thread::spawn(ends_here);
            let _ = never.recv();
        }
        "load" => {
            for _ in 0..4 {
                thread::spawn(|| {
                    loop {
                        HITS.increment();
                        thread::yield_now();
                    }
                });
            }
            ends_here();
        }
        // What would be caught elsewhere ends this program, too.
        "caught" => drop(panic::catch_unwind(ends_here)),
        "error" => {
            HITS.increment();
            fails().expect("no error");
        }
        _ => {
            ends_here();
        }
    }
}
