//! When arguments are dropped where the body moves into a closure or a block: the last first,
//! whatever their patterns leave behind and whether or not the body uses them.
use std::future::{ready, Future};
use support::*;

pub struct Pair {
    pub a: Noisy,
    pub b: Noisy,
}
pub enum Either {
    Left(Noisy, Noisy),
    Right(Noisy),
}
pub struct Wrap(pub Noisy);
pub struct Unit;
impl Drop for Unit {
    fn drop(&mut self) {
        log("drop Unit");
    }
}
fn four() -> [Noisy; 4] {
    [Noisy("1"), Noisy("2"), Noisy("3"), Noisy("4")]
}
fn pair(a: &'static str, b: &'static str) -> (Noisy, Noisy) {
    (Noisy(a), Noisy(b))
}

timed_twins! {
    #[measure("s", outcome)] pub fn wildcard(a: Noisy, _: Noisy, c: Noisy) -> Option<usize> { let _l = Noisy("local"); Some(a.len() + c.len()) }
    #[measure("s", outcome)] pub fn wildcards(_: Noisy, a: Noisy, _: Noisy, _: Noisy) -> Option<usize> { Some(a.len()) }
    #[measure("s", outcome)] pub fn only_wildcards(_: Noisy, _: Noisy) -> Option<usize> { let _l = Noisy("local"); None }
    #[measure("s", outcome)] pub fn unused(a: Noisy, b: Noisy, c: Noisy) -> Option<usize> { Some(b.len()) }
    #[measure("s", outcome)] pub fn first_unused(a: Noisy, b: Noisy) -> Option<usize> { Some(b.len()) }
    #[measure("s", outcome)] pub fn none_used(a: Noisy, b: Noisy) -> Option<usize> { Some(1) }
    #[measure("s", outcome)] pub fn on_purpose(a: Noisy, _b: Noisy, c: Noisy, _d: Noisy) -> Option<usize> { Some(a.len() + c.len()) }
    #[measure("s", outcome)] pub fn half((a, _): (Noisy, Noisy), (_, d): (Noisy, Noisy)) -> Option<usize> { let _l = Noisy("local"); Some(a.len() + d.len()) }
    #[measure("s", outcome)] pub fn half_first((a, _): (Noisy, Noisy), b: Noisy) -> Option<usize> { Some(a.len() + b.len()) }
    #[measure("s", outcome)] pub fn half_last(z: Noisy, (a, _): (Noisy, Noisy)) -> Option<usize> { Some(a.len() + z.len()) }
    #[measure("s", outcome)] pub fn half_between(z: Noisy, (a, _): (Noisy, Noisy), b: Noisy, c: Noisy) -> Option<usize> { Some(a.len() + z.len() + c.len()) }
    #[measure("s", outcome)] pub fn whole((a, b): (Noisy, Noisy), Wrap(c): Wrap) -> Option<usize> { Some(b.len() + c.len() + a.len()) }
    #[measure("s", outcome)] pub fn fields(z: Noisy, Pair { b, .. }: Pair, y: Noisy) -> Option<usize> { Some(b.len() + y.len() + z.len()) }
    #[measure("s", outcome)] pub fn slice(z: Noisy, [a, .., d]: [Noisy; 4], y: Noisy) -> Option<usize> { Some(d.len() + a.len() + z.len()) }
    #[measure("s", outcome)] pub fn rest(z: Noisy, [a, b @ ..]: [Noisy; 4]) -> Option<usize> { Some(b.len() + a.len() + z.len()) }
    #[measure("s", outcome)] pub fn either(z: Noisy, (Either::Left(a, _) | Either::Right(a)): Either) -> Option<usize> { Some(a.len() + z.len()) }
    #[measure("s", outcome)] pub fn by_reference(z: Noisy, ref a: Noisy, b: Noisy) -> Option<usize> { Some(a.len() + z.len() + b.len()) }
    #[measure("s", outcome)] pub fn unit(z: Noisy, Unit: Unit, b: Noisy) -> Option<usize> { Some(b.len() + z.len()) }
    #[measure("s", outcome)] pub async fn async_unit(z: Noisy, Unit: Unit, b: Noisy) -> Option<usize> { pause().await; Some(b.len() + z.len()) }
    #[measure("s", outcome)] pub fn capital(z: Noisy, Capital: Noisy, b: Noisy) -> Option<usize> { Some(b.len() + Capital.len() + z.len()) }
    #[measure("s", outcome)] pub fn reference_inside(z: Noisy, (ref a, b): (Noisy, Noisy)) -> Option<usize> { Some(a.len() + z.len() + b.len()) }
    #[measure("s", outcome)] pub fn mutable(mut z: Vec<Noisy>, (mut a, _): (Vec<Noisy>, Noisy), mut b: Noisy) -> Option<usize> { z.push(Noisy("pushed")); a.push(b); b = Noisy("new"); Some(z.len() + a.len()) }
    #[measure("s", outcome)] pub fn sometimes(a: Noisy, _: Noisy, c: Noisy, take: bool) -> Option<usize> { if take { drop(a); return None; } Some(c.len()) }
    #[measure("s", outcome)] pub fn panics(a: Noisy, (b, _): (Noisy, Noisy), _: Noisy, c: Noisy) -> Option<usize> { if a.len() < 9 { panic!("{}", b.len()); } Some(c.len()) }
    #[measure("s", outcome)] pub fn question(a: Noisy, (b, _): (Noisy, Noisy), unused: Noisy) -> Option<usize> { let n: Option<usize> = None; Some(a.len() + b.len() + n?) }
    #[measure("s", outcome)] pub fn conditional(a: Noisy, #[cfg(any())] gone: Noisy, #[cfg(all())] b: Noisy, #[cfg(all())] _: Noisy, #[cfg(any())] _: Noisy) -> Option<usize> { Some(a.len() + b.len()) }
    #[measure("s", outcome)] pub fn lints(a: Noisy, #[allow(unused_variables)] b: Noisy, #[cfg_attr(all(), allow(unused_mut))] mut c: Noisy, #[expect(unused_variables)] d: Noisy) -> Option<usize> { Some(a.len() + c.len()) }
    #[measure("s.{z}", outcome)] pub fn named(z: &'static str, a: Noisy, (b, _): (Noisy, Noisy), c: Noisy) -> Option<usize> { Some(a.len() + b.len() + c.len() + z.len()) }
    #[measure("s.{n}", outcome)] pub fn named_late(a: Noisy, _: Noisy, n: u8) -> Option<usize> { Some(a.len() + usize::from(n)) }
    #[measure("s", outcome)] pub fn opaque(a: Noisy, _: Noisy, b: impl FnOnce() -> usize, _: impl Sized) -> Option<impl Sized + std::fmt::Debug> { Some(a.len() + b()) }
    #[measure("s", future)] pub fn returned(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), unused: Noisy) -> impl Future<Output = usize> { ready(a.len() + b.len()) }
    #[measure("s", future)] pub fn kept(a: Noisy, _: Noisy, b: Noisy) -> impl Future<Output = usize> { let n = b.len(); Keep(ready(n), a) }
    pub struct Keep(pub std::future::Ready<usize>, pub Noisy);
    impl Future for Keep { type Output = usize; fn poll(self: std::pin::Pin<&mut Self>, c: &mut std::task::Context<'_>) -> std::task::Poll<usize> { std::pin::Pin::new(&mut self.get_mut().0).poll(c) } }
    pub struct Owner(pub Noisy);
    impl Owner {
        #[measure("s", outcome)] pub fn consumed(self, _: Noisy, b: Noisy) -> Option<usize> { Some(self.0.len() + b.len()) }
        #[measure("s", outcome)] pub fn idle(self, _: Noisy, (b, _): (Noisy, Noisy)) -> Option<usize> { Some(b.len()) }
        #[measure("s", outcome)] pub fn boxed(self: Box<Self>, a: Noisy, _: Noisy) -> Option<usize> { Some(self.0.len() + a.len()) }
        #[measure("s", outcome)] pub fn borrowed(&mut self, _: Noisy, (b, _): (Noisy, Noisy), c: Noisy) -> Option<&mut Noisy> { log(c.0); self.0 = b; Some(&mut self.0) }
        #[measure("s", outcome)] pub async fn a_consumed(self, _: Noisy, (b, _): (Noisy, Noisy), unused: Noisy) -> Option<usize> { pause().await; Some(self.0.len() + b.len()) }
    }
    #[measure("s", outcome)] pub async fn a_wildcard(a: Noisy, _: Noisy, c: Noisy) -> Option<usize> { let _l = Noisy("local"); pause().await; Some(a.len() + c.len()) }
    #[measure("s", outcome)] pub async fn a_unused(a: Noisy, b: Noisy, c: Noisy) -> Option<usize> { pause().await; Some(b.len()) }
    #[measure("s", outcome)] pub async fn a_half(z: Noisy, (a, _): (Noisy, Noisy), (_, d): (Noisy, Noisy), _: Noisy) -> Option<usize> { let _l = Noisy("local"); pause().await; Some(a.len() + d.len() + z.len()) }
    #[measure("s", outcome)] pub async fn a_fields(z: Noisy, Pair { b, .. }: Pair, y: Noisy) -> Option<usize> { pause().await; Some(b.len() + y.len() + z.len()) }
    #[measure("s", outcome)] pub async fn a_reference(z: Noisy, ref a: Noisy, b: Noisy) -> Option<usize> { pause().await; Some(a.len() + z.len() + b.len()) }
    #[measure("s", outcome)] pub async fn a_mutable(z: Noisy, (mut a, _): (Vec<Noisy>, Noisy), mut b: Noisy) -> Option<usize> { pause().await; a.push(b); b = Noisy("new"); pause().await; Some(z.len() + a.len()) }
    #[measure("s.{n}", outcome)] pub async fn a_named(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), n: u8) -> Option<usize> { pause().await; Some(a.len() + b.len()) }
}

mod sums {
    use super::{four, pair};
    use std::future::Future;
    use support::*;
    twins! {
        #[measure] pub async fn wildcard(a: Noisy, _: Noisy, c: Noisy) { let _l = Noisy("local"); pause().await; log(a.0); log(c.0); }
        #[measure] pub async fn unused(a: Noisy, b: Noisy, c: Noisy) -> usize { pause().await; b.len() }
        #[measure] pub async fn on_purpose(a: Noisy, _b: Noisy) -> usize { pause().await; a.len() }
        #[measure] pub async fn half(z: Noisy, (a, _): (Noisy, Noisy), (_, d): (Noisy, Noisy), _: Noisy) -> usize { let _l = Noisy("local"); pause().await; Noisy("tail").len() + a.len() + d.len() + z.len() }
        #[measure] pub async fn slice(z: Noisy, [a, .., d]: [Noisy; 4], y: Noisy) -> usize { pause().await; d.len() + a.len() + z.len() }
        #[measure] pub async fn generic<T, U>(a: T, _: U, f: impl Fn(&T) -> usize, _: impl Sized) -> usize { pause().await; f(&a) }
        pub trait Held { fn held(self, other: Noisy, extra: Noisy) -> impl Future<Output = usize>; }
        impl Held for Noisy { #[measure] async fn held(self, other: Noisy, _: Noisy) -> usize { pause().await; self.len() + other.len() } }
    }
    #[test]
    fn in_order() {
        same!(block_on(wildcard(Noisy("a"), Noisy("b"), Noisy("c"))) => ["wildcard"]);
        same!(cancel_after(1, wildcard(Noisy("a"), Noisy("b"), Noisy("c"))) => ["wildcard"]);
        same!(cancel_after(0, wildcard(Noisy("a"), Noisy("b"), Noisy("c"))) => []);
        same!(block_on(unused(Noisy("a"), Noisy("b"), Noisy("c"))) => ["unused"]);
        same!(block_on(on_purpose(Noisy("a"), Noisy("b"))) => ["on_purpose"]);
        same!(block_on(half(Noisy("z"), pair("a", "b"), pair("c", "d"), Noisy("e"))) => ["half"]);
        same!(cancel_after(1, half(Noisy("z"), pair("a", "b"), pair("c", "d"), Noisy("e"))) => ["half"]);
        same!(cancel_after(0, half(Noisy("z"), pair("a", "b"), pair("c", "d"), Noisy("e"))) => []);
        same!(block_on(slice(Noisy("z"), four(), Noisy("y"))) => ["slice"]);
        same!(block_on(generic(Noisy("a"), Noisy("b"), Noisy::len, Noisy("d"))) => ["generic"]);
        same!(block_on(Held::held(Noisy("self"), Noisy("a"), Noisy("b"))) => ["held"]);
    }
}

/// The log and the value, and one reading.
macro_rules! ordered {
    ($($call:expr;)*) => { $({
        let (expected, _) = { use plain::*; observe(|| $call) };
        let (timed, events) = { use timed::*; observe(|| $call) };
        assert_eq!(timed.shown(), expected.shown(), "{}", stringify!($call));
        assert_eq!(events.len(), 1, "{}: {events:?}", stringify!($call));
    })* };
}

#[test]
fn without_names() {
    ordered! {
        wildcard(Noisy("a"), Noisy("b"), Noisy("c"));
        wildcards(Noisy("a"), Noisy("b"), Noisy("c"), Noisy("d"));
        only_wildcards(Noisy("a"), Noisy("b"));
        unused(Noisy("a"), Noisy("b"), Noisy("c"));
        first_unused(Noisy("a"), Noisy("b"));
        none_used(Noisy("a"), Noisy("b"));
        on_purpose(Noisy("a"), Noisy("b"), Noisy("c"), Noisy("d"));
    }
}

#[test]
fn in_parts() {
    ordered! {
        half(pair("a", "b"), pair("c", "d"));
        half_first(pair("a", "b"), Noisy("c"));
        half_last(Noisy("z"), pair("a", "b"));
        half_between(Noisy("z"), pair("a", "b"), Noisy("c"), Noisy("d"));
        whole(pair("a", "b"), Wrap(Noisy("c")));
        fields(Noisy("z"), Pair { a: Noisy("a"), b: Noisy("b") }, Noisy("y"));
        slice(Noisy("z"), four(), Noisy("y"));
        rest(Noisy("z"), four());
        either(Noisy("z"), Either::Left(Noisy("a"), Noisy("b")));
        either(Noisy("z"), Either::Right(Noisy("a")));
        by_reference(Noisy("z"), Noisy("a"), Noisy("b"));
        unit(Noisy("z"), Unit, Noisy("b"));
        capital(Noisy("z"), Noisy("c"), Noisy("b"));
        reference_inside(Noisy("z"), pair("a", "b"));
        mutable(vec![Noisy("z")], (vec![Noisy("a")], Noisy("b")), Noisy("c"));
    }
}

#[test]
fn on_every_way_out() {
    ordered! {
        sometimes(Noisy("a"), Noisy("b"), Noisy("c"), true);
        sometimes(Noisy("a"), Noisy("b"), Noisy("c"), false);
        panics(Noisy("a"), pair("b", "c"), Noisy("d"), Noisy("e"));
        question(Noisy("a"), pair("b", "c"), Noisy("d"));
        conditional(Noisy("a"), Noisy("b"), Noisy("c"));
        lints(Noisy("a"), Noisy("b"), Noisy("c"), Noisy("d"));
        named("x", Noisy("a"), pair("b", "c"), Noisy("d"));
        named_late(Noisy("a"), Noisy("b"), 1);
        opaque(Noisy("a"), Noisy("b"), || 3, Noisy("c")).map(|a| format!("{a:?}"));
        block_on(returned(Noisy("a"), Noisy("b"), pair("c", "d"), Noisy("e")));
        block_on(kept(Noisy("a"), Noisy("b"), Noisy("c")));
        block_on(async_unit(Noisy("z"), Unit, Noisy("b")));
    }
}

#[test]
fn beside_self() {
    ordered! {
        Owner(Noisy("self")).consumed(Noisy("a"), Noisy("b"));
        Owner(Noisy("self")).idle(Noisy("a"), pair("b", "c"));
        Box::new(Owner(Noisy("self"))).boxed(Noisy("a"), Noisy("b"));
        Owner(Noisy("self")).borrowed(Noisy("a"), pair("b", "c"), Noisy("d")).map(|a| a.0);
        block_on(Owner(Noisy("self")).a_consumed(Noisy("a"), pair("b", "c"), Noisy("d")));
    }
}

#[test]
fn asynchronous() {
    ordered! {
        block_on(a_wildcard(Noisy("a"), Noisy("b"), Noisy("c")));
        cancel_after(1, a_wildcard(Noisy("a"), Noisy("b"), Noisy("c")));
        block_on(a_unused(Noisy("a"), Noisy("b"), Noisy("c")));
        block_on(a_half(Noisy("z"), pair("a", "b"), pair("c", "d"), Noisy("e")));
        cancel_after(1, a_half(Noisy("z"), pair("a", "b"), pair("c", "d"), Noisy("e")));
        block_on(a_fields(Noisy("z"), Pair { a: Noisy("a"), b: Noisy("b") }, Noisy("y")));
        block_on(a_reference(Noisy("z"), Noisy("a"), Noisy("b")));
        block_on(a_mutable(Noisy("z"), (vec![Noisy("a")], Noisy("b")), Noisy("c")));
        cancel_after(1, a_mutable(Noisy("z"), (vec![Noisy("a")], Noisy("b")), Noisy("c")));
        cancel_after(2, a_mutable(Noisy("z"), (vec![Noisy("a")], Noisy("b")), Noisy("c")));
        block_on(a_named(Noisy("a"), Noisy("b"), pair("c", "d"), 1));
    }
}
