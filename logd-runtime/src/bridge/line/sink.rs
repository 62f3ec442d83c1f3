//! Where the records of a facade go: a client's bounded queue, under a log's path. A thread
//! that is in here already, or inside of a client, is not let in again: nothing of ours ever
//! feeds itself.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::draft::Draft;
use super::fields::Content;
use super::site::{Site, SiteLimit, Verdict};
use crate::client::Client;
use crate::client::core::Core;
use crate::config::Config;
use crate::error::Error;
use crate::record::shard;
use crate::scope;
use crate::stats::DropReason;
use crate::wire::{self, MAX_DATAGRAM};
use crate::worker::shared::Mode;

/// The smallest datagrams that leave something of a record.
const LEAST_DATAGRAM: usize = 1024;

/// Counts the records that the limit of their place kept back since the last one.
const SUPPRESSED: &str = "suppressed";

thread_local! {
    // Constant and without a destructor, so that it works in those of others.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// While the thread is busy with a record.
struct Inside(());

impl Inside {
    /// `None` for a thread that is busy with a record, or inside of a client.
    fn enter() -> Option<Inside> {
        (!shard::is_busy() && !INSIDE.replace(true)).then(|| Inside(()))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(false);
    }
}

/// What every bridge is configured with.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) path: Option<String>,
    pub(crate) client: Option<Client>,
    pub(crate) limit: Option<(u32, Duration)>,
    pub(crate) max_datagram: Option<usize>,
}

impl Settings {
    /// The place that they describe.
    pub(crate) fn build(self) -> Result<Sink, Error> {
        let path = match self.path {
            Some(path) => checked(path)?,
            None => discovered()?,
        };
        // A global client is not made for the question.
        let current = || scope::existing_core().as_deref().and_then(Client::of);
        if let Some(client) = self.client.clone().or_else(current) {
            client.check_logs()?;
        }
        let limit = match self.limit {
            Some((0, _)) => {
                return Err(Error::config(
                    "the rate limit lets no record through: write 1 or more, or a level of `Off`",
                ));
            }
            Some((records, per)) => Some(SiteLimit::new(records, per)),
            None => None,
        };
        let max_datagram = self.max_datagram.unwrap_or(MAX_DATAGRAM);
        if !(LEAST_DATAGRAM..=MAX_DATAGRAM).contains(&max_datagram) {
            return Err(Error::config(format!(
                "max_datagram is {max_datagram}: write {LEAST_DATAGRAM} to {MAX_DATAGRAM} bytes, such as \
                 1432, which any network carries whole"
            )));
        }
        if path.len() > max_datagram / 2 {
            return Err(Error::key(format!(
                "the log path has {} bytes, which leaves a record too little of {max_datagram}: \
                 write a shorter one such as \"app.log\"",
                path.len()
            )));
        }
        Ok(Sink {
            path,
            max_datagram,
            client: self.client,
            limit,
        })
    }
}

fn checked(path: String) -> Result<String, Error> {
    wire::check_path(&path)
        .map_err(|fault| Error::key(format!("the log path is {path:?}: {fault}")))?;
    Ok(path)
}

/// The path that the environment or a file has.
fn discovered() -> Result<String, Error> {
    let config = Config::discover()?;
    config.path().map(str::to_owned).ok_or_else(|| {
        Error::config(
            "there is no log path: write `.path(\"app.log\")`, or set LOGD_PATH, or `path` in a \
             file such as ~/.logdrc",
        )
    })
}

#[derive(Debug)]
pub(crate) struct Sink {
    path: String,
    /// `None` for the client that is current where a record is made.
    client: Option<Client>,
    limit: Option<SiteLimit>,
    max_datagram: usize,
}

impl Sink {
    fn core(&self) -> Arc<Core> {
        match &self.client {
            Some(client) => Arc::clone(client.core()),
            None => scope::current_core(),
        }
    }

    /// Queues a record, unless its place has sent enough. It is made only when it is needed.
    pub(crate) fn send(&self, site: Site, make: impl FnOnce(&mut Draft)) {
        let Some(_inside) = Inside::enter() else {
            if let Some(core) = self.existing_core() {
                core.drop_events(DropReason::Nested, 1);
            }
            return;
        };
        let core = self.core();
        if core.ignores() {
            return;
        }
        if core.worker().shared.mode() == Mode::Closed {
            core.drop_events(DropReason::Closed, 1);
            return;
        }
        let mut suppressed = 0;
        if let Some(limit) = &self.limit {
            match limit.judge(site, Instant::now()) {
                Verdict::Send { suppressed: before } => suppressed = before,
                Verdict::Suppress => {
                    core.drop_events(DropReason::RateLimited, 1);
                    return;
                }
            }
        }
        let mut draft = Draft::default();
        make(&mut draft);
        if suppressed > 0 {
            draft
                .fields
                .add(SUPPRESSED, Content::unsigned(suppressed.into()));
        }
        match draft.encode(&self.path, self.max_datagram) {
            Ok(message) => {
                if message.cut {
                    core.worker().shared.count_cut();
                }
                core.queue_message(message.datagram);
            }
            Err(_) => core.drop_events(DropReason::TooLarge, 1),
        }
    }

    /// The client for what is no record. A thread inside of a client does not make one.
    #[cfg(feature = "tracing")]
    pub(crate) fn reachable_core(&self) -> Option<Arc<Core>> {
        if shard::is_busy() {
            self.existing_core()
        } else {
            Some(self.core())
        }
    }

    /// The client, where there is one without making the global one.
    pub(crate) fn existing_core(&self) -> Option<Arc<Core>> {
        match &self.client {
            Some(client) => Some(Arc::clone(client.core())),
            None => scope::existing_core(),
        }
    }
}
