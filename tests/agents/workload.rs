//! What a program would record, the same for every receiver.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use logd::{Builder, Client, testing};
use logd_receiver::{Interval, Receiver};

use crate::daemon::PATIENCE;

const THREADS: u64 = 3;

/// Calls of the busy timer on each thread and in each window.
const CALLS: u64 = 20_000;

const WINDOWS: u64 = 3;

/// The settings of a client whose windows end by hand.
pub(crate) fn builder(port: u16) -> Builder {
    Client::builder()
        .host("127.0.0.1")
        .port(port)
        .prefix("shop")
        .flush_interval(Duration::from_secs(86_400))
}

/// What the program itself knows.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    pub(crate) counters: BTreeMap<&'static str, f64>,
    pub(crate) gauges: BTreeMap<&'static str, f64>,
    /// Seconds, sorted.
    pub(crate) timers: BTreeMap<&'static str, Vec<f64>>,
}

/// How long a call takes: most a millisecond or two, some much longer.
fn duration(call: u64) -> Duration {
    let spread = call.wrapping_mul(2_654_435_761) % 1000;
    let micros = match spread {
        0..900 => 1000 + spread,
        900..999 => 5000 + 100 * spread,
        _ => 1_500_000,
    };
    Duration::from_micros(micros)
}

/// Records in windows on several threads, and sees to it that all is sent.
pub(crate) fn run(client: &Client) -> Truth {
    let mut truth = Truth::default();
    let mut calls = Vec::new();
    for window in 0..WINDOWS {
        thread::scope(|scope| {
            for number in 0..THREADS {
                scope.spawn(move || {
                    let requests = client.counter("requests").unwrap();
                    let busy = client.timer("busy").unwrap();
                    for call in 0..CALLS {
                        requests.increment();
                        busy.record(duration(window + WINDOWS * (number + THREADS * call)));
                    }
                    client.counter("bytes").unwrap().add(1_000_000_007_u64);
                    client.decrement("stock");
                });
            }
        });
        for number in 0..THREADS {
            let of = |call| duration(window + WINDOWS * (number + THREADS * call)).as_secs_f64();
            calls.extend((0..CALLS).map(of));
        }
        client.set("queue", 17);
        client.set("balance", -12.5);
        client.set("zero", 0);
        client.record("quiet", Duration::from_millis(20));
        testing::end_window(client);
    }
    calls.sort_unstable_by(f64::total_cmp);
    let events = (THREADS * WINDOWS) as f64;
    truth.counters.insert("requests", events * CALLS as f64);
    truth.counters.insert("bytes", events * 1_000_000_007.0);
    truth.counters.insert("stock", -events);
    truth.gauges.insert("queue", 17.0);
    truth.gauges.insert("balance", -12.5);
    truth.gauges.insert("zero", 0.0);
    truth.timers.insert("busy", calls);
    truth.timers.insert("quiet", vec![0.02; WINDOWS as usize]);
    // Windows were sent before, so this has the rest alone; `stats` has all.
    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    let stats = client.stats();
    assert_eq!(stats.events(), stats.sent(), "{stats:?}");
    truth
}

/// A short one for clients that send each event.
pub(crate) fn run_unreduced(client: &Client) -> BTreeMap<&'static str, f64> {
    for _ in 0..5 {
        for call in 0..500 {
            client.increment("requests");
            client.record("calls", duration(call));
        }
        assert!(client.flush(PATIENCE).is_complete());
    }
    client.add("bytes", 1_000_000_007_u64);
    client.add("half", 0.5);
    client.add("half", 0.5);
    client.set("queue", 3);
    client.set("balance", -2);
    assert!(client.flush(PATIENCE).is_complete());
    BTreeMap::from([
        ("requests", 2500.0),
        ("bytes", 1_000_000_007.0),
        ("half", 1.0),
    ])
}

/// The same workload at our own receiver, in logd's own format.
pub(crate) fn received() -> Interval {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let client = builder(receiver.local_addr().port()).build().unwrap();
    let truth = run(&client);
    let interval = receiver.flush();
    for (key, sum) in &truth.counters {
        let counter = interval.counter(&format!("shop:{key}")).unwrap();
        assert_eq!(counter.sum, *sum, "{key}");
    }
    interval
}
