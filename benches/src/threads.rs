//! One key from several threads at once: the same slice on one thread and on all, in turn.
//! Each thread is bound to a processor, and a slice counts only if the threads ran at the same
//! time: two that take turns on one processor never meet, and show no contention whatever they do.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use crate::measure::{Effort, Op, median, ratios};

/// The share of a slice in which all threads have to be running.
const TOGETHER: f64 = 0.9;

/// Threads that start their slices together.
struct Team<'a> {
    op: &'a Op,
    gate: Barrier,
    began: Instant,
    first: AtomicUsize,
    active: AtomicUsize,
    calls: AtomicU64,
    arrived: AtomicUsize,
    /// When each member started and ended its slice.
    times: Vec<[AtomicU64; 2]>,
}

/// One slice: nanoseconds per call, and the share of it in which all threads ran.
struct Slice {
    ns: f64,
    together: f64,
}

impl Team<'_> {
    fn member(&self, number: usize, processors: usize) {
        bind(number % processors);
        // What a thread's first event costs is not what is measured here.
        self.op.run(1000);
        loop {
            self.gate.wait();
            let active = self.active.load(Ordering::SeqCst);
            if active == 0 {
                return;
            }
            let first = self.first.load(Ordering::SeqCst);
            if (first..first + active).contains(&number) {
                self.arrived.fetch_add(1, Ordering::SeqCst);
                while self.arrived.load(Ordering::SeqCst) < active {
                    std::thread::yield_now();
                }
                let start = self.began.elapsed().as_nanos() as u64;
                self.op.run(self.calls.load(Ordering::SeqCst));
                let end = self.began.elapsed().as_nanos() as u64;
                self.times[number][0].store(start, Ordering::SeqCst);
                self.times[number][1].store(end, Ordering::SeqCst);
            }
            self.gate.wait();
        }
    }

    /// One thread by itself, the mean over the processors: they need not be equally fast.
    fn alone(&self, calls: u64, processors: usize) -> f64 {
        let members = processors.min(self.times.len());
        let each = (0..members).map(|first| self.slice(first, 1, calls, processors).ns);
        each.sum::<f64>() / members as f64
    }

    fn slice(&self, first: usize, active: usize, calls: u64, processors: usize) -> Slice {
        self.first.store(first, Ordering::SeqCst);
        self.active.store(active, Ordering::SeqCst);
        self.calls.store(calls, Ordering::SeqCst);
        self.arrived.store(0, Ordering::SeqCst);
        self.gate.wait();
        self.gate.wait();
        let times: Vec<(f64, f64)> = self.times[first..first + active]
            .iter()
            .map(|[start, end]| {
                let at = |time: &AtomicU64| time.load(Ordering::SeqCst) as f64;
                (at(start), at(end))
            })
            .collect();
        let longest = times
            .iter()
            .map(|(start, end)| end - start)
            .fold(0.0, f64::max);
        let last_start = times.iter().map(|(start, _)| *start).fold(0.0, f64::max);
        let first_end = times.iter().map(|(_, end)| *end).fold(f64::MAX, f64::min);
        let sum: f64 = times.iter().map(|(start, end)| end - start).sum();
        // Where there are more threads than processors they take turns.
        let turns = (active as f64 / processors as f64).max(1.0);
        Slice {
            ns: sum / active as f64 / calls as f64 / turns,
            together: ((first_end - last_start) / longest).max(0.0),
        }
    }

    fn dismiss(&self) {
        self.active.store(0, Ordering::SeqCst);
        self.gate.wait();
    }
}

/// Keeps the calling thread on one processor.
#[cfg(target_os = "linux")]
fn bind(processor: usize) {
    // SAFETY: a `cpu_set_t` of zeros is an empty set, and both calls only use the one set.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
    }
}

#[cfg(not(target_os = "linux"))]
fn bind(_: usize) {}

/// Prints what a call costs on each number of threads, the ratio to one thread, and how many
/// slices counted.
pub fn scale(op: &Op, most: usize, effort: Effort) {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    // Whatever threads the operation needs start from here, bound to no processor.
    op.run(1000);
    print!("  {:<32}", op.name);
    let mut threads = 2;
    while threads <= most {
        let team = Team {
            op,
            gate: Barrier::new(threads + 1),
            began: Instant::now(),
            first: AtomicUsize::new(0),
            active: AtomicUsize::new(0),
            calls: AtomicU64::new(0),
            arrived: AtomicUsize::new(0),
            times: (0..threads).map(|_| Default::default()).collect(),
        };
        let in_turns = threads > processors;
        let rounds = effort.rounds / if in_turns { 20 } else { 4 };
        let (mut one, mut all) = (Vec::new(), Vec::new());
        std::thread::scope(|scope| {
            for number in 0..threads {
                let team = &team;
                scope.spawn(move || team.member(number, processors));
            }
            let costs = [
                team.alone(10_000, processors),
                team.slice(0, threads, 10_000, processors).ns,
            ];
            let target = if in_turns { 8e6 } else { 1e6 };
            let calls = (target / costs[0].max(costs[1]).max(0.5)) as u64;
            for _ in 0..rounds {
                let single = team.alone(calls, processors);
                let together = team.slice(0, threads, calls, processors);
                if in_turns || together.together >= TOGETHER {
                    one.push(single);
                    all.push(together.ns);
                }
            }
            team.dismiss();
        });
        let counted = all.len();
        if counted < rounds / 5 {
            print!("  {threads}: not measured, {counted} of {rounds} slices together");
        } else {
            let ratio = median(&mut ratios(&all, &one));
            print!(
                "  {threads}: {:.2} ns, {ratio:.2}x of {:.2} ({counted}/{rounds})",
                median(&mut all),
                median(&mut one)
            );
        }
        threads *= 2;
    }
    println!();
}
