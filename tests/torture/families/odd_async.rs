//! Asynchronous functions in forms that are seldom written but legal.
use std::{
    cell::Cell,
    fmt::Debug,
    future::{poll_fn, ready, Future, IntoFuture},
    pin::{pin, Pin},
    sync::Arc,
    task::{Context, Poll},
};

use support::*;

twins! {
    #[measure] pub async fn elided_two(a: &str, b: &mut Vec<u8>) -> usize { pause().await; b.push(1); a.len() + b.len() }
    #[measure] pub async fn argument_impl(a: impl Debug + Send, f: impl FnOnce(u8) -> u8) -> String { pause().await; format!("{a:?}{}", f(1)) }
    #[measure] pub async fn maybe_unsized<T>(a: &T) -> usize where T: ?Sized + AsRef<[u8]> { pause().await; a.as_ref().len() }
    #[measure] pub async fn higher_ranked<F>(f: F) -> usize where F: for<'a> AsyncFn(&'a str) -> &'a str { f("abc").await.len() }
    #[measure] pub async fn trimmed(a: &str) -> &str { pause().await; a.trim() }
    #[measure] pub async fn static_argument(a: &'static str) -> &'static str { pause().await; a }
    #[measure] pub async fn await_everywhere(a: u8) -> u8 { match number(a).await { n if number(n).await == 1 => number(number(n).await + 1).await, n => [number(n).await, number(9).await][1] } }
    #[measure] pub async fn number(a: u8) -> u8 { pause().await; a }
    #[measure] pub async fn let_else(a: Option<u8>) -> u8 { let Some(a) = a else { pause().await; return 9 }; number(a).await }
    #[measure] pub async fn loops(mut n: u8) -> u8 { 'out: loop { while n > 1 { pause().await; n -= 1; if n == 2 { break 'out n; } } break 7; } }
    #[measure] pub async fn async_closure(a: u8) -> u8 { let add = async |b: u8| { pause().await; a + b }; add(1).await + add(2).await }
    #[measure] pub async fn nested_blocks(a: &str) -> Result<u8, std::num::ParseIntError> { let inner = async { let n: u8 = a.parse()?; Ok::<u8, std::num::ParseIntError>(n) }; let n = inner.await?; async move { n + 1 }.await; Ok(n) }
    #[measure] pub async fn into_future() -> u8 { struct Request; impl IntoFuture for Request { type Output = u8; type IntoFuture = std::future::Ready<u8>; fn into_future(self) -> Self::IntoFuture { ready(4) } } Request.await }
    #[measure] pub async fn polls_by_hand() -> u8 { let mut n = 0; poll_fn(|context| { n += 1; if n > 2 { Poll::Ready(n) } else { context.waker().wake_by_ref(); Poll::Pending } }).await }
    #[measure] pub async fn pinned_local() -> u8 { let mut a = pin!(number(1)); poll_fn(|context| a.as_mut().poll(context)).await }
    #[measure] pub async fn tuple_pattern((a, b): (Noisy, Noisy), [c, d]: [u8; 2]) -> usize { pause().await; drop(b); a.len() + usize::from(c + d) }
    #[measure] pub async fn underscored(_a: Noisy, _b: Noisy, c: Noisy) -> usize { pause().await; c.len() }
    #[measure] pub async fn underscored_last(a: Noisy, _b: Noisy, c: Noisy, _d: Noisy) -> usize { let n = a.len(); pause().await; c.len() + n }
    #[measure] pub async fn conditionally_moved(a: Noisy, b: Noisy, take: bool) -> usize { if take { drop(a); } pause().await; b.len() }
    #[measure] pub async fn moved_to_block(a: Noisy, b: Noisy) -> usize { let f = async move { pause().await; a.len() }; f.await + b.len() }
    #[measure] pub async fn panics_after(a: Noisy, b: Noisy) -> usize { let _c = Noisy("c"); pause().await; panic!("after {}", a.len() + b.len()) }
    #[measure] pub async fn never_ending(a: Noisy) { let _b = Noisy("b"); loop { pause().await; } }
    #[measure] pub async fn infallible() -> Result<u8, std::convert::Infallible> { Ok(1) }
    #[measure] pub async fn unit_statement() { let _ = number(1).await; }
    #[measure] pub async fn unit_tail() { unit_statement().await }
    #[measure] pub async fn boxed_dyn(a: bool) -> Box<dyn Fn(u8) -> u8 + Send> { pause().await; if a { Box::new(|n| n + 1) } else { Box::new(move |n| if a { n } else { 0 }) } }
    #[measure] pub async fn coerced_slice(a: bool) -> &'static [u8] { pause().await; if a { &[1, 2] } else { &[] } }
    #[measure] pub async fn option_question(a: Option<&str>) -> Option<char> { let text = a?; pause().await; text.chars().next() }
    #[measure] pub async fn boxed_error(a: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> { let n: u8 = a.parse()?; if n == 0 { Err("zero")?; } pause().await; Ok(n) }
    #[measure] pub async fn const_generic<const N: usize, T: Default + Copy>() -> [T; N] where [T; N]: Debug { pause().await; [T::default(); N] }
    #[measure] pub async fn reborrows(a: &mut Vec<u8>) -> &u8 { a.push(3); pause().await; let b = &*a; &b[0] }
    #[measure] pub async fn shadows(a: u8) -> u8 { let a = a + 1; pause().await; let a = a * 2; a }
    #[measure] pub async fn formatted(a: u8, b: &str) -> String { pause().await; format!("{a}{b:>3}{0}", a) }
    #[measure] pub async fn in_macro(a: String, b: String) -> usize { macro_rules! lens { ($($x:ident),*) => { 0 $(+ $x.len())* } } pause().await; lens!(b, a) }
    #[measure] pub async fn cfg_body(a: u8) -> u8 { #[cfg(any())] { missing(a).await } #[cfg(all())] { pause().await; a } }
    #[measure] pub async fn explicit_return(a: u8) -> u8 { pause().await; return a; }
    #[measure] pub async fn returns_async_block() -> impl Future<Output = u8> + Send { pause().await; async { 5 } }
    #[measure] pub async fn join(a: u8) -> (u8, u8) { let (mut x, mut y) = (pin!(number(a)), pin!(number(a + 1))); let (mut m, mut n) = (None, None); poll_fn(|c| { if m.is_none() && let_ready(x.as_mut().poll(c), &mut m) {} if n.is_none() && let_ready(y.as_mut().poll(c), &mut n) {} if m.is_some() && n.is_some() { Poll::Ready(()) } else { Poll::Pending } }).await; (m.unwrap(), n.unwrap()) }
    fn let_ready(p: Poll<u8>, to: &mut Option<u8>) -> bool { if let Poll::Ready(v) = p { *to = Some(v); true } else { false } }

    pub struct S { pub name: String, pub n: u8 }
    impl S {
        #[measure] pub async fn field(&self) -> &str { pause().await; &self.name }
        #[measure] pub async fn two(&mut self, other: &mut S) { pause().await; std::mem::swap(&mut self.name, &mut other.name) }
        #[measure] pub async fn boxed(self: Box<Self>) -> String { pause().await; self.name }
        #[measure] pub async fn arc_ref(self: &Arc<Self>) -> usize { pause().await; Arc::strong_count(self) }
        #[measure] pub async fn pinned(mut self: Pin<&mut Self>, n: u8) -> u8 { pause().await; self.n += n; self.n }
        #[measure] pub async fn pinned_box(self: Pin<Box<Self>>) -> u8 { pause().await; self.n }
        #[measure] pub async fn lifetimes<'a, 'b>(&'a self, other: &'b str) -> (&'a str, &'b str) where 'a: 'b { pause().await; (&self.name, other) }
        #[measure] pub async fn generic<T: Into<String>>(&mut self, t: T) -> &mut Self { pause().await; self.name = t.into(); self }
        #[measure] pub async fn chained(mut self) -> Self { pause().await; self.n += 1; self }
        #[measure] pub async fn associated() -> Self { pause().await; Self { name: String::new(), n: 1 } }
        #[measure] pub fn manual<'a>(&'a mut self, more: &'a str) -> impl Future<Output = usize> + 'a { let n = more.len(); async move { pause().await; self.n += 1; n + usize::from(self.n) } }
        #[measure] pub fn manual_static(&self) -> impl Future<Output = u8> + use<> { let n = self.n; async move { pause().await; n } }
    }
    #[allow(async_fn_in_trait)]
    pub trait Service<Request = u8> {
        type Reply: Debug; type Error;
        async fn call(&mut self, request: Request) -> Result<Self::Reply, Self::Error>;
        #[measure] async fn call_twice(&mut self, request: Request) -> Result<(Self::Reply, Self::Reply), Self::Error> where Request: Clone { let a = self.call(request.clone()).await?; Ok((a, self.call(request).await?)) }
        #[measure] async fn ready() -> bool where Self: Sized { pause().await; true }
        #[measure] fn boxed<'a>(&'a mut self, request: Request) -> Pin<Box<dyn Future<Output = bool> + 'a>> where Request: 'a { Box::pin(async move { self.call(request).await.is_ok() }) }
        fn sent(&self) -> impl Future<Output = u8> + Send;
    }
    impl Service for S { type Reply = u8; type Error = String; #[measure] async fn call(&mut self, request: u8) -> Result<u8, String> { pause().await; self.n = self.n.checked_sub(request).ok_or_else(|| "few".to_owned())?; Ok(self.n) } #[measure] async fn sent(&self) -> u8 { pause().await; 1 } }
    impl<T: Service + Sync> Service for &'_ mut T { type Reply = T::Reply; type Error = T::Error; #[measure] async fn call(&mut self, request: u8) -> Result<T::Reply, T::Error> { (**self).call(request).await } #[measure] fn sent(&self) -> impl Future<Output = u8> + Send { async move { T::sent(self).await } } }
    pub struct Counting { pub n: u8, pub done: bool }
    impl Future for Counting { type Output = u8; #[measure] fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u8> { if self.n == 0 { return Poll::Ready(3); } self.n -= 1; context.waker().wake_by_ref(); Poll::Pending } }
    macro_rules! made { ($($vis:vis async fn $name:ident($($arg:ident : $t:ty),*) $(-> $r:ty)? $body:block)*) => { $(#[measure] $vis async fn $name($($arg: $t),*) $(-> $r)? $body)* } }
    made! { pub async fn made_one(a: String, b: String) -> usize { pause().await; a.len() + b.len() } pub async fn made_two() { pause().await } pub(crate) async fn made_three(a: Noisy, b: Noisy) -> usize { pause().await; b.len() + a.len() } }
    macro_rules! wraps { ($name:ident, $($body:tt)*) => { #[measure] pub async fn $name(input: u8) -> Result<u8, std::num::ParseIntError> { let outer = input; $($body)* } } }
    wraps! { made_body, let inner: u8 = "3".parse()?; pause().await; Ok(inner) }
}

#[test]
fn arguments() {
    same!(block_on(async { (elided_two("a", &mut vec![]).await, argument_impl(1, |n| n + 1).await, maybe_unsized("abc").await, higher_ranked(trimmed).await, static_argument("s").await) }) => ["argument_impl", "elided_two", "higher_ranked", "maybe_unsized", "static_argument", "trimmed"]);
    same!(block_on(tuple_pattern((Noisy("a"), Noisy("b")), [1, 2])) => ["tuple_pattern"]);
    same!(block_on(underscored(Noisy("a"), Noisy("b"), Noisy("c"))) => ["underscored"]);
    same!(cancel_after(1, underscored(Noisy("a"), Noisy("b"), Noisy("c"))) => ["underscored"]);
    same!(block_on(underscored_last(Noisy("a"), Noisy("b"), Noisy("c"), Noisy("d"))) => ["underscored_last"]);
    same!(cancel_after(1, underscored_last(Noisy("a"), Noisy("b"), Noisy("c"), Noisy("d"))) => ["underscored_last"]);
    same!(block_on(conditionally_moved(Noisy("a"), Noisy("b"), false)) => ["conditionally_moved"]);
    same!(block_on(conditionally_moved(Noisy("a"), Noisy("b"), true)) => ["conditionally_moved"]);
    same!(block_on(moved_to_block(Noisy("a"), Noisy("b"))) => ["moved_to_block"]);
    same!(block_on(panics_after(Noisy("a"), Noisy("b"))) => ["panics_after"]);
    same!(cancel_after(3, never_ending(Noisy("a"))) => ["never_ending"]);
}

#[test]
fn bodies() {
    same!(block_on(async { (await_everywhere(1).await, await_everywhere(2).await) }) => ["await_everywhere", "await_everywhere", "number", "number", "number", "number", "number", "number", "number", "number"]);
    same!(block_on(async { (let_else(None).await, loops(5).await, loops(1).await, async_closure(1).await, nested_blocks("3").await, into_future().await, polls_by_hand().await, pinned_local().await) }) => ["async_closure", "into_future", "let_else", "loops", "loops", "nested_blocks", "number", "pinned_local", "polls_by_hand"]);
    same!(block_on(async { (infallible().await, unit_tail().await, boxed_dyn(true).await(1), coerced_slice(true).await, option_question(None).await, option_question(Some("a")).await) }) => ["boxed_dyn", "coerced_slice", "infallible", "number", "option_question", "option_question", "unit_statement", "unit_tail"]);
    same!(block_on(async { (boxed_error("0").await.map_err(|e| e.to_string()), boxed_error("1").await.is_ok(), const_generic::<2, u8>().await, *reborrows(&mut vec![]).await, shadows(1).await, formatted(1, "b").await) }) => ["boxed_error", "boxed_error", "const_generic", "formatted", "reborrows", "shadows"]);
    same!(block_on(async { (in_macro("a".into(), "bc".into()).await, cfg_body(1).await, explicit_return(2).await, returns_async_block().await.await, join(1).await) }) => ["cfg_body", "explicit_return", "in_macro", "join", "number", "number", "returns_async_block"]);
}

#[test]
fn methods() {
    same!(block_on(async { let mut s = S { name: "a".into(), n: 4 }; let mut t = S { name: "t".into(), n: 0 }; s.two(&mut t).await; (s.field().await.to_owned(), s.lifetimes("x").await.1.to_owned(), s.generic("g").await.n, s.manual("abc").await, s.manual_static().await, Box::new(t).boxed().await) }) => ["boxed", "field", "generic", "lifetimes", "manual", "manual_static", "two"]);
    same!(block_on(async { let s = S::associated().await.chained().await; let s = Arc::new(s); let count = s.arc_ref().await; let mut s = Arc::into_inner(s).unwrap(); (count, Pin::new(&mut s).pinned(2).await, Box::pin(s).pinned_box().await) }) => ["arc_ref", "associated", "chained", "pinned", "pinned_box"]);
}

#[test]
fn traits() {
    same!(block_on(async { let mut s = S { name: "a".into(), n: 4 }; (s.call_twice(1).await, s.call(9).await, s.boxed(1).await, S::ready().await, s.sent().await) }) => ["boxed", "call", "call", "call", "call", "call_twice", "ready", "sent"]);
    same!(block_on(async { let mut s = S { name: "a".into(), n: 4 }; let mut t = &mut s; (Service::call(&mut t, 1).await, Service::sent(&t).await) }) => ["call", "call", "sent", "sent"]);
    same!(block_on(Counting { n: 2, done: false }) => ["poll", "poll", "poll"]);
}

#[test]
fn made_by_macros() {
    same!(block_on(async { (made_one("a".into(), "b".into()).await, made_two().await, made_three(Noisy("a"), Noisy("b")).await, made_body(1).await) }) => ["made_body", "made_one", "made_three", "made_two"]);
}

/// Tasks on a runtime that moves them between its threads.
#[test]
fn tasks_move_between_threads() {
    #[logd::timed("moves.outer")]
    async fn outer(n: u64) -> u64 {
        let mut sum = 0;
        for i in 0..n {
            tokio::task::yield_now().await;
            sum += inner(i).await.unwrap_or(0);
        }
        sum
    }
    #[logd::counted("moves.inner", outcome)]
    async fn inner(i: u64) -> Option<u64> {
        tokio::task::yield_now().await;
        (i % 2 == 0).then_some(i)
    }
    #[logd::accumulated("moves.sum")]
    async fn summed(n: u64) -> u64 {
        let mut sum = 0;
        for i in 0..n {
            logd::accumulate!("moves.sum", {
                tokio::task::yield_now().await;
                sum += i
            });
        }
        sum
    }
    let spy = logd::testing::Spy::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..20)
            .map(|_| tokio::spawn(spy.future(async { outer(10).await + summed(10).await })))
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 20 + 45);
        }
    });
    assert_eq!(
        (
            spy.timer("moves.outer").count(),
            spy.timer("moves.sum").count()
        ),
        (20, 20)
    );
    assert_eq!(
        (
            spy.counter("moves.inner.ok").total(),
            spy.counter("moves.inner.err").total()
        ),
        (100, 100)
    );
}

/// What a higher-ranked bound asks of an annotated function.
#[test]
fn functions_stay_higher_ranked() {
    fn takes<F>(f: F) -> usize
    where
        F: for<'a> AsyncFn(&'a str) -> &'a str,
    {
        block_on(async {
            let text = String::from(" a ");
            f(&text).await.len()
        })
    }
    fn send<F>(f: F) -> F
    where
        F: Fn(u8) -> Fut2,
    {
        f
    }
    type Fut2 = Pin<Box<dyn Future<Output = u8> + Send>>;
    assert_eq!(
        (
            takes(plain::trimmed),
            takes(timed::trimmed),
            takes(accumulated::trimmed)
        ),
        (1, 1, 1)
    );
    let f = send(|n| Box::pin(timed::number(n)));
    assert_eq!(block_on(f(3)), 3);
}
