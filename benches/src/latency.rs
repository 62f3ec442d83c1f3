//! The worst calls: each call timed by itself, with a receiver that reads, one that is not
//! there, and one that never reads.

use crate::floor::{nanoseconds_per_tick, ticks};
use crate::measure::{Effort, Op};

/// Tells the worst of single calls. The empty call shows what the clock and the machine add.
pub fn worst(op: &Op, effort: Effort) {
    let calls = if effort.full { 5_000_000 } else { 500_000 };
    let scale = nanoseconds_per_tick();
    op.run(1000);
    let mut took: Vec<u64> = Vec::with_capacity(calls);
    for _ in 0..calls {
        let start = ticks();
        op.run(1);
        took.push(ticks() - start);
    }
    took.sort_unstable();
    let at = |share: f64| took[((calls - 1) as f64 * share) as usize] as f64 * scale;
    println!(
        "  {:<32} {:>9.0} {:>9.0} {:>9.0} {:>9.0} {:>11.0}",
        op.name,
        at(0.5),
        at(0.99),
        at(0.999),
        at(0.9999),
        at(1.0)
    );
}

pub fn header(receiver: &str) {
    println!("\nWorst calls, ns, receiver {receiver}");
    println!(
        "  {:<32} {:>9} {:>9} {:>9} {:>9} {:>11}",
        "", "p50", "p99", "p99.9", "p99.99", "max"
    );
}
