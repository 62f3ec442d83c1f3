//! Every call of the library, in a program that is built without them: it has no warning more
//! than without the library, and each function is what it is without its attribute.
//!
//! Macros and attributes still check what they are given:
//!
//! ```compile_fail
//! logd::count!("orders placed");
//! ```
//! ```compile_fail
//! logd::count!("orders", rate = 0.0);
//! ```
//! ```compile_fail
//! logd::count!("orders", by = "three");
//! ```
//! ```compile_fail
//! logd::meter!("depth", [1]);
//! ```
//! ```compile_fail
//! logd::time!("import", 3);
//! ```
//! ```compile_fail
//! static BAD: logd::Timer = logd::Timer::new("a..b");
//! ```
//! ```compile_fail
//! #[logd::timed("a b")]
//! fn f() {}
//! ```
//! ```compile_fail
//! #[logd::timed(rat = 0.5)]
//! fn f() {}
//! ```
//! ```compile_fail
//! #[logd::counted("pay", outcome)]
//! fn f() -> u32 { 1 }
//! ```
//! ```compile_fail
//! logd::accumulate!("db", rate = 2.0, { 1 });
//! ```
//! ```
//! logd::count!("orders.placed", by = 3, rate = 0.5);
//! ```

#![deny(
    warnings,
    unused,
    unused_results,
    unreachable_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    missing_docs,
    missing_debug_implementations,
    let_underscore_drop
)]

pub mod everything;
pub mod twins;
