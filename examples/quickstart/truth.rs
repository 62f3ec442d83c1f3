//! What the program knows by itself: plain atomics, marked by hand beside every annotation.
//! Nothing here uses the library, so that its figures are compared with something independent.

use std::sync::atomic::{AtomicI64, Ordering};

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Counter,
    Timer,
}

/// The true total of one counter, or the true number of calls of one timer.
pub struct Tally {
    pub kind: Kind,
    pub key: &'static str,
    /// The rate written in `service.rs`: only to be shown, since counts are exact at any rate.
    pub rate: f64,
    total: AtomicI64,
}

impl Tally {
    const fn new(kind: Kind, key: &'static str, rate: f64) -> Tally {
        Tally {
            kind,
            key,
            rate,
            total: AtomicI64::new(0),
        }
    }

    pub fn mark(&self) {
        self.add(1);
    }

    pub fn add(&self, number: i64) {
        // Read when every thread has been joined, so no order is needed here.
        self.total.fetch_add(number, Ordering::Relaxed);
    }

    pub fn total(&self) -> i64 {
        self.total.load(Ordering::Relaxed)
    }
}

macro_rules! tallies {
    ($($name:ident = $kind:ident $key:literal, $rate:literal;)*) => {
        $(pub static $name: Tally = Tally::new(Kind::$kind, $key, $rate);)*
        /// Every tally, in the order in which they are shown.
        pub static ALL: &[&Tally] = &[$(&$name),*];
    };
}

tallies! {
    EVICTIONS = Counter "shop:cache.evictions", 1.0;
    HITS = Counter "shop:cache.hits", 0.05;
    MISSES = Counter "shop:cache.misses", 1.0;
    ABANDONED = Counter "shop:checkout.abandoned", 1.0;
    DECLINED = Counter "shop:checkout.declined", 1.0;
    SOLD_OUT = Counter "shop:checkout.sold_out", 1.0;
    GREET = Counter "shop:quickstart.service.greet", 1.0;
    STOCK = Counter "shop:stock", 1.0;
    CACHE_GET = Timer "shop:cache.get", 0.05;
    CHECKOUT = Timer "shop:checkout", 0.1;
    DB_LOAD = Timer "shop:db.load", 1.0;
    DB_RESERVE = Timer "shop:db.reserve", 1.0;
    DB_STORE = Timer "shop:db.store", 1.0;
    PAGE = Timer "shop:page", 0.01;
    PAY = Timer "shop:quickstart.service.pay", 1.0;
    DATABASE_TIME = Timer "shop:timers.db", 1.0;
    PACK = Timer "shop:warehouse.pack", 0.5;
}
