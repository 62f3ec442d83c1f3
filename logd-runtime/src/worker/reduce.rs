//! A window of a timer's calls as a few messages from which the daemon computes
//! what it would have computed from all of them. Every message of a window carries
//! one weight, a power of two, because the daemon does not weigh by rate and sums
//! `1 / rate` exactly for powers of two only.

use super::strata::{Percentile, Ranks, sort, strata, weighed};
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
        sort(&mut self.values);
        for pair in 0..self.values.len() / 2 {
            let (one, ones) = self.values[2 * pair];
            let (other, others) = self.values[2 * pair + 1];
            let count = ones + others;
            let mean = (one * ones as f64 + other * others as f64) / count as f64;
            self.values[pair] = (mean, count);
        }
        let odd = self.values.len() % 2 == 1;
        let last = self.values.last().copied();
        self.values.truncate(self.values.len() / 2);
        self.values.extend(last.filter(|_| odd));
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
            self.memory.clear();
            Ranks::sort(&mut self.values).push_middles(&mut self.memory);
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
        let ranks = Ranks::sort(&mut self.values);
        let split;
        let (seconds, weights) = if precision.tail == Tail::Weighed {
            split = with_ends_alone(weights);
            let seconds = weighed(&ranks, self.extremes, &split);
            (seconds, &*split)
        } else {
            let seconds = strata(
                &ranks,
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
        self.memory.clear();
        ranks.push_middles(&mut self.memory);
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
    for bit in (0..u64::BITS).rev() {
        if rest & (1 << bit) != 0 {
            weights.push(1 << bit);
        }
    }
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
mod tests;
