//! Flushes of a worker with its thread: who asks is answered, and every event is in one
//! report, whoever else asks, gives up or shuts down meanwhile.

use std::future::Future;
use std::net::UdpSocket;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::{Model, PRECISION, record, with_lease};
use crate::record::histogram;
use crate::record::registry::{self, Kind};
use crate::stats::{DropReason, FlushReport};
use crate::sync::thread;
use crate::transport::{AddressFamily, Transport};
use crate::worker::dialect::Dialect;
use crate::worker::pipeline::Settings;
use crate::worker::shared::{Mode, Shared};
use crate::worker::{Schedule, Setup, Worker};

pub(super) const ALL: &[(&str, Model)] = &[
    ("every event is in one report of a flush", reports),
    ("a flush in a task is woken, or given back", tasks),
    ("nobody waits for a worker that ends", shutdown),
    ("messages are queued once or counted as dropped", messages),
];

/// Longer than a schedule: the clock goes on as it is looked at.
const LONG: Duration = Duration::from_secs(3600);

/// The port of a socket that nobody reads: the kernel takes everything.
static PORT: LazyLock<u16> = LazyLock::new(|| {
    let socket = Box::leak(Box::new(UdpSocket::bind("127.0.0.1:0").expect("a port")));
    socket.local_addr().expect("its address").port()
});

/// What became of events since the report before.
fn told(report: &FlushReport) -> u64 {
    report.sent() + report.dropped()
}

/// Every event is in one report: two who are answered at once share theirs, and `rest` came
/// behind both.
fn each_once(made: u64, two: [u64; 2], rest: u64) {
    let apart = two[0] + two[1] + rest == made;
    let shared = two[0] == two[1] && two[0] + rest == made;
    assert!(apart || shared, "{two:?} and {rest} of {made}");
}

fn worker() -> Arc<Worker> {
    histogram::refill_spares();
    let setup = Setup {
        mode: Mode::Reduce,
        max_names: 1000,
        log_queue: (2, 1 << 20),
        schedule: Schedule {
            interval: LONG,
            messages_per_second: 2000,
            messages_per_timer: 30,
        },
        settings: Settings {
            report_drops: false,
            dialect: Dialect::default(),
            precision: PRECISION,
        },
        transport: Transport::new("127.0.0.1", *PORT, AddressFamily::default()),
    };
    let worker = Arc::new(Worker::new(setup, None));
    worker.start();
    worker
}

/// Records so many events.
fn count(shared: &Shared, events: u64) {
    let slot = registry::register(Kind::Counter, "models.near".into(), 1.0, false);
    with_lease(shared, || {
        for _ in 0..events {
            record(shared, slot, |slot| slot.increment());
        }
    });
}

/// The last report of all, behind which the worker's thread ends.
fn finish(worker: &Worker) -> u64 {
    let report = worker.shutdown(LONG);
    assert!(!report.timed_out());
    told(&report)
}

/// One waits for as long as it takes, one for no time at all.
fn reports() {
    let worker = worker();
    let flushers: Vec<_> = [(1, LONG), (2, Duration::ZERO)]
        .into_iter()
        .map(|(events, timeout)| {
            let worker = Arc::clone(&worker);
            thread::spawn(move || {
                count(&worker.shared, events);
                let report: FlushReport = worker.flush(timeout);
                assert!(!report.timed_out() || timeout.is_zero());
                told(&report)
            })
        })
        .collect();
    let flushed: Vec<u64> = flushers
        .into_iter()
        .map(|flusher| flusher.join().expect("a flusher"))
        .collect();
    each_once(3, [flushed[0], flushed[1]], finish(&worker));
}

/// Counts how often it was woken.
#[derive(Default)]
struct Wakes(AtomicU64);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A task that is polled when it is woken, and one that is dropped after its first poll.
fn tasks() {
    let worker = worker();
    let task = {
        let worker = Arc::clone(&worker);
        thread::spawn(move || {
            count(&worker.shared, 1);
            let wakes = Arc::new(Wakes::default());
            let waker = Waker::from(Arc::clone(&wakes));
            let mut flush = pin!(worker.flush_async(LONG));
            let mut polls = 0;
            loop {
                let poll = flush.as_mut().poll(&mut Context::from_waker(&waker));
                if let Poll::Ready(report) = poll {
                    return told(&report.expect("no child process"));
                }
                polls += 1;
                // Else nobody would poll it again.
                while wakes.0.load(Ordering::Relaxed) < polls {
                    thread::yield_now();
                }
            }
        })
    };
    count(&worker.shared, 2);
    let early = {
        let mut flush = pin!(worker.flush_async(LONG));
        match flush.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(report) => told(&report.expect("no child process")),
            Poll::Pending => 0,
        }
    };
    let late = task.join().expect("the task");
    each_once(3, [early, late], finish(&worker));
}

/// Whoever waits has an answer, from the worker or by its own work, and what was recorded
/// is told or counted as dropped.
fn shutdown() {
    let worker = worker();
    let flusher = {
        let worker = Arc::clone(&worker);
        thread::spawn(move || {
            count(&worker.shared, 1);
            told(&worker.flush(LONG))
        })
    };
    let last = finish(&worker);
    let flushed = flusher.join().expect("the flusher");
    let late = told(&worker.flush(LONG));
    each_once(1, [flushed, last], late);
    let stats = worker.stats();
    assert_eq!((stats.events(), stats.pending()), (1, 0), "{stats:?}");
}

/// Two threads queue messages, more than there is room for, while the worker takes them.
fn messages() {
    let shared = Arc::new(Shared::new(Mode::Reduce));
    shared.limit_messages(1, 1 << 20);
    let loggers: Vec<_> = (0..2)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for _ in 0..2 {
                    shared.queue_message(crate::worker::series::Encoded {
                        datagram: vec![0; 4],
                        events: 1,
                    });
                    assert!(shared.queued_messages() <= 1);
                }
            })
        })
        .collect();
    let mut taken = u64::from(shared.next_message().is_some());
    for logger in loggers {
        logger.join().expect("a logger");
    }
    while shared.next_message().is_some() {
        taken += 1;
    }
    assert_eq!(taken + shared.drops().by(DropReason::QueueFull), 4);
}
