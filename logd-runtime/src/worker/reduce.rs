//! A window of a timer's calls as a few messages from which the daemon computes
//! what it would have computed from all of them. Every message of a window carries
//! one weight, a power of two, because the daemon does not weigh by rate and sums
//! `1 / rate` exactly for powers of two only.

use super::strata::{Percentile, middles, strata, weighed};
use crate::record::slot::TimerGain;
use crate::record::values::Sink;

/// One message: seconds, and the number of calls that it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) seconds: f64,
    pub(crate) weight: u64,
}

impl Sample {
    /// The rate to send, which is exact; none when the message stands for itself.
    pub(crate) fn rate(self) -> Option<f64> {
        (self.weight > 1).then(|| 1.0 / self.weight as f64)
    }
}

/// How a timer is reduced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Precision {
    /// The most messages in a window, a multiple of 10.
    pub(crate) messages: usize,
    /// The daemon's percentile, 90.
    pub(crate) threshold: f64,
    pub(crate) tail: Tail,
}

/// What a receiver does with the values above its percentile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// logd: they are not in the mean, so the highest may be the true maximum at no cost.
    CutOff,
    /// `StatsD`: they are in it, so the highest must not carry more than its share.
    InMean,
    /// `DogStatsD`: they are, and every value weighs as much as its rate says, so that the
    /// extremes can stand for one call each.
    Weighed,
}

/// Windows for which a weight is held, so that seconds of unequal load within one
/// interval of the daemon (ten windows by default) weigh alike.
const HOLD: u8 = 10;

/// Entries of which values are thinned, between two threads: a timer that waits keeps its
/// memory bounded.
const MOST_VALUES: usize = 8192;

/// What is known of one timer's calls that have not been sent.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Calls, clocked or not.
    calls: u64,
    /// Seconds and how many calls they stand for.
    values: Vec<(f64, u64)>,
    /// How many of those calls were clocked.
    clocked: u64,
    /// Whether every value is as measured: none from a bucket or thinned.
    exact: bool,
    extremes: Option<(f64, f64)>,
    /// A few values that were sent before, for calls that come without one.
    memory: Vec<f64>,
    weight: u64,
    held: u8,
    /// Calls since the last window, without what that carried over.
    fresh: u64,
    /// The largest weight that a window of this hold needed.
    peak: u64,
    percentile: Percentile,
}

impl Sink for Pending {
    fn value(&mut self, seconds: f64) {
        self.exact |= self.values.is_empty();
        self.push(seconds, 1);
        self.extreme(seconds);
    }

    fn bucket(&mut self, seconds: f64, count: u64) {
        self.exact = false;
        self.push(seconds, count);
    }

    fn extreme(&mut self, seconds: f64) {
        let (lowest, highest) = self.extremes.unwrap_or((seconds, seconds));
        self.extremes = Some((lowest.min(seconds), highest.max(seconds)));
    }
}

impl Pending {
    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }

    /// Takes in what `drain` tells of one thread, and its calls, which are returned. The values
    /// stand for those without one too: threads weigh by what they did, not by how much of it
    /// they clocked.
    pub(crate) fn take_in(&mut self, drain: impl FnOnce(&mut Self) -> TimerGain) -> u64 {
        let (first, before) = (self.values.len(), self.clocked);
        let gain = drain(self);
        self.calls += gain.calls();
        self.fresh += gain.calls();
        let clocked = self.clocked - before;
        let more = (gain.without_value + clocked / 2).checked_div(clocked);
        let values = self.values.get_mut(first..).unwrap_or_default();
        for (_, count) in values {
            *count *= 1 + more.unwrap_or(0);
        }
        // Not before: neighbours that become one are no longer this thread's alone.
        if self.values.len() >= MOST_VALUES {
            self.thin();
        }
        gain.calls()
    }

    /// How many calls that wait were clocked.
    pub(crate) fn clocked(&self) -> u64 {
        self.clocked
    }

    pub(crate) fn extremes(&self) -> Option<(f64, f64)> {
        self.extremes
    }

    fn push(&mut self, seconds: f64, count: u64) {
        self.clocked += count;
        self.values.push((seconds, count));
    }

    /// Halves the entries: neighbours become their mean.
    fn thin(&mut self) {
        self.values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        self.values = self
            .values
            .chunks(2)
            .map(|pair| {
                let count: u64 = pair.iter().map(|(_, count)| count).sum();
                let sum: f64 = pair
                    .iter()
                    .map(|(seconds, count)| seconds * *count as f64)
                    .sum();
                (sum / count as f64, count)
            })
            .collect();
        self.exact = false;
    }

    /// The messages of a window. Calls short of one more full set are carried over.
    pub(crate) fn take(&mut self, precision: Precision, samples: &mut Vec<Sample>) {
        if precision.tail == Tail::Weighed {
            // Neither messages nor windows must weigh alike, so nothing is carried over.
            self.weight = weight_for(self.calls, precision.messages);
            self.take_rest(precision, samples);
            return;
        }
        let fresh = std::mem::take(&mut self.fresh);
        if !self.has_values() {
            return;
        }
        // By this window's calls alone: what was carried over would raise the weight,
        // which would carry over more.
        let needed = weight_for(fresh.max(1), precision.messages);
        self.peak = self.peak.max(needed);
        if needed > self.weight || self.held == 0 {
            self.weight = self.peak;
            self.peak = needed;
            self.held = HOLD;
        }
        self.held -= 1;
        let weight = self.weight;
        if weight == 1 {
            // What was carried over may be of busier times: thousands, for which this
            // window has no messages.
            self.send_rest(precision.messages / 4, precision, samples);
            return;
        }
        let sets = (self.calls / (10 * weight)).min(precision.messages as u64 / 10);
        if sets > 0 {
            let weights = vec![weight; 10 * sets as usize];
            self.send(&weights, precision, samples);
        }
        if self.calls == 0 {
            self.forget();
        }
    }

    /// The messages of everything that is left, with nothing carried over: what
    /// the usual weight does not hold goes out in smaller powers of two.
    pub(crate) fn take_rest(&mut self, precision: Precision, samples: &mut Vec<Sample>) {
        self.fresh = 0;
        if self.has_values() {
            self.send_rest(precision.messages, precision, samples);
        }
    }

    /// Sends all calls: each by itself where they are few, else in twice `messages` or less.
    fn send_rest(&mut self, messages: usize, precision: Precision, samples: &mut Vec<Sample>) {
        if self.calls <= precision.messages as u64 {
            self.send_all(precision, samples);
            return;
        }
        let weights = rest_weights(self.calls, self.weight, messages);
        self.send(&weights, precision, samples);
        self.forget();
    }

    /// Calls without a value take what the last window had; without that they wait.
    fn has_values(&mut self) -> bool {
        if self.calls == 0 {
            return false;
        }
        if self.values.is_empty() {
            self.values
                .extend(self.memory.iter().map(|seconds| (*seconds, 1)));
            if let Some(kept) = self.extremes {
                // It is no limit to them.
                let known = self.memory.iter().copied();
                let lowest = known.clone().fold(kept.0, f64::min);
                self.extremes = Some((lowest, known.fold(kept.1, f64::max)));
            }
            self.exact = false;
        }
        !self.values.is_empty()
    }

    fn send_all(&mut self, precision: Precision, samples: &mut Vec<Sample>) {
        if self.exact && self.values.len() as u64 >= self.calls {
            // A value may come a drain before its call is counted: it waits for it.
            let early = self.values.split_off(self.calls as usize);
            let before = samples.len();
            samples.extend(self.values.iter().map(|(seconds, _)| Sample {
                seconds: *seconds,
                weight: 1,
            }));
            self.remember();
            self.calls = 0;
            self.forget();
            self.keep_untold(&samples[before..]);
            for (seconds, _) in early {
                self.value(seconds);
            }
            return;
        }
        let weights = vec![1; self.calls as usize];
        self.send(&weights, precision, samples);
        self.forget();
    }

    /// Sends the values as messages of these weights.
    fn send(&mut self, weights: &[u64], precision: Precision, samples: &mut Vec<Sample>) {
        let split;
        let (seconds, weights) = if precision.tail == Tail::Weighed {
            split = with_ends_alone(weights);
            let seconds = weighed(&mut self.values, self.extremes, &split);
            (seconds, &*split)
        } else {
            let seconds = strata(
                &mut self.values,
                self.extremes,
                self.clocked,
                weights.len(),
                precision,
                &mut self.percentile,
            );
            (seconds, weights)
        };
        let before = samples.len();
        samples.extend(
            seconds
                .into_iter()
                .zip(weights)
                .map(|(seconds, weight)| Sample {
                    seconds,
                    weight: *weight,
                }),
        );
        self.calls -= weights.iter().sum::<u64>();
        self.remember();
        self.values.clear();
        self.clocked = 0;
        if precision.tail == Tail::InMean {
            // There the highest is told as far as the mean allows.
            self.extremes = None;
        } else {
            self.keep_untold(&samples[before..]);
        }
    }

    /// Keeps the extremes that none of the messages tells for the next ones: a thread may
    /// have told one before its call is counted, and few messages have no place for both.
    fn keep_untold(&mut self, sent: &[Sample]) {
        let Some((lowest, highest)) = self.extremes.take() else {
            return;
        };
        if sent.iter().all(|sample| sample.seconds > lowest) {
            self.extreme(lowest);
        }
        if sent.iter().all(|sample| sample.seconds < highest) {
            self.extreme(highest);
        }
    }

    fn remember(&mut self) {
        let count = self.values.len().min(10);
        self.memory = middles(&mut self.values, count);
    }

    fn forget(&mut self) {
        self.values.clear();
        self.clocked = 0;
        self.exact = false;
    }
}

/// The same weights in all, with a single call at either end for the extremes: the first and
/// the last are split into smaller powers of two.
fn with_ends_alone(weights: &[u64]) -> Vec<u64> {
    let [first, between @ .., last] = weights else {
        return weights.to_vec();
    };
    let halves = |weight: u64| (0..weight.ilog2()).map(|bit| 1 << bit);
    let mut split = vec![1];
    split.extend(halves(*first));
    split.extend(between);
    split.extend(halves(*last).rev());
    split.push(1);
    split
}

/// The smallest power of two with which `messages` hold all calls.
fn weight_for(calls: u64, messages: usize) -> u64 {
    calls.div_ceil(messages as u64).next_power_of_two()
}

/// Weights whose sum is `calls`, in sets of ten as far as the calls suffice: the usual
/// one, and smaller powers of two for what it does not hold.
fn rest_weights(calls: u64, usual: u64, messages: usize) -> Vec<u64> {
    let mut weight = usual.max(weight_for(calls, 2 * messages));
    while calls / weight < 10 {
        weight /= 2;
    }
    let rest = calls % weight;
    let mut weights = vec![weight; (calls / weight) as usize];
    weights.extend(
        (0..u64::BITS)
            .rev()
            .map(|bit| 1 << bit)
            .filter(|bit| rest & bit != 0),
    );
    // Halves weigh as much as the whole: the largest are cut until the sets are full.
    let mut next = 0;
    while !weights.len().is_multiple_of(10) && next < weights.len() {
        if weights[next] > 1 {
            weights[next] /= 2;
            weights.push(weights[next]);
        }
        next += 1;
    }
    weights
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};

    use super::super::strata::cut_off;
    use super::*;

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
}
