//! The one thread of a client: wakes every flush interval, drains what was
//! recorded, and sends it in bursts that a receiver's buffer can hold. A flush is
//! a request to it; where there is no thread, who asks does the work.

mod budget;
mod burst;
pub(crate) mod dialect;
mod flush;
mod outgoing;
pub(crate) mod pipeline;
pub(crate) mod reduce;
mod report;
pub(crate) mod series;
mod serve;
pub(crate) mod shared;
mod strata;
mod window;

use std::sync::Arc;
use std::time::Duration;

use self::budget::Budget;
use self::burst::BURST_GAP;
use self::flush::{Flushing, Request};
use self::pipeline::{Pipeline, Settings};
use self::shared::{Mode, Shared};
use crate::clock;
use crate::fork;
use crate::off::OFF;
use crate::record::quiet::{QuietGuard, QuietMutex};
use crate::record::shard;
use crate::stats::{DropReason, FlushReport, Stats, Totals};
use crate::sync::{Condvar, Instant, Mutex, MutexGuard, PoisonError};
use crate::transport::Transport;

/// How long a flush may outlast its deadline while the worker is between two bursts.
const GRACE: Duration = Duration::from_millis(100);

/// When to send, and how much.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) interval: Duration,
    pub(crate) messages_per_second: u32,
    pub(crate) messages_per_timer: usize,
}

/// Why the thread goes on.
enum Woken {
    /// Somebody waits for a flush.
    Asked,
    /// The time of the next window has come.
    Due,
    /// A queue fills, or has something that should not wait.
    Hurried,
    Stopped,
}

/// While the thread lives. However it ends, nobody waits for it in vain, and flushes
/// do its work from then on.
struct Running<'a>(&'a Worker);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut control = self.0.control();
        control.running = false;
        control.thread = None;
        let mut left = std::mem::take(&mut control.serving);
        left.append(&mut control.requests);
        drop(control);
        if !left.is_empty() {
            self.0
                .answer(self.0.pipeline(), &left, Instant::now(), true);
        }
    }
}

/// All that configures a client.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) mode: Mode,
    /// Names made at run time, at most.
    pub(crate) max_names: usize,
    /// Queued messages, and bytes of them, at most.
    pub(crate) log_queue: (usize, usize),
    pub(crate) schedule: Schedule,
    pub(crate) settings: Settings,
    pub(crate) transport: Transport,
}

/// Where the settings of a client that nobody configured come from.
pub(crate) type Discover = fn() -> Result<Setup, crate::Error>;

/// A client's pipeline with its clockwork.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pipeline: QuietMutex<Pipeline>,
    control: Mutex<Control>,
    wake: Condvar,
    reported: QuietMutex<Totals>,
}

#[derive(Debug)]
struct Control {
    /// Flushes that the thread has not seen yet.
    requests: Vec<Arc<Request>>,
    /// Flushes that it works for.
    serving: Vec<Arc<Request>>,
    /// As [`shard::this_thread`] tells it.
    thread: Option<usize>,
    schedule: Schedule,
    discover: Option<Discover>,
    /// Why discovery failed, in words.
    misconfigured: Option<String>,
    hurry: bool,
    stop: bool,
    running: bool,
}

impl Worker {
    pub(crate) fn new(setup: Setup, discover: Option<Discover>) -> Self {
        let shared = Arc::new(Shared::new(setup.mode));
        shared.limit_names(setup.max_names);
        let (messages, bytes) = setup.log_queue;
        shared.limit_messages(messages, bytes);
        let pipeline = Pipeline::new(Arc::clone(&shared), setup.settings, setup.transport);
        Worker {
            pipeline: QuietMutex::new(pipeline),
            shared,
            control: Mutex::new(Control {
                requests: Vec::new(),
                serving: Vec::new(),
                thread: None,
                schedule: setup.schedule,
                discover,
                misconfigured: None,
                hurry: false,
                stop: false,
                running: false,
            }),
            wake: Condvar::new(),
            reported: QuietMutex::default(),
        }
    }

    /// Starts the thread unless it runs. Where none can be had, flushes do the work.
    pub(crate) fn start(self: &Arc<Self>) {
        let _quiet = shard::quiet();
        let mut control = self.control();
        if control.running || control.stop {
            return;
        }
        let worker = Arc::clone(self);
        control.running = fork::start_thread(c"logd-worker", Box::new(move || worker.run()));
    }

    /// Replaces the whole configuration; what is pending goes out with the new one.
    pub(crate) fn configure(&self, setup: Setup) {
        self.settle(&mut self.pipeline(), setup);
        self.wake.notify_all();
    }

    /// Configures the client. The pipeline is locked meanwhile, so that of two who
    /// configure one comes first.
    fn settle(&self, pipeline: &mut Pipeline, setup: Setup) {
        let mut control = self.control();
        control.schedule = setup.schedule;
        control.discover = None;
        control.misconfigured = None;
        drop(control);
        pipeline.configure(setup.settings, setup.transport);
        self.shared.limit_names(setup.max_names);
        let (messages, bytes) = setup.log_queue;
        self.shared.limit_messages(messages, bytes);
        self.shared.open(setup.mode);
        if setup.mode == Mode::Ignore {
            // What was recorded before goes nowhere either.
            pipeline.drop_pending(DropReason::Closed);
        }
    }

    /// Lets the worker come before its time: a queue fills.
    pub(crate) fn hurry(&self) {
        self.control().hurry = true;
        self.wake.notify_all();
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pipeline, locked: for encoding and sending one burst, never for waiting.
    pub(crate) fn pipeline(&self) -> QuietGuard<'_, Pipeline> {
        self.pipeline.lock()
    }

    fn run(&self) {
        shard::mute();
        let _running = Running(self);
        let mut budget = Budget::new();
        let mut quiet = Duration::ZERO;
        let mut due = deadline(Instant::now(), self.wait_for(quiet));
        self.control().thread = Some(shard::this_thread());
        loop {
            match self.sleep_until(due) {
                Woken::Asked => self.serve(),
                Woken::Hurried => self.send_queued(),
                Woken::Due => {
                    let sent = self.send_window(&mut budget);
                    let wait = self.wait_for(quiet);
                    // No longer than the interval, however long nothing comes.
                    quiet = if sent {
                        Duration::ZERO
                    } else {
                        wait.saturating_mul(2)
                    };
                    due = deadline(Instant::now(), self.wait_for(quiet));
                }
                Woken::Stopped => break,
            }
        }
    }

    /// The wait until the next window. Single events are fetched soon while they
    /// come, and ever less often while they do not.
    fn wait_for(&self, quiet: Duration) -> Duration {
        let interval = self.control().schedule.interval;
        match self.shared.mode() {
            Mode::EachEvent => quiet.max(BURST_GAP).min(interval),
            _ => interval,
        }
    }

    fn sleep_until(&self, due: Instant) -> Woken {
        let mut control = self.control();
        loop {
            if !control.requests.is_empty() {
                return Woken::Asked;
            }
            if control.stop {
                return Woken::Stopped;
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Woken::Due;
            }
            if std::mem::take(&mut control.hurry) {
                return Woken::Hurried;
            }
            control = self
                .wake
                .wait_timeout(control, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn transport_state(&self, pipeline: &Pipeline) -> String {
        match &self.control().misconfigured {
            Some(error) => format!("not configured: {error}"),
            None => pipeline.transport.state(),
        }
    }

    /// Finds the settings of a client that nobody configured.
    fn discover(&self) {
        let Some(discover) = self.control().discover else {
            return;
        };
        let found = discover();
        let mut pipeline = self.pipeline();
        if self.control().discover.is_none() {
            // `init` came first.
            return;
        }
        match found {
            Ok(setup) => self.settle(&mut pipeline, setup),
            Err(error) => self.control().misconfigured = Some(error.to_string()),
        }
    }

    /// Flushes and waits for it, `timeout` at most.
    pub(crate) fn flush(&self, timeout: Duration) -> FlushReport {
        if OFF {
            return FlushReport::off();
        }
        let start = Instant::now();
        let Some(request) = self.request(timeout) else {
            return self.flush_here(deadline(start, timeout));
        };
        let report = request.wait(GRACE);
        report.unwrap_or_else(|| self.report(&self.pipeline(), start, true))
    }

    /// Flushes without holding up the thread that waits; without a report where the process
    /// forked meanwhile, and this is the child.
    pub(crate) async fn flush_async(&self, timeout: Duration) -> Option<FlushReport> {
        if OFF {
            return Some(FlushReport::off());
        }
        let start = Instant::now();
        match self.request(timeout) {
            Some(request) => Flushing::new(request, self).await,
            None => Some(self.flush_here(deadline(start, timeout))),
        }
    }

    /// Flushes where the thread may be in the middle of anything, a lock of ours in its hand:
    /// then it asks the worker and waits, and does nothing itself.
    pub(crate) fn flush_from_hook(&self, timeout: Duration) {
        if !shard::is_busy() {
            let _ = self.flush(timeout);
        } else if let Ok(control) = self.control.try_lock()
            && let Some(request) = self.request_of(control, timeout)
        {
            let _ = request.wait(GRACE);
        }
    }

    /// Asks the thread for a flush; `None` where there is no thread, or this is it.
    fn request(&self, timeout: Duration) -> Option<Arc<Request>> {
        let _quiet = shard::quiet();
        self.request_of(self.control(), timeout)
    }

    fn request_of(
        &self,
        mut control: MutexGuard<'_, Control>,
        timeout: Duration,
    ) -> Option<Arc<Request>> {
        if !control.running || control.stop || control.thread == Some(shard::this_thread()) {
            return None;
        }
        let request = Request::new(deadline(Instant::now(), timeout));
        control.requests.push(Arc::clone(&request));
        drop(control);
        self.wake.notify_all();
        Some(request)
    }

    pub(crate) fn stats(&self) -> Stats {
        if OFF {
            return Stats::off();
        }
        let mut pipeline = self.pipeline();
        if self.shared.mode() == Mode::Closed {
            // What raced the shutdown into a slot.
            pipeline.drop_pending(DropReason::Closed);
        }
        let totals = pipeline.totals();
        Stats {
            totals,
            transport: self.transport_state(&pipeline),
            clock: clock::source(),
        }
    }

    /// Ends the client: refuses further events, flushes, gives up what is left and stops the thread.
    pub(crate) fn shutdown(&self, timeout: Duration) -> FlushReport {
        if OFF {
            return FlushReport::off();
        }
        self.shared.set_mode(Mode::Closed);
        let mut report = self.flush(timeout);
        let mut pipeline = self.pipeline();
        let reason = if pipeline.transport.is_unresolved() {
            DropReason::Unresolved
        } else {
            DropReason::Closed
        };
        pipeline.drop_pending(reason);
        let last = self.report(&pipeline, Instant::now(), false);
        drop(pipeline);
        report.add(&last);
        self.control().stop = true;
        self.wake.notify_all();
        report
    }
}

fn deadline(now: Instant, timeout: Duration) -> Instant {
    // Far enough for `Duration::MAX`, which an Instant can not hold.
    now.checked_add(timeout)
        .unwrap_or_else(|| now + Duration::from_secs(86_400 * 365))
}
