//! Handles for the recorders of other facades: of a slot that has its metric already, for
//! one client or for whichever is current.

use std::sync::Arc;

use super::site::Site;
use super::{Counter, Meter, Timer};
use crate::client::core::{Change, Core};
use crate::record::{Kind, Reading};

impl Counter {
    pub(crate) fn registered_as(slot: u32, client: Option<Arc<Core>>) -> Self {
        Counter {
            site: Site::registered_as(Kind::Counter, slot, client),
        }
    }

    /// Counts an event of which nothing can be added.
    pub(crate) fn refuse(&self) {
        self.site.refuse();
    }
}

impl Meter {
    pub(crate) fn registered_as(slot: u32, client: Option<Arc<Core>>) -> Self {
        Meter {
            site: Site::registered_as(Kind::Meter, slot, client),
        }
    }
}

impl Timer {
    pub(crate) fn registered_as(slot: u32, client: Option<Arc<Core>>) -> Self {
        Timer {
            site: Site::registered_as(Kind::Timer, slot, client),
        }
    }

    /// Records a reading in the metric's own unit; none is a value that can not be kept.
    pub(crate) fn record_reading(&self, reading: Option<Reading>) {
        match reading {
            Some(reading) => self.site.record(Change::Time(reading)),
            None => self.site.refuse(),
        }
    }
}
