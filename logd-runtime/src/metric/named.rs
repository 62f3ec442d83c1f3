//! Metrics whose names are filled in from a call's arguments. Each name becomes a
//! handle once; there is a bound on how many, and the name is made in a buffer on
//! the stack, so that a known name costs a look-up and no allocation.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{self, Write as _};

use once_cell::sync::Lazy;

use super::{Counter, TimedGuard, Timer};
use crate::key::{self, Name};
use crate::record::quiet::QuietMutex;
use crate::record::shard;

/// Names made from arguments in the whole process, beyond which they go to `logd.client.overflow.…`.
const MOST_NAMES: usize = 10_000;

/// The longest name; what goes beyond it is cut off.
const LONGEST: usize = 256;

static OVERFLOW_TIMER: Timer = Timer::new("logd.client.overflow.timer");
static OVERFLOW_COUNTER: Counter = Counter::new("logd.client.overflow.counter");

/// Timers whose names are made from arguments.
#[derive(Debug)]
pub struct TimerTemplate {
    rate: f64,
}

/// Counters whose names are made from arguments.
#[derive(Debug)]
pub struct CounterTemplate {
    rate: f64,
}

/// Handles by rate and name. They are never freed: statics and guards refer to them.
type Handles<M> = HashMap<u64, HashMap<Box<str>, &'static M>>;

static TIMERS: Lazy<QuietMutex<Handles<Timer>>> = Lazy::new(QuietMutex::default);
static COUNTERS: Lazy<QuietMutex<Handles<Counter>>> = Lazy::new(QuietMutex::default);

thread_local! {
    static KNOWN_TIMERS: RefCell<Handles<Timer>> = RefCell::default();
    static KNOWN_COUNTERS: RefCell<Handles<Counter>> = RefCell::default();
}

impl TimerTemplate {
    pub(crate) const fn new(rate: f64) -> Self {
        crate::rate::assert_valid(rate);
        TimerTemplate { rate }
    }

    pub(crate) fn enter(&self, name: fmt::Arguments<'_>) -> TimedGuard<'static> {
        let buffer = Buffer::of(name);
        let timer = find(
            &KNOWN_TIMERS,
            &TIMERS,
            buffer.as_str(),
            self.rate,
            Timer::named,
        );
        timer.unwrap_or(&OVERFLOW_TIMER).start()
    }
}

impl CounterTemplate {
    pub(crate) const fn new(rate: f64) -> Self {
        crate::rate::assert_valid(rate);
        CounterTemplate { rate }
    }

    pub(crate) fn count(&self, name: fmt::Arguments<'_>) {
        let buffer = Buffer::of(name);
        let counter = find(
            &KNOWN_COUNTERS,
            &COUNTERS,
            buffer.as_str(),
            self.rate,
            Counter::named,
        );
        counter.unwrap_or(&OVERFLOW_COUNTER).increment();
    }
}

fn find<M>(
    known: &'static std::thread::LocalKey<RefCell<Handles<M>>>,
    all: &QuietMutex<Handles<M>>,
    name: &str,
    rate: f64,
    make: fn(Name, f64) -> M,
) -> Option<&'static M> {
    let found = known.try_with(|known| {
        let known = known.try_borrow().ok()?;
        known.get(&rate.to_bits())?.get(name).copied()
    });
    if let Ok(Some(handle)) = found {
        return Some(handle);
    }
    if shard::is_busy() {
        return None;
    }
    let handle = register(all, name, rate, make)?;
    let _ = known.try_with(|known| {
        if let Ok(mut known) = known.try_borrow_mut() {
            known
                .entry(rate.to_bits())
                .or_default()
                .insert(name.into(), handle);
        }
    });
    Some(handle)
}

fn register<M>(
    all: &QuietMutex<Handles<M>>,
    name: &str,
    rate: f64,
    make: fn(Name, f64) -> M,
) -> Option<&'static M> {
    let mut all = all.lock();
    let count: usize = all.values().map(HashMap::len).sum();
    let of_rate = all.entry(rate.to_bits()).or_default();
    if let Some(handle) = of_rate.get(name) {
        return Some(handle);
    }
    if count >= MOST_NAMES {
        return None;
    }
    let key =
        key::clean(name).map_or_else(|| String::from("unnamed"), std::borrow::Cow::into_owned);
    let key: &'static str = Box::leak(key.into_boxed_str());
    let handle: &'static M = Box::leak(Box::new(make(Name::checked(key), rate)));
    of_rate.insert(name.into(), handle);
    Some(handle)
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
