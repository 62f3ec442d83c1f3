//! A script as cron runs it, measured: `cargo run --example nightly_report -- [FILE]`.
//!
//! It adds up orders, lines of a customer and an amount, and ends. However it ends, well, with an
//! error or by a panic, its figures are sent before the process is gone: `nightly.run.ok`,
//! `.err` or `.panicked` says how, and a night without any of them is one in which it did not
//! run. Where they go is said by `LOGD_HOST` and the like, or by a file that serves all scripts
//! of the machine: `/etc/logd.conf`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;

use logd::{accumulate, accumulated, count, timed};

/// What is reported when no file is given.
const SAMPLE: &str = "ada 1250\ngrace 300\nada 99\n\nlin 4800\n";

fn main() -> Result<(), Box<dyn Error>> {
    // It flushes when it is dropped: at the end of `main`, after `?`, and when a panic unwinds.
    // Only `std::process::exit` would go past it, so this program ends by returning. Without a
    // receiver it takes no longer; a name that does not resolve is given two seconds.
    let _logd = logd::init()?;

    let file = std::env::args().nth(1);
    for (customer, total) in run(file.as_deref())? {
        println!("{customer:<10} {total:>8}");
    }
    Ok(())
}

/// The whole of the work: cron knows its exit status, and this how often and how long.
#[timed("nightly.run", outcome)]
fn run(file: Option<&str>) -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
    let orders = match file {
        Some(file) => read(file)?,
        None => SAMPLE.into(),
    };
    let totals = add_up(&orders)?;
    // An average of nothing: a mistake, as programs have them.
    let average = totals.values().sum::<u64>() / totals.len() as u64;
    println!("{} customers, {average} on average", totals.len());
    Ok(totals)
}

#[timed("nightly.read", outcome)]
fn read(file: &str) -> Result<String, Box<dyn Error>> {
    fs::read_to_string(file).map_err(|error| format!("{file}: {error}").into())
}

/// One reading of `nightly.parse` for all lines: the time that reading them takes, without what
/// is done between.
#[accumulated("nightly.parse")]
fn add_up(orders: &str) -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
    let mut totals = BTreeMap::new();
    for (number, line) in (1..).zip(orders.lines()) {
        if line.trim().is_empty() {
            count!("nightly.lines.empty");
            continue;
        }
        let (customer, amount) = accumulate!("nightly.parse", { parse(line) })
            .ok_or_else(|| format!("line {number} is {line:?}: write a customer and an amount"))?;
        count!("nightly.orders");
        count!("nightly.amount", by = amount);
        *totals.entry(customer.to_owned()).or_default() += amount;
    }
    Ok(totals)
}

fn parse(line: &str) -> Option<(&str, u64)> {
    let (customer, amount) = line.split_once(' ')?;
    Some((customer, amount.trim().parse().ok()?))
}
