//! An accumulator's sum, which sections on several threads add to while it is read and closed.

use super::Model;
use crate::clock;
use crate::record::Reading;
use crate::sum::Use;
use crate::sync::thread;

pub(super) const ALL: &[(&str, Model)] = &[
    ("a sum tells the time of every section once", sections),
    (
        "a section of a sum that begins late counts nothing twice",
        late,
    ),
    (
        "a sum is handed over in the middle of a section",
        handed_over,
    ),
    ("a sum that is closed in the middle of a section", closed),
];

fn ticks(reading: Option<Reading>) -> u64 {
    reading.map_or(0, Reading::to_bits)
}

/// A section begins while others come, end and are told.
fn late() {
    clock::counts_cycles();
    let begin = clock::now();
    let sum = Use::open();
    sum.share();
    let other = thread::spawn(move || {
        section(sum);
        sum.release();
    });
    (0..3).for_each(|_| {
        section(sum);
    });
    let first = sum.read();
    other.join().expect("the other thread");
    let told = ticks(first) + ticks(sum.close());
    let passed = clock::now() - begin;
    assert!(told <= passed, "{told} of {passed}");
    sum.release();
}

/// Runs a section, and returns how long it took at least.
fn section(sum: Use) -> u64 {
    let running = sum.start().expect("few run");
    let begin = clock::now();
    let took = clock::now() - begin;
    running.stop();
    took
}

/// Sections that may overlap, and a reading in the middle of anything.
fn sections() {
    clock::counts_cycles();
    let begin = clock::now();
    let sum = Use::open();
    sum.share();
    let other = thread::spawn(move || {
        let took = section(sum);
        sum.release();
        took
    });
    let own = section(sum);
    let first = sum.read();
    let others = other.join().expect("the other thread");
    assert!(sum.is_open());
    let told = ticks(first) + ticks(sum.close());
    let passed = clock::now() - begin;
    assert!(
        (own.max(others)..=passed).contains(&told),
        "{own} and {others} are {told} of {passed}"
    );
    sum.release();
}

/// A section that began while no other thread was near, and ends beside one.
fn handed_over() {
    clock::counts_cycles();
    let begin = clock::now();
    let sum = Use::open();
    let alone = sum.door().start_alone();
    let running = alone.or_else(|| sum.start()).expect("few run");
    let started = clock::now();
    sum.share();
    let other = thread::spawn(move || {
        let took = section(sum);
        sum.release();
        took
    });
    let own = clock::now() - started;
    running.stop();
    let others = other.join().expect("the other thread");
    let told = ticks(sum.close());
    let passed = clock::now() - begin;
    assert!(
        (own.max(others)..=passed).contains(&told),
        "{own} and {others} are {told} of {passed}"
    );
    sum.release();
}

/// A section that outlives its sum counts up to the last reading, and nothing of it is in
/// what the memory is used for next.
fn closed() {
    clock::counts_cycles();
    let begin = clock::now();
    let sum = Use::open();
    sum.share();
    let running = sum.start().expect("few run");
    let other = thread::spawn(move || {
        section(sum);
        sum.release();
    });
    let told = ticks(sum.close());
    assert!(told < clock::now() - begin);
    assert!(!sum.is_open());
    sum.release();
    let next = Use::open();
    let section = next.start().expect("few run");
    assert!(!next.is(sum) && next.is_open());
    running.stop();
    other.join().expect("the other thread");
    // The sections of the sum before have ended one of the next, if this tells nothing more.
    assert!(next.read().is_some() && next.read().is_some());
    section.stop();
    next.release();
    // Memory that is used again begins at 0.
    let again = Use::open();
    assert!(again.is_open() && again.read().is_none());
    again.release();
}
