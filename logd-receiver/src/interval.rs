//! One interval as plain data: what the reduction computed, in the order in which the
//! original daemon sends it, and how the receiver fared.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::health::Health;
use crate::logline::LogLine;

/// The reduced statistics of one interval.
///
/// Displays as a table for people; [`graphite_lines`](Interval::graphite_lines) and
/// [`to_json`](Interval::to_json) are for programs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Interval {
    /// When the interval ended.
    pub ended: SystemTime,
    /// What counters are divided by: the interval's length, nominal where one was set.
    pub length: Duration,
    /// The percentage of smallest samples that timers' mean and upper percentile look at.
    pub threshold: f64,
    /// Every counter seen since the start, idle ones with 0.
    pub counters: Vec<CounterStats>,
    /// Every meter seen since the start, idle ones with 0.
    pub meters: Vec<MeterStats>,
    /// The timers with samples in this interval.
    pub timers: Vec<TimerStats>,
    /// The log lines of this interval, unless an event channel takes them as they come.
    pub logs: Vec<LogLine>,
    /// The logs that were deleted in this interval.
    pub deleted: Vec<String>,
    /// What was read, bad, ignored and lost.
    pub health: Health,
}

/// A counter in one interval.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CounterStats {
    /// The counter's name.
    pub key: Arc<str>,
    /// The sum of the changes, each weighted with 1 / rate.
    pub sum: f64,
    /// The sum divided by the interval's length in seconds: what Graphite gets.
    pub per_second: f64,
}

/// A meter in one interval.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MeterStats {
    /// The meter's name.
    pub key: Arc<str>,
    /// The mean of the readings; 0 without any.
    pub mean: f64,
    /// How many readings came.
    pub count: u64,
}

/// A timer in one interval. Values have the unit that the client sent, by convention seconds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TimerStats {
    /// The timer's name.
    pub key: Arc<str>,
    /// The estimated number of events: the sum of 1 / rate.
    pub count: f64,
    /// How many samples came.
    pub samples: u64,
    /// The mean of the samples under the threshold.
    pub mean: f64,
    /// The largest sample.
    pub upper: f64,
    /// The largest sample under the threshold.
    pub upper_percentile: f64,
    /// The smallest sample.
    pub lower: f64,
}

impl Interval {
    pub(crate) fn empty(threshold: f64) -> Interval {
        Interval {
            ended: SystemTime::now(),
            length: Duration::from_secs(1),
            threshold,
            counters: Vec::new(),
            meters: Vec::new(),
            timers: Vec::new(),
            logs: Vec::new(),
            deleted: Vec::new(),
            health: Health::default(),
        }
    }

    /// The counter of this name, prefix and all; `None` if it was never seen.
    ///
    /// ```
    /// use logd_receiver::Receiver;
    /// use std::net::UdpSocket;
    ///
    /// let receiver = Receiver::bind("127.0.0.1:0")?;
    /// let client = UdpSocket::bind("127.0.0.1:0")?;
    /// client.send_to(b"\x83\xa2id\x02\xa3key\xa4hits\xa5value\x07", receiver.local_addr())?;
    ///
    /// let interval = receiver.flush();
    /// assert_eq!(interval.counter("hits").map(|hits| hits.sum), Some(7.0));
    /// assert!(interval.counter("misses").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn counter(&self, key: &str) -> Option<&CounterStats> {
        self.counters.iter().find(|counter| &*counter.key == key)
    }

    /// The meter of this name, prefix and all; `None` if it was never seen.
    #[must_use]
    pub fn meter(&self, key: &str) -> Option<&MeterStats> {
        self.meters.iter().find(|meter| &*meter.key == key)
    }

    /// The timer of this name, prefix and all; `None` without a sample in this interval.
    #[must_use]
    pub fn timer(&self, key: &str) -> Option<&TimerStats> {
        self.timers.iter().find(|timer| &*timer.key == key)
    }

    /// How many statistics the interval holds: counters and meters known, timers with samples.
    #[must_use]
    pub fn num_stats(&self) -> usize {
        self.counters.len() + self.meters.len() + self.timers.len()
    }
}
