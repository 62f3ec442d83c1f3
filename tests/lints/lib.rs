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
    clippy::cargo_common_metadata,
    clippy::multiple_crate_versions,
    clippy::arbitrary_source_item_ordering,
    reason = "rules that contradict others, or that the shapes below are not about"
)]

use core::fmt::Debug;
use core::future::{Ready, ready};
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

/// A number whose type is the function's.
#[counted(outcome)]
#[inline]
#[must_use]
pub fn number(few: bool) -> Option<i32> {
    if few { Some(1) } else { Some(1000) }
}

/// It does not come to an end.
///
/// # Panics
///
/// Always.
#[timed(outcome)]
#[inline]
#[must_use]
#[expect(clippy::panic, reason = "what a body that diverges is measured for")]
pub fn diverges(text: String) -> Option<String> {
    panic!("{text}")
}

/// What it gives back can be awaited once more.
#[accumulated("lints.later")]
#[inline]
pub async fn later(number: u32) -> Ready<u32> {
    ready(()).await;
    ready(number)
}

/// It never returns.
#[accumulated("lints.never")]
#[inline]
pub async fn never() -> ! {
    loop {
        ready(()).await;
    }
}

/// Arguments in parts, and one without a name.
#[timed("lints.parts", outcome)]
#[inline]
#[must_use]
pub fn parts(first: String, (second, _): (String, String), _: String) -> Option<String> {
    drop(first);
    Some(second)
}

/// The same at each poll.
#[accumulated("lints.parts")]
#[inline]
pub async fn parts_of_a_task(
    first: String,
    (second, _): (String, String),
    _: String,
    _lease: String,
) -> String {
    drop(ready(first).await);
    second
}

/// Functions of others who write every `return`.
pub mod returns {
    #![deny(clippy::implicit_return)]
    #![allow(clippy::needless_return, reason = "the rule that contradicts this one")]

    use core::future::ready;

    use logd::{accumulated, counted, timed};

    /// Timed.
    #[timed]
    #[inline]
    #[must_use]
    pub fn plain(number: u32) -> u32 {
        return number.wrapping_add(1);
    }

    /// Its outcome.
    #[timed(outcome)]
    #[inline]
    #[must_use]
    pub fn outcome(number: Option<u32>) -> Option<u32> {
        return Some(number?.wrapping_add(1));
    }

    /// Counted.
    #[counted(outcome)]
    #[inline]
    pub async fn asynchronous(number: Option<u32>) -> Option<u32> {
        return ready(number).await;
    }

    /// A sum.
    #[accumulated]
    #[inline]
    pub async fn sum(number: u32) -> u32 {
        return ready(number).await;
    }

    /// It never returns.
    #[accumulated]
    #[inline]
    pub async fn never() -> ! {
        loop {
            ready(()).await;
        }
    }
}

/// Functions made by a macro, whose caller has written parts of them: lints do not look at
/// what a macro makes.
pub mod made {
    use core::future::ready;

    use logd::{accumulated, counted, timed};

    /// A type for methods.
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub struct Made;

    /// Makes them.
    macro_rules! functions {
        ($($vis:vis $name:ident($($argument:ident: $of:ty),*) -> $returned:ty $body:block)*) => {
            $(
                /// Made.
                #[inline]
                #[timed(outcome)]
                $vis fn $name($($argument: $of),*) -> $returned $body
            )*
        };
    }
    functions! {
        pub one(number: Option<i32>) -> Option<i32> { Some(number?.wrapping_add(1)) }
        pub(crate) two() -> Option<i32> { one(Some(2)) }
    }

    /// Makes them.
    macro_rules! asynchronous {
        ($($vis:vis $name:ident($($argument:ident: $of:ty),*) -> $returned:ty { $($body:tt)* })*) => {
            $(
                /// Made.
                #[inline]
                #[accumulated]
                $vis async fn $name($($argument: $of),*) -> $returned { $($body)* }
            )*
        };
    }
    asynchronous! {
        pub three(number: u32) -> u32 { ready(number).await }
    }

    /// Makes them.
    macro_rules! methods {
        ($on:ty { $($vis:vis fn $name:ident($this:ident) -> $returned:ty $body:block)* }) => {
            impl $on {
                $(
                    /// Made.
                    #[inline]
                    #[counted]
                    $vis fn $name(&$this) -> $returned $body
                )*
            }
        };
    }
    methods! { Made { pub fn four(self) -> Option<i32> { self.five() } fn five(self) -> Option<i32> { two() } } }
}
