//! The first step: adds to the series what threads have recorded since the last time.

use std::sync::Arc;

use super::Pipeline;
use crate::clock;
use crate::record::registry::{self, Metric};
use crate::record::slot::{CounterSeen, MeterSeen, TimerSeen};
use crate::record::{Shard, histogram};
use crate::worker::dialect::Dialect;
use crate::worker::series::{Series, State};

/// A shard and what has been read of it.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) shard: Arc<Shard>,
    seen: Vec<Seen>,
}

#[derive(Debug, Default)]
enum Seen {
    #[default]
    Nothing,
    Counter(CounterSeen),
    Meter(MeterSeen),
    Timer(Box<TimerSeen>),
}

impl Pipeline {
    /// Adds to the series what threads have recorded since the last time.
    pub(crate) fn collect(&mut self) {
        clock::calibrate();
        histogram::refill_spares();
        let mut shards = std::mem::take(&mut self.shards);
        self.shared.update_shards(&mut shards, |shard| Watched {
            shard,
            seen: Vec::new(),
        });
        for watched in &mut shards {
            self.collect_shard(watched);
        }
        self.shards = shards;
    }

    fn collect_shard(&mut self, watched: &mut Watched) {
        let slots = &watched.shard.slots()[1..];
        // Metrics are registered before any shard has a slot for them.
        if self.metrics.len() < slots.len() {
            registry::update(&mut self.metrics);
        }
        if watched.seen.len() < slots.len() {
            watched.seen.resize_with(slots.len(), Seen::default);
        }
        let seconds_per_tick = clock::seconds_per_tick();
        for (index, (slot, seen)) in slots.iter().zip(&mut watched.seen).enumerate() {
            if slot.is_untouched() {
                continue;
            }
            let Some(metric) = self.metrics.get(index) else {
                break;
            };
            let number = metric.series;
            let series = series_of(&mut self.series, metric, &self.settings.dialect);
            match &mut series.state {
                State::Counter(counter) => {
                    if !matches!(seen, Seen::Counter(_)) {
                        *seen = Seen::Counter(CounterSeen::default());
                    }
                    let Seen::Counter(seen) = seen else { continue };
                    let gain = slot.drain_counter(seen);
                    self.totals.events += gain.events;
                    counter.gain(gain);
                }
                State::Meter(meter) => {
                    if !matches!(seen, Seen::Meter(_)) {
                        *seen = Seen::Meter(MeterSeen::default());
                        if metric.hold && !self.held_meters.contains(&number) {
                            self.held_meters.push(number);
                        }
                    }
                    let Seen::Meter(seen) = seen else { continue };
                    meter.hold |= metric.hold;
                    let gain = slot.drain_meter(seen);
                    self.totals.events += gain.readings;
                    meter.gain(gain);
                }
                State::Timer(timer) => {
                    if !matches!(seen, Seen::Timer(_)) {
                        *seen = Seen::Timer(Box::default());
                    }
                    let Seen::Timer(seen) = seen else { continue };
                    self.totals.events +=
                        timer.take_in(|timer| slot.drain_timer(seen, seconds_per_tick, timer));
                }
            }
            if series.is_due() && !series.queued {
                series.queued = true;
                self.due.push_back(number);
            }
        }
        // Behind all of it. An array that is being added may miss it: then those who wait for
        // it wait for the next one.
        watched.shard.header().count_drain();
    }
}

pub(super) fn series_of<'a>(
    all: &'a mut Vec<Option<Series>>,
    metric: &Metric,
    dialect: &Dialect,
) -> &'a mut Series {
    let number = metric.series as usize;
    if all.len() <= number {
        all.resize_with(number + 1, || None);
    }
    all[number].get_or_insert_with(|| Series::new(metric, dialect))
}
