//! Functions in pairs, plain and measured: `scripts/off` compares their machine code.
#![allow(
    unsafe_code,
    clippy::no_mangle_with_rust_abi,
    reason = "a name that stays as it is, so that the assembly can be searched for it"
)]
#![allow(
    clippy::missing_const_for_fn,
    reason = "the plain twin of what can not be constant"
)]

use std::future::Future;

use logd::{Counter, accumulate, accumulated, count, counted, meter, timed};

static COUNTER: Counter = Counter::new("off.twins");

/// Plain.
#[unsafe(no_mangle)]
#[must_use]
pub fn plain_timed(number: u32) -> u32 {
    number.wrapping_mul(3)
}

/// Measured.
#[unsafe(no_mangle)]
#[must_use]
#[timed("off.twins.timed", rate = 0.5)]
#[counted]
pub fn measured_timed(number: u32) -> u32 {
    number.wrapping_mul(3)
}

/// Plain.
#[unsafe(no_mangle)]
#[must_use]
pub fn plain_adaptive(number: u32) -> u32 {
    number.wrapping_mul(9)
}

/// Measured.
#[unsafe(no_mangle)]
#[must_use]
#[timed("off.twins.adaptive", adaptive)]
pub fn measured_adaptive(number: u32) -> u32 {
    number.wrapping_mul(9)
}

/// Plain.
#[unsafe(no_mangle)]
#[must_use]
pub fn plain_outcome(number: u32) -> Option<u32> {
    number.checked_mul(5)
}

/// Measured.
#[unsafe(no_mangle)]
#[must_use]
#[timed("off.twins.outcome", outcome)]
pub fn measured_outcome(number: u32) -> Option<u32> {
    number.checked_mul(5)
}

/// Plain.
#[unsafe(no_mangle)]
#[must_use]
pub fn plain_named(text: &str) -> usize {
    text.len() + 7
}

/// Measured.
#[unsafe(no_mangle)]
#[must_use]
#[counted("off.{text}.calls")]
#[timed("off.{text}.time")]
pub fn measured_named(text: &str) -> usize {
    text.len() + 7
}

/// Plain.
#[unsafe(no_mangle)]
#[must_use]
pub fn plain_sections(first: u32, second: u32) -> u32 {
    let sum = first.wrapping_add(second);
    sum.rotate_left(9)
}

/// Measured.
#[unsafe(no_mangle)]
#[must_use]
#[accumulated("off.twins.sum")]
pub fn measured_sections(first: u32, second: u32) -> u32 {
    let sum = accumulate!("off.twins.sum", { first.wrapping_add(second) });
    accumulate!("off.twins.alone", { sum.rotate_left(9) })
}

/// Plain.
#[unsafe(no_mangle)]
#[must_use]
pub fn plain_macros(number: u32) -> u32 {
    number.swap_bytes()
}

/// Measured.
#[unsafe(no_mangle)]
#[must_use]
pub fn measured_macros(number: u32) -> u32 {
    count!("off.twins.count", by = expensive(number));
    meter!("off.twins.meter", expensive(number), rate = 0.1);
    COUNTER.increment();
    number.swap_bytes()
}

#[inline(never)]
fn expensive(number: u32) -> u32 {
    (0..number).map(|n| n ^ number).max().unwrap_or(number)
}

/// Plain.
pub async fn plain_task(number: u32) -> u32 {
    std::future::ready(number).await
}

/// Measured, and not a byte larger.
#[timed("off.twins.task")]
#[counted]
pub async fn measured_task(number: u32) -> u32 {
    std::future::ready(number).await
}

/// Plain.
pub async fn plain_section_task(number: u32) -> u32 {
    std::future::ready(number).await
}

/// Measured, and not a byte larger.
pub async fn measured_section_task(number: u32) -> u32 {
    accumulate!("off.twins.section", { std::future::ready(number).await })
}

/// A future's size in bytes.
pub fn size<F: Future>(future: &F) -> usize {
    size_of_val(future)
}
