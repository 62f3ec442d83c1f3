//! The program's own faults: a panic in an instrumented function, futures that are dropped
//! before they are done.

use std::panic;
use std::pin::pin;
use std::thread;

use logd::{Client, accumulate, accumulated, counted, timed};
use logd_receiver::{Interval, Receiver};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::books::{flushed, reducing, single_events};
use crate::executor::{poll_once, yield_now};

/// A client for each form of sending, with its receiver.
fn pairs() -> impl Iterator<Item = (Receiver, Client)> {
    [reducing, single_events].into_iter().map(|form| {
        let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
        let client = form(receiver.local_addr().port()).build();
        (receiver, client.expect("a client"))
    })
}

/// Flushes, and sees to it that the sums agree at both ends.
fn settled(receiver: &Receiver, client: &Client, events: u64) -> Interval {
    flushed(client);
    let stats = client.stats();
    assert_eq!(stats.events(), events, "{stats:?}");
    assert_eq!(stats.events(), stats.sent(), "{stats:?}");
    let interval = receiver.flush();
    assert_eq!(interval.health.datagrams, stats.messages());
    assert_eq!(interval.health.lost, Some(0));
    interval
}

#[timed("faults.panics", outcome)]
fn fails_now_and_then(call: u64) -> Result<(), ()> {
    match call % 3 {
        0 => panic!("the program's own trouble"),
        1 => Err(()),
        _ => Ok(()),
    }
}

#[timed("faults.plain")]
#[counted("faults.counted")]
fn always_panics() {
    panic!("the program's own trouble")
}

#[accumulated("faults.sections")]
fn panics_in_a_section() {
    accumulate!("faults.sections", {});
    accumulate!("faults.sections", { panic!("the program's own trouble") });
}

#[test]
fn panic_in_an_instrumented_function() {
    const THREADS: u64 = 4;
    const CALLS: u64 = 99;
    // Quiet, but for panics of the test itself.
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some("the program's own trouble") {
            usual(info);
        }
    }));
    for (receiver, client) in pairs() {
        thread::scope(|threads| {
            for _ in 0..THREADS {
                let scope = client.scope();
                threads.spawn(move || {
                    scope.run(|| {
                        for call in 0..CALLS {
                            let call = || fails_now_and_then(call);
                            let _ = panic::catch_unwind(call);
                            let _ = panic::catch_unwind(always_panics);
                            let _ = panic::catch_unwind(panics_in_a_section);
                        }
                    });
                });
            }
        });
        // One that ends its thread.
        let scope = client.scope();
        let ended = thread::spawn(move || scope.run(always_panics)).join();
        assert!(ended.is_err());

        let calls = THREADS * CALLS;
        let interval = settled(&receiver, &client, 4 * calls + 2);
        let timer = |key: &str| interval.timer(key).map_or(0.0, |timer| timer.count);
        for key in [
            "faults.panics.panicked",
            "faults.panics.err",
            "faults.panics.ok",
        ] {
            assert_eq!(timer(key), (calls / 3) as f64, "{key}");
        }
        assert_eq!(timer("faults.plain"), (calls + 1) as f64);
        assert_eq!(timer("faults.sections"), calls as f64);
        let counted = interval.counter("faults.counted").unwrap();
        assert_eq!(counted.sum, (calls + 1) as f64);
    }
}

#[timed("faults.future", outcome)]
async fn waits(turns: u64) -> Result<(), ()> {
    for _ in 0..turns {
        yield_now().await;
    }
    Ok(())
}

#[timed("faults.forever")]
async fn waits_for_good(begun: UnboundedSender<()>) {
    begun.send(()).expect("somebody who waits");
    std::future::pending::<()>().await;
}

#[test]
fn cancelled_futures() {
    const EACH: u64 = 100;
    for (receiver, client) in pairs() {
        let scope = client.scope();
        for _ in 0..EACH {
            // Done after its second poll.
            let mut done = pin!(scope.future(waits(1)));
            assert!(poll_once(done.as_mut()).is_pending());
            assert!(poll_once(done.as_mut()).is_ready());
            // Dropped half-way, here and on another thread.
            let mut here = Box::pin(scope.future(waits(5)));
            let mut there = Box::pin(scope.future(waits(5)));
            for future in [&mut here, &mut there] {
                assert!(poll_once(future.as_mut()).is_pending());
            }
            drop(here);
            thread::spawn(move || drop(there)).join().expect("a thread");
            // Never polled: it never began.
            drop(scope.future(waits(5)));
        }
        aborted_tasks(&client, EACH);

        let interval = settled(&receiver, &client, 4 * EACH);
        let timer = |key: &str| interval.timer(key).map_or(0.0, |timer| timer.count);
        assert_eq!(timer("faults.future.ok"), EACH as f64);
        assert_eq!(timer("faults.future.cancelled"), (2 * EACH) as f64);
        assert_eq!(timer("faults.forever"), EACH as f64);
    }
}

/// Starts tasks of a runtime with several threads, and aborts them while they wait.
fn aborted_tasks(client: &Client, tasks: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (begun, mut begins) = unbounded_channel();
        let started: Vec<_> = (0..tasks)
            .map(|_| tokio::spawn(client.scope().future(waits_for_good(begun.clone()))))
            .collect();
        for _ in 0..tasks {
            begins.recv().await.expect("a task that begins");
        }
        for task in started {
            task.abort();
            assert!(task.await.is_err_and(|error| error.is_cancelled()));
        }
    });
}
