//! loom: every interleaving of one writer with the worker's drain, and every value
//! that a relaxed load may see.

use loom::sync::Arc;
use loom::thread;

use crate::record::events::{Event, EventRing, Pushed};
use crate::record::histogram;
use crate::record::slot::{CounterSeen, MeterSeen, Slot, TimerSeen};
use crate::record::values::Reading;
use crate::sink::Told;

type Model = fn();

pub(crate) const ALL: &[(&str, Model)] = &[
    ("counter tells each amount once", counter),
    ("counter never leaves a sum behind", counter_is_sent_whole),
    ("meter tells each reading once", meter),
    ("timer tells each raw value once", timer_raw),
    ("timer counts no call before its value", timer_value_first),
    ("timer past its raw values tells each once", timer_past),
    ("timer without a histogram loses no call", timer_homeless),
    ("timer that is full finds what a drain made room for", timer_full),
    ("extremes of the run survive every window", extremes),
    ("events come out once and in order", events),
];

pub(crate) fn more() -> &'static [(&'static str, Model)] {
    &[]
}

static SCHEDULES: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// After which a model is given up; `main` says so.
pub(crate) const LONGEST: std::time::Duration = std::time::Duration::from_secs(300);

pub(crate) fn check(model: Model) -> u64 {
    SCHEDULES.store(0, std::sync::atomic::Ordering::Relaxed);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 20_000;
    if builder.preemption_bound.is_none() {
        builder.preemption_bound = Some(3);
    }
    if builder.max_duration.is_none() {
        builder.max_duration = Some(LONGEST);
    }
    builder.check(move || {
        SCHEDULES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        model();
    });
    SCHEDULES.load(std::sync::atomic::Ordering::Relaxed)
}

/// Spares belong to one schedule: the last one's atomics mean nothing in the next.
fn with_spares(spares: bool) {
    while histogram::take_spare().is_some() {}
    if spares {
        histogram::refill_spares();
    }
}

fn ticks(value: u64) -> Reading {
    Reading::ticks(value)
}

fn counter() {
    let slot = Arc::new(Slot::default());
    let writer = {
        let slot = Arc::clone(&slot);
        thread::spawn(move || {
            slot.increment();
            slot.add(-5);
            slot.increment();
        })
    };
    let mut seen = CounterSeen::default();
    let (mut events, mut sum) = (0, 0);
    for drain in 0..3 {
        if drain == 2 {
            // A flush: what was recorded before it is in.
            return finish_counter(writer, &slot, seen, events, sum);
        }
        let gain = slot.drain_counter(&mut seen);
        events += gain.events;
        sum += gain.sum;
    }
}

fn finish_counter(
    writer: thread::JoinHandle<()>,
    slot: &Slot,
    mut seen: CounterSeen,
    events: u64,
    sum: i64,
) {
    writer.join().expect("the writer");
    let gain = slot.drain_counter(&mut seen);
    assert_eq!((events + gain.events, sum + gain.sum), (3, -3));
}

/// As the pipeline does: a series is due while it has events, and is taken whole.
fn counter_is_sent_whole() {
    let slot = Arc::new(Slot::default());
    let writer = {
        let slot = Arc::clone(&slot);
        thread::spawn(move || slot.add(7))
    };
    let mut seen = CounterSeen::default();
    let (mut events, mut sum, mut sent) = (0, 0, 0);
    let mut drain = |slot: &Slot| {
        let gain = slot.drain_counter(&mut seen);
        events += gain.events;
        sum += gain.sum;
        if events > 0 {
            sent += std::mem::take(&mut sum);
            events = 0;
        }
    };
    drain(&slot);
    writer.join().expect("the writer");
    drain(&slot);
    assert_eq!(sent, 7, "a sum stayed behind without an event to send it");
}

fn meter() {
    let slot = Arc::new(Slot::default());
    let writer = {
        let slot = Arc::clone(&slot);
        thread::spawn(move || {
            slot.set_meter(1.0);
            slot.set_meter(2.5);
        })
    };
    let mut seen = MeterSeen::default();
    let first = slot.drain_meter(&mut seen);
    assert!([0.0, 1.0, 3.5].contains(&first.sum), "torn: {first:?}");
    writer.join().expect("the writer");
    let rest = slot.drain_meter(&mut seen);
    assert_eq!(first.readings + rest.readings, 2);
    assert_eq!(first.sum + rest.sum, 3.5);
    assert_eq!(rest.last, 2.5);
}

/// A writer of `values` and the slot that it writes to.
fn writer_of(values: &'static [u64]) -> (Arc<Slot>, thread::JoinHandle<()>) {
    let slot = Arc::new(Slot::default());
    let writer = {
        let slot = Arc::clone(&slot);
        thread::spawn(move || values.iter().for_each(|value| slot.time(ticks(*value))))
    };
    (slot, writer)
}

/// Runs a writer of `values` against drains, each of a window of its own.
fn timer(values: &'static [u64], drains: u64) -> (Told, u64) {
    let (slot, writer) = writer_of(values);
    let (mut seen, mut told, mut calls) = (TimerSeen::default(), Told::default(), 0);
    for _ in 0..drains {
        calls += slot.drain_timer(&mut seen, 1.0, &mut told).calls();
    }
    writer.join().expect("the writer");
    calls += slot.drain_timer(&mut seen, 1.0, &mut told).calls();
    (told, calls)
}

fn timer_raw() {
    with_spares(false);
    let (mut told, calls) = timer(&[1, 2], 2);
    told.raw.sort_unstable();
    assert_eq!((told.raw, calls), (vec![1, 2], 2));
}

/// A call whose value comes a drain later leaves that value without a call to go out with.
fn timer_value_first() {
    with_spares(true);
    let (slot, writer) = writer_of(&[1, 2, 3]);
    let (mut seen, mut told) = (TimerSeen::default(), Told::default());
    let calls = slot.drain_timer(&mut seen, 1.0, &mut told).calls();
    assert!(told.values() >= calls, "{calls} calls, {told:?}");
    writer.join().expect("the writer");
}

fn timer_past() {
    with_spares(true);
    let (told, calls) = timer(&[2, 3, 5], 1);
    assert_eq!((told.values(), calls), (3, 3));
    assert_eq!((told.lowest, told.highest), (Some(2), Some(5)));
}

fn timer_homeless() {
    with_spares(false);
    let (told, calls) = timer(&[7, 2, 3], 1);
    assert_eq!(calls, 3);
    assert_eq!((told.lowest, told.highest), (Some(2), Some(7)));
}

/// It looks for room once a drain: then it must not overlook what that drain has taken.
fn timer_full() {
    with_spares(true);
    let (header, slot) = (Arc::new(Slot::default()), Arc::new(Slot::default()));
    let recorder = {
        let (header, slot) = (Arc::clone(&header), Arc::clone(&slot));
        thread::spawn(move || {
            slot.time(ticks(1));
            slot.time(ticks(2));
            if !slot.count_if_full(&header) {
                match slot.has_room(&header) {
                    Some(false) => slot.count_call(),
                    Some(true) | None => slot.time(ticks(3)),
                }
            }
        })
    };
    let (mut seen, mut told) = (TimerSeen::default(), Told::default());
    let mut calls = slot.drain_timer(&mut seen, 1.0, &mut told).calls();
    header.count_drain();
    recorder.join().expect("the recorder");
    let mut expected = 3;
    if slot.count_if_full(&header) {
        expected += 1;
        assert_eq!(slot.look_for_room(&header), Some(false), "it has room");
    }
    calls += slot.drain_timer(&mut seen, 1.0, &mut told).calls();
    header.count_drain();
    assert_eq!(calls, expected);
    assert!(!slot.count_if_full(&header), "it would never look again");
    assert_eq!(slot.has_room(&header), Some(true));
}

/// Two windows turn while values come that no raw place is left for.
fn extremes() {
    with_spares(true);
    let (told, calls) = timer(&[2, 2, 7, 3], 2);
    assert_eq!(calls, 4);
    assert_eq!((told.lowest, told.highest), (Some(2), Some(7)));
}

fn events() {
    let ring = Arc::new(EventRing::new());
    let writer = {
        let ring = Arc::clone(&ring);
        thread::spawn(move || {
            (0..5_u32)
                .filter(|number| {
                    ring.push(*number, Event::Integer(i64::from(*number))) != Pushed::Full
                })
                .collect::<Vec<_>>()
        })
    };
    let mut popped = Vec::new();
    let mut pop = |ring: &EventRing| {
        if let Some((slot, Event::Integer(value))) = ring.pop() {
            assert_eq!(i64::from(slot), value, "torn");
            popped.push(slot);
            true
        } else {
            false
        }
    };
    pop(&ring);
    pop(&ring);
    let pushed = writer.join().expect("the writer");
    while pop(&ring) {}
    assert_eq!(popped, pushed);
}
