//! What is printed: the receiver's table as it is, then every counter and every timer's count
//! beside the program's own figure. They have to be equal, not close.

use std::net::SocketAddr;

use logd::FlushReport;
use logd_receiver::Interval;

use crate::traffic;
use crate::truth::{self, Kind, Tally};

pub fn introduce(address: SocketAddr) {
    println!(
        "A shop opens for three seconds: {} visitors on threads, {} customers on a tokio runtime.",
        traffic::VISITORS,
        traffic::CUSTOMERS
    );
    println!("It is measured with logd, and a receiver listens on {address}.");
    println!();
}

/// Prints the results and tells whether receiver and program agree in every line.
pub fn conclude(interval: &Interval, flushed: &FlushReport) -> bool {
    println!("WHAT THE RECEIVER COMPUTED");
    println!("{interval}");
    println!();
    println!("WHAT THE SHOP COUNTED BY HAND   (a rate below 1 clocks fewer calls, and counts all)");
    let lines = compare(interval);
    let width = lines.iter().map(|line| line.key.len()).max().unwrap_or(0);
    println!(
        "  {:<width$}  {:<7}  {:>5}  {:>10}  {:>10}",
        "key", "kind", "rate", "receiver", "program"
    );
    for line in &lines {
        println!(
            "  {:<width$}  {:<7}  {:>5}  {:>10}  {:>10}  {}",
            line.key,
            line.kind,
            shown(line.rate),
            shown(line.received),
            shown(line.counted),
            if line.agrees() { "ok" } else { "DIFFERS" }
        );
    }
    println!();
    println!("flush: {flushed}");
    println!();
    let agreed = lines.iter().filter(|line| line.agrees()).count();
    let all = lines.len();
    if agreed == all {
        println!("All {all} agree, to the last call. Now read examples/quickstart/service.rs.");
    } else {
        println!("Only {agreed} of {all} agree: the lines above say where and by how much.");
    }
    agreed == all
}

struct Line {
    key: String,
    kind: &'static str,
    rate: Option<f64>,
    received: Option<f64>,
    counted: Option<f64>,
}

impl Line {
    fn agrees(&self) -> bool {
        self.received.is_some() && self.received == self.counted
    }
}

/// A line for whatever either side knows, so that nothing can go missing on one of them.
fn compare(interval: &Interval) -> Vec<Line> {
    let (counters, timers) = (&interval.counters, &interval.timers);
    let received = counters
        .iter()
        .map(|counter| (Kind::Counter, &*counter.key, counter.sum))
        .chain(
            timers
                .iter()
                .map(|timer| (Kind::Timer, &*timer.key, timer.count)),
        );
    let mut lines: Vec<Line> = truth::ALL.iter().map(|tally| expected(tally)).collect();
    for (kind, key, total) in received {
        let known = truth::ALL
            .iter()
            .position(|tally| tally.kind == kind && tally.key == key);
        match known {
            Some(position) => lines[position].received = Some(total),
            None => lines.push(Line {
                key: key.to_owned(),
                kind: name(kind),
                rate: None,
                received: Some(total),
                counted: None,
            }),
        }
    }
    lines
}

fn expected(tally: &Tally) -> Line {
    Line {
        key: tally.key.to_owned(),
        kind: name(tally.kind),
        rate: Some(tally.rate),
        received: None,
        counted: Some(tally.total() as f64),
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Timer => "timer",
    }
}

fn shown(number: Option<f64>) -> String {
    number.map_or_else(|| String::from("-"), |number| number.to_string())
}
