//! A window's sorted values as a few that give the daemon the same mean, percentile
//! and extremes as all of them.

use std::ops::{Range, RangeInclusive};

use super::reduce::{Precision, Tail};

/// Windows that the percentile is taken over.
const MEMORY: f64 = 10.0;

/// Standard deviations within which a window's percentile says nothing new.
const DOUBT: f64 = 2.0;

/// How many values stand for a window's in the next one.
const MIDDLES: usize = 10;

/// The percentile as the last windows have it. The daemon reports the highest that any
/// window of its interval sends, so one that scatters less is also one less too high.
#[derive(Debug, Default)]
pub(crate) struct Percentile {
    seconds: f64,
    windows: f64,
}

impl Percentile {
    /// Takes in a window's own percentile, which is at rank `border`, and gives the one to
    /// send: that of the last windows, as far as this one does not contradict it.
    ///
    /// Of the ranks, `clocked` are values that were measured, and the others are taken to be
    /// like them: they make nothing more certain.
    fn update(&mut self, ranks: &Ranks<'_>, border: f64, clocked: u64) -> f64 {
        let each = (ranks.total / clocked.max(1) as f64).max(1.0);
        let doubt = DOUBT * (each * border * (1.0 - border / ranks.total)).sqrt();
        let (low, high) = (ranks.at(border - doubt), ranks.at(border + doubt));
        if self.seconds < low || self.seconds > high {
            // The program does something else than before.
            self.windows = 0.0;
        }
        self.windows = (self.windows + 1.0).min(MEMORY);
        self.seconds += (ranks.at(border) - self.seconds) / self.windows;
        self.seconds.clamp(low, high)
    }
}

/// Sorts values with what they stand for. None is below 0, so they are in the order of their
/// bits, which are compared in less time.
pub(crate) fn sort(values: &mut [(f64, u64)]) {
    values.sort_unstable_by_key(|(seconds, _)| seconds.to_bits());
}

/// The values of `messages` messages of equal weight, in order.
///
/// The daemon cuts those above its percentile off before it takes the
/// mean, and reports the highest that is left. So the ranks it would keep are cut
/// into as many strata as there will be messages among them, the others likewise;
/// a stratum is sent as its mean. The lowest message is the true minimum, the last
/// kept one the percentile, the highest the true maximum, and the others are
/// shifted so that the mean of the kept ones stays true. Where the receiver has all
/// values in its mean, those above the percentile are shifted likewise, and the highest
/// is no more than leaves the mean of all of them true.
pub(crate) fn strata(
    ranks: &Ranks<'_>,
    extremes: Option<(f64, f64)>,
    clocked: u64,
    messages: usize,
    precision: Precision,
    percentile: &mut Percentile,
) -> Vec<f64> {
    let threshold = precision.threshold;
    let (lowest, highest) = extremes.unwrap_or_else(|| ranks.extremes());
    let high = cut_off(messages as f64, threshold) as usize;
    let low = messages - high;
    let border = (ranks.total - cut_off(ranks.total, threshold)).max(ranks.total.min(1.0));
    let percentile = percentile
        .update(ranks, border, clocked)
        .clamp(lowest, highest);
    let mut seconds = Vec::with_capacity(messages);
    ranks.push_parts(&mut seconds, 0.0..border, low, lowest..=percentile);
    ranks.push_parts(
        &mut seconds,
        border..ranks.total,
        high,
        percentile..=highest,
    );
    let true_sum = ranks.mean(0.0, border) * low as f64;
    if low > 1 {
        seconds[0] = lowest;
        seconds[low - 1] = percentile;
    }
    if low > 2 {
        let between = &mut seconds[1..low - 1];
        shift(between, true_sum - lowest - percentile, lowest, percentile);
    }
    let (kept, cut) = seconds.split_at_mut(low);
    let Some((last, others)) = cut.split_last_mut() else {
        return seconds;
    };
    *last = highest;
    if precision.tail == Tail::InMean {
        let sum = ranks.mean(0.0, ranks.total) * messages as f64 - kept.iter().sum::<f64>();
        let room = sum - percentile * others.len() as f64;
        *last = room.clamp(percentile, highest);
        let others_sum = sum - *last;
        shift(others, others_sum, percentile, highest);
    }
    seconds
}

/// The values of messages with these weights, in order, for a receiver that weighs them: each is
/// the mean of its share of the ranks, the first and the last are the true extremes.
pub(crate) fn weighed(
    ranks: &Ranks<'_>,
    extremes: Option<(f64, f64)>,
    weights: &[u64],
) -> Vec<f64> {
    let (lowest, highest) = extremes.unwrap_or_else(|| ranks.extremes());
    let share = ranks.total / weights.iter().sum::<u64>() as f64;
    let mut begin = 0.0;
    let mut seconds: Vec<f64> = weights
        .iter()
        .map(|weight| {
            let end = begin + *weight as f64 * share;
            let mean = ranks.mean(begin, end).clamp(lowest, highest);
            begin = end;
            mean
        })
        .collect();
    if let [first, .., last] = &mut *seconds {
        (*first, *last) = (lowest, highest);
    }
    seconds
}

/// How many of `count` sorted samples the daemon leaves out of the mean, in its own
/// order of operations: it decides by a half.
pub(crate) fn cut_off(count: f64, threshold: f64) -> f64 {
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
pub(crate) struct Ranks<'a> {
    values: &'a [(f64, u64)],
    /// The rank at the end of each value, and the sum up to there.
    ends: Vec<(f64, f64)>,
    total: f64,
}

impl<'a> Ranks<'a> {
    pub(crate) fn sort(values: &'a mut [(f64, u64)]) -> Self {
        sort(values);
        let (mut rank, mut sum) = (0.0, 0.0);
        let ends = values
            .iter()
            .map(|(seconds, count)| {
                rank += *count as f64;
                sum += seconds * *count as f64;
                (rank, sum)
            })
            .collect();
        Ranks {
            values,
            ends,
            total: rank,
        }
    }

    fn extremes(&self) -> (f64, f64) {
        let first = self.values.first().map_or(0.0, |(seconds, _)| *seconds);
        let last = self.values.last().map_or(0.0, |(seconds, _)| *seconds);
        (first, last)
    }

    /// Appends a few values that divide all of them evenly: the means of equal parts.
    pub(crate) fn push_middles(&self, middles: &mut Vec<f64>) {
        let (lowest, highest) = self.extremes();
        let count = self.values.len().min(MIDDLES);
        self.push_parts(middles, 0.0..self.total, count, lowest..=highest);
    }

    /// Appends the means of `count` equal parts of some ranks, within limits: a mean is rounded,
    /// and may be beyond values that are all alike.
    fn push_parts(
        &self,
        means: &mut Vec<f64>,
        ranks: Range<f64>,
        count: usize,
        limits: RangeInclusive<f64>,
    ) {
        let width = (ranks.end - ranks.start) / count as f64;
        let mut begin = self.sum(ranks.start);
        // Parts follow one another, so the next one ends not far behind this one.
        let mut index = self.index(ranks.start);
        for part in 0..count {
            let from = ranks.start + part as f64 * width;
            let to = ranks.start + (part + 1) as f64 * width;
            while self.ends.get(index).is_some_and(|(end, _)| *end < to) {
                index += 1;
            }
            let end = self.sum_within(index, to);
            let mean = self.mean_of(end - begin, from, to);
            means.push(mean.clamp(*limits.start(), *limits.end()));
            begin = end;
        }
    }

    /// The mean over the ranks from `from` to `to`.
    fn mean(&self, from: f64, to: f64) -> f64 {
        self.mean_of(self.sum(to) - self.sum(from), from, to)
    }

    /// The same where the sum is known.
    fn mean_of(&self, sum: f64, from: f64, to: f64) -> f64 {
        if to > from {
            sum / (to - from)
        } else {
            self.at(to)
        }
    }

    /// The sum of all values up to a rank.
    fn sum(&self, rank: f64) -> f64 {
        self.sum_within(self.index(rank), rank)
    }

    /// The same where it is known which value the rank is in.
    fn sum_within(&self, index: usize, rank: f64) -> f64 {
        let (begin, sum) = self.before(index);
        sum + self
            .values
            .get(index)
            .map_or(0.0, |(seconds, _)| seconds * (rank - begin))
    }

    /// Which value a rank is in.
    fn index(&self, rank: f64) -> usize {
        self.ends.partition_point(|(end, _)| *end < rank)
    }

    /// Rank and sum before a value.
    fn before(&self, index: usize) -> (f64, f64) {
        index
            .checked_sub(1)
            .map_or((0.0, 0.0), |index| self.ends[index])
    }

    /// The value of the rank, counted from 1; inside a bucket, on the way to the next one.
    fn at(&self, rank: f64) -> f64 {
        let last = self.values.len().saturating_sub(1);
        let index = self.index(rank).min(last);
        let Some((seconds, count)) = self.values.get(index) else {
            return 0.0;
        };
        if *count == 1 {
            return *seconds;
        }
        let share = (rank - 0.5 - self.before(index).0) / *count as f64 - 0.5;
        let neighbour = if share < 0.0 {
            index.checked_sub(1)
        } else {
            Some(index + 1)
        };
        match neighbour.and_then(|index| self.values.get(index)) {
            // Buckets lie 0.8 % apart at most; what is further is another value.
            Some((other, _)) if (other / seconds - 1.0).abs() < 0.01 => {
                seconds + share.clamp(-0.5, 0.5).abs() * (other - seconds)
            }
            _ => *seconds,
        }
    }
}
