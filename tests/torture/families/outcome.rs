//! Ok, err, panicked and cancelled.
use std::{cell::Cell, fmt::Debug, future::Future, pin::Pin};
use support::*;

timed_twins! {
    #[measure("o.sync", outcome)] pub fn sync(a: u8) -> Result<u8, String> { if a == 0 { return Err("zero".into()); } if a > 9 { panic!("big") } Ok(a) }
    #[measure("o.option", outcome)] pub fn option(a: Option<u8>) -> Option<u8> { Some(a? + 1) }
    #[measure("o.question", outcome)] pub fn question(text: &str) -> Result<u8, Box<dyn std::error::Error>> { Ok(text.parse::<u8>()?) }
    #[measure("o.coerced", outcome)] pub fn coerced() -> Result<Box<dyn Debug>, ()> { Ok(Box::new(1)) }
    #[measure("o.opaque", outcome)] pub fn opaque(text: &str) -> Result<impl Iterator<Item = char> + '_, std::num::ParseIntError> { text.parse::<u8>()?; Ok(text.chars()) }
    #[measure("o.opaque_boxed", outcome)] pub fn opaque_boxed(a: u8) -> Result<(impl Debug, Box<dyn Debug>), Box<dyn std::error::Error>> { if a == 0 { return Err(Box::new(std::fmt::Error)); } Ok((a, Box::new(a))) }
    #[measure("o.async_opaque_boxed", outcome)] pub async fn async_opaque_boxed(a: u8) -> Result<(impl Debug, Box<dyn Debug>), Box<dyn std::error::Error>> { if a == 0 { return Err(Box::new(std::fmt::Error)); } Ok((a, Box::new(a))) }
    #[measure("o.elided", outcome)] pub fn elided(text: &str) -> Option<&str> { text.get(1..) }
    #[measure("o.mutable", outcome)] pub fn mutable(a: &mut Vec<u8>) -> Option<&mut u8> { if a.is_empty() { return None; } a.first_mut() }
    #[measure("o.moved", outcome)] pub fn moved(a: String, b: Noisy) -> Result<String, ()> { let _c = Noisy("c"); Ok(a) }
    #[measure("o.unsafe", outcome)] pub unsafe fn dangerous(a: *const u8) -> Option<u8> { unsafe { Some(*a) } }
    #[measure("o.foreign", outcome)] pub extern "C" fn foreign(a: bool) -> Option<std::num::NonZeroU8> { if a { std::num::NonZeroU8::new(1) } else { None } }
    #[measure("o.generic", outcome)] pub fn generic<T: Clone, const N: usize>(a: &T) -> Result<[T; N], ()> where T: Copy { Ok([*a; N]) }
    #[measure("o.leading", outcome)] pub fn leading() -> Option<u8> { #![allow(unused)] use std::mem::size_of; const ONE: u8 = 1; let unused = 3; Some(ONE) }
    pub struct Pool { pub n: u8, pub name: String }
    impl Pool {
        #[measure("o.method", outcome)] pub fn method(&mut self) -> Option<&mut String> { self.n = self.n.checked_sub(1)?; Some(&mut self.name) }
        #[measure("o.by_value", outcome)] pub fn by_value(self) -> Result<Self, ()> { Ok(self) }
        #[measure("o.async_method", outcome)] pub async fn async_method(&mut self) -> Option<&mut String> { pause().await; self.n = self.n.checked_sub(1)?; Some(&mut self.name) }
        #[measure("o.async_value", outcome)] pub async fn async_value(self, more: &str) -> Result<Self, String> { pause().await; if more.is_empty() { Err(self.name) } else { Ok(self) } }
    }
    #[measure("o.async", outcome)] pub async fn asynchronous(a: u8) -> Result<u8, String> { pause().await; if a == 0 { return Err("zero".into()); } if a > 9 { panic!("big") } pause().await; Ok(a) }
    #[measure("o.async_question", outcome)] pub async fn async_question(text: &str) -> Result<u8, Box<dyn std::error::Error>> { pause().await; Ok(text.parse::<u8>()?) }
    #[measure("o.async_coerced", outcome)] pub async fn async_coerced(a: bool) -> Result<Box<dyn Debug>, ()> { if a { return Ok(Box::new(2)); } Ok(Box::new(1)) }
    #[measure("o.async_opaque", outcome)] pub async fn async_opaque() -> Result<impl Debug, std::num::ParseIntError> { let n: u8 = "1".parse()?; Ok(n) }
    #[measure("o.async_order", outcome)] pub async fn async_order(a: Noisy, b: Noisy, c: Noisy) -> Option<usize> { let local = Noisy("local"); pause().await; Some(b.len() + a.len() + c.len()) }
    #[measure("o.async_tail", outcome)] pub async fn async_tail() -> Option<usize> { let _local = Noisy("local"); pause().await; Some(Noisy("tail").len()) }
    #[measure("o.tail", outcome)] pub fn tail() -> Option<usize> { let _local = Noisy("local"); Some(Noisy("tail").len()) }
    #[measure("o.not_sync", outcome)] pub async fn not_sync(a: Cell<u8>) -> Option<u8> { pause().await; Some(a.get()) }
    #[measure("o.block", outcome)] pub fn block(a: u8) -> impl Future<Output = Option<u8>> + Send { log("call"); async move { pause().await; a.checked_sub(1) } }
    #[measure("o.boxed", outcome)] pub fn boxed<'a>(a: &'a str) -> Pin<Box<dyn Future<Output = Result<u8, std::num::ParseIntError>> + Send + 'a>> { Box::pin(async move { pause().await; Ok(a.parse::<u8>()? + 1) }) }
    #[measure("o.own", outcome)] pub fn own(a: bool) -> Status { Status(a) }
    #[derive(Debug, PartialEq)] pub struct Status(pub bool);
    impl logd::Outcome for Status { fn is_ok(&self) -> bool { self.0 } }
    #[measure("o.{kind}", outcome)] pub fn template(kind: &str) -> Option<u8> { None }
    #[measure("o.{kind}", outcome)] pub async fn async_template(kind: String) -> Option<usize> { pause().await; Some(kind.len()) }
    #[measure("o.sometimes", outcome)] pub fn sometimes(a: Noisy, b: Noisy, c: Noisy, take: u8) -> Option<usize> { let _local = Noisy("local"); if take == 1 { drop(a); } else if take == 2 { drop(b); } Some(c.len()) }
    #[measure("o.partly", outcome)] pub fn partly(pair: (Noisy, Noisy), c: Noisy) -> Option<Noisy> { let d = c; let _n = d.len(); Some(pair.0) }
    #[measure("o.borrows", outcome)] pub fn borrows<'a>(a: &'a mut Vec<String>, b: &'a str, mut n: usize) -> Result<&'a mut String, &'a str> { n += a.len(); if n > 1 { return Err(b); } a.push(b.to_owned()); a.last_mut().ok_or(b) }
    #[measure("o.loops", outcome)] pub fn loops(v: Vec<Noisy>) -> Option<usize> { for n in v { if n.len() > 1 { return Some(n.len()); } } None }
    #[measure("o.self_field", outcome)] pub fn tracked_inside(a: Option<u8>) -> Option<u8> { let f = || a.map(|n| n + 1); f()?; f() }
    #[measure("o.closures", outcome)] pub fn closures(v: &[u8]) -> Option<u8> { v.iter().map(|n| { if *n == 0 { return None; } Some(*n) }).next()? }
}

#[test]
fn sync() {
    same_timed!((sync(1), sync(0)) => ["timed o.sync.err", "timed o.sync.ok"]);
    same_timed!(sync(10) => ["timed o.sync.panicked"]);
}
#[test]
fn options() {
    same_timed!((option(None), option(Some(1))) => ["timed o.option.err", "timed o.option.ok"]);
    same_timed!((question("1").is_ok(), question("x").is_ok()) => ["timed o.question.err", "timed o.question.ok"]);
}
#[test]
fn types() {
    same_timed!(format!("{:?}", coerced()) => ["timed o.coerced.ok"]);
    same_timed!(format!("{:?}", [opaque_boxed(1), opaque_boxed(0)]) => ["timed o.opaque_boxed.err", "timed o.opaque_boxed.ok"]);
    same_timed!(opaque("12").unwrap().count() => ["timed o.opaque.ok"]);
    same_timed!(elided("ab") => ["timed o.elided.ok"]);
    same_timed!(mutable(&mut vec![1]).copied() => ["timed o.mutable.ok"]);
    same_timed!(moved("a".into(), Noisy("b")) => ["timed o.moved.ok"]);
    same_timed!(unsafe { dangerous(&1) } => ["timed o.unsafe.ok"]);
    same_timed!(foreign(true).is_some() => ["timed o.foreign.ok"]);
    same_timed!(generic::<_, 2>(&1) => ["timed o.generic.ok"]);
    same_timed!(leading() => ["timed o.leading.ok"]);
    same_timed!(own(false).0 => ["timed o.own.err"]);
    same_timed!(closures(&[0]) => ["timed o.closures.err"]);
}
#[test]
fn methods() {
    same_timed!({ let mut p = Pool { n: 1, name: "a".into() }; (p.method().cloned(), p.method().cloned()) } => ["timed o.method.err", "timed o.method.ok"]);
    same_timed!(Pool { n: 1, name: "a".into() }.by_value().is_ok() => ["timed o.by_value.ok"]);
    same_timed!(block_on(Pool { n: 1, name: "a".into() }.async_value("")).err() => ["timed o.async_value.err"]);
    same_timed!({ let mut p = Pool { n: 1, name: "a".into() }; block_on(p.async_method()).cloned() } => ["timed o.async_method.ok"]);
}
#[test]
fn asynchronous() {
    same_timed!((block_on(asynchronous(1)), block_on(asynchronous(0))) => ["timed o.async.err", "timed o.async.ok"]);
    same_timed!(block_on(asynchronous(10)) => ["timed o.async.panicked"]);
    same_timed!(cancel_after(1, asynchronous(1)) => ["timed o.async.cancelled"]);
    same_timed!(cancel_after(2, asynchronous(1)) => ["timed o.async.cancelled"]);
    same_timed!(drop(asynchronous(1)) => []);
}
#[test]
fn async_types() {
    same_timed!((block_on(async_question("1")).is_ok(), block_on(async_question("x")).is_ok()) => ["timed o.async_question.err", "timed o.async_question.ok"]);
    same_timed!(format!("{:?}", block_on(async_coerced(true))) => ["timed o.async_coerced.ok"]);
    same_timed!(format!("{:?}", block_on(async_opaque_boxed(0))) => ["timed o.async_opaque_boxed.err"]);
    same_timed!(format!("{:?}", block_on(async_opaque())) => ["timed o.async_opaque.ok"]);
    same_timed!(block_on(not_sync(Cell::new(1))) => ["timed o.not_sync.ok"]);
}
#[test]
fn order() {
    same_timed!(block_on(async_order(Noisy("a"), Noisy("b"), Noisy("c"))) => ["timed o.async_order.ok"]);
    same_timed!(cancel_after(1, async_order(Noisy("a"), Noisy("b"), Noisy("c"))) => ["timed o.async_order.cancelled"]);
    same_timed!(block_on(async_tail()) => ["timed o.async_tail.ok"]);
    same_timed!(tail() => ["timed o.tail.ok"]);
}
#[test]
fn blocks() {
    same_timed!((block_on(block(1)), block_on(block(0))) => ["timed o.block.err", "timed o.block.ok"]);
    same_timed!((block_on(boxed("1")), block_on(boxed("x"))) => ["timed o.boxed.err", "timed o.boxed.ok"]);
}
#[test]
fn templates() {
    same_timed!(template("a") => ["timed o.a.err"]);
    same_timed!(block_on(async_template("b".into())) => ["timed o.b.ok"]);
}
#[test]
fn counted() {
    #[logd::counted("c", outcome)]
    fn counts(a: u8) -> Option<u8> {
        a.checked_sub(1)
    }
    #[logd::counted(outcome)]
    async fn derived(a: u8) -> Option<u8> {
        a.checked_sub(1)
    }
    let (_, events) = recorded(|| (counts(0), counts(1), block_on(derived(0))));
    assert_eq!(
        events,
        [
            "counted c.err",
            "counted c.ok",
            "counted shapes.outcome.derived.err"
        ]
    );
}
#[test]
fn futures_stay_send() {
    fn send<T: Send>(_: T) {}
    send(timed::not_sync(Cell::new(1)));
    send(timed::asynchronous(1));
}
#[test]
fn sizes() {
    let (a, b) = (
        std::mem::size_of_val(&plain::asynchronous(1)),
        std::mem::size_of_val(&timed::asynchronous(1)),
    );
    assert!(b <= a + 40, "{a} {b}");
    let (a, b) = (
        std::mem::size_of_val(&plain::async_order(Noisy("a"), Noisy("b"), Noisy("c"))),
        std::mem::size_of_val(&timed::async_order(Noisy("a"), Noisy("b"), Noisy("c"))),
    );
    assert!(b <= a + 40, "{a} {b}");
}

#[test]
fn arguments_are_dropped_as_ever() {
    for take in 0..3 {
        same_timed!(sometimes(Noisy("a"), Noisy("b"), Noisy("c"), take) => ["timed o.sometimes.ok"]);
    }
    same_timed!(partly((Noisy("a"), Noisy("b")), Noisy("c")) => ["timed o.partly.ok"]);
    same_timed!(borrows(&mut vec![], "x", 0).map(|s| s.clone()).map_err(str::to_owned) => ["timed o.borrows.ok"]);
    same_timed!(borrows(&mut vec![], "x", 2).map(|s| s.clone()).map_err(str::to_owned) => ["timed o.borrows.err"]);
    same_timed!(loops(vec![Noisy("a"), Noisy("bc"), Noisy("d")]) => ["timed o.loops.ok"]);
    same_timed!(tracked_inside(Some(1)) => ["timed o.self_field.ok"]);
}
