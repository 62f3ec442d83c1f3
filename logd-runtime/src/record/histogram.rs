//! A log-linear histogram of whole numbers, ticks or nanoseconds: a bucket is 0.4
//! to 0.8 % wide, or exact for small numbers. Its index is the beginning of the number as
//! a float, which the processor finds in one instruction.

use std::sync::Mutex;

use crate::fork::PerProcess;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::size;

/// Buckets per power of two, as bits of a value that select one.
const SUB_BITS: u32 = size(7, 1) as u32;

/// Values of this many bits and more, which no reading has, would count in the last bucket.
const MOST_BITS: u32 = size(62, 3) as u32;

/// How many buckets there are: one for 0, then for every power of two as many as `SUB_BITS`
/// tell apart.
pub(crate) const BUCKETS: usize = 1 + ((MOST_BITS as usize) << SUB_BITS);

/// What a float's exponent and first bits are for 1, less the bucket that 1 has.
const BEFORE_ONE: u32 = (1.0_f32.to_bits() >> (f32::MANTISSA_DIGITS - 1 - SUB_BITS)) - 1;

/// Counts per bucket that only grow (and wrap): one thread writes, another
/// takes differences.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Box<[AtomicU32; BUCKETS]>,
}

impl Histogram {
    fn new() -> Self {
        // By way of a vector: an array made in place would be on the stack first.
        let buckets: Vec<_> = (0..BUCKETS).map(|_| AtomicU32::new(0)).collect();
        Histogram {
            buckets: buckets.try_into().expect("as many as were made"),
        }
    }

    /// Its buckets, for [`add_usual`].
    pub(crate) fn buckets(&self) -> Buckets<'_> {
        &self.buckets[..]
    }

    /// Counts one value. For the one writer only.
    pub(crate) fn add(&self, value: u64) {
        count(&self.buckets[index_of(value)]);
    }

    /// Tells the buckets from that of `lowest` to that of `highest` that grew since `seen`,
    /// with their growth, and brings `seen` up to date. A bucket stands for its middle, but
    /// for none beyond the two.
    pub(crate) fn difference(
        &self,
        seen: &mut BucketsSeen,
        lowest: u64,
        highest: u64,
        mut each: impl FnMut(f64, u64),
    ) {
        let (first, last) = (index_of(lowest), index_of(highest));
        for (index, seen) in (first..).zip(seen.between(first, last)) {
            let count = self.buckets[index].load(Ordering::Relaxed);
            if count != *seen {
                let middle = middle_of(index).clamp(lowest as f64, highest as f64);
                each(middle, u64::from(count.wrapping_sub(*seen)));
                *seen = count;
            }
        }
    }
}

/// What has been read of a histogram so far: the counts of the buckets from the first to the
/// last that was ever looked at, which are few of all.
#[derive(Debug, Default)]
pub(crate) struct BucketsSeen {
    first: usize,
    counts: Vec<u32>,
}

impl BucketsSeen {
    fn between(&mut self, first: usize, last: usize) -> &mut [u32] {
        if self.counts.is_empty() {
            self.first = first;
        }
        let before = self.first.saturating_sub(first);
        self.counts.splice(0..0, std::iter::repeat_n(0, before));
        self.first -= before;
        let begin = first - self.first;
        let end = last + 1 - self.first;
        if self.counts.len() < end {
            self.counts.resize(end, 0);
        }
        &mut self.counts[begin..end]
    }
}

/// The buckets of a histogram, or none.
pub(crate) type Buckets<'a> = &'a [AtomicU32];

/// Counts one value that is neither 0 nor too large, or changes nothing. For the one
/// writer only.
#[inline(always)]
pub(crate) fn add_usual(buckets: Buckets<'_>, value: u64) -> bool {
    let bucket = buckets.get(usual_index_of(value));
    bucket.inspect(|bucket| count(bucket)).is_some()
}

#[inline]
fn count(bucket: &AtomicU32) {
    let count = bucket.load(Ordering::Relaxed);
    bucket.store(count.wrapping_add(1), Ordering::Relaxed);
}

fn index_of(value: u64) -> usize {
    match value {
        0 => 0,
        value => usual_index_of(value).min(BUCKETS - 1),
    }
}

/// The same for values that have a bucket of their own size. For others, 0 and those that
/// are too large, it is beyond the last one.
#[inline]
fn usual_index_of(value: u64) -> usize {
    // As a signed number, which takes one instruction. Above 2^24 it is rounded to the
    // nearest float: a border between two buckets moves by a hundred-thousandth of their width.
    let float = value as i64 as f32;
    (float.to_bits() >> (f32::MANTISSA_DIGITS - 1 - SUB_BITS)).wrapping_sub(BEFORE_ONE) as usize
}

/// The middle of a bucket, at most 0.4 % from any value in it.
fn middle_of(index: usize) -> f64 {
    let Some(place) = index.checked_sub(1) else {
        return 0.0;
    };
    let octave = (1_u64 << (place >> SUB_BITS)) as f64;
    let width = octave / f64::from(1_u32 << SUB_BITS);
    let low = octave + (place & ((1 << SUB_BITS) - 1)) as f64 * width;
    low + (width - 1.0).max(0.0) / 2.0
}

/// Histograms made ahead of need, so that the thread that needs one neither
/// allocates nor waits.
static SPARES: PerProcess<Mutex<Vec<Histogram>>> = PerProcess::new();

/// How many spares the workers keep: timers that may go past their raw values
/// within one interval before the others make do with a random choice.
const SPARE_COUNT: usize = size(16, 1) as usize;

/// A spare, unless there is none or another thread is taking one right now.
pub(crate) fn take_spare() -> Option<Histogram> {
    SPARES.get()?.try_lock().ok()?.pop()
}

/// Makes spares up to the usual number. Allocates: for workers and for building a client.
pub(crate) fn refill_spares() {
    let spares = SPARES.get_or_init(|_| Mutex::default());
    let missing = match spares.lock() {
        Ok(spares) => SPARE_COUNT.saturating_sub(spares.len()),
        Err(_) => return,
    };
    // Made outside the lock, which a recording thread may want to try.
    let fresh: Vec<_> = (0..missing).map(|_| Histogram::new()).collect();
    if let Ok(mut spares) = spares.lock() {
        spares.reserve(SPARE_COUNT);
        spares.extend(fresh);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_stands_for_its_values_within_half_a_percent() {
        for value in 0..300 {
            let middle = middle_of(index_of(value));
            assert!(
                (middle - value as f64).abs() <= value as f64 * 0.005,
                "{value} {middle}"
            );
        }
        let mut value = 300_u64;
        while value < 1 << MOST_BITS {
            let middle = middle_of(index_of(value));
            assert!(
                (middle / value as f64 - 1.0).abs() < 0.005,
                "{value} {middle}"
            );
            value += value / 97;
        }
    }

    #[test]
    fn buckets_are_in_the_order_of_their_values() {
        let mut last = 0;
        for value in 1..100_000 {
            let index = index_of(value);
            assert!(
                index > last || index == last && value > 128,
                "{value}: {index} after {last}"
            );
            assert!(index <= last + 1 || value <= 128, "a hole before {value}");
            last = index;
        }
        assert_eq!(index_of((1 << MOST_BITS) - 1), BUCKETS - 1);
        assert_eq!(index_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn differences_tell_each_value_once_even_when_counts_wrap() {
        let histogram = Histogram::new();
        histogram.buckets[index_of(500)].store(u32::MAX, Ordering::Relaxed);
        let mut seen = BucketsSeen::default();
        histogram.difference(&mut seen, 0, u64::MAX, |_, _| ());
        histogram.add(500);
        histogram.add(500);
        histogram.add(2000);
        let mut told = Vec::new();
        histogram.difference(&mut seen, 0, u64::MAX, |_, count| told.push(count));
        assert_eq!(told, [2, 1]);
        histogram.difference(&mut seen, 0, u64::MAX, |_, _| panic!("told twice"));
    }
}
