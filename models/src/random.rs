//! shuttle, and real threads under valgrind: threads that record through the thread-local pointer while the worker's
//! pipeline drains, arrays grow, modes change, and shards go from thread to thread.

#[path = "random/flushes.rs"]
mod flushes;

use std::any::Any;
use std::sync::{Arc, Weak};

use crate::record::registry::{self, Kind};
use crate::record::slot::Slot;
use crate::record::{Event, Pushed, Reading, Shard, histogram, shard};
use crate::stats::DropReason;
use crate::sync::thread;
use crate::transport::Transport;
use crate::worker::dialect::Dialect;
use crate::worker::pipeline::{Pipeline, Settings};
use crate::worker::reduce::{Precision, Tail};
use crate::worker::series::State;
use crate::worker::shared::{Mode, Shared};

type Model = fn();

pub(crate) const ALL: &[(&str, Model)] = &[
    ("arrays grow while the worker drains", growth),
    ("a change of mode reaches every thread", modes),
    ("shards go from thread to thread", threads_come_and_go),
    ("timers keep calls and extremes while arrays grow", timers),
    (
        "single events are queued once or counted as dropped",
        single_events,
    ),
];

pub(crate) fn more() -> &'static [(&'static str, Model)] {
    flushes::ALL
}

/// How many schedules of each: `LOGD_SCHEDULES` says otherwise.
const SCHEDULES: usize = if cfg!(feature = "valgrind") {
    30
} else {
    20_000
};

/// A number of schedules ends these models, not a time.
pub(crate) const LONGEST: std::time::Duration = std::time::Duration::MAX;

pub(crate) fn check(model: Model) -> u64 {
    let schedules = std::env::var("LOGD_SCHEDULES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(SCHEDULES);
    #[cfg(feature = "valgrind")]
    (0..schedules).for_each(|_| model());
    // Two in three with few preemptions, which find most; the others with any.
    #[cfg(not(feature = "valgrind"))]
    {
        shuttle::check_pct(model, schedules * 2 / 3, 3);
        shuttle::check_random(model, schedules / 3);
    }
    schedules as u64
}

/// A client's shared part with a pipeline that sends nowhere.
struct Client {
    shared: Arc<Shared>,
    pipeline: Pipeline,
}

impl Client {
    fn new(mode: Mode) -> Client {
        histogram::refill_spares();
        let shared = Arc::new(Shared::new(mode));
        let settings = Settings {
            report_drops: false,
            dialect: Dialect::default(),
            precision: PRECISION,
        };
        let pipeline = Pipeline::new(Arc::clone(&shared), settings, Transport::Nowhere);
        Client { shared, pipeline }
    }

    fn counted(&self, key: &str) -> (u64, i64) {
        match self
            .pipeline
            .find(Kind::Counter, key)
            .map(|series| &series.state)
        {
            Some(State::Counter(counter)) => (
                counter.events,
                i64::try_from(counter.sum).expect("a small sum"),
            ),
            _ => (0, 0),
        }
    }
}

const PRECISION: Precision = Precision {
    messages: 30,
    threshold: 90.0,
    tail: Tail::CutOff,
};

fn nobody() -> Weak<dyn Any + Send + Sync> {
    Weak::<()>::new()
}

/// A slot past the first array's end, so that using it makes the array grow.
fn far_slot(kind: Kind, key: &'static str) -> u32 {
    (0..20).for_each(|number| {
        registry::register(
            Kind::Meter,
            format!("models.filler{number}").into(),
            1.0,
            false,
        );
    });
    registry::register(kind, key.into(), 1.0, false)
}

/// Records as a handle does: the fast way, or else the slow way.
fn record(shared: &Shared, slot: u32, apply: impl Fn(&Slot)) {
    if shard::with_slot(shard::Place::of(slot), &apply).is_some() {
        return;
    }
    let current = shard::current().expect("a shard");
    shard::slow_path(
        || match shared.mode() {
            Mode::Reduce => {
                apply(current.slot(slot));
            }
            Mode::Closed => shared.drop_events(DropReason::Closed, 1),
            Mode::EachEvent | Mode::Ignore => {}
        },
        |(), _| (),
    );
}

/// Leases a shard for a closure, as a thread does from its first event to its end.
fn with_lease(shared: &Shared, run: impl FnOnce()) {
    let leased = shared.lease(nobody());
    shard::replace_current(Some(Arc::clone(&leased)));
    run();
    drop(shard::replace_current(None));
    shared.park(leased);
}

fn growth() {
    let near = registry::register(Kind::Counter, "models.near".into(), 1.0, false);
    let far = far_slot(Kind::Counter, "models.far");
    let mut client = Client::new(Mode::Reduce);
    let shared = Arc::clone(&client.shared);
    let recorder = thread::spawn(move || {
        with_lease(&shared, || {
            for _ in 0..2 {
                record(&shared, near, |slot| slot.increment());
                record(&shared, far, |slot| slot.add(5));
            }
        });
    });
    client.pipeline.collect();
    client.pipeline.collect();
    recorder.join().expect("the recorder");
    client.pipeline.collect();
    assert_eq!(client.counted("models.near"), (2, 2));
    assert_eq!(client.counted("models.far"), (2, 10));
}

/// Every event is counted or counted as dropped, and none by the fast way afterwards.
fn modes() {
    let near = registry::register(Kind::Counter, "models.near".into(), 1.0, false);
    let far = far_slot(Kind::Counter, "models.far");
    let mut client = Client::new(Mode::Reduce);
    let shared = Arc::clone(&client.shared);
    let recorder = thread::spawn(move || {
        with_lease(&shared, || {
            for _ in 0..2 {
                record(&shared, near, |slot| slot.increment());
                record(&shared, far, |slot| slot.increment());
            }
            if shared.mode() == Mode::Closed {
                // The one who closed may still be on its way to this shard.
                return;
            }
        });
    });
    client.pipeline.collect();
    client.shared.set_mode(Mode::Closed);
    recorder.join().expect("the recorder");
    client.pipeline.collect();
    let dropped = client.shared.drops().by(DropReason::Closed);
    let (near, far) = (
        client.counted("models.near").0,
        client.counted("models.far").0,
    );
    assert_eq!(near + far + dropped, 4);
    // A shard that is used now is closed: one that grew meanwhile, too.
    let leased = client.shared.lease(nobody());
    assert_eq!(leased.slots()[0].length(), 0, "the fast way is still open");
}

fn threads_come_and_go() {
    let near = registry::register(Kind::Counter, "models.near".into(), 1.0, false);
    let mut client = Client::new(Mode::Reduce);
    let recorders: Vec<_> = (0..3)
        .map(|_| {
            let shared = Arc::clone(&client.shared);
            thread::spawn(move || {
                for _ in 0..2 {
                    with_lease(&shared, || record(&shared, near, |slot| slot.increment()));
                }
            })
        })
        .collect();
    client.pipeline.collect();
    for recorder in recorders {
        recorder.join().expect("a recorder");
    }
    client.pipeline.collect();
    assert_eq!(client.counted("models.near"), (6, 6));
}

fn timers() {
    let timer = registry::register(Kind::Timer, "models.timer".into(), 1.0, false);
    let far = far_slot(Kind::Counter, "models.far");
    let mut client = Client::new(Mode::Reduce);
    let shared = Arc::clone(&client.shared);
    let recorder = thread::spawn(move || {
        with_lease(&shared, || {
            for (number, seconds) in [3, 1, 7, 2, 5, 4].into_iter().enumerate() {
                let reading = Reading::duration(std::time::Duration::from_nanos(seconds));
                record(&shared, timer, |slot| {
                    // As the slow way does, which the first call may take.
                    slot.make_values();
                    slot.time(reading);
                });
                if number == 3 {
                    record(&shared, far, |slot| slot.increment());
                }
            }
        });
    });
    for _ in 0..3 {
        client.pipeline.collect();
    }
    recorder.join().expect("the recorder");
    client.pipeline.collect();
    let Some(State::Timer(told)) = client
        .pipeline
        .find(Kind::Timer, "models.timer")
        .map(|series| &series.state)
    else {
        panic!("no timer");
    };
    assert_eq!(told.calls(), 6);
    assert_eq!(told.extremes(), Some((1e-9, 7e-9)));
    assert_eq!(told.clocked(), 6);
}

fn single_events() {
    let near = registry::register(Kind::Counter, "models.near".into(), 1.0, false);
    let leased = Arc::new(Shard::new(nobody(), false));
    let recorder = {
        let leased = Arc::clone(&leased);
        thread::spawn(move || {
            (0..6)
                .filter(|number| {
                    leased.events().push(near, Event::Integer(*number)) != Pushed::Full
                })
                .collect::<Vec<_>>()
        })
    };
    let mut popped = Vec::new();
    let mut pop = || {
        while let Some((_, event)) = leased.existing_events().and_then(|events| events.pop()) {
            let Event::Integer(number) = event else {
                panic!("torn: {event:?}")
            };
            popped.push(number);
        }
    };
    pop();
    pop();
    let queued = recorder.join().expect("the recorder");
    pop();
    assert_eq!(popped, queued);
}
