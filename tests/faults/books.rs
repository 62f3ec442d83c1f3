//! The same traffic in every row, counted by hand, and the sums that have to agree.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use logd::{Builder, Client, Counter, Meter, Stats, Timer};
use logd_receiver::Interval;
use serde_json::Value as Json;

/// How long anything may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

static HITS: Counter = Counter::new("faults.hits");
static CALLS: Timer = Timer::new("faults.calls");
static SHARE: Timer = Timer::new("faults.share").rate(0.25);
static LEVEL: Meter = Meter::new("faults.level");

/// Events in a round of the traffic.
const EVENTS: u64 = 4;

/// The rounds whose events a thread's queue holds, when each is a message of its own.
pub(crate) const QUEUE_OF_ROUNDS: u64 = 1000;

/// The full size where `LOGD_FULL` asks for it.
pub(crate) fn size(full: u64, usual: u64) -> u64 {
    if std::env::var_os("LOGD_FULL").is_some() {
        full
    } else {
        usual
    }
}

/// What the program counted by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) rounds: u64,
}

impl Made {
    /// Some traffic: a counter, a timer, a timer with a rate of a quarter, a meter.
    pub(crate) fn by(client: &Client, rounds: u64) -> Made {
        client.scope().run(|| Made::here(rounds))
    }

    /// The same with the client that is current.
    pub(crate) fn here(rounds: u64) -> Made {
        for round in 1..=rounds {
            HITS.increment();
            CALLS.record(Duration::from_micros(round));
            SHARE.start().stop();
            LEVEL.set(round);
        }
        Made { rounds }
    }

    pub(crate) fn events(self) -> u64 {
        EVENTS * self.rounds
    }
}

impl AddAssign for Made {
    fn add_assign(&mut self, more: Made) {
        self.rounds += more.rounds;
    }
}

/// Makes traffic on some threads, a turn after the other, until the work is done or fails.
pub(crate) fn under_load<R>(
    threads: usize,
    turn: impl Fn() -> Made + Sync,
    work: impl FnOnce() -> R,
) -> (Made, R) {
    /// Also when the work panics: the threads would be waited for.
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let stop = Stop(&done);
        let until_done = || {
            let mut made = Made::default();
            while !done.load(Ordering::Relaxed) {
                made += turn();
            }
            made
        };
        let load: Vec<_> = (0..threads).map(|_| scope.spawn(until_done)).collect();
        let result = work();
        drop(stop);
        let mut made = Made::default();
        for thread in load {
            made += thread.join().expect("the load");
        }
        (made, result)
    })
}

/// The settings of a client whose windows end when it is told to flush.
pub(crate) fn reducing(port: u16) -> Builder {
    Client::builder()
        .port(port)
        .flush_interval(Duration::from_secs(3600))
}

/// The settings of a client that makes a message of each event, so that events lost and
/// messages lost are one number: so it tells the receiver of no loss either, which would be
/// messages without an event (`tests/accounting.rs` has those).
pub(crate) fn single_events(port: u16) -> Builder {
    Client::builder()
        .port(port)
        .reduce(false)
        .report_drops(false)
}

/// The sender's books.
pub(crate) fn audited(client: &Client, made: Made) -> Stats {
    let stats = client.stats();
    assert_eq!(stats.events(), made.events(), "{stats:?}");
    assert_eq!(
        stats.events(),
        stats.sampled_out() + stats.sent() + stats.dropped() + stats.pending(),
        "{stats:?}"
    );
    stats
}

/// Flushes, and sees to it that everything was handed to the kernel.
pub(crate) fn flushed(client: &Client) {
    flushed_with(client, 0);
}

/// The same with what the last report has told to be pending.
pub(crate) fn flushed_with(client: &Client, pending: u64) {
    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    assert_eq!(
        report.events() + pending,
        report.sampled_out() + report.sent(),
        "{report}"
    );
}

/// Waits for something that another thread, process or the kernel does.
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "no {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// What a receiver computed, of one interval or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) hits: f64,
    pub(crate) calls: f64,
    pub(crate) share: f64,
    pub(crate) level: u64,
    /// Messages that were read, and those that found the socket's queue full.
    pub(crate) read: u64,
    pub(crate) lost: u64,
}

impl Table {
    pub(crate) fn of(interval: &Interval) -> Table {
        Table::parse(&interval.to_json())
    }

    /// Takes the form that the `logd` binary prints with `--json`.
    pub(crate) fn parse(line: &str) -> Table {
        let interval: Json = serde_json::from_str(line).expect("an interval");
        // With or without a prefix.
        let find = |kind: &str, key: &str, figure: &str| {
            let all = interval[kind].as_object().expect("a table");
            let found = all.iter().find(|(name, _)| name.ends_with(key));
            found.map_or(Json::from(0), |(_, figures)| figures[figure].clone())
        };
        let timer = |key: &str| find("timers", key, "count").as_f64().expect("a number");
        let health = &interval["health"];
        let bad = health["bad"].as_object().expect("what was bad");
        assert!(bad.values().all(|count| count == 0), "{bad:?}");
        Table {
            hits: find("counters", "faults.hits", "sum")
                .as_f64()
                .expect("a number"),
            calls: timer("faults.calls"),
            share: timer("faults.share"),
            level: find("meters", "faults.level", "count")
                .as_u64()
                .expect("a count"),
            read: health["datagrams"].as_u64().expect("what was read"),
            lost: health["lost"].as_u64().expect("the kernel's own count"),
        }
    }

    /// Events that were messages of their own and arrived. A quarter of the rated timer's
    /// calls is sent, and each stands for four.
    pub(crate) fn single_events(&self) -> u64 {
        (self.hits + self.calls + self.share / 4.0) as u64 + self.level
    }

    /// Sees to it that all of what was made is here, reduced or event by event.
    pub(crate) fn agrees(&self, made: Made, stats: &Stats) {
        let rounds = made.rounds as f64;
        let share = if stats.sampled_out() > 0 {
            4.0 * (made.rounds - stats.sampled_out()) as f64
        } else {
            rounds
        };
        assert_eq!(
            (self.hits, self.calls, self.share),
            (rounds, rounds, share),
            "{self:?}, {stats:?}"
        );
        assert_eq!((self.read, self.lost), (stats.messages(), 0), "{stats:?}");
    }
}

impl AddAssign for Table {
    fn add_assign(&mut self, more: Table) {
        self.hits += more.hits;
        self.calls += more.calls;
        self.share += more.share;
        self.level += more.level;
        self.read += more.read;
        self.lost += more.lost;
    }
}
