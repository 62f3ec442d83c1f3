//! A window of a timer's calls as a few messages from which the daemon computes
//! what it would have computed from all of them. Every message of a window carries
//! one weight, a power of two, because the daemon does not weigh by rate and sums
//! `1 / rate` exactly for powers of two only.

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
}

/// Windows for which a weight is held, so that seconds of unequal load within one
/// interval of the daemon (ten windows by default) weigh alike.
const HOLD: u8 = 10;

/// Entries kept before values are thinned: a timer that waits keeps its memory bounded.
const MOST_VALUES: usize = 8192;

/// What is known of one timer's calls that have not been sent.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Calls, clocked or not.
    calls: u64,
    /// Seconds and how many values they stand for.
    values: Vec<(f64, u64)>,
    /// Whether every value is as measured: none from a bucket or thinned.
    exact: bool,
    extremes: Option<(f64, f64)>,
    /// A few values that were sent before, for calls that come without one.
    memory: Vec<f64>,
    weight: u64,
    held: u8,
}

impl crate::record::values::Sink for Pending {
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

    pub(crate) fn add_calls(&mut self, calls: u64) {
        self.calls += calls;
    }

    /// The values that wait, each with how many it stands for, in no order.
    pub(crate) fn values(&self) -> &[(f64, u64)] {
        &self.values
    }

    pub(crate) fn extremes(&self) -> Option<(f64, f64)> {
        self.extremes
    }

    fn push(&mut self, seconds: f64, count: u64) {
        self.values.push((seconds, count));
        if self.values.len() >= MOST_VALUES {
            self.thin();
        }
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
        if !self.has_values() {
            return;
        }
        let needed = weight_for(self.calls, precision.messages);
        if needed >= self.weight || self.held == 0 {
            self.weight = needed;
            self.held = HOLD;
        }
        self.held -= 1;
        let weight = self.weight;
        if weight == 1 {
            self.send_all(precision, samples);
            return;
        }
        let sets = self.calls / (10 * weight);
        if sets > 0 {
            self.send(10 * sets as usize, weight, precision, samples);
        }
        if self.calls == 0 {
            self.forget();
        }
    }

    /// The messages of everything that is left, with nothing carried over: what
    /// the sets of ten do not hold goes out in smaller powers of two.
    pub(crate) fn take_rest(&mut self, precision: Precision, samples: &mut Vec<Sample>) {
        if !self.has_values() {
            return;
        }
        // Half the usual weight: more messages for once, and a smaller rest.
        let weight = (weight_for(self.calls, precision.messages) / 2).max(1);
        if self.calls <= precision.messages as u64 {
            self.send_all(precision, samples);
            return;
        }
        let sets = self.calls / (10 * weight);
        let rest = self.calls - sets * 10 * weight;
        let whole = self.values.clone();
        let extremes = self.extremes;
        self.send(10 * sets as usize, weight, precision, samples);
        if rest > 0 {
            self.values = whole;
            let bits: Vec<u64> = (0..u64::BITS)
                .rev()
                .map(|bit| 1 << bit)
                .filter(|bit| rest & bit != 0)
                .collect();
            for (seconds, weight) in middles(&mut self.values, bits.len()).into_iter().zip(bits) {
                samples.push(Sample {
                    seconds: within(seconds, extremes),
                    weight,
                });
            }
        }
        self.calls = 0;
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
            self.exact = false;
        }
        !self.values.is_empty()
    }

    fn send_all(&mut self, precision: Precision, samples: &mut Vec<Sample>) {
        if self.exact && self.values.len() as u64 == self.calls {
            samples.extend(self.values.iter().map(|(seconds, _)| Sample {
                seconds: *seconds,
                weight: 1,
            }));
            self.remember();
            self.calls = 0;
        } else {
            self.send(self.calls as usize, 1, precision, samples);
        }
        self.forget();
    }

    fn send(
        &mut self,
        messages: usize,
        weight: u64,
        precision: Precision,
        samples: &mut Vec<Sample>,
    ) {
        let extremes = self.extremes.unwrap_or_else(|| {
            let lowest = self
                .values
                .iter()
                .map(|(seconds, _)| *seconds)
                .fold(f64::MAX, f64::min);
            let highest = self
                .values
                .iter()
                .map(|(seconds, _)| *seconds)
                .fold(0.0, f64::max);
            (lowest, highest)
        });
        let seconds = strata(&mut self.values, extremes, messages, precision.threshold);
        samples.extend(
            seconds
                .into_iter()
                .map(|seconds| Sample { seconds, weight }),
        );
        self.calls -= messages as u64 * weight;
        self.remember();
        self.values.clear();
        self.extremes = None;
    }

    fn remember(&mut self) {
        let count = self.values.len().min(10);
        self.memory = middles(&mut self.values, count);
    }

    fn forget(&mut self) {
        self.values.clear();
        self.exact = false;
        self.extremes = None;
    }
}

/// The smallest power of two with which `messages` hold all calls.
fn weight_for(calls: u64, messages: usize) -> u64 {
    calls.div_ceil(messages as u64).next_power_of_two()
}

fn within(seconds: f64, extremes: Option<(f64, f64)>) -> f64 {
    extremes.map_or(seconds, |(lowest, highest)| seconds.clamp(lowest, highest))
}

/// `count` values that divide the sorted values evenly: the means of equal parts.
fn middles(values: &mut [(f64, u64)], count: usize) -> Vec<f64> {
    let ranks = Ranks::sort(values);
    (0..count)
        .map(|part| {
            let width = ranks.total / count as f64;
            ranks.mean(part as f64 * width, (part + 1) as f64 * width)
        })
        .collect()
}

/// The values of `messages` messages of equal weight, in order.
///
/// The daemon cuts those above its percentile off before it takes the
/// mean, and reports the highest that is left. So the ranks it would keep are cut
/// into as many strata as there will be messages among them, the others likewise;
/// a stratum is sent as its mean. The lowest message is the true minimum, the last
/// kept one the true percentile, the highest the true maximum, and the others are
/// shifted so that the mean of the kept ones stays true.
fn strata(
    values: &mut [(f64, u64)],
    extremes: (f64, f64),
    messages: usize,
    threshold: f64,
) -> Vec<f64> {
    let (lowest, highest) = extremes;
    for (seconds, _) in values.iter_mut() {
        *seconds = seconds.clamp(lowest, highest);
    }
    let ranks = Ranks::sort(values);
    let high = cut_off(messages as f64, threshold) as usize;
    let low = messages - high;
    let border = (ranks.total - cut_off(ranks.total, threshold)).max(ranks.total.min(1.0));
    let mut seconds: Vec<f64> = Vec::with_capacity(messages);
    let width = border / low as f64;
    seconds.extend((0..low).map(|part| ranks.mean(part as f64 * width, (part + 1) as f64 * width)));
    let width = (ranks.total - border) / high as f64;
    seconds.extend((0..high).map(|part| {
        ranks.mean(
            border + part as f64 * width,
            border + (part + 1) as f64 * width,
        )
    }));

    let percentile = ranks.at(border);
    let true_sum = ranks.mean(0.0, border) * low as f64;
    if low > 1 {
        seconds[0] = lowest;
        seconds[low - 1] = percentile;
    }
    if low > 2 {
        let between = &mut seconds[1..low - 1];
        let wanted = true_sum - lowest - percentile;
        shift(between, wanted, lowest, percentile);
    }
    if let Some(last) = seconds.last_mut() {
        *last = highest;
    }
    seconds
}

/// How many of `count` sorted samples the daemon leaves out of the mean, in its own
/// order of operations: it decides by a half.
fn cut_off(count: f64, threshold: f64) -> f64 {
    ((100.0 - threshold) / 100.0 * count + 0.5).floor()
}

/// Moves values by one amount so that their sum becomes `wanted`, none beyond the limits.
fn shift(values: &mut [f64], wanted: f64, lowest: f64, highest: f64) {
    // What a limit takes from one is given to the others; each round fixes at
    // least one value at its limit, and few rounds ever have to.
    for _ in 0..values.len() {
        let missing = wanted - values.iter().sum::<f64>();
        let movable = values
            .iter()
            .filter(|value| {
                if missing > 0.0 {
                    **value < highest
                } else {
                    **value > lowest
                }
            })
            .count();
        if movable == 0 || missing.abs() <= wanted.abs() * 1e-12 {
            return;
        }
        let step = missing / movable as f64;
        for value in values.iter_mut() {
            *value = (*value + step).clamp(lowest, highest);
        }
    }
}

/// Sorted values addressed by rank, a rank being one value's share of the total.
struct Ranks<'a> {
    values: &'a [(f64, u64)],
    total: f64,
}

impl<'a> Ranks<'a> {
    fn sort(values: &'a mut [(f64, u64)]) -> Self {
        values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let total = values.iter().map(|(_, count)| *count).sum::<u64>() as f64;
        Ranks { values, total }
    }

    /// The mean over the ranks from `from` to `to`.
    fn mean(&self, from: f64, to: f64) -> f64 {
        let (mut rank, mut sum, mut covered) = (0.0, 0.0, 0.0);
        for (seconds, count) in self.values {
            let end = rank + *count as f64;
            let share = end.min(to) - f64::max(rank, from);
            if share > 0.0 {
                sum += seconds * share;
                covered += share;
            }
            rank = end;
            if rank >= to {
                break;
            }
        }
        if covered > 0.0 {
            sum / covered
        } else {
            self.at(to)
        }
    }

    /// The value of the rank, counted from 1.
    fn at(&self, rank: f64) -> f64 {
        let mut end = 0.0;
        for (seconds, count) in self.values {
            end += *count as f64;
            if end >= rank {
                return *seconds;
            }
        }
        self.values.last().map_or(0.0, |(seconds, _)| *seconds)
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::record::values::Sink as _;

    const PRECISION: Precision = Precision {
        messages: 30,
        threshold: 90.0,
    };

    fn pending(values: impl IntoIterator<Item = f64>) -> Pending {
        let mut pending = Pending::default();
        for value in values {
            pending.value(value);
            pending.add_calls(1);
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
        pending.add_calls(6);
        let mut samples = Vec::new();
        pending.take_rest(PRECISION, &mut samples);
        assert_eq!(samples.iter().map(|s| s.weight).sum::<u64>(), 7);
        assert!(samples.iter().all(|s| s.seconds == 0.5));

        // The next calls come without any value and take the last one known.
        pending.add_calls(3);
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
                    pending.value(*value);
                    pending.add_calls(1);
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
