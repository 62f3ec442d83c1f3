//! The worker's side of a flush: bursts until all is sent that was recorded before it, and the
//! report of what became of it.

use std::sync::Arc;

use super::Worker;
use super::flush::{Given, Request};
use super::pipeline::{Pace, Pipeline};
use crate::record::quiet::QuietGuard;
use crate::record::shard;
use crate::stats::{FlushReport, Totals};
use crate::sync::{Instant, thread};
use crate::transport::Transport;

impl Worker {
    /// Works for everybody who waits for a flush, each until its own deadline. Who comes
    /// meanwhile is served along.
    pub(super) fn serve(&self) {
        let start = Instant::now();
        let mut goal = None;
        loop {
            let mut control = self.control();
            let come = std::mem::take(&mut control.requests);
            if !come.is_empty() {
                // What they recorded before they asked belongs to the flush.
                goal = None;
            }
            control.serving.extend(come);
            control.serving.retain(|request| !request.is_given_up());
            let waiting = control.serving.clone();
            drop(control);
            if waiting.is_empty() {
                return;
            }
            let goal = *goal.get_or_insert_with(|| self.begin_flush());
            let mut pipeline = self.pipeline();
            let done = self.flush_step(&mut pipeline, goal);
            let now = Instant::now();
            let (over, left): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|request| done || request.deadline <= now);
            if over.is_empty() {
                drop(pipeline);
            } else {
                self.control().serving.clone_from(&left);
                self.answer(pipeline, &over, start, !done);
            }
            if let Some(next) = left.iter().map(|request| request.deadline).min() {
                let gap = self.pipeline().time_to_next_burst();
                self.pause_for(gap.min(next.saturating_duration_since(now)));
            }
        }
    }

    /// Flushes on the thread that asks, where the client has none of its own.
    pub(super) fn flush_here(&self, deadline: Instant) -> FlushReport {
        let _quiet = shard::quiet();
        let start = Instant::now();
        let goal = self.begin_flush();
        loop {
            let mut pipeline = self.pipeline();
            let done = self.flush_step(&mut pipeline, goal);
            let now = Instant::now();
            if done || now >= deadline {
                return self.report(&pipeline, start, !done);
            }
            let gap = pipeline.time_to_next_burst();
            drop(pipeline);
            thread::sleep(gap.min(deadline.saturating_duration_since(now)));
        }
    }

    /// Collects what was recorded before, and returns how far the queues must be
    /// emptied: what comes into them later is not waited for.
    fn begin_flush(&self) -> u64 {
        self.discover();
        let mut pipeline = self.pipeline();
        pipeline.collect();
        pipeline.queued_so_far()
    }

    /// Sends a burst; `true` when nothing is left, or nothing can ever be sent. Who reports
    /// that keeps the pipeline meanwhile: else others might collect what came later.
    fn flush_step(&self, pipeline: &mut Pipeline, goal: u64) -> bool {
        if pipeline.is_flushed(goal) {
            pipeline.settle_refusals();
            return true;
        }
        if pipeline.transport.make_ready() {
            if pipeline.has_fetched_less_than(goal) {
                pipeline.encode_queued();
            }
            pipeline.encode_due(usize::MAX, Pace::Rest);
            pipeline.send_burst();
            if pipeline.is_flushed(goal) && pipeline.encode_report(Pace::Rest) > 0 {
                pipeline.send_burst();
            }
        } else if matches!(pipeline.transport, Transport::Nowhere) {
            return true;
        }
        pipeline.is_flushed(goal)
    }

    /// Gives all of them one report; without anybody to take it, its numbers stay for the next.
    pub(super) fn answer(
        &self,
        pipeline: QuietGuard<'_, Pipeline>,
        requests: &[Arc<Request>],
        start: Instant,
        timed_out: bool,
    ) {
        // Who has the report may ask for the next one at once: it must begin behind this one.
        let mut reported = self.reported.lock();
        let (report, totals) = self.report_since(&reported, &pipeline, start, timed_out);
        drop(pipeline);
        let taken = Arc::default();
        let mut given = requests.to_vec();
        given.retain(|request| request.answer(Given::new(&report, &taken)));
        if !given.is_empty() {
            *reported = totals;
        }
        drop(taken);
        drop(reported);
        given.iter().for_each(|request| request.wake());
    }

    /// Leaves the numbers of a report for the next one, when nobody has seen it.
    pub(super) fn take_back(&self, given: Given) {
        // Under the lock nobody is about to give the same report to others.
        let mut reported = self.reported.lock();
        if let Some(report) = given.into_lost() {
            *reported = reported.since(&report.totals);
        }
    }

    /// What became of the events since the last report that somebody took, for somebody who
    /// takes this one.
    pub(super) fn report(
        &self,
        pipeline: &Pipeline,
        start: Instant,
        timed_out: bool,
    ) -> FlushReport {
        let mut reported = self.reported.lock();
        let (report, totals) = self.report_since(&reported, pipeline, start, timed_out);
        *reported = totals;
        report
    }

    fn report_since(
        &self,
        earlier: &Totals,
        pipeline: &Pipeline,
        start: Instant,
        timed_out: bool,
    ) -> (FlushReport, Totals) {
        let totals = pipeline.totals_so_far();
        let report = FlushReport {
            totals: totals.since(earlier),
            transport: self.transport_state(pipeline),
            timed_out,
            took: start.elapsed(),
        };
        (report, totals)
    }
}
