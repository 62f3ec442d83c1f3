//! A child of `fork` counts for itself: it starts empty, with a thread and a socket of its own,
//! and waits for no lock of its parent's. Each test forks in a process of its own, with the
//! receiver outside of it.
#![cfg(unix)]

mod child;
mod forked;

use std::collections::VecDeque;
use std::net::UdpSocket;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use forked::{fork, split};
use logd::testing::Spy;
use logd::{Client, Counter, DropReason, Meter, Timer, counted, timed};
use logd_receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(20);

static HITS: Counter = Counter::new("hits");
static CALLS: Timer = Timer::new("calls");
static LEVEL: Meter = Meter::new("level").hold();

fn receiver() -> (Receiver, String) {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    (receiver, port)
}

fn port() -> u16 {
    let port = std::env::var("TEST_PORT").expect("set by the parent");
    port.parse().expect("a port")
}

/// Sends nothing but when it is flushed.
fn quiet_builder() -> logd::Builder {
    logd::builder()
        .port(port())
        .flush_interval(Duration::from_secs(3600))
}

/// Flushes the global client, which has to have just these events.
#[track_caller]
fn flushes(events: u64) {
    let report = logd::flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.events(), events, "{report}");
}

/// Ends the loops of other threads, however this one ends.
struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn in_process(test: &str, port: &str, work: impl FnOnce()) {
    child::succeeded(&child::run(test, &[("TEST_PORT", port)], work));
}

#[test]
fn a_child_starts_empty_and_sends_only_what_it_records() {
    let (receiver, port_text) = receiver();
    let name = "a_child_starts_empty_and_sends_only_what_it_records";
    in_process(name, &port_text, || {
        let logd = quiet_builder().init().expect("the first init");
        for _ in 0..5 {
            HITS.increment();
            CALLS.record(Duration::from_millis(1));
        }
        LEVEL.set(7);
        logd::client().increment("by.name");
        logd::delete_log("app.log").expect("a good path");
        fork(|| {
            let stats = logd::client().stats();
            assert_eq!((stats.events(), stats.pending(), stats.sent()), (0, 0, 0));
            HITS.add(1000);
            HITS.increment();
            CALLS.record(Duration::from_millis(1));
            logd::client().increment("by.name");
            flushes(4);
        })
        .succeeds();
        let after = logd::client().stats();
        // All but the deletion, which does not wait for the window.
        assert!(after.pending() >= 12, "{after:?}");
        assert_eq!(after.events(), 13);
        drop(logd);
    });
    let interval = receiver.flush();
    assert_eq!(interval.counter("hits").unwrap().sum, 1006.0);
    assert_eq!(interval.counter("by.name").unwrap().sum, 2.0);
    assert_eq!(interval.timer("calls").unwrap().count, 6.0);
    assert_eq!(interval.meter("level").unwrap().count, 1);
    assert_eq!(interval.deleted, ["app.log"]);
}

#[test]
fn a_child_sends_from_a_socket_of_its_own() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let port_text = socket.local_addr().expect("bound").port().to_string();
    let name = "a_child_sends_from_a_socket_of_its_own";
    in_process(name, &port_text, || {
        let _logd = quiet_builder().init().expect("the first init");
        HITS.increment();
        flushes(1);
        fork(|| {
            HITS.increment();
            flushes(1);
        })
        .succeeds();
        HITS.increment();
        flushes(1);
    });
    let from = || socket.recv_from(&mut [0; 64]).expect("a datagram").1;
    let (before, child, after) = (from(), from(), from());
    assert_ne!(before, child);
    assert_eq!(before, after, "the parent keeps its own");
}

#[test]
fn a_child_without_events_has_nothing_to_wait_for() {
    // Nobody listens, and the host has no address: neither matters without an event.
    let name = "a_child_without_events_has_nothing_to_wait_for";
    in_process(name, "9", || {
        let logd = quiet_builder()
            .host("no-such-host.invalid")
            .init()
            .expect("the first init");
        let client = Client::builder().port(port()).build().expect("a client");
        HITS.increment();
        client.increment("hits");
        fork(|| {
            let start = Instant::now();
            let report = logd::flush(PATIENCE);
            assert!(report.is_complete(), "{report}");
            assert_eq!((report.events(), report.messages()), (0, 0));
            drop((logd, client));
            assert!(start.elapsed() < Duration::from_secs(1));
        })
        .succeeds();
        assert_eq!(logd::client().stats().pending(), 1);
        // The guard would wait for the name.
        std::process::exit(0);
    });
}

#[test]
fn a_child_that_is_shut_down_leaves_its_parent_running() {
    let (receiver, port_text) = receiver();
    let name = "a_child_that_is_shut_down_leaves_its_parent_running";
    in_process(name, &port_text, || {
        let _logd = quiet_builder().init().expect("the first init");
        HITS.increment();
        fork(|| {
            HITS.increment();
            assert_eq!(logd::client().shutdown(PATIENCE).sent(), 1);
            HITS.increment();
            let closed = logd::client().stats().dropped_by(DropReason::Closed);
            assert_eq!(closed, 1);
            // What is closed stays so in a grandchild.
            fork(|| {
                HITS.increment();
                let stats = logd::client().stats();
                assert_eq!(stats.dropped_by(DropReason::Closed), 1);
            })
            .succeeds();
        })
        .succeeds();
        HITS.increment();
        flushes(2);
    });
    assert_eq!(receiver.flush().counter("hits").unwrap().sum, 3.0);
}

#[test]
fn clients_handles_and_scopes_go_on_in_a_child() {
    let (receiver, port_text) = receiver();
    let name = "clients_handles_and_scopes_go_on_in_a_child";
    in_process(name, &port_text, || {
        let _logd = quiet_builder().prefix("global").init().expect("an init");
        let build = |prefix: &str| quiet_builder().prefix(prefix).build().expect("a client");
        let (outer, inner) = (build("outer"), build("inner"));
        let handle = outer.counter("handle").expect("a good name");
        // All are in use on this thread: their shards must be left behind.
        HITS.increment();
        handle.increment();
        inner.scope().run(|| HITS.increment());
        let forked = outer.scope().run(|| {
            HITS.increment();
            let forked = inner.scope().run(|| {
                let forked = split();
                if forked.is_none() {
                    (0..10).for_each(|_| HITS.increment());
                    outer.scope().run(|| handle.increment());
                    HITS.increment();
                    thread::spawn(|| HITS.increment()).join().expect("no panic");
                }
                forked
            });
            // These scopes end in two processes.
            HITS.increment();
            forked
        });
        HITS.increment();
        let is_child = forked.is_none();
        if let Some(child) = forked {
            child.succeeds();
            assert_eq!(outer.flush(PATIENCE).sent(), 3);
            assert_eq!(inner.flush(PATIENCE).sent(), 1);
        } else {
            assert_eq!(outer.flush(PATIENCE).sent(), 2);
            assert_eq!(inner.flush(PATIENCE).sent(), 11);
        }
        flushes(2);
        if is_child {
            forked::end(0);
        }
    });
    let interval = receiver.flush();
    let sum = |key: &str| interval.counter(key).map_or(0.0, |counter| counter.sum);
    assert_eq!(sum("inner:hits"), 12.0);
    assert_eq!(sum("outer:hits"), 3.0);
    assert_eq!(sum("outer:handle"), 2.0);
    assert_eq!(sum("global:hits"), 4.0);
}

#[test]
fn a_measurement_that_began_before_the_fork_is_told_by_both() {
    let (receiver, port_text) = receiver();
    let name = "a_measurement_that_began_before_the_fork_is_told_by_both";
    in_process(name, &port_text, || {
        let _logd = quiet_builder().init().expect("the first init");
        CALLS.record(Duration::ZERO);
        flushes(1);
        let timed = CALLS.start();
        let forked = split();
        timed.stop();
        flushes(1);
        match forked {
            Some(child) => child.succeeds(),
            None => forked::end(0),
        }
    });
    assert_eq!(receiver.flush().timer("calls").unwrap().count, 3.0);
}

#[test]
fn a_spy_sees_only_its_own_process() {
    let spy = Spy::new();
    spy.run(|| {
        HITS.increment();
        fork(|| {
            assert_eq!(spy.counter("hits").total(), 0);
            HITS.add(2);
            assert_eq!(spy.counter("hits").total(), 2);
        })
        .succeeds();
        HITS.increment();
    });
    assert_eq!(spy.counter("hits").total(), 2);
}

#[test]
fn grandchildren_count_for_themselves() {
    fn descend(depth: u64) {
        HITS.increment();
        CALLS.record(Duration::from_millis(depth));
        if depth > 0 {
            fork(|| descend(depth - 1)).succeeds();
        }
        HITS.increment();
        flushes(3);
    }
    let (receiver, port_text) = receiver();
    let name = "grandchildren_count_for_themselves";
    in_process(name, &port_text, || {
        let _logd = quiet_builder().init().expect("the first init");
        descend(9);
    });
    let interval = receiver.flush();
    assert_eq!(interval.counter("hits").unwrap().sum, 20.0);
    assert_eq!(interval.timer("calls").unwrap().count, 10.0);
}

#[test]
fn a_first_use_on_another_thread_does_not_stand_in_a_childs_way() {
    let (receiver, port_text) = receiver();
    let name = "a_first_use_on_another_thread_does_not_stand_in_a_childs_way";
    in_process(name, &port_text, || {
        // Nothing of the library was used in this process: its children are where all begins.
        let environment = [("LOGD_PORT", port().to_string())];
        for (name, value) in &environment {
            forked::set_variable(name, value);
        }
        for turn in 0..50_u32 {
            fork(|| {
                let began = AtomicBool::new(false);
                thread::scope(|threads| {
                    threads.spawn(|| {
                        began.store(true, Ordering::Relaxed);
                        HITS.increment();
                        CALLS.record(Duration::ZERO);
                    });
                    while !began.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                    // Another moment of the first use each time.
                    (0..turn * 80).for_each(|_| std::hint::spin_loop());
                    fork(|| {
                        LEVEL.set(1);
                        HITS.add(100);
                        flushes(2);
                    })
                    .succeeds();
                });
                flushes(2);
            })
            .succeeds();
        }
    });
    let interval = receiver.flush();
    assert_eq!(interval.counter("hits").unwrap().sum, 50.0 + 50.0 * 100.0);
    assert_eq!(interval.timer("calls").unwrap().count, 50.0);
    assert_eq!(interval.meter("level").unwrap().count, 50);
}

#[test]
fn a_thousand_forks_under_load_hang_none_and_lose_nothing() {
    #[timed("work")]
    #[counted("work.calls")]
    fn work() {}

    let (receiver, port_text) = receiver();
    let name = "a_thousand_forks_under_load_hang_none_and_lose_nothing";
    const FORKS: u64 = 1000;
    const BREATH: Duration = Duration::from_micros(200);
    let output = child::run(name, &[("TEST_PORT", &port_text)], || {
        // Windows as short as can be: the worker is always in the middle of one.
        let logd = logd::builder()
            .port(port())
            .flush_interval(Duration::from_millis(1))
            .datagrams_per_second(20_000)
            .init()
            .expect("the first init");
        let (done, worked, named) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
        let going = || !done.load(Ordering::Relaxed);
        thread::scope(|threads| {
            // Threads that record, of which one is new again and again; one that makes names,
            // within the locks for them; one that flushes and asks for the totals. All leave
            // the processor now and then: the children need it too.
            for _ in 0..2 {
                threads.spawn(|| {
                    while going() {
                        (0..500).for_each(|_| work());
                        worked.fetch_add(500, Ordering::Relaxed);
                        thread::sleep(BREATH);
                    }
                });
            }
            threads.spawn(|| {
                while going() {
                    thread::spawn(work).join().expect("no panic");
                    worked.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(BREATH);
                }
            });
            threads.spawn(|| {
                for name in 0.. {
                    if !going() {
                        return;
                    }
                    logd::client().increment(&format!("name.{}", name % 3000));
                    named.fetch_add(1, Ordering::Relaxed);
                    if name % 50 == 0 {
                        thread::sleep(BREATH);
                    }
                }
            });
            threads.spawn(|| {
                while going() {
                    let _ = logd::flush(PATIENCE);
                    let _ = logd::client().stats();
                    thread::sleep(BREATH);
                }
            });
            // Also where a child fails.
            let _end = SetWhenDropped(&done);
            let mut children = VecDeque::new();
            for _ in 0..FORKS {
                HITS.increment();
                children.push_back(fork(|| {
                    HITS.add(10);
                    work();
                    logd::client().increment("child.by_name");
                    // No thread of std's: a lock of its own may be one that the child inherited.
                    HITS.add(10);
                    flushes(5);
                }));
                if children.len() == 8 {
                    children.pop_front().expect("eight").succeeds();
                }
            }
            children.into_iter().for_each(forked::Forked::succeeds);
        });
        drop(logd);
        let stats = logd::client().stats();
        assert_eq!((stats.pending(), stats.dropped()), (0, 0), "{stats:?}");
        let worked = worked.into_inner();
        let named = named.into_inner();
        assert_eq!(stats.events(), 2 * worked + named + FORKS);
        eprintln!("counted: {worked} {named}");
    });
    let printed = child::succeeded(&output);
    let counted = printed
        .lines()
        .find_map(|line| line.strip_prefix("counted: "));
    let counted: Vec<f64> = counted
        .expect("what the child counted")
        .split(' ')
        .map(|number| number.parse().expect("a number"))
        .collect();
    let interval = receiver.flush();
    assert_eq!(interval.health.lost, Some(0), "the receiver has seen all");
    let forks = FORKS as f64;
    let sum = |key: &str| interval.counter(key).unwrap().sum;
    assert_eq!(sum("hits"), 21.0 * forks);
    assert_eq!(sum("child.by_name"), forks);
    assert_eq!(sum("work.calls"), counted[0] + forks);
    assert_eq!(interval.timer("work").unwrap().count, counted[0] + forks);
    let names: f64 = interval
        .counters
        .iter()
        .filter(|counter| counter.key.starts_with("name."))
        .map(|counter| counter.sum)
        .sum();
    assert_eq!(names, counted[1]);
}

#[test]
fn a_flush_that_is_awaited_ends_in_the_child_too() {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    let name = "a_flush_that_is_awaited_ends_in_the_child_too";
    in_process(name, "9", || {
        let _logd = quiet_builder()
            .host("no-such-host.invalid")
            .init()
            .expect("the first init");
        HITS.increment();
        let mut flush = pin!(logd::flush_async(PATIENCE));
        let mut context = Context::from_waker(Waker::noop());
        assert!(flush.as_mut().poll(&mut context).is_pending());
        fork(|| match flush.as_mut().poll(&mut context) {
            Poll::Ready(report) => assert_eq!(report.events(), 0, "{report}"),
            Poll::Pending => panic!("the one who would answer is in the parent"),
        })
        .succeeds();
        forked::end(0);
    });
}

#[test]
fn programs_that_are_started_leave_everything_as_it_was() {
    let (receiver, port_text) = receiver();
    let name = "programs_that_are_started_leave_everything_as_it_was";
    in_process(name, &port_text, || {
        let _logd = quiet_builder().init().expect("the first init");
        for _ in 0..50 {
            HITS.increment();
            let status = Command::new("true").status().expect("a program");
            assert!(status.success());
            HITS.increment();
            forked::run_by_vfork();
        }
        flushes(100);
    });
    assert_eq!(receiver.flush().counter("hits").unwrap().sum, 100.0);
}

#[test]
fn a_daemon_that_closes_all_files_sends_on_and_leaves_the_new_ones_alone() {
    let (receiver, port_text) = receiver();
    // Where a file of the daemon's own will have the number that a client's socket had.
    let other = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let others = other.local_addr().expect("bound").to_string();
    let name = "a_daemon_that_closes_all_files_sends_on_and_leaves_the_new_ones_alone";
    let variables = [("TEST_PORT", &*port_text), ("TEST_OTHER", &*others)];
    child::succeeded(&child::run(name, &variables, || {
        let _logd = quiet_builder().init().expect("the first init");
        HITS.increment();
        flushes(1);
        fork(|| {
            forked::leave_session();
            // In between: the socket of this process goes too.
            HITS.increment();
            flushes(1);
            fork(|| {
                HITS.increment();
                flushes(1);
                forked::close_files();
                let address = std::env::var("TEST_OTHER").expect("set by the parent");
                let sockets: Vec<_> = (0..32)
                    .map(|_| UdpSocket::bind("127.0.0.1:0").expect("a socket"))
                    .inspect(|socket| socket.connect(&address).expect("connected"))
                    .collect();
                HITS.increment();
                flushes(1);
                for socket in &sockets {
                    socket.send(b"own").expect("still open");
                }
            })
            .succeeds();
        })
        .succeeds();
        HITS.increment();
        flushes(1);
    }));
    assert_eq!(receiver.flush().counter("hits").unwrap().sum, 5.0);
    other.set_nonblocking(true).expect("settable");
    let mut buffer = [0; 256];
    let mut own = 0;
    while let Ok(length) = other.recv(&mut buffer) {
        assert_eq!(&buffer[..length], b"own");
        own += 1;
    }
    assert_eq!(own, 32);
}

#[test]
fn the_facades_go_on_in_a_child_while_other_threads_are_within_their_locks() {
    let name = "the_facades_go_on_in_a_child_while_other_threads_are_within_their_locks";
    let (_receiver, port_text) = receiver();
    in_process(name, &port_text, || {
        let _logd = quiet_builder().init().expect("the first init");
        let recorder = logd::MetricsRecorder::builder().build();
        let done = AtomicBool::new(false);
        thread::scope(|threads| {
            threads.spawn(|| {
                metrics::with_local_recorder(&recorder, || {
                    for name in 0.. {
                        metrics::counter!(format!("name.{}", name % 500)).increment(1);
                        if done.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                });
            });
            let _end = SetWhenDropped(&done);
            for _ in 0..40 {
                fork(|| {
                    metrics::with_local_recorder(&recorder, || {
                        metrics::counter!("of.a.child").increment(1);
                    });
                    flushes(1);
                })
                .succeeds();
            }
        });
    });
}
