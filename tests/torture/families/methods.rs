//! Methods with `self` in every form, traits and their implementations.
use std::{fmt::Debug, future::Future, marker::PhantomData, pin::Pin, rc::Rc, sync::Arc};
use support::*;

twins! {
    #[derive(Debug, Default, Clone, PartialEq)]
    pub struct Counter<T = u8> { pub n: T, pub name: String }
    impl<T: Copy + Into<u64> + Debug> Counter<T> {
        #[measure] pub fn by_ref(&self) -> u64 { self.n.into() }
        #[measure] pub fn by_mut(&mut self) -> &mut String { self.name.push('x'); &mut self.name }
        #[measure] pub fn by_value(self) -> T { self.n }
        #[measure] pub fn by_mut_value(mut self) -> String { self.name.push('y'); self.name }
        #[measure] pub fn boxed(self: Box<Self>) -> T { self.n }
        #[measure] pub fn counted(self: Rc<Self>) -> T { self.n }
        #[measure] pub fn shared(self: Arc<Self>) -> T { self.n }
        #[measure] pub fn shared_ref(self: &Arc<Self>) -> usize { Arc::strong_count(self) }
        #[measure] pub fn pinned(self: Pin<&mut Self>) -> u64 { self.n.into() }
        #[measure] pub fn lifetime<'a>(&'a self, other: &'a str) -> &'a str { if other.is_empty() { &self.name } else { other } }
        #[measure] pub fn associated(n: T) -> Self where T: Sized { Self { n, name: String::new() } }
        #[measure] pub fn uses_self() -> &'static str { let _ = PhantomData::<Self>; "self" }
        #[measure] pub async fn async_ref(&self) -> u64 { pause().await; self.n.into() }
        #[measure] pub async fn async_mut(&mut self) -> &mut String { pause().await; self.name.push('z'); &mut self.name }
        #[measure] pub async fn async_value(self) -> T { pause().await; self.n }
        #[measure] pub async fn async_mut_value(mut self, more: &str) -> String { pause().await; self.name.push_str(more); self.name }
        #[measure] pub async fn async_shared(self: Arc<Self>) -> T { pause().await; self.n }
        #[measure] pub async fn async_pinned(self: Pin<&mut Self>) -> u64 { pause().await; self.n.into() }
        #[measure] pub async fn async_field(&mut self) -> usize { let name = &mut self.name; pause().await; name.push('q'); name.len() }
        #[measure] pub async fn async_self_type() -> Option<Self> { pause().await; None }
    }
    pub trait Shape {
        const SIDES: u8;
        type Unit: Debug + Default + PartialEq;
        fn area(&self) -> u8;
        #[measure] fn described(&self) -> String { format!("{} {}", Self::SIDES, self.area()) }
        #[measure] fn unit(&self) -> Self::Unit where Self: Sized { Self::Unit::default() }
        #[measure] fn create() -> Self where Self: Default { Self::default() }
        fn async_area(&self) -> impl Future<Output = u8>;
        #[allow(async_fn_in_trait)] #[measure] async fn async_default(&self) -> u8 { pause().await; self.area() + 1 }
        #[measure] fn provided(&self) -> impl Future<Output = u8> + '_ { async move { pause().await; self.area() + 2 } }
    }
    #[derive(Default, Debug, PartialEq)]
    pub struct Square(pub u8);
    impl Shape for Square {
        const SIDES: u8 = 4;
        type Unit = u16;
        #[measure] fn area(&self) -> u8 { self.0 * self.0 }
        #[measure] async fn async_area(&self) -> u8 { pause().await; self.0 }
    }
    impl Drop for Square { #[measure] fn drop(&mut self) { log("square dropped") } }
    impl PartialEq<u8> for Square { #[inline] #[measure] fn eq(&self, other: &u8) -> bool { self.0 == *other } }
    impl Iterator for Square { type Item = u8; #[measure] fn next(&mut self) -> Option<u8> { self.0 = self.0.checked_sub(1)?; Some(self.0) } }
    pub struct Ready(pub u8);
    impl Future for Ready { type Output = u8; #[measure] fn poll(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<u8> { std::task::Poll::Ready(self.0) } }
    impl<'a> From<&'a str> for Ready { #[measure] fn from(text: &'a str) -> Self { Self(text.len() as u8) } }
}

#[test]
fn receivers() {
    same!({ let c = Counter { n: 3u8, name: "a".into() }; (c.by_ref(), c.clone().by_mut().clone(), c.clone().by_value(), c.clone().by_mut_value(), Box::new(c.clone()).boxed(), Rc::new(c.clone()).counted(), Arc::new(c.clone()).shared(), Arc::new(c.clone()).shared_ref(), Pin::new(&mut c.clone()).pinned(), c.lifetime("").to_owned()) } => ["boxed", "by_mut", "by_mut_value", "by_ref", "by_value", "counted", "lifetime", "pinned", "shared", "shared_ref"]);
}
#[test]
fn associated() {
    same!((Counter::associated(1u8).n, Counter::<u8>::uses_self()) => ["associated", "uses_self"]);
}
#[test]
fn async_receivers() {
    same!(block_on(async { let c = Counter { n: 3u8, name: "a".into() }; (c.async_ref().await, c.clone().async_mut().await.clone(), c.clone().async_value().await, c.clone().async_mut_value("m").await, Arc::new(c.clone()).async_shared().await, Pin::new(&mut c.clone()).async_pinned().await, c.clone().async_field().await, Counter::<u8>::async_self_type().await.is_none()) }) => ["async_field", "async_mut", "async_mut_value", "async_pinned", "async_ref", "async_self_type", "async_shared", "async_value"]);
}
#[test]
fn traits() {
    same!({ let s = Square(2); (s.described(), s.unit(), s == 2) } => ["area", "described", "drop", "eq", "unit"]);
    same!(Square::create().0 => ["create", "drop"]);
    same!(Square(1).next() => ["drop", "next"]);
}
#[test]
fn async_traits() {
    same!(block_on(async { let s = Square(2); (s.async_area().await, s.async_default().await, s.provided().await) }) => ["area", "area", "async_area", "async_default", "drop", "provided"]);
}
#[test]
fn futures_by_hand() {
    same!(block_on(Ready::from("ab")) => ["from", "poll"]);
}
