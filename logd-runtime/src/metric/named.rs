//! Metrics whose names are filled in from a call's arguments. Each name becomes a
//! handle once; there is a bound on how many, and the name is made in a buffer on
//! the stack, so that a known name costs a look-up and no allocation.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::marker::PhantomData;
use std::thread::LocalKey;

use super::{Counter, Timer};
use crate::fork::PerProcess;
use crate::key::{self, Name};
use crate::off::OFF;
use crate::outcome::Outcomes;
use crate::record::quiet::{QuietMutex, made_quietly};
use crate::record::shard;

/// Names made from arguments in the whole process, beyond which they go to `logd.client.overflow.…`.
const MOST_NAMES: usize = 10_000;

/// The longest name; what goes beyond it is cut off.
const LONGEST: usize = 256;

/// Metrics whose names are made from arguments.
#[derive(Debug)]
pub struct Template<M: Nameable> {
    rate: f64,
    of: PhantomData<fn() -> M>,
}

impl<M: Nameable> Template<M> {
    pub(crate) const fn new(rate: f64) -> Self {
        crate::rate::assert_valid(rate);
        Template {
            rate,
            of: PhantomData,
        }
    }

    /// The metric of this name; beyond the bound, the one for all further names.
    pub(crate) fn metric(&self, name: fmt::Arguments<'_>) -> &'static M {
        if OFF {
            return M::overflow();
        }
        find(Buffer::of(name).as_str(), self.rate).unwrap_or_else(M::overflow)
    }
}

/// Metrics by rate and name. They are never freed: statics and guards refer to them.
pub(crate) type Known<M> = HashMap<u64, HashMap<Box<str>, &'static M>>;

/// What can be made for a name: a metric, or one for each outcome.
pub trait Nameable: Sized + Send + Sync + 'static {
    #[doc(hidden)]
    #[allow(
        private_interfaces,
        reason = "implemented here alone, called here alone"
    )]
    fn make(name: Name, rate: f64) -> Self;
    #[doc(hidden)]
    fn overflow() -> &'static Self;
    #[doc(hidden)]
    #[allow(
        private_interfaces,
        reason = "implemented here alone, called here alone"
    )]
    fn all() -> &'static QuietMutex<Known<Self>>;
    #[doc(hidden)]
    #[allow(
        private_interfaces,
        reason = "implemented here alone, called here alone"
    )]
    fn known() -> &'static LocalKey<RefCell<Known<Self>>>;
}

macro_rules! nameable {
    ($metric:ty, $make:expr, $overflow:literal) => {
        #[allow(
            private_interfaces,
            reason = "implemented here alone, called here alone"
        )]
        impl Nameable for $metric {
            fn make(name: Name, rate: f64) -> Self {
                $make(name, rate)
            }

            fn overflow() -> &'static Self {
                static OVERFLOW: $metric = $make(Name::checked($overflow), 1.0);
                &OVERFLOW
            }

            fn all() -> &'static QuietMutex<Known<Self>> {
                static ALL: PerProcess<QuietMutex<Known<$metric>>> = PerProcess::new();
                made_quietly(&ALL, |_| QuietMutex::default())
            }

            fn known() -> &'static LocalKey<RefCell<Known<Self>>> {
                thread_local! {
                    static KNOWN: RefCell<Known<$metric>> = RefCell::default();
                }
                &KNOWN
            }
        }
    };
}

nameable!(Timer, Timer::named, "logd.client.overflow.timer");
nameable!(Counter, Counter::named, "logd.client.overflow.counter");
nameable!(
    Outcomes<Timer>,
    Outcomes::<Timer>::timers,
    "logd.client.overflow.timer"
);
nameable!(
    Outcomes<Counter>,
    Outcomes::<Counter>::counters,
    "logd.client.overflow.counter"
);

fn find<M: Nameable>(name: &str, rate: f64) -> Option<&'static M> {
    let found = M::known().try_with(|known| {
        let known = known.try_borrow().ok()?;
        known.get(&rate.to_bits())?.get(name).copied()
    });
    if let Ok(Some(metric)) = found {
        return Some(metric);
    }
    if shard::is_busy() {
        return None;
    }
    let metric = register(name, rate)?;
    let _ = M::known().try_with(|known| {
        if let Ok(mut known) = known.try_borrow_mut() {
            known
                .entry(rate.to_bits())
                .or_default()
                .insert(name.into(), metric);
        }
    });
    Some(metric)
}

fn register<M: Nameable>(name: &str, rate: f64) -> Option<&'static M> {
    let mut all = M::all().lock();
    let count: usize = all.values().map(HashMap::len).sum();
    let of_rate = all.entry(rate.to_bits()).or_default();
    if let Some(metric) = of_rate.get(name) {
        return Some(metric);
    }
    if count >= MOST_NAMES {
        return None;
    }
    let key = key::clean(name).map_or_else(|| String::from("unnamed"), Cow::into_owned);
    let key: &'static str = Box::leak(key.into_boxed_str());
    let metric: &'static M = Box::leak(Box::new(M::make(Name::checked(key), rate)));
    of_rate.insert(name.into(), metric);
    Some(metric)
}

/// Text on the stack, cut at its end on a character boundary.
struct Buffer {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Buffer {
    fn of(name: fmt::Arguments<'_>) -> Self {
        let mut buffer = Buffer {
            bytes: [0; LONGEST],
            length: 0,
        };
        // An error means that it is full, or that an argument would not be shown.
        let _ = buffer.write_fmt(name);
        buffer
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl fmt::Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = text.len().min(LONGEST - self.length);
        let fits = (0..=room)
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        let end = self.length + fits;
        self.bytes[self.length..end].copy_from_slice(&text.as_bytes()[..fits]);
        self.length = end;
        if fits < text.len() {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}
