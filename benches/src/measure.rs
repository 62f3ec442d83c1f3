//! Interleaved measurement: every slice of a contender runs directly after a slice of its
//! base, and what is reported is the median of the ratios of such pairs. A machine that slows
//! down or is taken away does so for both.

use std::time::{Duration, Instant};

/// One way of doing something, as a loop over `n` calls.
pub struct Op {
    pub name: &'static str,
    run: Box<dyn Fn(u64) + Send + Sync>,
    windows: Option<Windows>,
}

/// Slices of an operation of which only a few calls may follow each other.
struct Windows {
    /// How many they are.
    calls: u64,
    /// What is done before each few, outside of the time.
    before: Box<dyn Fn() + Send + Sync>,
}

/// So many windows make a slice: by itself one is too short for the clock.
const WINDOWS: u64 = 50;

impl Op {
    pub fn new(name: &'static str, run: impl Fn(u64) + Send + Sync + 'static) -> Op {
        Op {
            name,
            run: Box::new(run),
            windows: None,
        }
    }

    /// Never more than `calls` calls without `before`.
    pub fn in_windows(mut self, calls: u64, before: impl Fn() + Send + Sync + 'static) -> Op {
        let before = Box::new(before);
        self.windows = Some(Windows { calls, before });
        self
    }

    pub fn run(&self, calls: u64) {
        (self.run)(calls);
    }

    fn slice(&self, calls: u64) -> f64 {
        let timed = |calls| {
            let start = Instant::now();
            (self.run)(calls);
            start.elapsed().as_nanos() as f64
        };
        match &self.windows {
            None => timed(calls),
            Some(windows) => (0..WINDOWS)
                .map(|_| {
                    (windows.before)();
                    timed(calls / WINDOWS)
                })
                .sum(),
        }
    }
}

/// An operation that calls a function which is not inlined, in the loop that all share.
#[macro_export]
macro_rules! op {
    ($name:expr, $function:path) => {
        $crate::measure::Op::new($name, |calls: u64| {
            for call in 0..calls {
                let _ = std::hint::black_box($function(std::hint::black_box(call)));
            }
        })
    };
}

/// How long measurements take.
#[derive(Clone, Copy)]
pub struct Effort {
    pub rounds: usize,
    pub slice: Duration,
    pub full: bool,
}

impl Effort {
    pub fn of(full: bool) -> Effort {
        Effort {
            rounds: if full { 1500 } else { 250 },
            slice: Duration::from_micros(if full { 200 } else { 100 }),
            full,
        }
    }

    /// The option that asks for it.
    pub fn word(self) -> &'static str {
        if self.full { "--full" } else { "--quick" }
    }
}

/// What came out for one contender.
#[derive(Clone, Copy)]
pub struct Outcome {
    pub base_ns: f64,
    pub ns: f64,
    /// The median of the paired ratios to the base, and the quartiles around it.
    pub ratio: f64,
    pub quartiles: (f64, f64),
    /// The median of the paired ratios to the first contender.
    #[cfg_attr(
        not(feature = "peers"),
        allow(dead_code, reason = "only peers are compared with another contender")
    )]
    pub to_first: f64,
}

/// Measures contenders against their bases, all in every round.
pub fn interleave(pairs: &[(&Op, &Op)], effort: Effort) -> Vec<Outcome> {
    let calls: Vec<(u64, u64)> = pairs
        .iter()
        .map(|(base, op)| match &op.windows {
            Some(windows) => (windows.calls * WINDOWS, windows.calls * WINDOWS),
            None => (calls_for(base, effort.slice), calls_for(op, effort.slice)),
        })
        .collect();
    let mut bases = vec![Vec::new(); pairs.len()];
    let mut times = vec![Vec::new(); pairs.len()];
    for _ in 0..effort.rounds {
        for (index, (base, op)) in pairs.iter().enumerate() {
            let (base_calls, op_calls) = calls[index];
            let (empty_base, empty) = (base.slice(0), op.slice(0));
            bases[index].push((base.slice(base_calls) - empty_base) / base_calls as f64);
            times[index].push((op.slice(op_calls) - empty) / op_calls as f64);
        }
    }
    (0..pairs.len())
        .map(|index| {
            let mut ratios = ratios(&times[index], &bases[index]);
            let to_first = median(&mut self::ratios(&times[index], &times[0]));
            Outcome {
                base_ns: median(&mut bases[index].clone()),
                ns: median(&mut times[index].clone()),
                ratio: median(&mut ratios),
                quartiles: (quantile(&ratios, 0.25), quantile(&ratios, 0.75)),
                to_first,
            }
        })
        .collect()
}

/// As many calls as fill a slice.
fn calls_for(op: &Op, slice: Duration) -> u64 {
    let mut calls = 16;
    loop {
        let took = (0..3).map(|_| op.slice(calls)).fold(f64::MAX, f64::min);
        if took * 2.0 > slice.as_nanos() as f64 {
            return (calls as f64 * slice.as_nanos() as f64 / took).max(1.0) as u64;
        }
        calls *= 2;
    }
}

pub fn ratios(of: &[f64], to: &[f64]) -> Vec<f64> {
    of.iter().zip(to).map(|(of, to)| of / to).collect()
}

/// The median; leaves the values sorted.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    quantile(values, 0.5)
}

/// A quantile of sorted values.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    match sorted.len() {
        0 => f64::NAN,
        length => sorted[((length - 1) as f64 * share).round() as usize],
    }
}
