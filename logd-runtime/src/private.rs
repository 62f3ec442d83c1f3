//! What expansions of the attributes call. Not part of the public interface: it
//! may change with every version, and the macro crate is pinned to this one.

/// Named here for crates that have no `std` in sight.
pub use std::boxed::Box;
use std::convert::Infallible;
use std::future::Future;

pub use crate::accumulator::{Accumulated, OpenGuard};
use crate::key::Name;
pub use crate::metric::SampledGuard;
pub use crate::metric::named::Template;
pub use crate::metric::timed_future::TimedFuture;
use crate::off::OFF;
use crate::outcome::Measure;
pub use crate::outcome::{Finished, OutcomeFuture, OutcomeGuard, Outcomes};
use crate::{Accumulator, Counter, Meter, Outcome, Section, TimedGuard, Timer};

/// A counter for a literal key.
pub const fn counter(key: &'static str, rate: f64) -> Counter {
    Counter::named(Name::literal(key), rate)
}

/// A meter for a literal key.
pub const fn meter(key: &'static str, rate: f64) -> Meter {
    Meter::named(Name::literal(key), rate)
}

/// A timer for a literal key.
pub const fn timer(key: &'static str, rate: f64) -> Timer {
    Timer::named(Name::literal(key), rate)
}

/// A counter whose key is derived from a path, `shop::cart::add`.
pub const fn derived_counter(path: &'static str, rate: f64) -> Counter {
    Counter::named(Name::derived(path), rate)
}

/// A timer whose key is derived from a path, `shop::cart::add`.
pub const fn derived_timer(path: &'static str, rate: f64) -> Timer {
    Timer::named(Name::derived(path), rate)
}

/// Timers for the ways in which a call can end.
pub const fn timer_outcomes(key: &'static str, rate: f64) -> Outcomes<Timer> {
    Outcomes::<Timer>::timers(Name::literal(key), rate)
}

/// The same with a derived key.
pub const fn derived_timer_outcomes(path: &'static str, rate: f64) -> Outcomes<Timer> {
    Outcomes::<Timer>::timers(Name::derived(path), rate)
}

/// Counters for the ways in which a call can end.
pub const fn counter_outcomes(key: &'static str, rate: f64) -> Outcomes<Counter> {
    Outcomes::<Counter>::counters(Name::literal(key), rate)
}

/// The same with a derived key.
pub const fn derived_counter_outcomes(path: &'static str, rate: f64) -> Outcomes<Counter> {
    Outcomes::<Counter>::counters(Name::derived(path), rate)
}

/// Timers whose names are filled in from arguments.
pub const fn timer_template(rate: f64) -> Template<Timer> {
    Template::new(rate)
}

/// Counters whose names are filled in from arguments.
pub const fn counter_template(rate: f64) -> Template<Counter> {
    Template::new(rate)
}

/// Timers for the ways in which a call can end, their names filled in from arguments.
pub const fn timer_outcomes_template(rate: f64) -> Template<Outcomes<Timer>> {
    Template::new(rate)
}

/// Counters for the ways in which a call can end, their names filled in from arguments.
pub const fn counter_outcomes_template(rate: f64) -> Template<Outcomes<Counter>> {
    Template::new(rate)
}

/// Whether the macros record: constant, so that what they would do is checked and then left out.
pub const ON: bool = !OFF;

/// Calls a function's body: where an expansion needs its value, `return` included.
#[inline(always)]
pub fn call<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Never called: stands in an expansion for a value, whose type it tells the compiler.
pub fn value<T>() -> T {
    unreachable!("no expansion calls this")
}

/// What comes after a future that never completes.
pub fn never(value: Infallible) -> ! {
    match value {}
}

/// Takes what a closure or an async block is to capture. The place that it gives is to be
/// assigned to: there a name is not looked at by lints.
#[inline(always)]
pub fn mention<T>(_: T) -> &'static mut [(); 0] {
    &mut []
}

/// Counts one call.
#[inline]
pub fn count(site: &'static Counter) {
    site.increment();
}

/// A call of a timer without a rate, timed until this goes. Its type has no lifetime: one would
/// be followed through the whole function around it, a tenth of what an attribute costs to compile.
#[derive(Debug)]
pub struct EveryGuard {
    _kept: TimedGuard<'static>,
}

/// Times a call of a timer without a rate until the guard goes.
#[inline]
pub fn enter(site: &'static Timer) -> EveryGuard {
    EveryGuard {
        _kept: site.start_clocked(),
    }
}

/// Times a call of a timer with a rate until the guard goes.
#[inline]
pub fn enter_sampled(site: &'static Timer) -> SampledGuard {
    SampledGuard::new(site)
}

/// Times a call of an adaptive timer until the guard goes.
#[inline]
pub fn enter_adaptive(site: &'static Timer) -> SampledGuard {
    SampledGuard::while_room(site)
}

/// A section of the accumulator that is open for the key, or one complete in itself.
#[inline]
pub fn section(site: &'static Timer) -> Section {
    Section::at(site)
}

/// A section of an accumulator that the user holds.
#[cfg_attr(any(feature = "off", logd_off), inline)]
pub fn section_of(accumulator: &Accumulator) -> Section {
    accumulator.start()
}

/// Opens an accumulator on this thread until the guard goes.
#[cfg_attr(any(feature = "off", logd_off), inline)]
pub fn open(site: &'static Timer) -> OpenGuard {
    OpenGuard::new(site)
}

/// Opens an accumulator for a task.
pub fn accumulated<F: Future>(site: &'static Timer, body: F) -> Accumulated<F> {
    Accumulated::new(site, body)
}

/// Times a future from its first poll until it completes or is dropped.
pub fn timed_future<F: Future>(site: &'static Timer, future: F) -> TimedFuture<F> {
    TimedFuture::new(site, future)
}

/// Begins a timed call whose end tells how it went.
#[cfg_attr(any(feature = "off", logd_off), inline)]
pub fn enter_outcome(site: &'static Outcomes<Timer>) -> OutcomeGuard<Timer> {
    OutcomeGuard::new(site)
}

/// Begins a counted call whose end tells how it went.
#[cfg_attr(any(feature = "off", logd_off), inline)]
pub fn count_outcome(site: &'static Outcomes<Counter>) -> OutcomeGuard<Counter> {
    OutcomeGuard::new(site)
}

/// Ends a timed call with its value.
pub fn finish<T: Outcome>(guard: OutcomeGuard<Timer>, value: T) -> T {
    guard.finish(value)
}

/// Ends a counted call with its value.
pub fn finish_counted<T: Outcome>(guard: OutcomeGuard<Counter>, value: T) -> T {
    guard.finish(value)
}

/// Ends a call that has begun with the value of its body.
pub fn finished<M: Measure, F: Future<Output: Outcome>>(
    guard: OutcomeGuard<M>,
    body: F,
) -> Finished<M, F> {
    Finished::new(guard, body)
}

/// Times a call under a name made from its arguments.
#[cfg_attr(any(feature = "off", logd_off), inline)]
pub fn enter_named(site: &'static Template<Timer>, name: std::fmt::Arguments<'_>) -> EveryGuard {
    EveryGuard {
        _kept: site.metric(name).start(),
    }
}

/// Counts a call under a name made from its arguments.
#[cfg_attr(any(feature = "off", logd_off), inline)]
pub fn count_named(site: &'static Template<Counter>, name: std::fmt::Arguments<'_>) {
    site.metric(name).increment();
}

/// Begins a timed call, named from its arguments, whose end tells how it went.
#[cfg_attr(any(feature = "off", logd_off), inline)]
pub fn enter_outcome_named(
    site: &'static Template<Outcomes<Timer>>,
    name: std::fmt::Arguments<'_>,
) -> OutcomeGuard<Timer> {
    OutcomeGuard::new(site.metric(name))
}

/// Begins a counted call, named from its arguments, whose end tells how it went.
#[cfg_attr(any(feature = "off", logd_off), inline)]
pub fn count_outcome_named(
    site: &'static Template<Outcomes<Counter>>,
    name: std::fmt::Arguments<'_>,
) -> OutcomeGuard<Counter> {
    OutcomeGuard::new(site.metric(name))
}

/// Watches a future from its first poll, and tells how it ended.
pub fn outcome_future<M: Measure, F: Future<Output: Outcome>>(
    outcomes: &'static Outcomes<M>,
    future: F,
) -> OutcomeFuture<M, F> {
    OutcomeFuture::new(outcomes, future)
}
