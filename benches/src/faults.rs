//! The worst calls under faults: does a call take longer when something is wrong than when
//! nothing is? In every round each client makes a slice of calls, one fault after the other and
//! a healthy receiver among them, and the ratios are those within the round.

use std::time::Duration;

use logd::{Builder, Client, Scope};

use crate::floor::{call, nanoseconds_per_tick, ticks};
use crate::measure::{Effort, Op, median, quantile, ratios};
use crate::receivers::{Behaviour, Receiver};

/// Calls in a slice: so few that most slices are through before anything else runs.
const CALLS: usize = 2_000;

/// A client, what is wrong with its receiver, and what came out for it.
struct Row {
    name: &'static str,
    scope: Scope,
    p999: Vec<f64>,
    worst: Vec<f64>,
    _ends: (Client, Receiver),
}

impl Row {
    fn new(
        name: &'static str,
        behaviour: Behaviour,
        configure: impl FnOnce(Builder) -> Builder,
    ) -> Row {
        let receiver = Receiver::new(behaviour);
        let builder = Client::builder()
            .port(receiver.port)
            .flush_interval(Duration::from_millis(100));
        let client = configure(builder).build().expect("a client");
        Row {
            name,
            scope: client.scope(),
            p999: Vec::new(),
            worst: Vec::new(),
            _ends: (client, receiver),
        }
    }

    /// A slice of calls, each timed by itself.
    fn run(&mut self, op: &Op, scale: f64) {
        let mut took = self.scope.run(|| {
            let mut took = Vec::with_capacity(CALLS);
            for _ in 0..CALLS {
                let start = ticks();
                op.run(1);
                took.push((ticks() - start) as f64 * scale);
            }
            took
        });
        took.sort_unstable_by(f64::total_cmp);
        self.p999.push(quantile(&took, 0.999));
        self.worst.push(quantile(&took, 1.0));
    }
}

fn rows() -> Vec<Row> {
    use Behaviour::{Blocked, Dead, Healthy, Restarting, Slow};
    let as_it_is = |builder: Builder| builder;
    vec![
        Row::new("healthy", Healthy, as_it_is),
        // What the ratios of two that are alike say of the others.
        Row::new("healthy, another", Healthy, as_it_is),
        Row::new("absent", Dead, as_it_is),
        Row::new("dies and restarts", Restarting, as_it_is),
        Row::new("blocked", Blocked, as_it_is),
        Row::new("slow", Slow, as_it_is),
        Row::new("name fails", Healthy, |builder| {
            builder.host("no-such-host.invalid")
        }),
        // The kernel refuses at once to send to everybody, as it does without a way.
        Row::new("interface down", Healthy, |builder| {
            builder.host("255.255.255.255")
        }),
        Row::new("10x the budget", Healthy, |builder| {
            builder.datagrams_per_second(10)
        }),
    ]
}

pub fn compare(ops: &[Op], effort: Effort) {
    let rounds = if effort.full { 2500 } else { 250 };
    println!(
        "\nWorst calls under faults: medians of {rounds} rounds of {CALLS} calls, ns, and of their \
         ratios to the healthy receiver of the round"
    );
    let scale = nanoseconds_per_tick();
    for op in std::iter::once(&call()).chain(ops) {
        let mut rows = rows();
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
        println!(
            "  {:<32} {:>9} {:>7} {:>14} {:>7} {:>11}",
            op.name, "p99.9", "ratio", "worst of round", "ratio", "longest"
        );
        let healthy = (rows[0].p999.clone(), rows[0].worst.clone());
        for row in &mut rows {
            let p999_ratio = median(&mut ratios(&row.p999, &healthy.0));
            let worst_ratio = median(&mut ratios(&row.worst, &healthy.1));
            println!(
                "    {:<30} {:>9.0} {:>6.2}x {:>14.0} {:>6.2}x {:>11.0}",
                row.name,
                median(&mut row.p999),
                p999_ratio,
                median(&mut row.worst),
                worst_ratio,
                quantile(&row.worst, 1.0),
            );
        }
    }
}
