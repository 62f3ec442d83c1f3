//! What one call costs, against its base and against the same of each peer.

use crate::floor;
use crate::measure::{Effort, Op, Outcome, interleave};
use crate::ours;

/// What a measurement is to reach: the ratio that is the goal, and the one that is the limit.
type Target = Option<(f64, f64)>;

fn header(title: &str) {
    println!("\n{title}");
    println!(
        "  {:<32} {:>9} {:>9} {:>8} {:>15}",
        "", "base ns", "ns", "ratio", "quartiles"
    );
}

fn row(name: &str, outcome: &Outcome) {
    print!(
        "  {name:<32} {:>9.2} {:>9.2} {:>7.3}x {:>7.3}..{:<6.3}",
        outcome.base_ns, outcome.ns, outcome.ratio, outcome.quartiles.0, outcome.quartiles.1
    );
}

/// The floor among itself.
pub fn floor(port: u16, effort: Effort) {
    let (call, count, clock) = (floor::call(), floor::count(), floor::clock());
    let others = [floor::atomic(), floor::lock(), floor::instants()];
    let send = floor::send(port);
    let pairs = [
        (&call, &count),
        (&count, &others[0]),
        (&count, &others[1]),
        (&count, &clock),
        (&clock, &others[2]),
        (&clock, &send),
    ];
    header("Floor");
    for ((base, op), outcome) in pairs.iter().zip(interleave(&pairs, effort)) {
        row(op.name, &outcome);
        println!("  of {}", base.name);
    }
}

/// logd against the floor and its targets.
pub fn ours(client: &logd::Client, effort: Effort) {
    let count = floor::count();
    let has_cycles = client.stats().clock() == "cycle counter";
    let (clock, without_cycles) = if has_cycles {
        (floor::clock(), None)
    } else {
        (floor::instants(), Some((1.10, 1.20)))
    };
    let or = |target| without_cycles.or(Some(target));
    let ops: Vec<(&Op, Op, Target)> = vec![
        (&count, ours::counted(), Some((1.25, 1.75))),
        (&clock, ours::timed_raw(), or((1.15, 1.25))),
        (&clock, ours::timed(), or((1.15, 1.35))),
        (&clock, ours::timed_tenth(), Some((0.25, 0.35))),
        (&clock, ours::timed_hundredth(), None),
        (&clock, ours::timed_adaptive(), Some((0.10, 0.15))),
        (&clock, ours::timed_and_counted(), Some((1.20, 1.30))),
        (&clock, ours::section_of_open(), Some((1.05, 1.15))),
        (&clock, ours::section_complete(), None),
        (&clock, ours::timed_async(), Some((1.10, 1.25))),
        (&clock, ours::outcome(), None),
        (&clock, ours::timed_named(), None),
        (&count, ours::increment_by_name(client), None),
        (&count, ours::counter_of_client(client), None),
        (&clock, ours::timer_of_client(client), None),
    ];
    let pairs: Vec<(&Op, &Op)> = ops.iter().map(|(base, op, _)| (*base, op)).collect();
    header("logd (a timed call past the raw places of its window unless it says otherwise)");
    for ((base, op, target), outcome) in ops.iter().zip(interleave(&pairs, effort)) {
        row(op.name, &outcome);
        print!("  of {}", base.name);
        if let Some((goal, gate)) = target {
            // A base that moved while it was measured makes any ratio one likes.
            let (low, high) = outcome.quartiles;
            let verdict = match outcome.ratio {
                ratio if high - low > 0.15 * ratio => "unsettled, the quartiles are too far apart",
                ratio if ratio <= *goal => "goal reached",
                ratio if ratio <= *gate => "within the gate",
                _ => "MISSED",
            };
            print!("; goal {goal}x, gate {gate}x: {verdict}");
        }
        println!();
    }
}

/// One peer beside logd, in one process.
#[cfg(feature = "peers")]
pub fn peer(peer: crate::peers::Peer, client: &logd::Client, effort: Effort) {
    let (count, clock) = (floor::count(), floor::clock());
    let beside = [
        ("count", &count, ours::counted(), peer.count),
        (
            "count, handle kept",
            &count,
            ours::counter_of_client(client),
            peer.count_kept,
        ),
        ("time", &clock, ours::timed(), peer.time),
        (
            "time, handle kept",
            &clock,
            ours::timer_of_client(client),
            peer.time_kept,
        ),
        (
            "time, rate 0.1",
            &clock,
            ours::timed_tenth(),
            peer.time_tenth,
        ),
        ("time async", &clock, ours::timed_async(), peer.time_async),
    ];
    for (what, base, ours, theirs) in beside {
        let Some(theirs) = theirs else { continue };
        let outcomes = interleave(&[(base, &ours), (base, &theirs)], effort);
        let name = format!("{}: {what}", theirs.name);
        row(&name, &outcomes[1]);
        println!(
            "  logd {:.2} ns: {:.1}x",
            outcomes[0].ns, outcomes[1].to_first
        );
    }
}
