//! Counters: sums of changes, exact over each flush.

use std::sync::Arc;

use super::site::Site;
use crate::client::Client;
use crate::client::core::Change;
use crate::error::Error;
use crate::key::Name;
use crate::rate;
use crate::record::Kind;

/// Counts events, or any amount that adds up: requests, bytes, errors.
///
/// A flush sends the sum of all changes in one message, and nothing when it is
/// zero. The receiver shows it per second, as `stats.<key>`.
///
/// Recording never blocks, panics or fails; after the first use on a thread it
/// does not allocate.
///
/// ```
/// use logd_runtime::Counter;
///
/// static PLACED: Counter = Counter::new("orders.placed");
/// static BYTES: Counter = Counter::new("orders.bytes").rate(0.05);
///
/// PLACED.increment();
/// BYTES.add(1280_u64);
/// ```
#[derive(Clone, Debug)]
pub struct Counter {
    pub(super) site: Site,
}

impl Counter {
    /// A counter of this key, for the client that is current where it is used.
    ///
    /// # Panics
    ///
    /// When the key can not be used: empty, with white space, control characters,
    /// `;` or an empty part between dots, or too long. In a `static` or `const`
    /// that is an error of the compiler.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Counter {
            site: Site::written(Kind::Counter, Name::literal(key), 1.0),
        }
    }

    pub(crate) const fn named(name: Name, rate: f64) -> Self {
        rate::assert_valid(rate);
        Counter {
            site: Site::written(Kind::Counter, name, rate),
        }
    }

    pub(crate) fn made(key: Arc<str>, client: Client) -> Self {
        Counter {
            site: Site::made(Kind::Counter, key, client),
        }
    }

    /// The same counter with a sample rate in (0, 1].
    ///
    /// A client that reduces (the default) counts every event: that is cheaper than
    /// choosing. One that sends each event keeps an event with this probability.
    ///
    /// # Panics
    ///
    /// When the rate is not in (0, 1]; in a `static` or `const` that is an error of
    /// the compiler. For a rate known at run time there is [`try_rate`](Self::try_rate).
    #[must_use]
    pub const fn rate(mut self, rate: f64) -> Self {
        self.site.set_rate(rate);
        self
    }

    /// The same counter with a sample rate that is known at run time.
    ///
    /// # Errors
    ///
    /// When the rate is not in (0, 1].
    ///
    /// ```
    /// use logd_runtime::Counter;
    ///
    /// assert!(Counter::new("hits").try_rate(0.5).is_ok());
    /// assert!(Counter::new("hits").try_rate(f64::NAN).unwrap_err().is_rate());
    /// ```
    pub fn try_rate(mut self, rate: f64) -> Result<Self, Error> {
        self.site.try_set_rate(rate)?;
        Ok(self)
    }

    /// Adds 1.
    ///
    /// ```
    /// use logd_runtime::Counter;
    /// use logd_runtime::testing::Spy;
    ///
    /// static ORDERS: Counter = Counter::new("orders");
    ///
    /// let spy = Spy::new();
    /// spy.run(|| ORDERS.increment());
    /// assert_eq!(spy.counter("orders").total(), 1);
    /// ```
    #[inline]
    pub fn increment(&self) {
        self.site.increment();
    }

    /// Takes 1 away.
    #[inline]
    pub fn decrement(&self) {
        self.site.record(Change::Add(-1));
    }

    /// Adds any number; a negative one takes away.
    ///
    /// A number that is not finite, or beyond 2^53, is dropped and counted as
    /// [`InvalidValue`](crate::DropReason::InvalidValue).
    ///
    /// ```
    /// use logd_runtime::Counter;
    /// use logd_runtime::testing::Spy;
    ///
    /// static STOCK: Counter = Counter::new("stock");
    ///
    /// let spy = Spy::new();
    /// spy.run(|| {
    ///     STOCK.add(10);
    ///     STOCK.add(-3);
    /// });
    /// assert_eq!(spy.counter("stock").total(), 7);
    /// ```
    #[inline]
    pub fn add(&self, amount: impl Amount) {
        match amount.change() {
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

/// A number that a counter can change by: any integer or floating-point type.
///
/// Sums are exact up to 2^53 in a flush. A single amount beyond that, or one that is
/// no number, is dropped and counted as [`InvalidValue`](crate::DropReason::InvalidValue).
pub trait Amount: sealed::Amount {}

mod sealed {
    use crate::client::core::Change;

    pub trait Amount {
        /// `None` for a number that is not finite or too large to add up.
        #[allow(
            private_interfaces,
            reason = "the trait is sealed: nobody outside can call this"
        )]
        fn change(self) -> Option<Change>;
    }
}

/// Beyond it the daemon's numbers skip integers, and sums would be wrong in silence.
const MOST: i64 = 1 << 53;

fn whole(amount: i64) -> Option<Change> {
    (-MOST..=MOST)
        .contains(&amount)
        .then_some(Change::Add(amount))
}

fn fraction(amount: f64) -> Option<Change> {
    (amount.abs() <= MOST as f64).then_some(Change::AddFloat(amount))
}

macro_rules! amounts {
    ($($number:ty: $value:ident => $change:expr;)*) => {$(
        impl Amount for $number {}
        impl sealed::Amount for $number {
            #[inline]
            #[allow(private_interfaces, reason = "the trait is sealed: nobody outside can call this")]
            fn change(self) -> Option<Change> {
                let $value = self;
                $change
            }
        }
    )*};
}

amounts! {
    i8: n => Some(Change::Add(n.into()));
    i16: n => Some(Change::Add(n.into()));
    i32: n => Some(Change::Add(n.into()));
    i64: n => whole(n);
    isize: n => whole(n as i64);
    u8: n => Some(Change::Add(n.into()));
    u16: n => Some(Change::Add(n.into()));
    u32: n => Some(Change::Add(n.into()));
    u64: n => whole(i64::try_from(n).ok()?);
    usize: n => whole(i64::try_from(n).ok()?);
    f32: n => fraction(n.into());
    f64: n => fraction(n);
}
