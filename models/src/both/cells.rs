//! What is filled by whoever comes first: values that each process has for itself, and lists
//! that only grow.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Model;
use crate::fork::{self, PerProcess};
use crate::record::list::List;
use crate::sync::{self, WATCHES_CELLS, thread};

pub(super) const ALL: &[(&str, Model)] = &[
    ("a process has one value", one_value),
    ("a child has a value of its own", value_of_a_child),
    ("a list gives each place once", list),
];

/// Places in a schedule, until the model ends.
struct Watched;

impl Watched {
    fn new() -> Watched {
        WATCHES_CELLS.store(true, Ordering::Relaxed);
        Watched
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        WATCHES_CELLS.store(false, Ordering::Relaxed);
    }
}

/// Two threads that both find none have the same one in the end.
fn one_value() {
    let _watched = Watched::new();
    let cell = Arc::new(PerProcess::new());
    let other = {
        let cell = Arc::clone(&cell);
        thread::spawn(move || Arc::clone(cell.get_or_init(|_| Arc::new("other"))))
    };
    let own = Arc::clone(cell.get_or_init(|_| Arc::new("own")));
    let others = other.join().expect("the other thread");
    assert!(Arc::ptr_eq(&own, &others));
    assert!(Arc::ptr_eq(&own, cell.get().expect("it was made")));
}

/// A fork while another thread is anywhere on its way to a value: the child makes one itself,
/// and what it inherited stays as it was.
fn value_of_a_child() {
    let _watched = Watched::new();
    let cell = Arc::new(PerProcess::new());
    let parents_thread = {
        let cell = Arc::clone(&cell);
        thread::spawn(move || {
            drop(Arc::clone(
                cell.get_or_init(|_| Arc::new(fork::generation())),
            ))
        })
    };
    let inherited = cell.get().cloned();
    sync::stop_others();
    fork::next_generation();
    let child = fork::generation();
    let own = Arc::clone(cell.get_or_init(|_| Arc::new(child)));
    assert_eq!(*own, child, "a value of the parent");
    assert!(Arc::ptr_eq(&own, cell.get().expect("it was made")));
    if let Some(inherited) = inherited {
        assert!(*inherited < child);
    }
    sync::let_others_go_on();
    parents_thread.join().expect("the parent's thread");
}

/// Two threads append where the second block begins, and a third one reads.
fn list() {
    const LAST_OF_FIRST_BLOCK: usize = 63;
    let _watched = Watched::new();
    let list = Arc::new(List::new());
    let threads: Vec<_> = ["one", "two"]
        .into_iter()
        .map(|entry| {
            let list = Arc::clone(&list);
            thread::spawn(move || (list.push(LAST_OF_FIRST_BLOCK, entry), entry))
        })
        .collect();
    // As a child process reads: a place is filled behind those before it.
    let second = list.get(LAST_OF_FIRST_BLOCK + 1).copied();
    assert!(second.is_none() || list.get(LAST_OF_FIRST_BLOCK).is_some());
    let mut places: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().expect("a thread"))
        .collect();
    for (place, entry) in &places {
        assert_eq!(list.get(*place), Some(entry), "another's place");
    }
    places.sort_unstable();
    let numbers: Vec<_> = places.iter().map(|(place, _)| *place).collect();
    assert_eq!(numbers, [LAST_OF_FIRST_BLOCK, LAST_OF_FIRST_BLOCK + 1]);
}
