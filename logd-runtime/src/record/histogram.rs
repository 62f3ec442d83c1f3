//! A log-linear histogram of seconds: what a thread keeps of a timer once its raw
//! values are full. A bucket is 0.4 to 0.8 % wide, and its index is cut straight
//! out of the float's bits.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Buckets per power of two, as bits of the mantissa.
const SUB_BITS: u32 = 7;
/// The exponent of the first octave: 2^-30 s is just under a nanosecond.
const FIRST_EXPONENT: i32 = -30;
/// Up to 2^13 s, more than two hours; what is longer counts in the last bucket
/// (its true size is kept as an extreme).
const OCTAVES: usize = 43;

/// How many buckets there are.
pub(crate) const BUCKETS: usize = OCTAVES << SUB_BITS;

const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - SUB_BITS;
const BASE: u64 = ((f64::MAX_EXP - 1 + FIRST_EXPONENT) as u64) << SUB_BITS;

/// Counts per bucket that only grow (and wrap): one thread writes, another
/// takes differences.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Box<[AtomicU32]>,
}

impl Histogram {
    fn new() -> Self {
        Histogram {
            buckets: (0..BUCKETS).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// Counts one value. For the one writer only.
    pub(crate) fn add(&self, seconds: f64) {
        let bucket = &self.buckets[index_of(seconds)];
        bucket.store(
            bucket.load(Ordering::Relaxed).wrapping_add(1),
            Ordering::Relaxed,
        );
    }

    /// Tells the buckets that grew since `seen`, with their growth, and brings `seen` up to date.
    pub(crate) fn difference(&self, seen: &mut [u32], mut each: impl FnMut(f64, u64)) {
        for (index, (bucket, seen)) in self.buckets.iter().zip(seen).enumerate() {
            let count = bucket.load(Ordering::Relaxed);
            if count != *seen {
                each(middle_of(index), u64::from(count.wrapping_sub(*seen)));
                *seen = count;
            }
        }
    }
}

fn index_of(seconds: f64) -> usize {
    let bits = seconds.max(0.0).to_bits() >> SHIFT;
    (bits.saturating_sub(BASE) as usize).min(BUCKETS - 1)
}

/// The middle of a bucket, at most 0.4 % from any value in it.
fn middle_of(index: usize) -> f64 {
    let low = f64::from_bits((index as u64 + BASE) << SHIFT);
    let high = f64::from_bits((index as u64 + 1 + BASE) << SHIFT);
    f64::midpoint(low, high)
}

/// Histograms made ahead of need, so that the thread that needs one neither
/// allocates nor waits.
static SPARES: Mutex<Vec<Histogram>> = Mutex::new(Vec::new());

/// How many spares the workers keep: timers that may go past their raw values
/// within one interval before the others make do with a random choice.
const SPARE_COUNT: usize = 16;

/// A spare, unless there is none or another thread is taking one right now.
pub(crate) fn take_spare() -> Option<Histogram> {
    SPARES.try_lock().ok()?.pop()
}

/// Makes spares up to the usual number. Allocates: for workers and for building a client.
pub(crate) fn refill_spares() {
    let missing = match SPARES.lock() {
        Ok(spares) => SPARE_COUNT.saturating_sub(spares.len()),
        Err(_) => return,
    };
    // Made outside the lock, which a recording thread may want to try.
    let fresh: Vec<_> = (0..missing).map(|_| Histogram::new()).collect();
    if let Ok(mut spares) = SPARES.lock() {
        spares.reserve(SPARE_COUNT);
        spares.extend(fresh);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_stands_for_its_values_within_half_a_percent() {
        let mut seconds = 1.1e-9;
        while seconds < 8000.0 {
            let middle = middle_of(index_of(seconds));
            assert!((middle / seconds - 1.0).abs() < 0.005, "{seconds} {middle}");
            seconds *= 1.001;
        }
    }

    #[test]
    fn values_outside_the_range_count_at_its_ends() {
        assert_eq!(index_of(0.0), 0);
        assert_eq!(index_of(-1.0), 0);
        assert_eq!(index_of(1e12), BUCKETS - 1);
    }

    #[test]
    fn differences_tell_each_value_once_even_when_counts_wrap() {
        let histogram = Histogram::new();
        histogram.buckets[index_of(0.5)].store(u32::MAX, Ordering::Relaxed);
        let mut seen = vec![0; BUCKETS];
        histogram.difference(&mut seen, |_, _| ());
        histogram.add(0.5);
        histogram.add(0.5);
        histogram.add(2.0);
        let mut told = Vec::new();
        histogram.difference(&mut seen, |_, count| told.push(count));
        assert_eq!(told, [2, 1]);
        histogram.difference(&mut seen, |_, _| panic!("told twice"));
    }
}
