//! What became of every event: sent, dropped for a reason, or still pending.
//! The sums hold exactly at the sender; what the network loses only a receiver knows.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The state of a client whose calls are compiled away.
const OFF: &str = "off: compiled without recording";

/// Why an event was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropReason {
    /// A bounded queue was full: events one by one, or log records.
    QueueFull,
    /// The message does not fit into a datagram.
    TooLarge,
    /// Nobody listens on the receiver's port. The kernel tells of some of the
    /// refused messages only, so this count is a lower bound.
    Refused,
    /// The operating system would not take the message.
    SendFailed,
    /// The host's name had no address when the client was closed.
    Unresolved,
    /// The name has nothing that a key could be made of.
    InvalidKey,
    /// The value is not a finite number, or too large to be counted exactly.
    InvalidValue,
    /// The client was shut down before.
    Closed,
    /// The client's [`Format`](crate::Format) has no such message: a log record for
    /// a `StatsD` agent.
    Unsupported,
    /// The event came out of the recorder's own first use of a metric: of an
    /// instrumented allocator, say. Or a log record was made by what another one shows.
    Nested,
    /// The place in the source has logged as often as its rate limit lets it.
    RateLimited,
}

impl DropReason {
    /// Every reason, in the order that reports use.
    pub const ALL: &'static [DropReason] = &[
        DropReason::QueueFull,
        DropReason::TooLarge,
        DropReason::Refused,
        DropReason::SendFailed,
        DropReason::Unresolved,
        DropReason::InvalidKey,
        DropReason::InvalidValue,
        DropReason::Closed,
        DropReason::Unsupported,
        DropReason::Nested,
        DropReason::RateLimited,
    ];

    /// The reason as one word of a metric's name, `queue_full`.
    pub const fn as_str(self) -> &'static str {
        match self {
            DropReason::QueueFull => "queue_full",
            DropReason::TooLarge => "too_large",
            DropReason::Refused => "refused",
            DropReason::SendFailed => "send_failed",
            DropReason::Unresolved => "unresolved",
            DropReason::InvalidKey => "invalid_key",
            DropReason::InvalidValue => "invalid_value",
            DropReason::Closed => "closed",
            DropReason::Unsupported => "unsupported",
            DropReason::Nested => "nested",
            DropReason::RateLimited => "rate_limited",
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const REASONS: usize = DropReason::ALL.len();

/// Events dropped, by reason.
///
/// ```
/// use logd_runtime::{Client, DropReason};
///
/// let client = Client::builder().build()?;
/// client.add("bytes", f64::NAN);
///
/// let stats = client.stats();
/// let drops = stats.drops();
/// assert_eq!(drops.by(DropReason::InvalidValue), 1);
/// assert_eq!(drops.total(), 1);
/// for (reason, events) in drops.iter() {
///     println!("{events} dropped: {reason}");
/// }
/// # Ok::<(), logd_runtime::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops([u64; REASONS]);

impl Drops {
    /// Events dropped for one reason.
    pub fn by(&self, reason: DropReason) -> u64 {
        self.0[reason as usize]
    }

    /// Events dropped for any reason.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The reasons that have a count, with it.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> + '_ {
        DropReason::ALL
            .iter()
            .map(|reason| (*reason, self.by(*reason)))
            .filter(|(_, count)| *count > 0)
    }

    pub(crate) fn add(&mut self, reason: DropReason, events: u64) {
        self.0[reason as usize] += events;
    }

    pub(crate) fn merge(&mut self, other: &Drops) {
        for (count, more) in self.0.iter_mut().zip(&other.0) {
            *count += more;
        }
    }

    fn since(&self, earlier: &Drops) -> Drops {
        let mut since = *self;
        for (count, before) in since.0.iter_mut().zip(&earlier.0) {
            *count -= before;
        }
        since
    }
}

/// Drop counts that recording threads add to.
#[derive(Debug, Default)]
pub(crate) struct SharedDrops([AtomicU64; REASONS]);

impl SharedDrops {
    pub(crate) fn add(&self, reason: DropReason, events: u64) {
        self.0[reason as usize].fetch_add(events, Ordering::Relaxed);
    }

    pub(crate) fn load(&self) -> Drops {
        let mut drops = Drops::default();
        for (count, shared) in drops.0.iter_mut().zip(&self.0) {
            *count = shared.load(Ordering::Relaxed);
        }
        drops
    }
}

/// Totals since the client began. All counts but `messages` are events, and those that were
/// `cut` are among the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) events: u64,
    pub(crate) sampled_out: u64,
    pub(crate) sent: u64,
    pub(crate) pending: u64,
    pub(crate) messages: u64,
    pub(crate) cut: u64,
    pub(crate) drops: Drops,
}

impl Totals {
    /// What was added since `earlier`; `pending` is a level and stays as it is.
    pub(crate) fn since(&self, earlier: &Totals) -> Totals {
        // A refusal that is told after its flush takes from what was sent before, and where
        // that is more than was sent since, the rest comes back to be dropped.
        let back = earlier.sent.saturating_sub(self.sent);
        Totals {
            events: self.events - earlier.events + back,
            sampled_out: self.sampled_out - earlier.sampled_out,
            sent: self.sent.saturating_sub(earlier.sent),
            pending: self.pending,
            messages: self.messages.saturating_sub(earlier.messages),
            cut: self.cut - earlier.cut,
            drops: self.drops.since(&earlier.drops),
        }
    }
}

macro_rules! totals_accessors {
    () => {
        /// Events recorded: calls of counters, meters and timers, log records and deletions.
        pub fn events(&self) -> u64 {
            self.totals.events
        }

        /// Events left out by a sample rate; always 0 with reduction, where every
        /// event is in a total.
        pub fn sampled_out(&self) -> u64 {
            self.totals.sampled_out
        }

        /// Events that are in messages which the kernel took, and that were not
        /// reported as refused since.
        pub fn sent(&self) -> u64 {
            self.totals.sent
        }

        /// Datagrams that the kernel took, and did not report as refused since: one message
        /// each, or many lines in the [`StatsD` formats](crate::Format).
        pub fn messages(&self) -> u64 {
            self.totals.messages
        }

        /// Log records that were too long for a datagram and were cut; they are among the
        /// events that were sent, are pending or were dropped.
        pub fn cut(&self) -> u64 {
            self.totals.cut
        }

        /// Events that wait to be sent.
        pub fn pending(&self) -> u64 {
            self.totals.pending
        }

        /// Events dropped for any reason.
        pub fn dropped(&self) -> u64 {
            self.totals.drops.total()
        }

        /// Events dropped for one reason.
        pub fn dropped_by(&self, reason: DropReason) -> u64 {
            self.totals.drops.by(reason)
        }

        /// Events dropped, by reason.
        pub fn drops(&self) -> &Drops {
            &self.totals.drops
        }

        /// How the client reaches its receiver now, and why it does not where it does not.
        pub fn transport(&self) -> &str {
            &self.transport
        }
    };
}

/// What a client has done since it began.
///
/// Exactly, at any moment: `events = sampled_out + sent + dropped + pending`.
///
/// ```
/// let client = logd_runtime::Client::noop();
/// assert_eq!(client.stats().dropped(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Stats {
    pub(crate) totals: Totals,
    pub(crate) transport: String,
    pub(crate) clock: &'static str,
}

impl Stats {
    totals_accessors!();

    pub(crate) fn off() -> Self {
        Stats {
            totals: Totals::default(),
            transport: OFF.to_owned(),
            clock: "off",
        }
    }

    /// The clock behind timers: `cycle counter` where it can be trusted, else `monotonic`.
    pub fn clock(&self) -> &str {
        self.clock
    }
}

/// What became of the events since the flush before this one.
///
/// Exactly: `events + pending before = sampled_out + sent + dropped + pending`. Events that the
/// report before has told to be sent, and whose refusal came later, are dropped in this one: they
/// take from what it tells to be sent, and beyond that count as its events.
///
/// ```
/// use std::time::Duration;
///
/// let client = logd_runtime::Client::noop();
/// let report = client.flush(Duration::from_secs(1));
/// assert!(report.is_complete());
/// println!("{report}");
/// ```
#[derive(Clone, Debug)]
#[must_use = "the report says what was lost: print it, or check `is_complete()`"]
pub struct FlushReport {
    pub(crate) totals: Totals,
    pub(crate) transport: String,
    pub(crate) timed_out: bool,
    pub(crate) took: Duration,
}

impl FlushReport {
    totals_accessors!();

    pub(crate) fn off() -> Self {
        FlushReport {
            totals: Totals::default(),
            transport: OFF.to_owned(),
            timed_out: false,
            took: Duration::ZERO,
        }
    }

    /// Takes in what a later report of the same flush has to add.
    pub(crate) fn add(&mut self, later: &FlushReport) {
        let (totals, more) = (&mut self.totals, later.totals);
        totals.events += more.events;
        totals.sampled_out += more.sampled_out;
        totals.sent += more.sent;
        totals.messages += more.messages;
        totals.cut += more.cut;
        totals.pending = more.pending;
        totals.drops.merge(&more.drops);
    }

    /// Whether everything was handed to the kernel: nothing dropped, nothing pending.
    pub fn is_complete(&self) -> bool {
        self.totals.pending == 0 && self.totals.drops.total() == 0 && !self.timed_out
    }

    /// Whether the time allowed ran out first.
    pub fn timed_out(&self) -> bool {
        self.timed_out
    }

    /// How long the flush took.
    pub fn took(&self) -> Duration {
        self.took
    }
}

impl fmt::Display for FlushReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let totals = &self.totals;
        write!(
            f,
            "{} events: {} sent in {} messages",
            totals.events, totals.sent, totals.messages
        )?;
        if totals.sampled_out > 0 {
            write!(f, ", {} sampled out", totals.sampled_out)?;
        }
        if totals.cut > 0 {
            write!(f, ", {} cut to fit", totals.cut)?;
        }
        for (reason, count) in totals.drops.iter() {
            write!(f, ", {count} dropped ({reason})")?;
        }
        if totals.pending > 0 {
            write!(f, ", {} pending", totals.pending)?;
        }
        write!(f, "; {}", self.transport)?;
        if self.timed_out {
            f.write_str("; the time ran out")?;
        }
        Ok(())
    }
}
