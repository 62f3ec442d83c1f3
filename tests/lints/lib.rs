//! Functions that are clean under every lint stay so under the attributes: this crate denies
//! all groups of the compiler and of clippy, and the build fails for a single finding.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    future_incompatible,
    keyword_idents,
    let_underscore,
    nonstandard_style,
    refining_impl_trait,
    rust_2018_compatibility,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    unused,
    absolute_paths_not_starting_with_crate,
    explicit_outlives_requirements,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    non_ascii_idents,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused_crate_dependencies,
    unused_extern_crates,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::cargo,
    clippy::restriction
)]
#![allow(
    clippy::blanket_clippy_restriction_lints,
    reason = "all of them are meant, but those below, which plain functions break too"
)]
#![allow(
    clippy::implicit_return,
    clippy::question_mark_used,
    clippy::single_call_fn,
    clippy::missing_trait_methods,
    clippy::min_ident_chars,
    clippy::default_numeric_fallback,
    clippy::cargo_common_metadata,
    clippy::multiple_crate_versions,
    clippy::arbitrary_source_item_ordering,
    reason = "rules that contradict others, or that the shapes below are not about"
)]

use core::fmt::Debug;
use core::future::ready;
use core::num::ParseIntError;
use core::pin::Pin;

use logd::{Outcome, accumulate, accumulated, counted, timed};

/// A name in one place.
const KEY: &str = "lints.constant";

/// Plain.
#[timed]
#[inline]
#[must_use]
pub fn plain(number: u32) -> u32 {
    number.wrapping_add(1)
}

/// Named and sampled.
#[timed("lints.named", rate = 0.5)]
#[inline]
pub fn named() {}

/// By a constant.
#[counted(KEY)]
#[inline]
pub fn constant() {}

/// By an argument.
///
/// # Errors
///
/// When the text is no number.
#[timed("lints.{table}", outcome)]
#[inline]
pub fn template(table: &str) -> Result<u32, ParseIntError> {
    let number: u32 = table.parse()?;
    Ok(number)
}

/// With definitions in front, and an early end.
#[timed]
#[inline]
#[must_use]
pub fn definitions(numbers: &[u32]) -> Option<u32> {
    /// The first one that counts.
    const LEAST: u32 = 3;
    for number in numbers {
        if *number > LEAST {
            return Some(*number);
        }
    }
    None
}

/// Generic, with a bound.
#[accumulated]
#[inline]
pub fn generic<T>(value: &T) -> String
where
    T: Debug + ?Sized,
{
    accumulate!("lints.generic", { format!("{value:?}") })
}

/// Asynchronous.
#[timed]
#[inline]
pub async fn asynchronous(number: u32) -> u32 {
    ready(number).await
}

/// Its outcome.
///
/// # Errors
///
/// When the text is no number.
#[timed(outcome)]
#[inline]
pub async fn outcome(text: &str) -> Result<u32, ParseIntError> {
    let number: u32 = text.parse()?;
    Ok(ready(number).await)
}

/// Counted by outcome.
#[counted("lints.counted", outcome)]
#[inline]
#[must_use]
pub fn counted_outcome(number: Option<u32>) -> Option<u32> {
    number.map(|value| value.wrapping_add(1))
}

/// A sum of sections.
#[accumulated("lints.sections")]
#[inline]
pub async fn sections(number: u32) -> u32 {
    let first = accumulate!("lints.sections", { ready(number).await });
    accumulate!("lints.sections", first.wrapping_add(1))
}

/// Keeps what it does not use.
#[accumulated("lints.kept")]
#[inline]
pub async fn kept(number: u32, _lease: String) -> u32 {
    accumulate!("lints.kept", ready(number).await)
}

/// Keeps it until it is known how it went.
#[timed("lints.kept", outcome)]
#[inline]
#[must_use]
pub fn kept_outcome(number: Option<u32>, _lease: String) -> Option<u32> {
    number?.checked_add(1)
}

/// A future by hand.
#[timed]
#[inline]
#[must_use]
pub fn boxed(number: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move { ready(number).await })
}

/// One that is not an async block.
#[timed("lints.future", future)]
#[inline]
pub fn future(number: u32) -> impl Future<Output = u32> {
    ready(number)
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Well.
    Yes,
    /// Not so well.
    No,
}

impl Outcome for Answer {
    #[inline]
    fn is_ok(&self) -> bool {
        matches!(self, Self::Yes)
    }
}

#[timed]
impl Answer {
    /// The other one.
    #[timed(outcome)]
    #[inline]
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
        }
    }

    /// A copy.
    #[timed(skip)]
    #[inline]
    #[must_use]
    pub const fn same(self) -> Self {
        self
    }

    /// Waits for nothing.
    #[inline]
    pub async fn wait(&mut self) -> &Self {
        *self = ready(*self).await;
        self
    }
}
