//! One key from several threads at once: the same slice on one thread and on all, in turn.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use crate::measure::{Effort, Op, median, ratios};

/// Threads that start their slices together.
struct Team<'a> {
    op: &'a Op,
    gate: Barrier,
    arrived: AtomicUsize,
    active: AtomicUsize,
    calls: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Team<'_> {
    /// Takes part in one slice; `false` at the end.
    fn slice(&self, member: usize) -> bool {
        self.gate.wait();
        let active = self.active.load(Ordering::SeqCst);
        if active == 0 {
            return false;
        }
        if member < active {
            self.arrived.fetch_add(1, Ordering::SeqCst);
            while self.arrived.load(Ordering::SeqCst) < active {
                std::thread::yield_now();
            }
            let calls = self.calls.load(Ordering::SeqCst);
            let start = Instant::now();
            self.op.run(calls);
            let took = start.elapsed().as_nanos() as u64;
            self.nanoseconds.fetch_add(took, Ordering::SeqCst);
        }
        self.gate.wait();
        true
    }

    /// Nanoseconds per call of a slice on `active` threads. Where there are more threads
    /// than processors they take turns, and the wall time is shared among them.
    fn lead(&self, active: usize, calls: u64, processors: usize) -> f64 {
        self.active.store(active, Ordering::SeqCst);
        self.calls.store(calls, Ordering::SeqCst);
        self.nanoseconds.store(0, Ordering::SeqCst);
        self.arrived.store(0, Ordering::SeqCst);
        self.slice(0);
        let shared = (active as f64 / processors as f64).max(1.0);
        self.nanoseconds.load(Ordering::SeqCst) as f64 / (active as u64 * calls) as f64 / shared
    }

    fn dismiss(&self) {
        self.active.store(0, Ordering::SeqCst);
        self.gate.wait();
    }
}

/// Prints what a call costs on each number of threads, and the ratio to one thread.
pub fn scale(op: &Op, most: usize, effort: Effort) {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    print!("  {:<32}", op.name);
    let mut threads = 2;
    while threads <= most {
        let team = Team {
            op,
            gate: Barrier::new(threads),
            arrived: AtomicUsize::new(0),
            active: AtomicUsize::new(0),
            calls: AtomicU64::new(0),
            nanoseconds: AtomicU64::new(0),
        };
        let (one, all) = std::thread::scope(|scope| {
            for member in 1..threads {
                let team = &team;
                scope.spawn(move || while team.slice(member) {});
            }
            // Past the switches between threads: a slice is a millisecond, and more where
            // threads have to take turns.
            let alone = team.lead(1, 10_000, processors);
            let target = if threads > processors { 8e6 } else { 5e5 };
            let calls = (target / alone.max(0.5)) as u64;
            let (mut one, mut all) = (Vec::new(), Vec::new());
            for _ in 0..effort.rounds / if threads > processors { 20 } else { 4 } {
                one.push(team.lead(1, calls, processors));
                all.push(team.lead(threads, calls, processors));
            }
            team.dismiss();
            (one, all)
        });
        let ratio = median(&mut ratios(&all, &one));
        print!(
            "  {threads}: {:.2} ns, {ratio:.2}x of {:.2}",
            median(&mut all.clone()),
            median(&mut one.clone())
        );
        threads *= 2;
    }
    println!();
}
