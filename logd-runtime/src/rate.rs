//! Sample rates: which are legal, and how a rate becomes gaps between kept calls.
//! A gap table spares the hot path a random number per call.

use std::sync::atomic::{AtomicU32, Ordering};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Whether `rate` is in (0, 1]; NaN is not.
pub(crate) const fn is_valid(rate: f64) -> bool {
    rate > 0.0 && rate <= 1.0
}

/// The const-evaluated check behind handles and attributes.
///
/// # Panics
/// When `rate` is not in (0, 1]: at compile time in a `static` or `const`.
pub(crate) const fn assert_valid(rate: f64) {
    assert!(
        is_valid(rate),
        "a rate must be in (0, 1]: write 1.0 to record every call, 0.1 to record one in ten"
    );
}

const GAPS: usize = 1024;

/// Gaps between kept calls, drawn once from the geometric distribution of a rate.
///
/// Reading it costs one load; a slot walks through it from a position of its own,
/// so two threads do not skip in step.
#[derive(Debug)]
pub(crate) struct GapTable {
    gaps: Box<[u32; GAPS]>,
    next: AtomicU32,
}

impl GapTable {
    pub(crate) fn new(rate: f64) -> Self {
        let mut rng = seeded();
        // ln_1p keeps its precision at rates such as 1e-9, where ln(1 - rate) is 0.
        let scale = (-rate).ln_1p();
        let mut gaps = Box::new([u32::MAX; GAPS]);
        for gap in &mut *gaps {
            let uniform: f64 = 1.0 - rng.random::<f64>();
            let drawn = (uniform.ln() / scale).floor();
            if drawn < f64::from(u32::MAX) {
                *gap = drawn as u32;
            }
        }
        GapTable {
            gaps,
            next: AtomicU32::new(rng.random()),
        }
    }

    /// A place to begin at, another for each who asks.
    pub(crate) fn start(&self) -> u32 {
        self.next.fetch_add(389, Ordering::Relaxed)
    }

    /// How many calls to skip before the next kept one, at a place that its caller moves on.
    pub(crate) fn gap(&self, position: u32) -> u32 {
        self.gaps[position as usize % GAPS]
    }
}

/// A generator seeded from what std randomises its hash maps with, so that no
/// entropy crate is linked for sampling. That is alike in all children of a process,
/// whose number tells them apart.
pub(crate) fn seeded() -> SmallRng {
    use std::hash::{BuildHasher, RandomState};
    SmallRng::seed_from_u64(RandomState::new().hash_one(std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rates_above_zero_up_to_one_are_valid() {
        for rate in [f64::MIN_POSITIVE, 0.001, 0.5, 1.0] {
            assert!(is_valid(rate), "{rate}");
        }
        for rate in [
            0.0,
            -0.0,
            -0.1,
            1.0 + f64::EPSILON,
            1.5,
            f64::NAN,
            f64::INFINITY,
        ] {
            assert!(!is_valid(rate), "{rate}");
        }
    }

    #[test]
    fn gaps_keep_the_share_that_the_rate_says() {
        for rate in [0.5, 0.1, 0.01] {
            let table = GapTable::new(rate);
            let calls: f64 = (0..GAPS)
                .map(|n| f64::from(table.gap(n as u32)) + 1.0)
                .sum();
            let kept = GAPS as f64 / calls;
            // Five standard deviations of the mean of 1024 geometric gaps.
            assert!(
                (kept / rate - 1.0).abs() < 5.0 / (GAPS as f64).sqrt(),
                "{rate}: kept {kept}"
            );
        }
    }

    #[test]
    fn the_smallest_rates_skip_as_far_as_a_gap_can() {
        let table = GapTable::new(f64::MIN_POSITIVE);
        assert_eq!(table.gap(0), u32::MAX);
    }
}
