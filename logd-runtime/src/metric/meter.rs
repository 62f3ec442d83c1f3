//! Meters: readings of a level, averaged over each flush.

use std::sync::Arc;

use super::site::{Site, is_storable};
use crate::client::Client;
use crate::client::core::{Change, Number};
use crate::error::Error;
use crate::key::Name;
use crate::rate;
use crate::record::Kind;

/// Shows a level that goes up and down: a queue's depth, a temperature, a share.
///
/// A flush sends the mean of the readings since the last one. The receiver shows
/// the mean over its interval as `stats.meters.<key>`, and 0 for a meter without
/// a reading; [`hold`](Self::hold) repeats the last one instead.
///
/// ```
/// use logd_runtime::Meter;
///
/// static DEPTH: Meter = Meter::new("queue.depth");
/// static LIMIT: Meter = Meter::new("pool.limit").hold();
///
/// let queue = vec!["a", "b"];
/// DEPTH.set(queue.len());
/// LIMIT.set(0.75);
/// ```
#[derive(Clone, Debug)]
pub struct Meter {
    pub(super) site: Site,
}

impl Meter {
    /// A meter of this key, for the client that is current where it is used.
    ///
    /// # Panics
    ///
    /// When the key can not be used, as with [`Counter::new`](crate::Counter::new).
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Meter {
            site: Site::written(Kind::Meter, Name::literal(key), 1.0),
        }
    }

    pub(crate) const fn named(name: Name, rate: f64) -> Self {
        rate::assert_valid(rate);
        Meter {
            site: Site::written(Kind::Meter, name, rate),
        }
    }

    pub(crate) fn made(key: Arc<str>, client: Client) -> Self {
        Meter {
            site: Site::made(Kind::Meter, key, client),
        }
    }

    /// The same meter with a sample rate in (0, 1].
    ///
    /// A client that reduces (the default) uses every reading for the mean. One
    /// that sends each event keeps a reading with this probability.
    ///
    /// # Panics
    ///
    /// When the rate is not in (0, 1].
    #[must_use]
    pub const fn rate(mut self, rate: f64) -> Self {
        self.site.set_rate(rate);
        self
    }

    /// The same meter with a sample rate that is known at run time.
    ///
    /// # Errors
    ///
    /// When the rate is not in (0, 1].
    pub fn try_rate(mut self, rate: f64) -> Result<Self, Error> {
        self.site.try_set_rate(rate)?;
        Ok(self)
    }

    /// The same meter, repeating its last reading in a flush interval without one.
    ///
    /// Use it for what is set when it changes rather than measured now and then.
    /// Only a client that reduces does so.
    ///
    /// The order of readings is known within a thread. Where several threads have set the meter
    /// in one flush interval, that interval shows the mean of all their readings as ever, and
    /// what is repeated afterwards is the last reading of one of these threads, which may not be
    /// the last of all. Let one thread set a level that several of them change.
    #[must_use]
    pub const fn hold(mut self) -> Self {
        self.site.set_hold();
        self
    }

    /// Takes a reading.
    ///
    /// One that is not finite, or beyond 1e300, is dropped and counted as
    /// [`InvalidValue`](crate::DropReason::InvalidValue).
    ///
    /// ```
    /// use logd_runtime::Meter;
    /// use logd_runtime::testing::Spy;
    ///
    /// static LOAD: Meter = Meter::new("load");
    ///
    /// let spy = Spy::new();
    /// spy.run(|| {
    ///     LOAD.set(2);
    ///     LOAD.set(3.0);
    /// });
    /// assert_eq!(spy.meter("load").mean(), Some(2.5));
    /// ```
    #[inline]
    pub fn set(&self, reading: impl Reading) {
        match reading.change() {
            Some(change) => self.site.record(change),
            None => self.site.refuse(),
        }
    }

    /// The key, without the client's prefix.
    #[must_use]
    pub fn key(&self) -> String {
        self.site.key().as_ref().to_owned()
    }
}

/// A value that a meter can take: any integer or floating-point type.
pub trait Reading: sealed::Reading {}

mod sealed {
    use crate::client::core::Change;

    pub trait Reading {
        /// `None` for a number that is not finite or too large to average.
        #[allow(
            private_interfaces,
            reason = "the trait is sealed: nobody outside can call this"
        )]
        fn change(self) -> Option<Change>;
    }
}

fn float(value: f64) -> Option<Change> {
    is_storable(value).then_some(Change::Set(Number::Float(value)))
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "one of two shapes that readings are made by"
)]
fn integer(value: i64) -> Option<Change> {
    Some(Change::Set(Number::Integer(value)))
}

macro_rules! readings {
    ($($number:ty: $value:ident => $change:expr;)*) => {$(
        impl Reading for $number {}
        impl sealed::Reading for $number {
            #[inline]
            #[allow(private_interfaces, reason = "the trait is sealed: nobody outside can call this")]
            fn change(self) -> Option<Change> {
                let $value = self;
                $change
            }
        }
    )*};
}

readings! {
    i8: n => integer(n.into());
    i16: n => integer(n.into());
    i32: n => integer(n.into());
    i64: n => integer(n);
    isize: n => integer(n as i64);
    u8: n => integer(n.into());
    u16: n => integer(n.into());
    u32: n => integer(n.into());
    u64: n => i64::try_from(n).map_or_else(|_| float(n as f64), integer);
    usize: n => i64::try_from(n).map_or_else(|_| float(n as f64), integer);
    f32: n => float(n.into());
    f64: n => float(n);
}
