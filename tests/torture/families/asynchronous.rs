//! Async functions in every form.
use std::{fmt::Debug, future::Future, pin::Pin, rc::Rc};
use support::*;

twins! {
    #[measure] pub async fn nothing() {}
    #[measure] pub async fn value(a: u8) -> u8 { pause().await; a + 1 }
    #[measure] pub async fn early(a: u8) -> u8 { if a > 3 { return 1; } pause().await; a }
    #[measure] pub async fn question(text: &str) -> Result<u8, std::num::ParseIntError> { pause().await; let n: u8 = text.parse()?; Ok(n + 1) }
    #[measure] pub async fn question_into(text: &str) -> Result<u8, Box<dyn std::error::Error>> { if text.is_empty() { return Err("empty".into()); } pause().await; Ok(text.parse::<u8>()?) }
    #[measure] pub async fn inferred(text: &str) -> Result<Vec<u8>, std::num::ParseIntError> { text.split(',').map(|part| part.parse()).collect() }
    #[measure] pub async fn coerced(a: bool) -> Box<dyn Debug> { if a { return Box::new(1); } Box::new("x") }
    #[measure] pub async fn coerced_result(a: bool) -> Result<Box<dyn Debug>, ()> { if a { return Ok(Box::new(1)); } Ok(Box::new("x")) }
    #[measure] pub async fn coerced_fn() -> fn(&str) -> &str { |text| text.trim() }
    #[measure] pub async fn elided(text: &str) -> &str { pause().await; text.trim() }
    #[measure] pub async fn lifetimes<'a>(a: &'a str, _b: &str) -> &'a str { pause().await; a }
    #[measure] pub async fn generic<T: Clone + Debug, const N: usize>(a: T) -> [T; N] where T: Copy { pause().await; [a; N] }
    #[measure] pub async fn opaque(text: &str) -> impl Iterator<Item = char> + '_ { pause().await; text.chars() }
    #[measure] pub async fn opaque_result(text: &str) -> Result<impl Debug, std::num::ParseIntError> { let n: u8 = text.parse()?; Ok(n) }
    #[measure] pub async unsafe fn dangerous(a: u8) -> u8 { pause().await; a }
    #[measure] pub async fn never() -> ! { pause().await; panic!("never") }
    #[measure] pub async fn mutable(a: &mut Vec<u8>) -> &mut u8 { a.push(1); pause().await; a.last_mut().unwrap() }
    #[measure] pub async fn patterns((a, b): (u8, String), Pair { x, .. }: Pair, _: u8, mut e: u8) -> u8 { pause().await; e += 1; a + b.len() as u8 + x + e }
    pub struct Pair { pub x: u8, pub y: u8 }
    #[measure] pub async fn not_send(a: Rc<u8>) -> u8 { pause().await; *a }
    #[measure] pub async fn closure_argument(f: impl AsyncFn(u8) -> u8) -> u8 { f(1).await }
    #[measure] pub async fn callback<F, R>(f: F) -> u8 where F: Fn(u8) -> R, R: Future<Output = u8> { f(1).await }
    #[measure] pub async fn documented() -> u8 { //! Doc inside.
        #![allow(unused_variables)]
        use std::mem::size_of; let x = 1; size_of::<u8>() as u8 }
    #[measure] pub async fn blocks() -> u8 { let inner = async { if true { return 1; } 2 }; inner.await + 1 }
    #[measure] pub async fn unused(_a: Noisy, b: Noisy) -> u8 { pause().await; 1 }
    #[measure] pub async fn moves_some(a: String, b: String) -> String { if a.is_empty() { pause().await; return b; } pause().await; a + &b }
    #[measure] pub async fn format_only(a: u8) -> String { format!("{a}") }
    #[measure] pub fn boxed_recursive(n: u8) -> Pin<Box<dyn Future<Output = u8>>> { Box::pin(async move { if n == 0 { 0 } else { 1 + boxed_recursive(n - 1).await } }) }
    #[measure] pub async fn recursive(n: u8) -> u8 { if n == 0 { 0 } else { 1 + Box::pin(recursive(n - 1)).await } }
    #[measure] pub async fn ends_in_async_block() -> u8 { async move { 4 }.await }
    #[measure] pub async fn returns_future() -> impl Future<Output = u8> { async move { 4 } }
    #[measure] pub async fn cfg_argument(#[cfg(any())] gone: u8, #[cfg(all())] there: u8) -> u8 { there }
    #[measure] pub async fn r#await(r#type: String) -> usize { pause().await; r#type.len() }
}

#[test]
fn nothing() {
    same!(block_on(nothing()) => ["nothing"]);
}
#[test]
fn values() {
    same!(block_on(async { (value(1).await, early(1).await, early(4).await) }) => ["early", "early", "value"]);
}
#[test]
fn question_marks() {
    same!(block_on(async { (question("1").await.is_ok(), question("x").await.is_err(), question_into("").await.is_err(), question_into("2").await.is_ok(), inferred("1,2").await.is_ok()) }) => ["inferred", "question", "question", "question_into", "question_into"]);
}
#[test]
fn coercions() {
    same!(block_on(async { (format!("{:?}{:?}", coerced(true).await, coerced_result(false).await), coerced_fn().await(" a ").to_owned()) }) => ["coerced", "coerced_fn", "coerced_result"]);
}
#[test]
fn lifetimes() {
    same!(block_on(async { (elided(" a ").await, lifetimes("a", "b").await, generic::<u8, 2>(1).await, opaque("ab").await.next(), format!("{:?}", opaque_result("1").await)) }) => ["elided", "generic", "lifetimes", "opaque", "opaque_result"]);
}
#[test]
fn qualifiers() {
    same!(block_on(unsafe { dangerous(3) }) => ["dangerous"]);
    same!(std::panic::catch_unwind(|| { block_on(never()); }).is_err() => ["never"]);
}
#[test]
fn arguments() {
    same!(block_on(async { (*mutable(&mut vec![]).await, patterns((1, "ab".into()), Pair { x: 5, y: 6 }, 7, 8).await, not_send(Rc::new(1)).await, closure_argument(async |a| a).await, callback(|a| async move { a }).await) }) => ["callback", "closure_argument", "mutable", "not_send", "patterns"]);
}
#[test]
fn bodies() {
    same!(block_on(async { (documented().await, blocks().await, format_only(1).await, ends_in_async_block().await, returns_future().await.await, cfg_argument(1).await, r#await("abc".into()).await) }) => ["await", "blocks", "cfg_argument", "documented", "ends_in_async_block", "format_only", "returns_future"]);
}
#[test]
fn moves() {
    same!(block_on(async { (unused(Noisy("a"), Noisy("b")).await, moves_some("".into(), "b".into()).await, moves_some("a".into(), "b".into()).await) }) => ["moves_some", "moves_some", "unused"]);
}
#[test]
fn recursion() {
    same!(block_on(recursive(2)) => ["recursive", "recursive", "recursive"]);
    same!(block_on(boxed_recursive(1)) => ["boxed_recursive", "boxed_recursive"]);
}
#[test]
fn never_polled_records_nothing() {
    same!(drop(value(1)) => []);
}
#[test]
fn cancelled_is_recorded() {
    same!(cancel_after(1, value(1)) => ["value"]);
}
