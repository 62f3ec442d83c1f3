//! The last moments of a process: what was recorded is sent however it ends, where it was asked
//! to, and nobody is held up for longer than the hooks may take.

mod child;

use std::cell::RefCell;
use std::net::UdpSocket;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use logd::{Counter, FlushGuard};
use logd_receiver::Receiver;

static HITS: Counter = Counter::new("hits");

/// Longer than the hooks wait, with what starting a process takes.
const LONGEST: Duration = Duration::from_secs(15);

fn port() -> u16 {
    let port = std::env::var("TEST_PORT").expect("set by the parent");
    port.parse().expect("a port")
}

/// The global client, without the guard's flush: only the hooks are left.
fn without_guard(builder: logd::Builder) {
    let guard = builder
        .port(port())
        .flush_interval(Duration::from_secs(3600))
        .init()
        .expect("the first init");
    std::mem::forget(guard);
}

/// What a receiver has got from a process that does `work`, and how that ended.
fn sent_by(test: &str, work: impl FnOnce()) -> (f64, Output) {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    let output = child::run(test, &[("TEST_PORT", &port)], work);
    let interval = receiver.flush();
    let sum = interval.counter("hits").map_or(0.0, |counter| counter.sum);
    (sum, output)
}

#[test]
fn exit_flushes_from_any_thread() {
    let (sum, output) = sent_by("exit_flushes_from_any_thread", || {
        without_guard(logd::builder().flush_on_exit());
        HITS.increment();
        thread::spawn(|| {
            HITS.increment();
            std::process::exit(0)
        });
        thread::sleep(LONGEST);
    });
    child::succeeded(&output);
    assert_eq!(sum, 2.0);
}

#[test]
fn exit_flushes_what_was_recorded_as_thread_locals_went() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            HITS.increment();
            let _ = logd::flush(Duration::from_secs(2));
            HITS.increment();
        }
    }
    thread_local! {
        static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
    }
    let (sum, output) = sent_by(
        "exit_flushes_what_was_recorded_as_thread_locals_went",
        || {
            without_guard(logd::builder().flush_on_exit());
            LAST.with(|last| *last.borrow_mut() = Some(Last));
            HITS.increment();
            // `exit` runs the destructors of this thread first.
            std::process::exit(0);
        },
    );
    child::succeeded(&output);
    assert_eq!(sum, 3.0);
}

#[test]
fn exit_does_not_wait_for_threads_that_go_on_recording() {
    let began = Instant::now();
    let (sum, output) = sent_by(
        "exit_does_not_wait_for_threads_that_go_on_recording",
        || {
            without_guard(logd::builder().flush_on_exit());
            HITS.add(1000);
            for _ in 0..4 {
                thread::spawn(|| {
                    loop {
                        HITS.increment();
                        thread::yield_now();
                    }
                });
            }
            std::process::exit(0);
        },
    );
    child::succeeded(&output);
    assert!(sum >= 1000.0, "{sum}");
    assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
}

#[test]
fn exit_is_held_up_for_a_bounded_time_where_nothing_can_be_sent() {
    let began = Instant::now();
    let name = "exit_is_held_up_for_a_bounded_time_where_nothing_can_be_sent";
    let output = child::run(name, &[("TEST_PORT", "9")], || {
        without_guard(logd::builder().host("no-such-host.invalid").flush_on_exit());
        HITS.increment();
        std::process::exit(0);
    });
    child::succeeded(&output);
    assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
}

#[test]
fn a_panic_is_followed_by_a_flush_and_the_hook_before_it_still_speaks() {
    let name = "a_panic_is_followed_by_a_flush_and_the_hook_before_it_still_speaks";
    let (sum, output) = sent_by(name, || {
        without_guard(logd::builder().flush_on_panic());
        HITS.increment();
        let ended = thread::spawn(|| {
            HITS.increment();
            panic!("a fault of the program");
        })
        .join();
        assert!(ended.is_err());
        // Behind the flush of the hook nothing else is sent.
        HITS.increment();
        std::process::exit(0);
    });
    let printed = child::succeeded(&output);
    assert!(printed.contains("a fault of the program"), "{printed}");
    assert_eq!(sum, 2.0);
}

#[test]
fn a_process_that_aborts_on_a_panic_has_flushed() {
    let (sum, output) = sent_by("a_process_that_aborts_on_a_panic_has_flushed", || {
        struct Panics;
        impl Drop for Panics {
            fn drop(&mut self) {
                HITS.increment();
                panic!("the second panic");
            }
        }
        without_guard(logd::builder().flush_on_panic());
        HITS.increment();
        let _panics = Panics;
        panic!("the first panic");
    });
    assert!(!output.status.success(), "a panic in a panic aborts");
    assert_eq!(sum, 2.0);
}

#[test]
fn a_guard_that_is_bound_to_nothing_loses_nothing_with_the_hook() {
    let name = "a_guard_that_is_bound_to_nothing_loses_nothing_with_the_hook";
    let (sum, output) = sent_by(name, || {
        let builder = logd::builder().port(port()).flush_on_exit();
        let _: FlushGuard = builder.init().expect("the first init");
        HITS.increment();
        std::process::exit(0);
    });
    child::succeeded(&output);
    assert_eq!(sum, 1.0);
}

#[test]
fn a_client_of_its_own_is_flushed_too() {
    let (sum, output) = sent_by("a_client_of_its_own_is_flushed_too", || {
        let client = logd::Client::builder().port(port()).flush_on_exit();
        let client = client.build().expect("a client");
        client.increment("hits");
        std::mem::forget(client);
        std::process::exit(0);
    });
    child::succeeded(&output);
    assert_eq!(sum, 1.0);
}

#[test]
fn without_being_asked_for_nothing_is_flushed() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket
        .set_read_timeout(Some(Duration::from_millis(200)))
        .expect("a limit");
    let port = socket.local_addr().expect("bound").port().to_string();
    let name = "without_being_asked_for_nothing_is_flushed";
    let output = child::run(name, &[("TEST_PORT", &port)], || {
        without_guard(logd::builder());
        HITS.increment();
        std::process::exit(0);
    });
    child::succeeded(&output);
    socket.recv(&mut [0; 64]).expect_err("nothing came");
}

#[test]
#[cfg(unix)]
fn a_synchronous_program_flushes_on_sigterm() {
    use signal_hook::consts::SIGTERM;
    use signal_hook::iterator::Signals;

    let (sum, output) = sent_by("a_synchronous_program_flushes_on_sigterm", || {
        without_guard(logd::builder().flush_on_exit());
        let mut signals = Signals::new([SIGTERM]).expect("a handler");
        thread::spawn(move || {
            if signals.forever().next().is_some() {
                std::process::exit(0);
            }
        });
        HITS.increment();
        signal_hook::low_level::raise(SIGTERM).expect("a signal");
        thread::sleep(LONGEST);
        panic!("the signal did not end it");
    });
    child::succeeded(&output);
    assert_eq!(sum, 1.0);
}
