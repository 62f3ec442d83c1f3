//! Many keys: handles and names, in an order that no cache foresees.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;

use logd::Counter;

use crate::measure::{Effort, Op, interleave};

/// A cell that has a cache line to itself, as every recorder's must.
#[repr(align(64))]
#[derive(Default)]
struct Line(Cell<u64>);

thread_local! {
    static LINES: Cell<&'static [Line]> = const { Cell::new(&[]) };
}

/// Every number below `count` once, far from its neighbours.
fn shuffled(count: usize) -> Arc<[u32]> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    let mut state = 0x9e37_79b9_u64;
    for last in (1..count).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(last, (state % (last as u64 + 1)) as usize);
    }
    order.into()
}

fn over(name: &'static str, order: &Arc<[u32]>, call: impl Fn(u32) + Send + Sync + 'static) -> Op {
    let order = Arc::clone(order);
    let next = std::sync::atomic::AtomicUsize::new(0);
    Op::new(name, move |calls| {
        use std::sync::atomic::Ordering::Relaxed;
        let mut position = next.load(Relaxed);
        for _ in 0..calls {
            call(black_box(order[position]));
            position = if position + 1 == order.len() {
                0
            } else {
                position + 1
            };
        }
        next.store(position, Relaxed);
    })
}

/// The cost of a count among 1 to 100,000 keys.
pub fn scale(client: &logd::Client, count_name: Option<&NameCounter>, effort: Effort) {
    println!(
        "  {:>8} {:>13} {:>22} {:>24}",
        "keys", "floor ns", "logd handle", "by name"
    );
    for keys in [1, 10, 100, 1000, 10_000, 100_000] {
        let order = shuffled(keys);
        LINES.set(
            (0..keys)
                .map(|_| Line::default())
                .collect::<Vec<_>>()
                .leak(),
        );
        let floor = over("a cell per key", &order, |key| {
            let line = &LINES.get()[key as usize].0;
            line.set(line.get() + 1);
        });
        // Handles of the program, not of a client, and so for good.
        let counters: &'static [Counter] = (0..keys)
            .map(|key| Counter::new(format!("bench.keys.k{key}").leak()))
            .collect::<Vec<_>>()
            .leak();
        let names: &'static [String] = (0..keys)
            .map(|key| format!("bench.keys.k{key}"))
            .collect::<Vec<_>>()
            .leak();
        let handle = over("handle", &order, |key| counters[key as usize].increment());
        let (ours, theirs) = (client.clone(), count_name.cloned());
        let name = over("name", &order, move |key| match &theirs {
            Some(count) => count(&names[key as usize]),
            None => ours.increment(&names[key as usize]),
        });
        // Every key once: what a first use costs is not what is measured here.
        handle.run(keys as u64);
        name.run(keys as u64);
        let fewer = Effort {
            rounds: effort.rounds / 3,
            ..effort
        };
        let outcomes = interleave(&[(&floor, &handle), (&floor, &name)], fewer);
        println!(
            "  {keys:>8} {:>13.2} {:>13.2} {:>7.2}x {:>13.1} {:>9.1}x",
            outcomes[0].base_ns,
            outcomes[0].ns,
            outcomes[0].ratio,
            outcomes[1].ns,
            outcomes[1].ratio
        );
    }
}

/// Counts under a name that is made at run time.
pub type NameCounter = Arc<dyn Fn(&str) + Send + Sync>;
