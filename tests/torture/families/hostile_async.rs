//! Async functions, blocks and closures in the shapes that wrappers trip over.
use std::{
    cell::{Cell, RefCell},
    fmt::Debug,
    future::{poll_fn, ready, Future, IntoFuture},
    pin::{pin, Pin},
    rc::Rc,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use support::*;

twins! {
    #[measure] pub async fn closures_inside(n: u8) -> u8 { let add = async |m: u8| { pause().await; n + m }; let twice = async move |f: &dyn Fn(u8) -> u8| { pause().await; f(f(n)) }; add(1).await + twice(&|m| m + 1).await }
    #[measure] pub async fn borrowing_closure(v: &mut Vec<u8>) -> usize { let mut push = async |n| { pause().await; v.push(n); v.len() }; push(1).await; push(2).await }
    #[measure] pub fn returns_async_closure(n: u8) -> impl AsyncFn(u8) -> u8 { async move |m| { pause().await; n + m } }
    #[measure] pub async fn into_future(n: u8) -> u8 { struct Later(u8); impl IntoFuture for Later { type Output = u8; type IntoFuture = std::future::Ready<u8>; #[measure] fn into_future(self) -> Self::IntoFuture { ready(self.0 + 1) } } Later(n).await }
    #[measure] pub async fn polls_by_hand() -> u8 { let mut n = 0; poll_fn(move |c| { n += 1; if n > 2 { Poll::Ready(n) } else { c.waker().wake_by_ref(); Poll::Pending } }).await }
    #[measure] pub async fn pins_locals() -> u8 { let f = pin!(async { pause().await; 3 }); f.await }
    #[measure] pub async fn nested_blocks(a: Noisy) -> usize { let b = async move { let c = async move { pause().await; let _c = Noisy("c"); a.len() }; let n = c.await; let _b = Noisy("b"); n }; b.await }
    #[measure] pub async fn temporaries_across(m: &Mutex<u8>) -> u8 { let n = { let g = m.lock().unwrap(); *g }; pause().await; match { let n = *m.lock().unwrap(); n } { 0 => 1, x => { pause().await; x + n } } }
    #[measure] pub async fn let_else(a: Option<u8>) -> u8 { let Some(n) = a else { pause().await; return 9; }; pause().await; n }
    #[measure] pub async fn labelled(n: u8) -> u8 { 'a: { if n > 1 { pause().await; break 'a 1; } for m in 0.. { pause().await; if m > n { break 'a m; } } 7 } }
    #[measure] pub async fn question(text: &str) -> Result<u8, Box<dyn std::error::Error>> { pause().await; let n: u8 = text.parse()?; let m = async { Ok::<u8, std::num::ParseIntError>(text.trim_start_matches('1').parse::<u8>()? + 1) }.await?; Ok(n + m) }
    #[measure] pub async fn coerces(a: bool) -> Result<Box<dyn Debug + Send>, Box<dyn std::error::Error + Send + Sync>> { pause().await; if a { return Ok(Box::new(1)); } Err("no".into()) }
    #[measure] pub async fn unit_tail(v: &mut Vec<u8>) { pause().await; v.push(1) }
    #[measure] pub async fn nothing() {}
    #[measure] pub async fn no_await(n: u8) -> u8 { n }
    #[measure] pub async fn lifetimes<'a, 'b: 'a, T: ?Sized + 'a>(a: &'a T, _: &'b str) -> &'a T { pause().await; a }
    #[measure] pub async fn const_generic<const N: usize>(a: [Noisy; N]) -> usize { pause().await; a.iter().map(Noisy::len).sum() }
    #[measure] pub async fn generic<T, F, R>(t: T, f: F) -> R where F: AsyncFnOnce(T) -> R { pause().await; f(t).await }
    #[measure] pub async unsafe fn dangerous(a: *const u8) -> u8 { pause().await; unsafe { *a } }
    #[measure] pub async fn boxed_recursion(n: u8) -> u8 { if n == 0 { pause().await; 0 } else { 1 + Box::pin(boxed_recursion(n - 1)).await } }
    #[measure] pub fn dyn_recursion(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> { Box::pin(async move { if n == 0 { return 0; } pause().await; 1 + dyn_recursion(n - 1).await }) }
    #[measure] pub async fn panics(a: Noisy) -> usize { let _b = Noisy("b"); pause().await; if a.len() == 1 { panic!("after {}", a.len()); } 1 }
    #[measure] pub fn block_with_setup(a: &str) -> impl Future<Output = usize> + '_ { let n = a.len(); log("setup"); async move { pause().await; n + a.len() } }
    #[measure] pub fn block_in_match(a: u8) -> Pin<Box<dyn Future<Output = u8>>> { match a { 0 => Box::pin(ready(1)), _ => Box::pin(async move { pause().await; a }) } }
    #[measure] pub fn block_borrowing(a: &Cell<u8>) -> impl Future<Output = u8> + '_ { async { pause().await; a.get() } }
    #[measure] pub fn not_a_block(a: u8) -> std::future::Ready<u8> { ready(a) }
    #[measure] pub fn block_in_tuple(a: u8) -> (impl Future<Output = u8>, u8) { (async move { pause().await; a }, a) }
    #[measure] pub fn option_of_block(a: u8) -> Option<impl Future<Output = u8>> { (a > 1).then(|| async move { pause().await; a }) }
    #[measure] pub async fn joins() -> (u8, u8) { let mut a = pin!(async { pause().await; log("a"); 1 }); let mut b = pin!(async { log("b"); pause().await; 2 }); let mut done = (None, None); poll_fn(move |c| { if done.0.is_none() { if let Poll::Ready(n) = a.as_mut().poll(c) { done.0 = Some(n); } } if done.1.is_none() { if let Poll::Ready(n) = b.as_mut().poll(c) { done.1 = Some(n); } } match done { (Some(a), Some(b)) => Poll::Ready((a, b)), _ => Poll::Pending } }).await }
    pub trait Service<Request> { type Reply<'a> where Self: 'a; fn call<'a>(&'a mut self, r: Request) -> impl Future<Output = Self::Reply<'a>>; fn ready(&self) -> impl Future<Output = bool> + Send where Self: Sync { async { pause().await; true } } }
    pub struct Echo<T>(pub Vec<T>);
    impl<T: Clone> Service<T> for Echo<T> { type Reply<'a> = &'a [T] where T: 'a; #[measure] async fn call<'a>(&'a mut self, r: T) -> &'a [T] { pause().await; self.0.push(r); &self.0 } }
    pub trait Gat { type Wait<'a>: Future<Output = usize> where Self: 'a; fn wait<'a>(&'a self, more: &'a str) -> Self::Wait<'a>; }
    impl Gat for String { type Wait<'a> = Pin<Box<dyn Future<Output = usize> + 'a>>; #[measure] fn wait<'a>(&'a self, more: &'a str) -> Self::Wait<'a> { Box::pin(async move { pause().await; self.len() + more.len() }) } }
    pub trait Defaults: Sized { #[measure] async fn twice(&self) -> u8 where Self: Named { pause().await; self.id() * 2 } #[measure] fn later(self) -> impl Future<Output = Self> { async move { pause().await; self } } }
    pub trait Named { fn id(&self) -> u8; }
    impl Named for u8 { #[measure] fn id(&self) -> u8 { *self } }
    impl Defaults for u8 {}
    pub struct Guarded<'a, T>(pub &'a RefCell<T>);
    impl<'a, T: Copy> Guarded<'a, T> { #[measure] pub async fn swap(&mut self, t: T) -> T { pause().await; self.0.replace(t) } #[measure] pub async fn take(self, f: impl FnOnce(&'a RefCell<T>) -> T) -> T { pause().await; f(self.0) } }
    impl<T> Future for Guarded<'_, T> { type Output = (); #[measure] fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> { Poll::Ready(()) } }
}

#[test]
fn plain_forms() {
    same!(block_on(async { (closures_inside(1).await, borrowing_closure(&mut vec![]).await, returns_async_closure(1)(2).await, into_future(1).await, polls_by_hand().await, pins_locals().await) }) => ["borrowing_closure", "closures_inside", "into_future", "into_future", "pins_locals", "polls_by_hand", "returns_async_closure"]);
    same!(block_on(async { (nested_blocks(Noisy("a")).await, temporaries_across(&Mutex::new(2)).await, let_else(None).await, let_else(Some(1)).await, labelled(2).await, labelled(0).await) }) => ["labelled", "labelled", "let_else", "let_else", "nested_blocks", "temporaries_across"]);
    same!(block_on(async { (question("12").await.ok(), question("x").await.map_err(|e| e.to_string()), coerces(true).await.map(|d| format!("{d:?}")).map_err(|e| e.to_string()), coerces(false).await.map(|_| ()).map_err(|e| e.to_string())) }) => ["coerces", "coerces", "question", "question"]);
    same!(block_on(async { (unit_tail(&mut vec![]).await, nothing().await, no_await(1).await, lifetimes("a", "b").await, const_generic([Noisy("a"), Noisy("bc")]).await) }) => ["const_generic", "lifetimes", "no_await", "nothing", "unit_tail"]);
    same!(block_on(async { (generic(1u8, async |n| { pause().await; n + 1 }).await, unsafe { dangerous(&3).await }, boxed_recursion(2).await, joins().await) }) => ["boxed_recursion", "boxed_recursion", "boxed_recursion", "dangerous", "generic", "joins"]);
    same!(block_on(dyn_recursion(2)) => ["dyn_recursion", "dyn_recursion", "dyn_recursion"]);
    same!(block_on(panics(Noisy("a"))) => ["panics"]);
    same!(cancel_after(1, nested_blocks(Noisy("a"))) => ["nested_blocks"]);
}

#[test]
fn returned_blocks() {
    same!(block_on(async { (block_with_setup("ab").await, block_borrowing(&Cell::new(2)).await) }) => ["block_borrowing", "block_with_setup"]);
    same!(block_on(async { (block_in_match(0).await, block_in_match(1).await, not_a_block(1).await, block_in_tuple(2).0.await, option_of_block(1).is_none()) }) => ["block_in_match", "block_in_match", "block_in_tuple", "not_a_block", "option_of_block"]);
}

#[test]
fn traits() {
    same!(block_on(async { let mut e = Echo(vec![1]); (e.call(2).await.to_vec(), e.ready().await) }) => ["call"]);
    same!(block_on(async { ("ab".to_owned().wait("c").await, Defaults::twice(&3u8).await, 4u8.later().await) }) => ["id", "later", "twice", "wait"]);
    same!(block_on(async { let c = RefCell::new(1); let mut g = Guarded(&c); (g.swap(2).await, g.take(|c| *c.borrow()).await, Guarded(&c).await) }) => ["poll", "swap", "take"]);
}
