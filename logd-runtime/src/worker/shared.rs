//! What recording threads and the worker have in common: the list of shards, the
//! client's mode, drop counts, and the bounded queue of ready messages.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use super::series::Encoded;
use crate::off::OFF;
use crate::record::Shard;
use crate::record::quiet::QuietMutex;
use crate::stats::{DropReason, SharedDrops};
use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What a client does with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mode {
    /// Adds it to the totals of its window.
    Reduce,
    /// Queues it as a message of its own.
    EachEvent,
    /// Nothing.
    Ignore,
    /// Counts it as dropped: the client was shut down.
    Closed,
}

/// The part of a client that its recording threads touch, on their slow path only.
#[derive(Debug)]
pub(crate) struct Shared {
    mode: AtomicU8,
    shards: QuietMutex<Shards>,
    messages: QuietMutex<MessageQueue>,
    drops: SharedDrops,
    sampled_out: AtomicU64,
    most_names: AtomicU64,
    cut: AtomicU64,
}

#[derive(Debug, Default)]
struct Shards {
    all: Vec<Arc<Shard>>,
    /// Those whose thread has ended, for the next thread.
    parked: Vec<Arc<Shard>>,
}

/// Messages that were encoded where they were made: log records and deletions.
#[derive(Debug)]
struct MessageQueue {
    messages: VecDeque<Encoded>,
    bytes: usize,
    most_messages: usize,
    most_bytes: usize,
}

impl Shared {
    pub(crate) fn new(mode: Mode) -> Self {
        let mode = if OFF { Mode::Ignore } else { mode };
        Shared {
            mode: AtomicU8::new(mode as u8),
            shards: QuietMutex::default(),
            messages: QuietMutex::new(MessageQueue {
                messages: VecDeque::new(),
                bytes: 0,
                most_messages: 1024,
                most_bytes: 1 << 20,
            }),
            drops: SharedDrops::default(),
            sampled_out: AtomicU64::new(0),
            most_names: AtomicU64::new(u64::MAX),
            cut: AtomicU64::new(0),
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        if OFF {
            return Mode::Ignore;
        }
        const MODES: [Mode; 4] = [Mode::Reduce, Mode::EachEvent, Mode::Ignore, Mode::Closed];
        // ORDERING: a thread that sees the mode sees what was settled before it was set.
        MODES[self.mode.load(Ordering::Acquire) as usize]
    }

    /// Changes the mode, but never that of a client which was shut down.
    pub(crate) fn open(&self, mode: Mode) {
        let shards = self.shards.lock();
        if self.mode() != Mode::Closed {
            self.change_mode(&shards, mode);
        }
    }

    /// Changes the mode and sends every thread the slow way, where it will be seen.
    pub(crate) fn set_mode(&self, mode: Mode) {
        self.change_mode(&self.shards.lock(), mode);
    }

    fn change_mode(&self, shards: &Shards, mode: Mode) {
        if OFF {
            return;
        }
        // ORDERING: pairs with the load in `mode`.
        self.mode.store(mode as u8, Ordering::Release);
        for shard in &shards.all {
            shard.set_direct(mode == Mode::Reduce);
        }
    }

    /// A shard for a thread that has none: one whose thread ended, or a new one.
    pub(crate) fn lease(&self, owner: Weak<dyn Any + Send + Sync>) -> Arc<Shard> {
        let mut shards = self.shards.lock();
        if let Some(shard) = shards.parked.pop() {
            return shard;
        }
        let shard = Arc::new(Shard::new(owner, self.mode() == Mode::Reduce));
        shards.all.push(Arc::clone(&shard));
        shard
    }

    /// Takes a shard back from a thread that ends. The worker still drains it.
    pub(crate) fn park(&self, shard: Arc<Shard>) {
        if shard.is_inherited() {
            return;
        }
        self.shards.lock().parked.push(shard);
    }

    /// Appends the shards that are not in `known`, which holds the first ones.
    pub(crate) fn update_shards<T>(&self, known: &mut Vec<T>, new: impl Fn(Arc<Shard>) -> T) {
        let shards = self.shards.lock();
        known.extend(
            shards.all[known.len()..]
                .iter()
                .map(|shard| new(Arc::clone(shard))),
        );
    }

    /// Queues a message; when the queue is full it is dropped and counted.
    pub(crate) fn queue_message(&self, message: Encoded) {
        let mut queue = self.messages.lock();
        let bytes = queue.bytes + message.datagram.len();
        if queue.messages.len() >= queue.most_messages || bytes > queue.most_bytes {
            drop(queue);
            self.drop_events(DropReason::QueueFull, message.events);
            return;
        }
        queue.bytes = bytes;
        queue.messages.push_back(message);
    }

    /// The next queued message, for the worker.
    pub(crate) fn next_message(&self) -> Option<Encoded> {
        let mut queue = self.messages.lock();
        let message = queue.messages.pop_front()?;
        queue.bytes -= message.datagram.len();
        Some(message)
    }

    /// Shows the queued messages, for a test.
    #[cfg(any(feature = "log", feature = "tracing"))]
    pub(crate) fn look_at_messages<R>(
        &self,
        look: impl FnOnce(&mut dyn Iterator<Item = &[u8]>) -> R,
    ) -> R {
        let queue = self.messages.lock();
        look(&mut queue.messages.iter().map(|message| &*message.datagram))
    }

    pub(crate) fn queued_messages(&self) -> u64 {
        self.messages
            .lock()
            .messages
            .iter()
            .map(|message| message.events)
            .sum()
    }

    pub(crate) fn limit_messages(&self, messages: usize, bytes: usize) {
        let mut queue = self.messages.lock();
        (queue.most_messages, queue.most_bytes) = (messages, bytes);
    }

    pub(crate) fn limit_names(&self, names: usize) {
        self.most_names.store(names as u64, Ordering::Relaxed);
    }

    /// The most names that may be made at run time.
    pub(crate) fn most_names(&self) -> usize {
        self.most_names.load(Ordering::Relaxed) as usize
    }

    pub(crate) fn drop_events(&self, reason: DropReason, events: u64) {
        self.drops.add(reason, events);
    }

    pub(crate) fn drops(&self) -> crate::stats::Drops {
        self.drops.load()
    }

    pub(crate) fn sample_out(&self) {
        self.sampled_out.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sampled_out(&self) -> u64 {
        self.sampled_out.load(Ordering::Relaxed)
    }

    #[cfg(any(feature = "log", feature = "tracing"))]
    pub(crate) fn count_cut(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
    }

    /// Log records that were cut.
    pub(crate) fn cut(&self) -> u64 {
        self.cut.load(Ordering::Relaxed)
    }
}
