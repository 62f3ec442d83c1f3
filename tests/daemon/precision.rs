//! How far the daemon's mean and percentile are from those of all calls, measured over
//! ten windows of a client and its receiver.

use std::time::Duration;

use logd::testing;

use super::draw::{Random, Shape};
use super::{PATIENCE, client_of, receiver};

/// The daemon's arithmetic on every single call.
fn daemon(calls: &[Duration]) -> (f64, f64) {
    let mut seconds: Vec<_> = calls.iter().map(Duration::as_secs_f64).collect();
    seconds.sort_unstable_by(f64::total_cmp);
    let kept = seconds.len() - (0.1 * seconds.len() as f64 + 0.5).floor() as usize;
    let sum: f64 = seconds[..kept].iter().sum();
    (sum / kept as f64, seconds[kept - 1])
}

/// Relative errors, in percent, and how many messages there were.
struct Measured {
    mean: f64,
    percentile: f64,
    messages: u64,
}

impl Measured {
    fn new(sent: &logd_receiver::TimerStats, all: &[Duration]) -> Measured {
        let (mean, percentile) = daemon(all);
        assert_eq!(sent.count, all.len() as f64);
        assert_eq!(sent.lower, all.iter().min().unwrap().as_secs_f64());
        assert_eq!(sent.upper, all.iter().max().unwrap().as_secs_f64());
        Measured {
            mean: (sent.mean / mean - 1.0) * 100.0,
            percentile: (sent.upper_percentile / percentile - 1.0) * 100.0,
            messages: sent.samples,
        }
    }
}

/// Hosts that report to one daemon, each with its calls per window in ten windows.
fn measure(hosts: &[(&[usize], Shape)], messages: usize, seed: u64) -> Measured {
    let mut random = Random::new(seed);
    let to = receiver();
    let clients: Vec<_> = hosts.iter().map(|_| client_of(&to, messages)).collect();
    let timers: Vec<_> = clients
        .iter()
        .map(|client| client.timer("daemon.precision").unwrap())
        .collect();
    let mut all = Vec::new();
    for window in 0..10 {
        for ((loads, shape), (client, timer)) in hosts.iter().zip(clients.iter().zip(&timers)) {
            for _ in 0..loads[window] {
                let duration = shape.draw(&mut random);
                timer.record(duration);
                all.push(duration);
            }
            testing::end_window(client);
        }
    }
    for client in &clients {
        assert!(client.flush(PATIENCE).is_complete());
    }
    Measured::new(to.flush().timer("daemon.precision").unwrap(), &all)
}

/// A full-size run takes seconds of an optimised build; the debug build draws less, and
/// of the table only the part that is asserted.
fn seeds() -> u64 {
    super::number_from("LOGD_SEEDS").unwrap_or(if cfg!(debug_assertions) { 1 } else { 5 })
}

fn all_or(all: &[usize], asserted: usize) -> Vec<usize> {
    if cfg!(debug_assertions) {
        vec![asserted]
    } else {
        all.to_vec()
    }
}

/// The error that is largest over all seeds, with its sign.
fn worst(hosts: &[(&[usize], Shape)], messages: usize) -> Measured {
    let largest = |a: f64, b: f64| if b.abs() > a.abs() { b } else { a };
    (0..seeds())
        .map(|seed| measure(hosts, messages, seed * 7919 + 1))
        .reduce(|a, b| Measured {
            mean: largest(a.mean, b.mean),
            percentile: largest(a.percentile, b.percentile),
            messages: a.messages.max(b.messages),
        })
        .expect("a seed")
}

#[test]
fn mean_and_percentile_are_within_the_stated_error() {
    println!(
        "largest error of {} runs over ten windows, in percent",
        seeds()
    );
    println!("| durations | K | calls a window | messages | mean | upper_90 |");
    println!("|---|---|---|---|---|---|");
    let mut beyond = Vec::new();
    for shape in Shape::ALL {
        for messages in all_or(&[10, 30, 130], 30) {
            for calls in all_or(&[1_000, 10_000, 100_000], 100_000) {
                let error = worst(&[(&[calls; 10], shape)], messages);
                let Measured {
                    mean, percentile, ..
                } = error;
                println!(
                    "| {shape:?} | {messages} | {calls} | {} | {mean:+.2} | {percentile:+.2} |",
                    error.messages
                );
                if messages == 30
                    && calls == 100_000
                    && (mean.abs() > 0.5 || percentile.abs() > 2.0)
                {
                    beyond.push(format!(
                        "{shape:?}: mean {mean:+.2}, upper_90 {percentile:+.2}"
                    ));
                }
            }
        }
    }
    assert!(beyond.is_empty(), "{beyond:#?}");
}

/// No client can mend these: the daemon does not weigh by rate. They are here to be known.
#[test]
fn the_bias_under_unequal_load_is_measured() {
    const STEP: [usize; 10] = [
        2_000, 2_000, 2_000, 2_000, 2_000, 20_000, 20_000, 20_000, 20_000, 20_000,
    ];
    const DROP: [usize; 10] = [
        20_000, 20_000, 20_000, 20_000, 20_000, 2_000, 2_000, 2_000, 2_000, 2_000,
    ];
    const SPIKE: [usize; 10] = [
        5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 50_000, 5_000, 5_000, 5_000,
    ];
    const BUSY: [usize; 10] = [20_000; 10];
    const IDLE: [usize; 10] = [200; 10];
    use Shape::{Bimodal, LongTailed, Normal, Uniform};
    println!("| load | durations | messages | mean | upper_90 |");
    println!("|---|---|---|---|---|");
    let show = |load: &str, durations: &str, hosts: &[(&[usize], Shape)]| {
        let error = worst(hosts, 30);
        println!(
            "| {load} | {durations} | {} | {:+.2} | {:+.2} |",
            error.messages, error.mean, error.percentile
        );
    };
    for shape in [Uniform, Bimodal, LongTailed] {
        let name = format!("{shape:?}");
        show(
            "ten times more from the sixth window on",
            &name,
            &[(&STEP, shape)],
        );
        show(
            "ten times less from the sixth window on",
            &name,
            &[(&DROP, shape)],
        );
        show("one window of ten times as many", &name, &[(&SPIKE, shape)]);
        show(
            "two hosts, 100 to 1",
            &name,
            &[(&BUSY, shape), (&IDLE, shape)],
        );
    }
    // Alike in shape, hosts of unequal load do no harm; unlike, the idle one counts in full.
    show(
        "two hosts, 100 to 1",
        "10 ms and 1 ms",
        &[(&BUSY, Normal), (&IDLE, LongTailed)],
    );
    show(
        "two hosts, 100 to 1",
        "1 ms and 10 ms",
        &[(&BUSY, LongTailed), (&IDLE, Normal)],
    );
}
