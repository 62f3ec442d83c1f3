//! What all handles of one client share, and the slow way into it: which shard a
//! thread records into, and what becomes of an event that can not go straight to a slot.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use once_cell::race::OnceBox;

use super::{Handle, lease};
use crate::clock;
use crate::config::Config;
use crate::error::Error;
use crate::fork::PerProcess;
use crate::key;
use crate::names::Names;
use crate::off::OFF;
use crate::record::quiet::{QuietMutex, made_quietly};
use crate::record::registry::{self, Kind, Metric};
use crate::record::slot::Slot;
use crate::record::{Event, Pushed, Reading, Shard, histogram, shard};
use crate::stats::DropReason;
use crate::transport::Transport;
use crate::worker::series::Encoded;
use crate::worker::shared::Mode;
use crate::worker::{Discover, Worker};

#[derive(Debug)]
pub(crate) struct Core {
    plan: Plan,
    worker: PerProcess<Arc<Worker>>,
    /// Names made at run time, by kind, cleaned and registered once each.
    names: PerProcess<QuietMutex<Names>>,
    this: Weak<Core>,
    /// The user's handle, while there is one.
    pub(super) handle: OnceLock<Weak<Handle>>,
}

/// What a client is made from, here and in child processes: set once, without a lock.
#[derive(Debug)]
struct Plan {
    config: Config,
    /// The configuration of `init`, which comes in the place of the first.
    installed: OnceBox<Config>,
    way: Way,
}

/// What becomes of what a client has collected.
#[derive(Clone, Copy, Debug)]
enum Way {
    Sends,
    /// It is sent, to where the client finds out itself until it is configured.
    Discovers(Discover),
    /// It stays, without a thread: a [`Spy`](crate::testing::Spy) collects when asked.
    Keeps,
}

/// The number of a name of which nothing is left when it is cleaned: no slot has it.
const NO_SLOT: u64 = 0;

/// What one call does to its metric.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Increment,
    Add(i64),
    AddFloat(f64),
    Set(Number),
    /// A call that took this long.
    Time(Reading),
    /// A clocked call: sampling was settled at its start.
    Clocked(Reading),
    /// A call that was not clocked.
    Called,
}

/// Where events of a name made at run time go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameSlot {
    /// To a slot of its own, which may be remembered.
    Own(u32),
    /// To the one for all names beyond the bound: remembering them would have none.
    Overflow(u32),
    /// Nowhere: nothing of the name is left when it is cleaned.
    Nothing,
}

/// A meter's value as it was given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Number::Integer(value) => value as f64,
            Number::Float(value) => value,
        }
    }
}

impl Change {
    /// Writes it into the metric's slot of the thread's shard.
    #[inline(always)]
    pub(crate) fn apply(self, slot: &Slot) {
        match self {
            Change::Increment => slot.increment(),
            Change::Add(amount) => slot.add(amount),
            Change::AddFloat(amount) => slot.add_float(amount),
            Change::Set(value) => slot.set_meter(value.to_f64()),
            Change::Time(reading) | Change::Clocked(reading) => slot.time(reading),
            Change::Called => slot.count_call(),
        }
    }

    fn event(self) -> Option<Event> {
        Some(match self {
            Change::Increment => Event::Integer(1),
            Change::Add(amount) => Event::Integer(amount),
            Change::AddFloat(amount) => Event::Float(amount),
            Change::Set(Number::Integer(value)) => Event::Integer(value),
            Change::Set(Number::Float(value)) => Event::Float(value),
            Change::Time(reading) | Change::Clocked(reading) => Event::Time(reading),
            Change::Called => return None,
        })
    }
}

impl Plan {
    /// The worker of this process. A child begins empty: of what it inherits, only whether
    /// the client was closed is looked at.
    fn worker(&self, inherited: Option<&Arc<Worker>>) -> Arc<Worker> {
        let _quiet = shard::quiet();
        if !OFF {
            histogram::refill_spares();
            clock::calibrate();
        }
        let installed = self.installed.get();
        let mut setup = installed.unwrap_or(&self.config).setup();
        if inherited.is_some_and(|worker| worker.shared.mode() == Mode::Closed) {
            setup.mode = Mode::Closed;
        }
        let discover = match self.way {
            Way::Discovers(discover) if installed.is_none() => {
                setup.transport = Transport::Nowhere;
                Some(discover)
            }
            Way::Sends | Way::Discovers(_) => None,
            Way::Keeps => {
                setup.transport = Transport::Nowhere;
                // Nothing ever takes log records out, and a test wants to see them all.
                setup.log_queue = (usize::MAX, usize::MAX);
                None
            }
        };
        Arc::new(Worker::new(setup, discover))
    }
}

impl Core {
    /// A client with this configuration.
    pub(crate) fn new(config: Config) -> Arc<Self> {
        let way = if config.enabled {
            Way::Sends
        } else {
            Way::Keeps
        };
        Self::of(config, way)
    }

    /// A client that keeps what it is given.
    pub(crate) fn keeping() -> Arc<Self> {
        Self::of(Config::default(), Way::Keeps)
    }

    /// A client that finds its settings itself, unless it is configured before it first sends.
    pub(crate) fn discovering(discover: Discover) -> Arc<Self> {
        Self::of(Config::default(), Way::Discovers(discover))
    }

    fn of(config: Config, way: Way) -> Arc<Self> {
        let core = Arc::new_cyclic(|this| Core {
            plan: Plan {
                config,
                installed: OnceBox::new(),
                way,
            },
            worker: PerProcess::new(),
            names: PerProcess::new(),
            this: Weak::clone(this),
            handle: OnceLock::new(),
        });
        // Made with the client: the first event has the less to do.
        core.worker();
        core
    }

    pub(crate) fn weak(&self) -> &Weak<Core> {
        &self.this
    }

    /// The worker of this process.
    pub(crate) fn worker(&self) -> &Arc<Worker> {
        self.worker
            .get_or_init(|inherited| self.plan.worker(inherited))
    }

    fn names(&self) -> &QuietMutex<Names> {
        made_quietly(&self.names, |_| QuietMutex::default())
    }

    pub(crate) fn is_configured(&self) -> bool {
        self.plan.installed.get().is_some()
    }

    /// Configures a client that finds its settings itself otherwise; `false` when that was
    /// done before.
    pub(crate) fn configure(&self, config: &Config) -> bool {
        if self.plan.installed.set(Box::new(config.clone())).is_err() {
            return false;
        }
        self.worker().configure(config.setup());
        true
    }

    /// A shard for a thread, or for one event of a thread that is ending. With the
    /// first one the worker begins: from there on events may come by the fast way.
    pub(crate) fn lease(&self) -> Arc<Shard> {
        self.start();
        self.worker().shared.lease(Weak::clone(&self.this) as _)
    }

    fn start(&self) {
        if !matches!(self.plan.way, Way::Keeps) {
            self.worker().start();
        }
    }

    /// Records an event the slow way.
    pub(crate) fn record(&self, slot: u32, rate: f64, change: Change) {
        let shared = &self.worker().shared;
        match shared.mode() {
            Mode::Ignore => {}
            Mode::Closed => shared.drop_events(DropReason::Closed, 1),
            Mode::Reduce => lease::with_shard(self, |shard| {
                let slot = shard.slot(slot);
                if matches!(change, Change::Time(_) | Change::Clocked(_)) {
                    slot.make_values();
                }
                change.apply(slot);
            }),
            Mode::EachEvent => {
                let settled = matches!(change, Change::Clocked(_));
                let Some(event) = change.event() else {
                    shared.sample_out();
                    return;
                };
                if !settled && !self.keeps(rate) {
                    shared.sample_out();
                    return;
                }
                lease::with_shard(self, |shard| match shard.events().push(slot, event) {
                    Pushed::Queued => {}
                    Pushed::HalfFull => self.worker().hurry(),
                    Pushed::Full => shared.drop_events(DropReason::QueueFull, 1),
                });
            }
        }
    }

    /// Whether a timed call of a timer that clocks some is to be, decided the slow way: reduced,
    /// by the header and its slot.
    pub(crate) fn clocks(
        &self,
        slot: u32,
        metric: &Metric,
        decide: impl FnOnce(&Slot, &Slot) -> Option<bool>,
    ) -> bool {
        let shared = &self.worker().shared;
        match shared.mode() {
            Mode::Ignore => false,
            // Clocked, so that its end is counted as dropped.
            Mode::Closed => true,
            Mode::Reduce => lease::with_shard(self, |shard| {
                let slot = shard.slot(slot);
                if let Some(gaps) = &metric.gaps {
                    slot.sample(gaps);
                }
                decide(shard.header(), slot).unwrap_or(true)
            }),
            Mode::EachEvent => self.keeps(metric.rate),
        }
    }

    fn keeps(&self, rate: f64) -> bool {
        rate >= 1.0 || lease::random() < rate
    }

    /// What tells this client from all others as long as it is there.
    pub(crate) fn number(&self) -> u64 {
        shard::address(self.weak())
    }

    /// The slot of a name made at run time, cleaned.
    pub(crate) fn clean_name(&self, kind: Kind, name: &str) -> NameSlot {
        let mut names = self.names().lock();
        let group = (kind as u64, 0);
        match names.get(group, name) {
            Some(NO_SLOT) => return NameSlot::Nothing,
            Some(slot) => return NameSlot::Own(slot as u32),
            None => {}
        }
        let key = key::clean(name);
        if names.len() >= self.worker().shared.most_names() {
            return key.map_or(NameSlot::Nothing, |_| {
                NameSlot::Overflow(registry::overflow(kind))
            });
        }
        let slot = key.map(|key| registry::register(kind, key, 1.0, false));
        names.insert(group, name.into(), slot.map_or(NO_SLOT, u64::from));
        slot.map_or(NameSlot::Nothing, NameSlot::Own)
    }

    /// Counts a name made at run time against the bound.
    pub(crate) fn admit_name(&self, kind: Kind, name: &str) -> Result<(), Error> {
        key::check(name).map_err(|fault| Error::key(format!("{name:?}: {}", fault.message())))?;
        if OFF {
            return Ok(());
        }
        let mut names = self.names().lock();
        let group = (kind as u64, 0);
        if names.get(group, name).is_none() {
            let most = self.worker().shared.most_names();
            if names.len() >= most {
                return Err(Error::too_many_names(most));
            }
            let slot = registry::register(kind, name.into(), 1.0, false);
            names.insert(group, name.into(), slot.into());
        }
        Ok(())
    }

    /// Queues a message that is encoded already.
    pub(crate) fn queue_message(&self, datagram: Vec<u8>) {
        let shared = &self.worker().shared;
        match shared.mode() {
            Mode::Ignore => {}
            Mode::Closed => shared.drop_events(DropReason::Closed, 1),
            Mode::Reduce | Mode::EachEvent => {
                shared.queue_message(Encoded {
                    datagram,
                    events: 1,
                });
                self.start();
                self.worker().hurry();
            }
        }
    }

    /// Whether it records nothing at all.
    pub(crate) fn ignores(&self) -> bool {
        self.worker().shared.mode() == Mode::Ignore
    }

    /// Where events end that a name or the recorder itself stands in the way of.
    pub(crate) fn drop_events(&self, reason: DropReason, events: u64) {
        if self.worker().shared.mode() != Mode::Ignore {
            self.worker().shared.drop_events(reason, events);
        }
    }

    /// Sends what is pending, from a hook; nothing is in a process that recorded nothing.
    pub(crate) fn flush_from_hook(&self, timeout: Duration) {
        if let Some(worker) = self.worker.get() {
            worker.flush_from_hook(timeout);
        }
    }

    pub(crate) fn shutdown(&self, timeout: Duration) -> crate::stats::FlushReport {
        self.worker().shutdown(timeout)
    }
}
