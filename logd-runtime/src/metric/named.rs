//! Metrics whose names are filled in from a call's arguments. Each name becomes a
//! handle once; there is a bound on how many, and the name is made in a buffer on
//! the stack, so that a known name costs a look-up and no allocation.

use std::any::Any;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::marker::PhantomData;

use super::{Counter, Timer};
use crate::fork::PerProcess;
use crate::key::{self, Name};
use crate::names::{Group, Names};
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
        find(
            Buffer::of(name).as_str(),
            self.rate,
            M::LOT,
            |name, rate| Box::leak(Box::new(M::make(name, rate))),
        )
        .and_then(|made| (made as &dyn Any).downcast_ref())
        .unwrap_or_else(M::overflow)
    }
}

/// A metric for a name, or one for each outcome. They are never freed: statics and guards
/// refer to them.
type Made = &'static (dyn Any + Send + Sync);

/// What can be made for a name: a metric, or one for each outcome.
pub trait Nameable: Sized + Send + Sync + 'static {
    /// Its own among all that can be made for names.
    #[doc(hidden)]
    const LOT: u64;
    #[doc(hidden)]
    #[allow(
        private_interfaces,
        reason = "implemented here alone, called here alone"
    )]
    fn make(name: Name, rate: f64) -> Self;
    #[doc(hidden)]
    fn overflow() -> &'static Self;
}

macro_rules! nameable {
    ($lot:literal, $metric:ty, $make:expr, $overflow:literal) => {
        #[allow(
            private_interfaces,
            reason = "implemented here alone, called here alone"
        )]
        impl Nameable for $metric {
            const LOT: u64 = $lot;

            fn make(name: Name, rate: f64) -> Self {
                $make(name, rate)
            }

            fn overflow() -> &'static Self {
                static OVERFLOW: $metric = $make(Name::checked($overflow), 1.0);
                &OVERFLOW
            }
        }
    };
}

nameable!(0, Timer, Timer::named, "logd.client.overflow.timer");
nameable!(1, Counter, Counter::named, "logd.client.overflow.counter");
nameable!(
    2,
    Outcomes<Timer>,
    Outcomes::<Timer>::timers,
    "logd.client.overflow.timer"
);
nameable!(
    3,
    Outcomes<Counter>,
    Outcomes::<Counter>::counters,
    "logd.client.overflow.counter"
);

/// What was made, in groups of a lot and the bits of a rate.
#[derive(Default)]
struct Known {
    places: Names,
    made: Vec<Made>,
}

impl Known {
    fn get(&self, group: Group, name: &str) -> Option<Made> {
        let place = self.places.get(group, name)?;
        self.made.get(place as usize).copied()
    }

    fn insert(&mut self, group: Group, name: &str, made: Made) {
        self.places
            .insert(group, name.into(), self.made.len() as u64);
        self.made.push(made);
    }
}

static ALL: PerProcess<QuietMutex<Known>> = PerProcess::new();

thread_local! {
    /// Those that this thread has met, which it finds without a lock.
    static KNOWN: RefCell<Known> = RefCell::default();
}

fn find(name: &str, rate: f64, lot: u64, make: fn(Name, f64) -> Made) -> Option<Made> {
    let group = (lot, rate.to_bits());
    let found = KNOWN.try_with(|known| known.try_borrow().ok()?.get(group, name));
    if let Ok(Some(made)) = found {
        return Some(made);
    }
    if shard::is_busy() {
        return None;
    }
    let made = register(name, rate, lot, make)?;
    let _ = KNOWN.try_with(|known| {
        if let Ok(mut known) = known.try_borrow_mut() {
            known.insert(group, name, made);
        }
    });
    Some(made)
}

fn register(name: &str, rate: f64, lot: u64, make: fn(Name, f64) -> Made) -> Option<Made> {
    let group = (lot, rate.to_bits());
    let mut all = made_quietly(&ALL, |_| QuietMutex::default()).lock();
    if let Some(made) = all.get(group, name) {
        return Some(made);
    }
    if all.places.count(|(of, _)| of == lot) >= MOST_NAMES {
        return None;
    }
    let key = key::clean(name).map_or_else(|| String::from("unnamed"), Cow::into_owned);
    let key: &'static str = Box::leak(key.into_boxed_str());
    let made = make(Name::checked(key), rate);
    all.insert(group, name, made);
    Some(made)
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
