//! The files of the recorder, compiled once more: `crate::sync` here gives them a
//! model checker's atomics and small bounds, so that a few steps run into every one
//! of them. `scripts/model-check` runs both checkers, `scripts/valgrind races` the same models
//! with real threads; a word on the command line runs those with that word in their name.
#![allow(
    dead_code,
    unused_imports,
    reason = "the library's files are here whole, and each model uses its part"
)]

#[cfg_attr(feature = "valgrind", path = "valgrind.rs")]
mod sync;

#[path = "../../logd-runtime/src/fork.rs"]
pub(crate) mod fork;
#[path = "../../logd-runtime/src/rate.rs"]
pub(crate) mod rate;
#[path = "../../logd-runtime/src/sys/mod.rs"]
pub(crate) mod sys;

#[cfg(loom)]
mod clock;
#[cfg(loom)]
mod record;
#[cfg(loom)]
#[path = "../../logd-runtime/src/accumulator/sum/mod.rs"]
pub(crate) mod sum;

#[cfg(not(loom))]
mod layers;
#[cfg(not(loom))]
use layers::{clock, error, key, names, off, record, stats, sum, transport, wire, worker};
#[cfg(not(loom))]
use {
    error::Error,
    stats::{DropReason, Drops, FlushReport, Stats},
};

mod both;
mod sink;

#[cfg(loom)]
#[path = "exhaustive.rs"]
mod models;
#[cfg(not(loom))]
#[path = "random.rs"]
mod models;

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut failed = 0;
    for (name, model) in models::ALL
        .iter()
        .chain(models::more())
        .chain(both::all())
        .filter(|(name, _)| name.contains(&wanted))
    {
        let start = std::time::Instant::now();
        let result = std::panic::catch_unwind(|| models::check(*model));
        let outcome = match result {
            Ok(schedules) if start.elapsed() >= models::LONGEST => {
                format!("holds so far, {schedules} schedules, stopped")
            }
            Ok(schedules) => format!("holds, {schedules} schedules"),
            Err(_) => {
                failed += 1;
                String::from("FAILS")
            }
        };
        println!("{name}: {outcome}, {:.1} s", start.elapsed().as_secs_f64());
    }
    if failed > 0 {
        println!("{failed} failed");
        std::process::exit(1);
    }
}
