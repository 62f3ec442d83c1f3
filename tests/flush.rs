//! Flushing: everything recorded before the call, in the time that is allowed,
//! from a thread or a task, and a report whose sums agree.

use std::future::Future;
use std::net::UdpSocket;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use logd::{Client, Counter, Timer};
use logd_receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(20);

static EVENTS: Counter = Counter::new("flush.events");
static CALLS: Timer = Timer::new("flush.calls").rate(0.25);

/// Runs a future on this thread alone: what it waits for must come from elsewhere.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

fn client_of(receiver: &Receiver) -> Client {
    Client::builder()
        .port(receiver.local_addr().port())
        // So long that nothing is sent unless a flush sends it.
        .flush_interval(Duration::from_secs(3600))
        .build()
        .expect("a client")
}

/// A client that sends a message for each event.
fn single_event_client_of(receiver: &Receiver) -> Client {
    Client::builder()
        .port(receiver.local_addr().port())
        .reduce(false)
        .build()
        .expect("a client")
}

#[test]
fn a_flush_sends_what_was_recorded_before_it_and_reports_it_once() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = client_of(&receiver);
    client.scope().run(|| {
        EVENTS.add(3);
        EVENTS.add(4);
        (0..1000).for_each(|_| CALLS.start().stop());
    });
    let first = client.flush(PATIENCE);
    assert!(first.is_complete() && !first.timed_out(), "{first}");
    assert_eq!((first.events(), first.sent()), (1002, 1002));
    assert_eq!(first.sampled_out(), 0, "a reduced timer counts every call");
    let second = client.flush(PATIENCE);
    assert_eq!(
        (second.events(), second.sent(), second.messages()),
        (0, 0, 0)
    );

    let interval = receiver.flush();
    assert_eq!(interval.health.datagrams, first.messages());
    assert_eq!(interval.counter("flush.events").unwrap().sum, 7.0);
    assert_eq!(interval.timer("flush.calls").unwrap().count, 1000.0);
    assert_eq!(client.stats().sent(), 1002);
}

#[test]
fn a_task_can_flush_on_a_runtime_with_one_thread() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = client_of(&receiver);
    let report = block_on(client.scope().future(async {
        EVENTS.increment();
        client.flush_async(PATIENCE).await
    }));
    assert!(report.is_complete(), "{report}");
    assert_eq!(receiver.flush().counter("flush.events").unwrap().sum, 1.0);
}

#[test]
fn an_async_flush_keeps_its_time_limit_without_a_runtimes_timer() {
    let client = Client::builder()
        .host("no-such-host.invalid")
        .build()
        .expect("a client");
    client.scope().run(|| EVENTS.increment());
    let report = block_on(client.flush_async(Duration::from_millis(50)));
    assert!(report.timed_out());
    assert_eq!(report.pending(), 1, "{report}");
}

#[test]
fn a_flush_that_nobody_awaits_does_no_harm() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = client_of(&receiver);
    client.scope().run(|| EVENTS.increment());
    let mut cancelled = Box::pin(client.flush_async(PATIENCE));
    let _ = cancelled
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    drop(cancelled);
    client.scope().run(|| EVENTS.increment());
    let _ = client.flush(PATIENCE);
    assert_eq!(receiver.flush().counter("flush.events").unwrap().sum, 2.0);
}

#[test]
fn flushes_from_many_threads_at_once_lose_and_double_nothing() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = client_of(&receiver);
    thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..20 {
                    client.scope().run(|| EVENTS.increment());
                    assert!(!client.flush(PATIENCE).timed_out());
                }
            });
        }
    });
    assert!(client.flush(PATIENCE).is_complete());
    assert_eq!(receiver.flush().counter("flush.events").unwrap().sum, 160.0);
    let stats = client.stats();
    assert_eq!(
        (stats.events(), stats.sent(), stats.pending()),
        (160, 160, 0)
    );
}

#[test]
fn the_last_handle_of_a_client_sends_what_is_pending() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = client_of(&receiver);
    let kept = client.counter("flush.kept").expect("a good name");
    client.scope().run(|| EVENTS.increment());
    drop(client);
    kept.increment();
    assert!(
        receiver.snapshot().counter("flush.events").is_none(),
        "a handle is left"
    );
    drop(kept);
    let interval = receiver.flush();
    assert_eq!(interval.counter("flush.events").unwrap().sum, 1.0);
    assert_eq!(interval.counter("flush.kept").unwrap().sum, 1.0);
}

#[test]
fn a_window_goes_out_by_itself() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .port(receiver.local_addr().port())
        .flush_interval(Duration::from_millis(10))
        .build()
        .expect("a client");
    client.scope().run(|| EVENTS.increment());
    let deadline = Instant::now() + PATIENCE;
    while receiver.snapshot().counter("flush.events").is_none() {
        assert!(
            Instant::now() < deadline,
            "nothing came: {:?}",
            client.stats()
        );
        thread::yield_now();
    }
    assert_eq!(client.stats().pending(), 0);
}

#[test]
fn an_idle_client_sends_nothing() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("a time limit");
    let client = Client::builder()
        .port(socket.local_addr().expect("an address").port())
        .flush_interval(Duration::from_millis(1))
        .build()
        .expect("a client");
    client.scope().run(|| EVENTS.increment());
    assert!(client.flush(PATIENCE).is_complete());
    let mut buffer = [0; 256];
    socket.recv(&mut buffer).expect("the one message");
    socket
        .recv(&mut buffer)
        .expect_err("nothing in a hundred flush intervals");
}

#[test]
fn one_message_per_event_is_what_a_client_that_does_not_reduce_sends() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = single_event_client_of(&receiver);
    client.scope().run(|| {
        (0..3000).for_each(|_| EVENTS.increment());
        (0..1000).for_each(|_| CALLS.start().stop());
    });
    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.events(), 4000);
    assert_eq!(report.messages(), 4000 - report.sampled_out());
    let interval = receiver.flush();
    assert_eq!(interval.counter("flush.events").unwrap().sum, 3000.0);
    // Each message stands for four calls.
    let kept = 1000 - report.sampled_out();
    assert_eq!(
        interval
            .timer("flush.calls")
            .map_or(0.0, |timer| timer.count),
        4.0 * kept as f64
    );
}

#[test]
fn a_flush_keeps_its_own_deadline_while_a_longer_one_waits() {
    let client = Client::builder()
        .host("no-such-host.invalid")
        .build()
        .expect("a client");
    client.scope().run(|| EVENTS.increment());
    thread::scope(|threads| {
        let long = threads.spawn(|| client.flush(Duration::from_secs(2)));
        while !long.is_finished() {
            let start = Instant::now();
            let report = block_on(client.flush_async(Duration::from_millis(20)));
            assert!(report.timed_out());
            assert!(
                start.elapsed() < Duration::from_secs(1),
                "{:?}",
                start.elapsed()
            );
        }
    });
}

/// Tells when it was woken.
struct Woken(mpsc::Sender<()>);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

#[test]
fn the_numbers_of_a_flush_that_was_given_up_are_in_the_next_report() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = client_of(&receiver);
    // Given up before there is an answer, and after it came and nobody has looked.
    for answered in [false, true] {
        loop {
            client
                .scope()
                .run(|| (0..1000).for_each(|_| EVENTS.increment()));
            let (woken, wait) = mpsc::channel();
            let waker = Waker::from(Arc::new(Woken(woken)));
            let mut given_up = Box::pin(client.flush_async(PATIENCE));
            let polled = given_up.as_mut().poll(&mut Context::from_waker(&waker));
            if answered && polled.is_pending() {
                wait.recv_timeout(PATIENCE).expect("an answer");
            }
            drop(given_up);
            let report = match &polled {
                // The worker was as quick as the first poll: nothing to give up.
                Poll::Ready(report) => report,
                Poll::Pending => &client.flush(PATIENCE),
            };
            assert_eq!((report.events(), report.sent()), (1000, 1000), "{report}");
            if polled.is_pending() {
                break;
            }
        }
    }
}

#[test]
fn a_panic_in_an_executors_waker_leaves_other_flushes_alone() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("an executor's own trouble");
        }
    }
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = client_of(&receiver);
    client.scope().run(|| EVENTS.increment());
    let waker = Arc::new(Panics).into();
    let mut first = pin!(client.flush_async(PATIENCE));
    let _ = first.as_mut().poll(&mut Context::from_waker(&waker));
    let report = client.flush(PATIENCE);
    assert!(!report.timed_out(), "{report}");
    client.scope().run(|| EVENTS.increment());
    assert!(client.flush(PATIENCE).is_complete());
}

#[test]
fn a_client_may_be_told_to_flush_only_when_it_is_asked() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = Client::builder()
        .port(receiver.local_addr().port())
        .flush_interval(Duration::MAX)
        .build()
        .expect("a client");
    client.scope().run(|| EVENTS.increment());
    assert!(block_on(client.flush_async(PATIENCE)).is_complete());
    assert!(client.flush(Duration::MAX).is_complete());
}

#[test]
fn a_flush_of_single_events_does_not_wait_for_those_that_come_after_it() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = single_event_client_of(&receiver);
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        threads.spawn(|| {
            client.scope().run(|| {
                while !done.load(Ordering::Relaxed) {
                    EVENTS.increment();
                }
            });
        });
        for _ in 0..3 {
            assert!(!client.flush(PATIENCE).timed_out());
        }
        done.store(true, Ordering::Relaxed);
    });
}
