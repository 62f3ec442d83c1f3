//! What a timer's drains told, added up as the worker does.

use crate::record::values::Sink;

#[derive(Debug, Default)]
pub(crate) struct Told {
    /// As measured, each by itself.
    pub(crate) raw: Vec<u64>,
    /// How many were told in buckets.
    pub(crate) in_buckets: u64,
    pub(crate) lowest: Option<u64>,
    pub(crate) highest: Option<u64>,
}

impl Sink for Told {
    fn value(&mut self, seconds: f64) {
        self.raw.push(seconds as u64);
        self.extreme(seconds);
    }

    fn bucket(&mut self, _seconds: f64, count: u64) {
        self.in_buckets += count;
    }

    fn extreme(&mut self, seconds: f64) {
        let value = seconds as u64;
        self.lowest = Some(self.lowest.map_or(value, |lowest| lowest.min(value)));
        self.highest = Some(self.highest.map_or(value, |highest| highest.max(value)));
    }
}

impl Told {
    /// How many values were told.
    pub(crate) fn values(&self) -> u64 {
        self.raw.len() as u64 + self.in_buckets
    }
}
