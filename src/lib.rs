//! Counters, meters, timers and logs for logd and Graphite: annotate a function
//! and see the numbers.
//!
//! ```
//! use logd::{Counter, Meter, counted, timed};
//!
//! static QUEUE_DEPTH: Meter = Meter::new("queue.depth");
//! static EVICTIONS: Counter = Counter::new("cache.evictions");
//!
//! #[timed("checkout", rate = 0.1)]
//! fn checkout(cart: &[&str]) -> usize {
//!     QUEUE_DEPTH.set(cart.len());
//!     cart.len()
//! }
//!
//! #[counted]
//! fn login(user: &str) -> bool {
//!     !user.is_empty()
//! }
//!
//! fn main() -> Result<(), logd::Error> {
//!     let _logd = logd::builder().host("127.0.0.1").port(8126).prefix("shop").init()?;
//!     login("ada");
//!     checkout(&["book", "pen"]);
//!     EVICTIONS.increment();
//!     Ok(())
//! }
//! ```
//!
//! # What to use when
//!
//! | you want | write |
//! |---|---|
//! | to know how long a function takes | [`#[timed]`](timed) |
//! | the same for a call of nanoseconds | `#[timed(adaptive)]`, [`Timer::adaptive`] |
//! | to know how often it is called | [`#[counted]`](counted) |
//! | the time spent in several places as one figure | [`accumulate!`], [`#[accumulated]`](accumulated), [`Accumulator`] |
//! | to count something else | [`Counter`], [`count!`] |
//! | to show a level | [`Meter`], [`meter!`] |
//! | to time what is no function | [`Timer`], [`time!`] |
//! | names known at run time | [`Client::counter`], [`Client::increment`] and their like |
//! | to configure it from outside, and to see what was found | [`init`], [`Config`] |
//! | log lines, from the `log` or `tracing` crate | the features `log` and `tracing`: `Logger`, `TracingLayer` |
//! | what libraries record through the `metrics` facade | the feature `metrics`: `MetricsRecorder` |
//! | another client for a part of the program | [`Client::builder`], [`Scope`] |
//! | to test what a program records | [`testing::Spy`] |
//!
//! Recording never blocks, panics or fails, and works before [`init`] and after
//! [`Client::shutdown`]. What could not be sent has a [`DropReason`] and a number:
//! [`Client::stats`], [`FlushReport`].
//!
//! # A program without it
//!
//! With the feature `off`, or `--cfg logd_off` in `RUSTFLAGS` where a feature would reach
//! other programs of the same build, a final binary has none of the calls: arguments
//! of the macros are checked and not evaluated, bodies of functions and sections run as if
//! nothing stood around them, all types exist and report nothing. Arguments of methods
//! are evaluated, as always in Rust. [`Client::noop`] is the same at run time.
//!
//! # What it costs
//!
//! A counted call writes one word of its own thread's memory, a timed one reads the
//! clock twice and writes two. Nothing on these ways takes a lock or calls the
//! system; `COMPARE.md` in the repository has figures beside those of other crates.
//!
//! | memory | each |
//! |---|---|
//! | a metric on a thread that may have used it | 64 bytes |
//! | a timer with values on a thread | 0.7 kB, and 32 kB once a flush interval has more than 64 of them, with up to as much of the worker's for their range |
//! | a client | one thread, and 16 spare histograms a process |
//! | a client that sends each event, on a thread | 64 kB |
//!
//! What a thread that ended had is used by the next one.

mod macros;

#[doc(inline)]
pub use logd_macros::{accumulate, accumulated, counted, timed};
#[doc(inline)]
pub use logd_runtime::{
    Accumulator, AccumulatorExt, AddressFamily, Amount, Builder, Client, Config, Counter,
    DropReason, Drops, Error, FlushGuard, FlushReport, Format, InAccumulator, Meter, Origin,
    Outcome, Reading, Scope, Scoped, Section, Stats, TimedGuard, Timer, builder, client,
    delete_log, flush, flush_accumulator, flush_accumulators, flush_async, init, start_accumulator,
    start_timer, stop_accumulator, stop_timer,
};
#[cfg(feature = "log")]
#[doc(inline)]
pub use logd_runtime::{Logger, LoggerBuilder};
#[cfg(feature = "metrics")]
#[doc(inline)]
pub use logd_runtime::{MetricsRecorder, MetricsRecorderBuilder};
#[cfg(feature = "tracing")]
#[doc(inline)]
pub use logd_runtime::{TracingLayer, TracingLayerBuilder};
#[doc(inline)]
pub use logd_runtime::{testing, wire};

/// What expansions call; named after the exact version that the macro crate is pinned to.
#[doc(hidden)]
pub use logd_runtime::private as __private_0_1_0;
