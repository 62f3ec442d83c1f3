//! What a window's messages tell of its calls.

use rand::{RngExt, SeedableRng};

use super::*;
use crate::worker::strata::cut_off;

const PRECISION: Precision = Precision {
    messages: 30,
    threshold: 90.0,
    tail: Tail::CutOff,
};

fn clocked(calls: u64) -> TimerGain {
    TimerGain {
        without_value: 0,
        with_value: calls,
    }
}

fn pending(values: impl IntoIterator<Item = f64>) -> Pending {
    let mut pending = Pending::default();
    for value in values {
        pending.take_in(|pending| {
            pending.value(value);
            clocked(1)
        });
    }
    pending
}

/// Mean and percentile as the daemon computes them.
fn daemon(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_unstable_by(f64::total_cmp);
    let kept = values.len() - cut_off(values.len() as f64, 90.0) as usize;
    (
        values[..kept].iter().sum::<f64>() / kept as f64,
        values[kept - 1],
    )
}

#[test]
fn a_quiet_window_is_sent_as_it_was() {
    let mut pending = pending([0.3, 0.1, 0.2]);
    let mut samples = Vec::new();
    pending.take(PRECISION, &mut samples);
    let sent: Vec<_> = samples.iter().map(|s| (s.seconds, s.rate())).collect();
    assert_eq!(sent, [(0.3, None), (0.1, None), (0.2, None)]);
    assert_eq!(pending.calls(), 0);
}

#[test]
fn what_a_busy_time_left_over_needs_no_more_messages_when_it_is_quiet() {
    let mut pending = pending((0..35_000).map(|n| f64::from(n) * 1e-6));
    let mut samples = Vec::new();
    pending.take(PRECISION, &mut samples);
    let mut weight: u64 = samples.iter().map(|sample| sample.weight).sum();
    assert!(weight < 35_000, "nothing was carried over");
    let windows = 3 * u64::from(HOLD);
    for _ in 0..windows {
        samples.clear();
        pending.take_in(|pending| {
            pending.value(0.001);
            clocked(1)
        });
        pending.take(PRECISION, &mut samples);
        assert!(samples.len() <= PRECISION.messages, "{}", samples.len());
        weight += samples.iter().map(|sample| sample.weight).sum::<u64>();
    }
    assert_eq!((pending.calls(), weight), (0, 35_000 + windows));
}

/// Two threads clock ten calls each; one of them makes a hundred, the other ten.
#[test]
fn threads_weigh_by_their_calls_not_by_those_that_were_clocked() {
    let mut pending = Pending::default();
    for (seconds, calls) in [(0.001, 100), (0.003, 10)] {
        pending.take_in(|pending| {
            (0..10).for_each(|_| pending.value(seconds));
            TimerGain {
                without_value: calls - 10,
                with_value: 10,
            }
        });
    }
    assert_eq!((pending.calls(), pending.clocked()), (110, 20));
    let mut samples = Vec::new();
    pending.take_rest(PRECISION, &mut samples);
    let calls_of = |seconds: f64| -> u64 {
        let alike = samples.iter().filter(|sample| sample.seconds == seconds);
        alike.map(|sample| sample.weight).sum()
    };
    assert!((90..=106).contains(&calls_of(0.001)), "{samples:?}");
}

/// So many threads that the values are thinned: each still weighs as its calls do.
#[test]
fn a_thread_weighs_by_its_calls_also_where_values_are_thinned() {
    let mut pending = Pending::default();
    let threads = 2 * MOST_VALUES / 64 + 1;
    for thread in 0..threads {
        pending.take_in(|pending| {
            (0..64).for_each(|_| pending.value(thread as f64));
            TimerGain {
                without_value: 64 * 9,
                with_value: 64,
            }
        });
    }
    let stood_for: u64 = pending.values.iter().map(|(_, count)| count).sum();
    assert_eq!(stood_for, pending.calls());
}

/// A thread may be between telling its extreme and its value, beside another whose calls
/// go out one by one.
#[test]
fn an_extreme_that_comes_before_its_value_is_told_with_it() {
    let mut pending = pending([0.2, 0.3]);
    pending.extreme(7.0);
    let mut samples = Vec::new();
    pending.take(PRECISION, &mut samples);
    assert_eq!(samples.len(), 2);
    pending.take_in(|pending| {
        pending.bucket(6.99, 1);
        clocked(1)
    });
    samples.clear();
    pending.take_rest(PRECISION, &mut samples);
    assert!(
        samples.iter().any(|sample| sample.seconds == 7.0),
        "{samples:?}"
    );
}

/// Of a thread that begins just then, more values may be seen than calls.
#[test]
fn extremes_that_few_messages_have_no_place_for_are_told_with_the_next() {
    for calls in 1..5 {
        let mut pending = Pending::default();
        pending.take_in(|pending| {
            (1..=67).for_each(|n| pending.bucket(f64::from(n), 1));
            [0.9, 67.1].into_iter().for_each(|n| pending.extreme(n));
            clocked(calls)
        });
        let mut samples = Vec::new();
        pending.take_rest(PRECISION, &mut samples);
        assert_eq!(samples.len() as u64, calls);
        pending.take_in(|_| clocked(67 - calls));
        pending.take_rest(PRECISION, &mut samples);
        let seconds = || samples.iter().map(|sample| sample.seconds);
        let extremes = (
            seconds().fold(99.0, f64::min),
            seconds().fold(0.0, f64::max),
        );
        assert_eq!(extremes, (0.9, 67.1), "{calls}");
        // What was kept is a limit to nothing else.
        let above = seconds().filter(|seconds| *seconds > 67.0).count();
        assert!(above < 4, "{samples:?}");
    }
}

#[test]
fn counts_are_exact_once_the_rest_is_taken() {
    for calls in [1, 29, 30, 31, 299, 1000, 12_345, 100_001] {
        let mut pending = pending((0..calls).map(|n| f64::from(n) * 1e-6));
        let mut samples = Vec::new();
        pending.take(PRECISION, &mut samples);
        assert!(samples.len() <= 30, "{calls}: {}", samples.len());
        pending.take_rest(PRECISION, &mut samples);
        let sum: f64 = samples.iter().map(|s| 1.0 / s.rate().unwrap_or(1.0)).sum();
        assert_eq!(sum, f64::from(calls));
        assert_eq!(pending.calls(), 0);
    }
}

#[test]
fn calls_that_were_not_clocked_are_counted_through_those_that_were() {
    let mut pending = pending([0.5]);
    pending.take_in(|_| clocked(6));
    let mut samples = Vec::new();
    pending.take_rest(PRECISION, &mut samples);
    assert_eq!(samples.iter().map(|s| s.weight).sum::<u64>(), 7);
    assert!(samples.iter().all(|s| s.seconds == 0.5));

    // The next calls come without any value and take the last one known.
    pending.take_in(|_| clocked(3));
    samples.clear();
    pending.take_rest(PRECISION, &mut samples);
    assert_eq!(samples.iter().map(|s| s.weight).sum::<u64>(), 3);
    assert!(samples.iter().all(|s| s.seconds == 0.5));
}

#[test]
fn lowest_and_highest_are_the_true_ones() {
    let mut pending = pending((1..=50_000).map(|n| f64::from(n) / 1e6));
    let mut samples = Vec::new();
    pending.take(PRECISION, &mut samples);
    let seconds = samples.iter().map(|s| s.seconds);
    assert_eq!(seconds.clone().fold(f64::MAX, f64::min), 1e-6);
    assert_eq!(seconds.fold(0.0, f64::max), 0.05);
}

#[test]
fn a_receiver_that_weighs_gets_sum_and_extremes_of_all_calls() {
    let precision = Precision {
        tail: Tail::Weighed,
        ..PRECISION
    };
    for calls in [40_u32, 1000, 7_777] {
        // One in a thousand takes a second.
        let values = (1..=calls).map(|n| if n == 7 { 1.0 } else { f64::from(n) * 1e-6 });
        let true_sum: f64 = values.clone().sum();
        let mut pending = pending(values);
        let mut samples = Vec::new();
        pending.take_rest(precision, &mut samples);
        assert!(samples.len() <= 80, "{}", samples.len());
        assert!(samples.iter().all(|s| s.weight.is_power_of_two()));
        assert_eq!(
            samples.iter().map(|s| s.weight).sum::<u64>(),
            u64::from(calls)
        );
        let sum: f64 = samples.iter().map(|s| s.seconds * s.weight as f64).sum();
        assert!((sum / true_sum - 1.0).abs() < 1e-9, "{sum} {true_sum}");
        let seconds = samples.iter().map(|s| s.seconds);
        assert_eq!(seconds.clone().fold(f64::MAX, f64::min), 1e-6);
        assert_eq!(seconds.fold(0.0, f64::max), 1.0);
    }
}

#[test]
fn mean_and_percentile_stay_close_to_those_of_all_calls() {
    let mut rng = rand::rngs::SmallRng::seed_from_u64(7);
    let mut uniform = || -> f64 { rng.random() };
    let distributions: [(&str, Vec<f64>); 3] = [
        ("uniform", (0..100_000).map(|_| uniform()).collect()),
        (
            "exponential",
            (0..100_000).map(|_| -(1.0 - uniform()).ln()).collect(),
        ),
        (
            "bimodal",
            (0..100_000)
                .map(|n| {
                    if n % 3 == 0 {
                        5.0 + uniform()
                    } else {
                        uniform()
                    }
                })
                .collect(),
        ),
    ];
    for (name, values) in distributions {
        let (mean, percentile) = daemon(values.clone());
        let mut pending = Pending::default();
        let mut sent = Vec::new();
        for window in values.chunks(10_000) {
            let mut samples = Vec::new();
            for value in window {
                pending.take_in(|pending| {
                    pending.value(*value);
                    clocked(1)
                });
            }
            pending.take(PRECISION, &mut samples);
            sent.extend(samples.iter().map(|s| s.seconds));
        }
        let (sent_mean, sent_percentile) = daemon(sent);
        assert!(
            (sent_mean / mean - 1.0).abs() < 0.01,
            "{name}: {sent_mean} {mean}"
        );
        // The daemon shows the highest of ten windows' percentiles: windows of
        // 10,000 calls each, whose own percentiles scatter, push it up.
        assert!(
            (sent_percentile / percentile - 1.0).abs() < 0.07,
            "{name}: {sent_percentile} {percentile}"
        );
    }
}
