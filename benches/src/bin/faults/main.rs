//! The worst calls under faults: does a call take longer when something is wrong than when
//! nothing is? In every round each client makes a slice of calls, one fault after the other and
//! a healthy receiver among them, and the ratios are those within the round. The empty call and
//! those that write to memory show what the same faults do to code that records nothing.
//!
//! A program of its own, since it has a wall clock of its own.

mod clock;
mod network;
mod rows;
mod troubles;

// What it has in common with the other measurements.
#[allow(dead_code, reason = "this program uses its part")]
#[path = "../../floor.rs"]
mod floor;
#[allow(dead_code, reason = "this program uses its part")]
#[path = "../../measure.rs"]
mod measure;
#[allow(dead_code, reason = "this program uses its part")]
#[path = "../../ours.rs"]
mod ours;
#[allow(dead_code, reason = "this program uses its part")]
#[path = "../../receivers.rs"]
mod receivers;

use std::process::ExitCode;

use crate::measure::{Op, median, quantile, ratios};
use crate::rows::{CALLS, Row};

const USAGE: &str = "usage: logd-bench-faults [--quick | --full] [ROW...]

ROW: only rows with such a word in their name, and what they are compared with.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (full, wanted) = match words[..] {
        ["read", behaviour] => {
            receivers::read(behaviour);
            return ExitCode::SUCCESS;
        }
        ["--full", ref wanted @ ..] => (true, wanted),
        ["--quick", ref wanted @ ..] => (false, wanted),
        ref wanted => (false, wanted),
    };
    if wanted.iter().any(|word| word.starts_with('-')) {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    if let Some(status) = network::enter(&arguments) {
        return status;
    }
    // Thousands of panics, each of which is meant.
    std::panic::set_hook(Box::new(|panic| {
        if panic.payload_as_str() != Some(troubles::PANIC) {
            eprintln!("{panic}");
        }
    }));
    compare(if full { 2500 } else { 250 }, wanted);
    ExitCode::SUCCESS
}

fn compare(rounds: usize, wanted: &[&str]) {
    println!(
        "\nWorst calls under faults: medians of {rounds} rounds of {CALLS} calls, ns, and of their \
         ratios to the healthy receiver of the round"
    );
    let scale = floor::nanoseconds_per_tick();
    let ops = [
        floor::call(),
        floor::count(),
        floor::write_pages(),
        ours::counted(),
        ours::timed(),
        ours::timed_tenth(),
    ];
    let network = network::Network::new();
    let mut rows = rows::rows(&network, wanted);
    for op in &ops {
        for row in &mut rows {
            // First use, and a window of raw places.
            row.scope.run(|| op.run(1000));
        }
        for round in 0..rounds {
            // Each comes behind each other one in turn.
            for place in 0..rows.len() {
                let row = (round + place) % rows.len();
                rows[row].run(op, scale);
            }
        }
        tell(op, &mut rows);
    }
}

fn tell(op: &Op, rows: &mut [Row]) {
    println!(
        "  {:<32} {:>9} {:>7} {:>14} {:>7} {:>11}",
        op.name, "p99.9", "ratio", "worst of round", "ratio", "longest"
    );
    let taken: Vec<_> = rows.iter_mut().map(Row::take).collect();
    for (row, mine) in rows.iter().zip(&taken) {
        let base = &taken[row.base];
        println!(
            "    {:<30} {:>9.0} {:>6.2}x {:>14.0} {:>6.2}x {:>11.0}",
            row.name,
            median(&mut mine.p999.clone()),
            median(&mut ratios(&mine.p999, &base.p999)),
            median(&mut mine.worst.clone()),
            median(&mut ratios(&mine.worst, &base.worst)),
            quantile(&sorted(&mine.worst), 1.0),
        );
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values
}
