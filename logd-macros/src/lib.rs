//! The attributes of [`logd`](https://docs.rs/logd-client): use them from there, where
//! they are re-exported beside the types they record with. This crate only reads
//! attributes and writes code; what happens at run time is in the library.
//!
//! An expansion adds one statement in front of a body and leaves the body as it is:
//! types, borrows, lints, drop order and error messages are those of the function as
//! written. Where an option needs more, its description says what that costs.

mod accumulate;
mod apply;
mod args;
mod arguments;
mod block;
mod error;
mod expand;
mod item;
mod key;
mod parameters;
mod returned;
mod site;
mod suggest;
mod tail;
mod wrap;

use proc_macro::TokenStream;

use crate::args::Macro;

/// Records how long each call of a function takes.
///
/// Early returns, `?` and panics are recorded like any other end. An `async fn` is timed
/// from its first poll until it completes or is dropped, waiting included. Times are in
/// seconds on the wire, from the monotonic clock.
///
/// ```
/// use logd::timed;
///
/// #[timed] // the key is made from the module and the function: shop.cart.total
/// fn total(prices: &[u32]) -> u32 {
///     prices.iter().sum()
/// }
///
/// #[timed("checkout", rate = 0.1)] // this key; one call in ten is clocked
/// async fn checkout(cart: &str) -> Result<u32, std::num::ParseIntError> {
///     let price = cart.parse::<u32>()?;
///     Ok(price)
/// }
///
/// assert_eq!(total(&[1, 2]), 3);
/// # let _ = checkout("1");
/// ```
///
/// # The name
///
/// - Without one it is derived: `module.function`, and on an `impl` block
///   `module.Type.method`.
/// - A literal is checked when it is compiled: not empty, no white space, control
///   characters or `;`, no empty part between dots, at most 251 bytes in a part and 1024
///   in all.
/// - A constant works too, in upper case or by its path, as do `concat!(…)` and a block
///   with a constant expression: `#[timed(keys::CHECKOUT)]`. It is checked by the
///   compiler when it is evaluated.
/// - `{argument}` in a literal is filled in at each call with what the argument displays.
///   The number of names made this way is bounded, so use it for tables, not for users.
///
/// ```
/// use logd::timed;
///
/// #[timed("db.{table}.load")]
/// fn load(table: &str, id: u64) -> u64 {
///     id
/// }
///
/// load("orders", 7); // recorded as db.orders.load
/// ```
///
/// # Options
///
/// | option | what it does |
/// |---|---|
/// | `rate = 0.1` | clocks this part of the calls (a literal or constant above 0 and at most 1); the counts stand for all |
/// | `adaptive` | clocks as many calls as it keeps values of, 64 in a flush interval on each thread, and counts the others, for a tenth of the time (`Timer::adaptive`) |
/// | `outcome` | records under `.ok`, `.err`, `.panicked` and `.cancelled` apart |
/// | `future` | for functions that return a future: measures until it completes |
/// | `skip` | leaves a function out that stands in an annotated block |
/// | `crate = path` | where this crate finds `logd`, if it is re-exported by another |
///
/// # Ok, err, panicked, cancelled
///
/// With `outcome` the returned value is asked whether it is ok. `Result` and `Option`
/// know, and other types once they implement `logd::Outcome`. A future that is dropped
/// before it completes was cancelled.
///
/// ```
/// use logd::timed;
///
/// #[timed("pay", outcome)] // pay.ok, pay.err, pay.panicked, pay.cancelled
/// async fn pay(amount: u32) -> Result<u32, String> {
///     if amount == 0 {
///         return Err("nothing to pay".to_owned());
///     }
///     Ok(amount)
/// }
/// # let _ = pay(1);
/// ```
///
/// What that costs: the body becomes an async block inside the `async fn`, at most 40 bytes
/// larger, or a closure that is called once, in which `#[track_caller]` has no effect: the
/// two are refused together. An `async fn` keeps some arguments twice: those that it hands on
/// before it first waits, those that patterns take apart and leave something of, such as
/// `(a, _)`, and those that its name is made from.
///
/// # Functions that return a future
///
/// If the body ends with an async block, also as `Box::pin(async move { … })` or with
/// `.boxed()`, the block is timed, and what stands before it runs as it did. This is what
/// `#[async_trait]` makes of methods, so the two can be combined in either order. For
/// other functions the call alone is timed, unless `future` asks for more:
///
/// ```
/// use std::future::{Future, ready};
///
/// use logd::timed;
///
/// #[timed("lookup", future)]
/// fn lookup(id: u32) -> impl Future<Output = u32> {
///     ready(id + 1)
/// }
/// # let _ = lookup(1);
/// ```
///
/// `future` calls the body as a closure and puts a future around the one it returns; a
/// boxed one is boxed once more.
///
/// # Impl blocks, traits and modules
///
/// On a block the attribute is for all functions in it that have a body and are not
/// `const`. A name begins the names of all: `db.get`, and in a module `db.Pool.get`. A
/// function's own attribute adds to the block's options, wins where both say something,
/// and its name is the complete key; `skip` leaves the function out. `outcome` on a block
/// is for the functions whose return type's name ends in `Result` or `Option`.
///
/// ```
/// use logd::timed;
///
/// struct Pool;
///
/// #[timed("db")]
/// impl Pool {
///     fn get(&self) -> u32 { 1 } // db.get
///
///     #[timed(rate = 0.01)]
///     fn ping(&self) {} // db.ping, one call in a hundred
///
///     #[timed(skip)]
///     fn len(&self) -> usize { 0 }
/// }
/// # Pool.get(); Pool.ping(); Pool.len();
/// ```
///
/// # What it cannot go on
///
/// A `const fn`, which may run in the compiler; functions without a body; naked
/// functions. Each is an error that says what to do instead.
#[proc_macro_attribute]
pub fn timed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply::apply(Macro::Timed, arguments.into(), item.into()).into()
}

/// Counts the calls of a function.
///
/// A call is counted when it begins, an `async fn` when it is first polled. Cheaper than
/// `#[timed]`, which counts too.
///
/// ```
/// use logd::counted;
///
/// #[counted] // the key is made from the module and the function: shop.users.login
/// fn login(user: &str) -> bool {
///     !user.is_empty()
/// }
///
/// #[counted("cache.{kind}.hits")]
/// fn hit(kind: &str) {}
///
/// #[counted("pay", outcome)] // pay.ok, pay.err, pay.panicked, pay.cancelled
/// async fn pay(amount: u32) -> Option<u32> {
///     amount.checked_sub(1)
/// }
///
/// assert!(login("ada"));
/// hit("page");
/// # let _ = pay(1);
/// ```
///
/// Names and options are those of `#[timed]`, except `future`, and it goes on the same
/// places: functions, methods, `impl` blocks, traits and modules. With `rate` a counter
/// is counted exactly as long as the client sums up before it sends, which it does unless
/// told otherwise.
#[proc_macro_attribute]
pub fn counted(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply::apply(Macro::Counted, arguments.into(), item.into()).into()
}

/// Opens an accumulator for the call of a function: one reading when it ends, the sum of
/// the sections inside.
///
/// Sections are marked with [`accumulate!`](macro@accumulate) under the same name, in the function and
/// in everything it calls. They measure wall time, waiting included; sections that overlap
/// count once. A recursive call joins the outermost. Without a section there is no reading.
///
/// ```
/// use logd::{accumulate, accumulated};
///
/// #[accumulated("timers.mysql")]
/// fn page(id: u32) -> String {
///     let row = accumulate!("timers.mysql", { query(id) });
///     let html = format!("<p>{row}</p>"); // not counted
///     accumulate!("timers.mysql", { query(0) }); // adds
///     html
/// }
///
/// fn query(id: u32) -> u32 {
///     id
/// }
///
/// assert_eq!(page(7), "<p>7</p>"); // one reading: the time of both queries
/// ```
///
/// # Async functions
///
/// There the accumulator belongs to the task: it is open whenever the function is polled,
/// on whichever thread, and while it is dropped. For that the body becomes an async block
/// inside the function, at most 40 bytes larger. Arguments that the function hands on before
/// it first waits are kept twice, and those that patterns take apart and leave something of,
/// such as `(a, _)`.
///
/// # Options
///
/// The name as for `#[timed]`, without `{argument}`s; `rate = 0.1`, the part of the calls
/// to measure; `future` and `crate = path` as for `#[timed]`.
#[proc_macro_attribute]
pub fn accumulated(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply::apply(Macro::Accumulated, arguments.into(), item.into()).into()
}

/// Adds the time of a block or an expression to an accumulator.
///
/// The value is that of the block. `?`, `return`, `break`, `.await` and borrows mean what
/// they mean without the macro.
///
/// ```
/// use logd::{Accumulator, accumulate};
///
/// fn load(id: &str) -> Result<u32, std::num::ParseIntError> {
///     let id = accumulate!("db", { id.parse::<u32>()? });
///     Ok(accumulate!("db", rate = 0.5, id + 1))
/// }
///
/// assert_eq!(load("1"), Ok(2));
///
/// let accumulator = Accumulator::new("import");
/// for line in ["a", "b"] {
///     accumulate!(accumulator, { assert!(!line.is_empty()) });
/// }
/// accumulator.flush(); // one reading: the time of both rounds
/// ```
///
/// # Which accumulator
///
/// - `accumulate!("key", { … })` joins the one that is open for the key: by
///   [`#[accumulated]`](macro@accumulated) on a function that called this one, or by `open`.
///   Without one the section is complete in itself and gives one reading, of which `rate`
///   keeps a part.
/// - `accumulate!("key", open, { … })` opens one for the block. It belongs to the thread,
///   so in async code use `#[accumulated]` or a value.
/// - `accumulate!(value, { … })` adds to an `Accumulator` of your own.
///
/// `crate = path` says where this crate finds `logd`, if not as `logd`.
#[proc_macro]
pub fn accumulate(input: TokenStream) -> TokenStream {
    accumulate::expand(input.into()).into()
}
