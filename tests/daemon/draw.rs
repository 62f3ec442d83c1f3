//! Random numbers from a seed that a failing test can print, and durations of the
//! shapes that programs have.

use std::time::Duration;

/// `SplitMix64`: small, and the same on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is small.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// In [0, 1).
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }
}

/// How durations are distributed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// From 1 to 10 ms.
    Uniform,
    /// Around 10 ms, with a standard deviation of 2 ms.
    Normal,
    /// Two of three calls about 1 ms, the third about 5.5 ms.
    Bimodal,
    /// The logarithm is normal: one call in a hundred takes ten times the median.
    LongTailed,
}

impl Shape {
    pub(crate) const ALL: [Shape; 4] = [
        Shape::Uniform,
        Shape::Normal,
        Shape::Bimodal,
        Shape::LongTailed,
    ];

    pub(crate) fn draw(self, random: &mut Random) -> Duration {
        let milliseconds = match self {
            Shape::Uniform => 1.0 + 9.0 * random.share(),
            Shape::Normal => (10.0 + 2.0 * random.normal()).max(0.1),
            Shape::Bimodal if random.below(3) == 0 => 5.0 + random.share(),
            Shape::Bimodal => 0.5 + random.share(),
            Shape::LongTailed => random.normal().exp(),
        };
        Duration::from_nanos((milliseconds * 1e6) as u64)
    }
}
