//! Types, bounds, receivers and returned things that are seldom written, and must not be noticed.
use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::HashMap,
    fmt::{self, Debug, Display},
    future::Future,
    marker::PhantomData,
    ops::{AddAssign, ControlFlow, Deref, DerefMut, Index, IndexMut},
    pin::Pin,
    rc::Rc,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, RwLock},
    task::{Context, Poll},
};
use support::*;

twins! {
    #[measure] pub fn impl_argument(f: impl Fn(&str) -> usize + Copy, g: impl IntoIterator<Item = impl AsRef<str>>) -> usize { g.into_iter().map(|s| f(s.as_ref())).sum() }
    #[measure] pub async fn async_impl_argument(f: impl AsyncFn(u8) -> u8, n: impl Into<u64>) -> u64 { u64::from(f(1).await) + n.into() }
    #[measure] pub fn use_all<'a, T: Debug + ?Sized>(a: &'a str, t: &'a T) -> impl Iterator<Item = String> + use<'a, T> { a.chars().map(move |c| format!("{c}{t:?}")) }
    #[measure] pub fn use_none<'a>(_a: &'a str) -> impl Sized + Debug + use<> { 5 }
    #[measure] pub fn use_const<const N: usize>() -> impl Iterator<Item = usize> + use<N> { 0..N }
    #[measure] pub fn nested_impl(n: u8) -> impl Fn(u8) -> Option<Box<dyn Debug>> { move |m| m.checked_sub(n).map(|d| Box::new(d) as Box<dyn Debug>) }
    #[measure] pub fn returns_closure<'a>(words: &'a [&'a str]) -> impl FnMut() -> Option<&'a str> + 'a { let mut i = 0; move || { i += 1; words.get(i - 1).copied() } }
    #[measure] pub fn boxed_closure(n: u8) -> Box<dyn FnOnce(u8) -> Box<dyn Fn() -> u8>> { Box::new(move |m| Box::new(move || n + m)) }
    #[measure] pub fn function_pointer(higher: bool) -> for<'a> fn(&'a str) -> &'a str { if higher { |text| text.trim() } else { str::trim_start } }
    #[measure] pub fn higher_ranked<F>(f: F) -> usize where F: for<'a, 'b> Fn(&'a str, &'b str) -> &'a str, for<'c> F: 'c { f("ab", "c").len() }
    #[measure] pub fn higher_ranked_dyn(f: &dyn for<'a> Fn(&'a mut Vec<u8>) -> &'a mut u8) -> u8 { let mut v = vec![1]; *f(&mut v) += 1; v[0] }
    #[measure] pub fn const_expression() -> [u8; { const N: usize = 2; N * 2 }] { [1; 4] }
    #[measure] pub fn const_arguments<const A: usize, const B: bool, const C: char>() -> ([u8; A], bool, char) { ([0; A], B, C) }
    #[measure] pub fn const_default() -> Fixed<{ 1 + 1 }> { Fixed([7; 2]) }
    #[derive(Debug, PartialEq, Clone, Copy)] pub struct Fixed<const N: usize = 3>(pub [u8; N]);
    impl<const N: usize> Fixed<N> { pub const TWICE: usize = N * 2; #[measure] pub fn halves(self) -> (usize, [u8; N]) { const { assert!(N > 0) }; (Self::TWICE, self.0) } }
    #[measure] pub fn associated_type<I: Iterator>(mut i: I) -> Option<<I as Iterator>::Item> where <I as Iterator>::Item: Clone { i.next().clone() }
    #[measure] pub fn qualified_return() -> <u8 as FromStr>::Err { "x".parse::<u8>().unwrap_err() }
    #[measure] pub fn raw_pointers(a: *mut u8, b: *const [u8; 2]) -> (bool, usize) { (a.is_null(), b.addr() & 0) }
    #[measure] pub fn never_in_result(a: u8) -> Result<u8, std::convert::Infallible> { Ok(match a { 0 => return Ok(1), n => n }) }
    #[measure] pub fn never_coerces(a: Option<u8>) -> u8 { let n: u8 = match a { Some(n) => n, None => return 9 }; let f: fn() -> u8 = || loop { break 3 }; n + f() }
    #[measure] pub fn dyn_upcast(b: Box<dyn fmt::Debug + Send + Sync>) -> Box<dyn fmt::Debug> { b }
    #[measure] pub fn unsize_array(a: bool) -> Box<[u8]> { if a { Box::new([1, 2, 3]) } else { Box::new([]) } }
    #[measure] pub fn unsize_rc() -> Rc<dyn Fn() -> u8> { let r = Rc::new(|| 4u8); r }
    #[measure] pub fn match_coerces(n: u8) -> &'static dyn Display { match n { 0 => &"zero", 1 => &1.5, _ => &'x' } }
    #[measure] pub fn cow<'a>(text: &'a str) -> Cow<'a, str> { if text.contains(' ') { text.replace(' ', "_").into() } else { text.into() } }
    #[measure] pub fn elided_everywhere(a: &str, b: &mut HashMap<&'static str, Vec<u8>>) -> Option<String> { b.get_mut(a).map(|v| { v.push(1); format!("{v:?}") }) }
    #[measure] pub fn anonymous_lifetime(a: &RefCell<Vec<u8>>) -> std::cell::Ref<'_, [u8]> { std::cell::Ref::map(a.borrow(), |v| &v[..]) }
    #[measure] pub fn guard_returned(m: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> { let mut g = m.lock().unwrap(); g.push(1); g }
    #[measure] pub fn where_nothing() -> u8 where { 1 }
    #[measure] pub fn where_trailing<T>(t: T) -> T where T: Copy, Vec<T>: Sized, { t }
    #[measure] pub fn static_reference() -> &'static [&'static str; 2] { &["a", "b"] }
    #[measure] pub fn tuple_of_functions() -> (fn(u8) -> u8, [fn(&[u8]) -> usize; 1]) { (|a| a + 1, [<[u8]>::len]) }
    #[measure] pub fn nested_generic(a: Vec<Vec<Option<Result<u8, ()>>>>) -> usize { a.into_iter().flatten().flatten().flatten().map(usize::from).sum() }
    #[measure] pub fn phantom<T>(_: PhantomData<fn() -> T>) -> &'static str { std::any::type_name::<T>() }
    #[measure] pub fn mutable_everything(mut a: u8, mut b: Vec<u8>, (mut c, d): (u8, u8), [ref mut e, ..]: [u8; 2]) -> Vec<u8> { a += 1; c += d; *e += 1; b.extend([a, c, *e]); b }
    #[measure] pub fn nested_or_patterns(((1 | 2, n) | (n, _)): (u8, u8)) -> u8 { n }
    #[measure] pub fn deep_pattern(&Deep { name: ref n, inner: Inner { a, .. } }: &Deep) -> String { format!("{n}{a}") }
    #[derive(Clone)] pub struct Inner { pub a: u8, pub b: u8 }
    pub struct Deep { pub name: String, pub inner: Inner }
    #[measure] pub fn allowed(#[allow(unused_variables)] a: u8, #[expect(unused_mut)] mut b: u8) -> u8 { b }
    #[measure] pub extern "C-unwind" fn unwinds(a: u8) -> u8 { if a > 3 { panic!("over") } a }
    #[measure] #[cold] #[inline(never)] #[deprecated(note = "x")] pub fn cold() -> u8 { 1 }
    #[measure] #[doc = concat!("a", "b")] #[doc(alias = "x")] #[must_use = "why"] pub fn documented() -> u8 { 2 }
    #[cfg_attr(all(), measure)] #[cfg_attr(any(), doc = "nothing")] pub fn conditionally() -> u8 { 3 }
    #[measure] pub unsafe extern "C" fn pointer_sum(a: *const u8, n: usize) -> u8 { unsafe { std::slice::from_raw_parts(a, n) }.iter().sum() }
    pub trait Receivers { fn here(self: &Rc<Self>) -> usize; fn there(self: &mut Box<Self>) -> u8; fn pinned(self: Pin<&mut Self>) -> u8; fn shared(self: Arc<Self>, n: u8) -> u8 where Self: Sized; fn only_sized() -> u8 where Self: Sized { 1 } }
}

pub struct Held(pub u8);
mod receivers {
    use super::{Held, Pin};
    use std::{rc::Rc, sync::Arc};
    use support::*;
    twins! {
        pub struct Own(pub u8);
        impl Own {
            #[measure] pub fn by_rc(self: &Rc<Self>) -> usize { Rc::strong_count(self) }
            #[measure] pub fn by_box(self: &mut Box<Self>) -> u8 { self.0 += 1; self.0 }
            #[measure] pub fn by_pin(mut self: Pin<&mut Self>) -> u8 { self.0 += 1; self.as_mut().get_mut().0 }
            #[measure] pub fn by_pin_rc(self: Pin<Rc<Self>>) -> u8 { self.0 }
            #[measure] pub fn by_arc(self: Arc<Self>, n: u8) -> Arc<Self> { assert!(n > 0); self }
            #[measure] pub fn by_lifetime<'a, 'b>(self: &'a &'b Self) -> &'b u8 { &self.0 }
            #[measure] pub fn by_anonymous(&'_ self) -> &'_ u8 { &self.0 }
            #[measure] pub fn by_mutable(mut self) -> Self { self.0 *= 2; self }
            #[measure] pub fn by_mutable_box(mut self: Box<Self>) -> Box<Self> { self.0 *= 2; self }
            #[measure] pub async fn a_by_pin(mut self: Pin<&mut Self>) -> u8 { pause().await; self.0 += 1; self.0 }
            #[measure] pub async fn a_by_rc(self: Rc<Self>, other: &Rc<Self>) -> usize { pause().await; Rc::strong_count(&self) + Rc::strong_count(other) }
            #[measure] pub async fn a_by_lifetime<'a>(&'a self, text: &str) -> &'a u8 { pause().await; log(text); &self.0 }
            #[measure] pub async fn a_by_reference(self: &&Self, _: &str) -> u8 { pause().await; self.0 }
        }
        impl std::ops::AddAssign<u8> for Own { #[measure] fn add_assign(&mut self, n: u8) { self.0 += n; } }
        impl std::ops::Deref for Own { type Target = u8; #[measure] fn deref(&self) -> &u8 { &self.0 } }
        impl std::ops::DerefMut for Own { #[measure] fn deref_mut(&mut self) -> &mut <Self as std::ops::Deref>::Target { &mut self.0 } }
        impl std::ops::Index<std::ops::Range<usize>> for Own { type Output = [u8]; #[measure] fn index(&self, r: std::ops::Range<usize>) -> &Self::Output { &std::slice::from_ref(&self.0)[r] } }
        impl<'a> From<&'a Own> for u8 { #[measure] fn from(o: &'a Own) -> Self { o.0 } }
        impl std::fmt::Display for Own { #[measure] fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(if self.0 > 1 { "many" } else { "one" }) } }
        impl Drop for Own { #[measure] fn drop(&mut self) { log(format!("own {}", self.0)); } }
        impl Iterator for Own { type Item = u8; #[measure] fn next(&mut self) -> Option<<Self as Iterator>::Item> { self.0 = self.0.checked_sub(1)?; Some(self.0) } }
        impl PartialEq<u8> for &Own { #[measure] fn eq(&self, n: &u8) -> bool { self.0 == *n } }
        impl Own { #[measure] pub fn split(&mut self) -> (impl FnMut() -> u8 + '_, &'static str) { (|| { self.0 += 1; self.0 }, "x") } }
    }
    #[test]
    fn receivers() {
        same!({ let o = Rc::new(Own(1)); (o.by_rc(), o.by_anonymous() + (&&*o).by_lifetime()) } => ["by_anonymous", "by_lifetime", "by_rc", "drop"]);
        same!({ let mut o = Box::new(Own(1)); (o.by_box(), Pin::new(&mut *o).by_pin(), o.by_mutable_box().0) } => ["by_box", "by_mutable_box", "by_pin", "drop"]);
        same!((Rc::pin(Own(1)).by_pin_rc(), Arc::new(Own(2)).by_arc(1).0, Own(3).by_mutable().0) => ["by_arc", "by_mutable", "by_pin_rc", "drop", "drop", "drop"]);
        same!(block_on(async { let mut o = Own(1); let a = Pin::new(&mut o).a_by_pin().await; (a, *o.a_by_lifetime("x").await, (&&o).a_by_reference("").await) }) => ["a_by_lifetime", "a_by_pin", "a_by_reference", "drop"]);
        same!(block_on(async { let o = Rc::new(Own(1)); Rc::clone(&o).a_by_rc(&o).await }) => ["a_by_rc", "drop"]);
    }
    #[test]
    fn operators() {
        same!({ let mut o = Own(1); o += 2; *o += 1; (*o, o[0..1].to_vec(), u8::from(&o)) } => ["add_assign", "deref", "deref_mut", "drop", "from", "index"]);
        same!({ let o = Own(2); (format!("{o:>6}"), &o == 2u8) } => ["drop", "eq", "fmt"]);
        same!({ let mut o = Own(2); (o.next(), o.next(), o.next()) } => ["drop", "next", "next", "next"]);
        same!({ let mut o = Own(2); let (mut f, s) = o.split(); (f(), f(), s) } => ["drop", "split"]);
    }
}

#[test]
fn opaque() {
    same!((impl_argument(str::len, ["a", "bc"]), use_all("ab", &1).collect::<Vec<_>>(), format!("{:?}", use_none("")), use_const::<3>().sum::<usize>()) => ["impl_argument", "use_all", "use_const", "use_none"]);
    same!((format!("{:?}", nested_impl(1)(3)), { let words = ["a"]; let mut f = returns_closure(&words); (f().map(str::to_owned), f().map(str::to_owned)) }, boxed_closure(1)(2)(), function_pointer(true)(" a "), function_pointer(false)(" a ")) => ["boxed_closure", "function_pointer", "function_pointer", "nested_impl", "returns_closure"]);
    same!(block_on(async_impl_argument(async |n| { pause().await; n + 1 }, 3u8)) => ["async_impl_argument"]);
}

#[test]
fn generics() {
    same!((higher_ranked(|a, _| a), higher_ranked_dyn(&|v| &mut v[0]), const_expression(), const_arguments::<2, true, 'x'>()) => ["const_arguments", "const_expression", "higher_ranked", "higher_ranked_dyn"]);
    same!((format!("{:?}", const_default()), const_default().halves(), associated_type([1, 2].iter()).copied(), qualified_return().to_string()) => ["associated_type", "const_default", "const_default", "halves", "qualified_return"]);
    same!((where_nothing(), where_trailing(2), static_reference(), tuple_of_functions().0(1), tuple_of_functions().1[0](&[1]), nested_generic(vec![vec![Some(Ok(3)), None]]), phantom::<u8>(PhantomData)) => ["nested_generic", "phantom", "static_reference", "tuple_of_functions", "tuple_of_functions", "where_nothing", "where_trailing"]);
}

#[test]
fn coercions() {
    same!((never_in_result(0), never_in_result(2), never_coerces(Some(1)), never_coerces(None)) => ["never_coerces", "never_coerces", "never_in_result", "never_in_result"]);
    same!((format!("{:?}", dyn_upcast(Box::new(1))), unsize_array(true), unsize_array(false), unsize_rc()()) => ["dyn_upcast", "unsize_array", "unsize_array", "unsize_rc"]);
    same!([0, 1, 2].map(|n| match_coerces(n).to_string()) => ["match_coerces", "match_coerces", "match_coerces"]);
    same!((cow("a b"), cow("a"), raw_pointers(std::ptr::null_mut(), &[1, 2])) => ["cow", "cow", "raw_pointers"]);
}

#[test]
fn borrows() {
    same!((elided_everywhere("a", &mut [("a", vec![])].into()), anonymous_lifetime(&RefCell::new(vec![1])).to_vec(), guard_returned(&Mutex::new(vec![])).len()) => ["anonymous_lifetime", "elided_everywhere", "guard_returned"]);
}

#[test]
fn patterns() {
    same!((mutable_everything(1, vec![], (1, 2), [3, 4]), nested_or_patterns((1, 5)), nested_or_patterns((7, 5)), deep_pattern(&Deep { name: "n".into(), inner: Inner { a: 1, b: 2 } })) => ["deep_pattern", "mutable_everything", "nested_or_patterns", "nested_or_patterns"]);
    same!((allowed(1, 2), observe(|| unwinds(4)).0.value, unwinds(2)) => ["allowed", "unwinds"]);
    #[allow(deprecated)]
    fn attributes() {
        same!((cold(), documented(), conditionally(), unsafe { pointer_sum([1, 2].as_ptr(), 2) }) => ["cold", "conditionally", "documented", "pointer_sum"]);
    }
    attributes();
}
