//! What the families of shapes share: twins of a shape, with and without a measurement, and
//! a log of what happens in them. The log, the value or the panic, and what was recorded are
//! everything that a test compares.

use std::{
    cell::RefCell,
    fmt::Debug,
    future::Future,
    panic::{catch_unwind, AssertUnwindSafe, Location, UnwindSafe},
    pin::{pin, Pin},
    task::{Context, Poll, Waker},
};

use logd::testing::Spy;
pub use torture_unmeasured::unmeasured;

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static LAST_LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Writes into this thread's log.
pub fn log(text: impl Into<String>) {
    LOG.with_borrow_mut(|log| log.push(text.into()));
}

/// Says in the log when it is dropped.
#[derive(Debug, PartialEq)]
pub struct Noisy(pub &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        log(format!("drop {}", self.0));
    }
}

impl Noisy {
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Everything that can be seen of a call from outside.
#[derive(Debug, PartialEq)]
pub struct Observed<T> {
    pub value: Result<T, String>,
    pub log: Vec<String>,
}

impl<T: Debug> Observed<T> {
    /// As text, because the twins of a type are two types.
    pub fn shown(&self) -> String {
        format!("{self:?}")
    }
}

/// Calls, and gives the value or the panic's text with what was logged, and what was
/// recorded: `timed key` and `counted key`, sorted, each as often as it was.
pub fn observe<T>(call: impl FnOnce() -> T) -> (Observed<T>, Vec<String>) {
    LOG.take();
    let spy = Spy::new();
    let value = spy.run(|| catch_unwind(AssertUnwindSafe(call)));
    let value = value.map_err(|payload| {
        payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "another payload".to_owned())
    });
    let log = LOG.take();
    (Observed { value, log }, events(&spy))
}

/// The value of a call and what was recorded, as for `observe`.
#[track_caller]
pub fn recorded<T>(call: impl FnOnce() -> T) -> (T, Vec<String>) {
    let (observed, events) = observe(call);
    match observed.value {
        Ok(value) => (value, events),
        Err(panic) => panic!("{panic}"),
    }
}

/// What a spy has seen, as for `observe`.
pub fn events(spy: &Spy) -> Vec<String> {
    let mut events = Vec::new();
    for key in spy.keys() {
        let counted = spy.counter(&key).events();
        let timed = spy.timer(&key).count();
        events.extend((0..counted).map(|_| format!("counted {key}")));
        events.extend((0..timed).map(|_| format!("timed {key}")));
    }
    events.sort();
    events
}

/// The last parts of what was recorded: the functions' names, sorted.
pub fn functions(events: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = events
        .iter()
        .map(|event| event.rsplit(['.', ' ']).next().unwrap_or(event))
        .collect();
    names.sort_unstable();
    names
}

/// Line and column at which `call` panics.
pub fn panic_location(call: impl FnOnce() + UnwindSafe) -> String {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let location = info
            .location()
            .map(|at| format!("{}:{}", at.line(), at.column()));
        LAST_LOCATION.set(location);
        before(info);
    }));
    catch_unwind(call).expect_err("it panics");
    LAST_LOCATION.take().expect("a place")
}

/// Line and column of the caller.
#[track_caller]
pub fn here() -> (u32, u32) {
    let at = Location::caller();
    (at.line(), at.column())
}

/// Polls to completion on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Polls so often and drops what is not complete.
pub fn cancel_after<F: Future>(polls: usize, future: F) {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
}

/// Pending once.
#[derive(Default)]
pub struct Pause(bool);

impl Future for Pause {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        Poll::Pending
    }
}

pub fn pause() -> Pause {
    Pause::default()
}

/// The items four times: as they are, timed, counted, accumulated. `#[measure]` marks the
/// functions.
#[macro_export]
macro_rules! twins {
    ($($items:tt)*) => {
        pub mod plain { use super::*; use support::unmeasured as measure; $($items)* }
        pub mod timed { use super::*; use logd::timed as measure; $($items)* }
        pub mod counted { use super::*; use logd::counted as measure; $($items)* }
        pub mod accumulated { use super::*; use logd::accumulated as measure; $($items)* }
    };
}

/// The items twice: as they are, and timed. For options of `#[timed]` alone.
#[macro_export]
macro_rules! timed_twins {
    ($($items:tt)*) => {
        pub mod plain { use super::*; use support::unmeasured as measure; $($items)* }
        pub mod timed { use super::*; use logd::timed as measure; $($items)* }
    };
}

/// The value and the log are the same in all of `twins!`, and each call of the named
/// functions is recorded once.
#[macro_export]
macro_rules! same {
    ($call:expr => [$($name:literal),*]) => {{
        let names: &[&str] = &[$($name),*];
        let (expected, events) = { use plain::*; support::observe(|| $call) };
        let expected = expected.shown();
        assert!(events.is_empty());
        let (timed, events) = { use timed::*; support::observe(|| $call) };
        assert_eq!(timed.shown(), expected, "timed");
        assert_eq!(support::functions(&events), names);
        let (counted, events) = { use counted::*; support::observe(|| $call) };
        assert_eq!(counted.shown(), expected, "counted");
        assert_eq!(support::functions(&events), names);
        let (accumulated, _) = { use accumulated::*; support::observe(|| $call) };
        assert_eq!(accumulated.shown(), expected, "accumulated");
    }};
}

/// As `same!` for `timed_twins!`, with all that was recorded.
#[macro_export]
macro_rules! same_timed {
    ($call:expr => [$($event:literal),*]) => {{
        let (expected, _) = { use plain::*; support::observe(|| $call) };
        let (timed, events) = { use timed::*; support::observe(|| $call) };
        assert_eq!(timed.shown(), expected.shown(), "timed");
        assert_eq!(events, [$($event),*] as [&str; 0 $(+ { let _ = $event; 1 })*]);
    }};
}
