//! Operators, receivers and traits, in forms that are seldom written but legal, and
//! functions that macros make.
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    fmt::{self, Debug, Display, Write as _},
    hash::{Hash, Hasher},
    ops::*,
    pin::Pin,
    rc::Rc,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard},
    task::Poll,
};

use support::*;

twins! {
    #[derive(Clone, Copy, Debug, Default, PartialEq)] pub struct V(pub i8, pub i8);
    impl Add for V { type Output = Self; #[measure] fn add(self, other: Self) -> Self { V(self.0 + other.0, self.1 + other.1) } }
    impl<'a> Add<&'a V> for &V { type Output = V; #[measure] fn add(self, other: &'a V) -> V { *self + *other } }
    impl AddAssign<i8> for V { #[measure] fn add_assign(&mut self, n: i8) { self.0 += n } }
    impl Neg for V { type Output = V; #[measure] fn neg(self) -> V { V(-self.0, -self.1) } }
    impl Not for V { type Output = bool; #[measure] fn not(self) -> bool { self.0 == 0 } }
    impl Index<usize> for V { type Output = i8; #[measure] fn index(&self, at: usize) -> &i8 { [&self.0, &self.1][at] } }
    impl IndexMut<usize> for V { #[measure] fn index_mut(&mut self, at: usize) -> &mut i8 { match at { 0 => &mut self.0, 1 => &mut self.1, _ => panic!("no {at}") } } }
    impl Deref for V { type Target = i8; #[measure] fn deref(&self) -> &i8 { &self.0 } }
    impl DerefMut for V { #[measure] fn deref_mut(&mut self) -> &mut i8 { &mut self.0 } }
    impl PartialOrd for V { #[measure] fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> { self.0.partial_cmp(&other.0) } }
    impl Display for V { #[measure] fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", self.0)?; f.write_char('/')?; Display::fmt(&self.1, f) } }
    impl Hash for V { #[measure] fn hash<H: Hasher>(&self, state: &mut H) { self.0.hash(state) } }
    impl FromStr for V { type Err = std::num::ParseIntError; #[measure] fn from_str(text: &str) -> Result<Self, Self::Err> { Ok(V(text.parse()?, 0)) } }
    impl TryFrom<u8> for V { type Error = std::num::TryFromIntError; #[measure] fn try_from(n: u8) -> Result<Self, Self::Error> { Ok(V(n.try_into()?, 0)) } }
    impl From<V> for i8 { #[measure] fn from(V(a, b): V) -> Self { a + b } }
    impl AsRef<i8> for V { #[measure] fn as_ref(&self) -> &i8 { &self.1 } }
    impl IntoIterator for V { type Item = i8; type IntoIter = std::array::IntoIter<i8, 2>; #[measure] fn into_iter(self) -> Self::IntoIter { [self.0, self.1].into_iter() } }
    impl FromIterator<i8> for V { #[measure] fn from_iter<I: IntoIterator<Item = i8>>(all: I) -> Self { let mut all = all.into_iter(); V(all.next().unwrap_or(0), all.next().unwrap_or(0)) } }
    impl std::iter::Sum<V> for i32 { #[measure] fn sum<I>(all: I) -> i32 where I: Iterator<Item = V> { all.map(|v| i32::from(v.0)).sum() } }
    impl Extend<i8> for V { #[measure] fn extend<I: IntoIterator<Item = i8>>(&mut self, all: I) { for n in all { self.0 += n; } } }
    impl std::io::Read for V { #[measure] fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> { buffer.fill(self.0 as u8); Ok(buffer.len().min(2)) } }

    pub struct Receivers { pub name: String }
    impl Receivers {
        #[measure] pub fn reference_to_rc(self: &Rc<Self>) -> usize { Rc::strong_count(self) }
        #[measure] pub fn pinned_box(self: Pin<Box<Self>>) -> String { Pin::into_inner(self).name }
        #[measure] pub fn mut_box(self: &mut Box<Self>) -> &mut str { self.name.push('m'); &mut self.name }
        #[measure] pub fn rc_of_box(self: Rc<Box<Self>>) -> usize { self.name.len() }
        #[measure] pub fn pinned_ref<'a>(self: Pin<&'a Self>) -> &'a str { &self.get_ref().name }
        #[measure] pub fn pinned_arc(self: Pin<Arc<Self>>) -> usize { self.name.len() }
        #[measure] pub fn typed_self<'a>(self: &'a Self, more: &'a str) -> &'a str { if more.is_empty() { &self.name } else { more } }
        #[measure] pub fn mut_self_box(mut self: Box<Self>) -> Box<Self> { self.name.clear(); self }
        #[measure] pub fn replaced(&mut self) -> Self { std::mem::replace(self, Self { name: Self::made() }) }
        #[measure] fn made() -> String { "made".into() }
        #[measure] pub fn split(&mut self) -> (&mut String, impl Fn() -> u8 + use<>) { (&mut self.name, || 1) }
        #[measure] pub fn iterate(&self) -> impl DoubleEndedIterator<Item = char> + '_ { self.name.chars() }
        #[measure] pub fn closure_of_self(&mut self) -> impl FnMut(char) -> usize + '_ { |c| { self.name.push(c); self.name.len() } }
        #[measure] pub fn where_self(&self) -> usize where Self: Sized + 'static, String: Clone { self.name.len() }
    }
    pub trait Base { const N: u8; type Out<'a>: Debug where Self: 'a; fn out<'a>(&'a self) -> Self::Out<'a>; #[measure] fn twice(&self) -> u8 { Self::N * 2 } #[measure] fn boxed(self) -> Box<dyn Any> where Self: Sized + Any { Box::new(self) } #[measure] fn with<F: FnOnce(&Self) -> R, R>(&self, f: F) -> R where Self: Sized { f(self) } #[measure] fn nothing(self: Box<Self>) {} }
    pub use std::any::Any;
    impl Base for String { const N: u8 = 3; type Out<'a> = &'a str; #[measure] fn out<'a>(&'a self) -> &'a str { self } }
    impl<T: Debug, const M: usize> Base for [T; M] { const N: u8 = M as u8; type Out<'a> = &'a [T] where T: 'a; #[measure] fn out(&self) -> Self::Out<'_> { self } }
    pub unsafe trait Dangerous { unsafe fn peek(&self) -> u8; }
    unsafe impl Dangerous for *const u8 { #[measure] unsafe fn peek(&self) -> u8 { unsafe { **self } } }
    impl Base for fn(u8) -> u8 { const N: u8 = 9; type Out<'a> = u8; #[measure] fn out(&self) -> u8 { self(4) } }
    pub trait Blanket { fn blanket(&self) -> String; }
    impl<T> Blanket for T where T: ?Sized + Debug { #[measure] fn blanket(&self) -> String { format!("<{self:?}>") } }
    pub struct Generic<'a, T: 'a + ?Sized, const N: usize>(pub &'a T);
    impl<'a, T: ?Sized, const N: usize> Generic<'a, T, N> { pub const SIZE: usize = N; #[measure] pub fn get(&self) -> &'a T { self.0 } #[measure] pub fn size(&self) -> [u8; N] { [0; N] } #[measure] pub fn map<U: ?Sized>(self, f: impl FnOnce(&'a T) -> &'a U) -> Generic<'a, U, N> { Generic(f(self.0)) } }
    macro_rules! accessors { ($($(#[$meta:meta])* $vis:vis fn $name:ident<$life:lifetime>(&self $(, $arg:ident: $type:ty)*) -> $ret:ty $body:block)*) => { impl Receivers { $($(#[$meta])* #[measure] $vis fn $name<$life>(&$life self $(, $arg: $type)*) -> $ret $body)* } } }
    accessors! { /// The first.
        #[inline] pub fn first<'r>(&self) -> u8 { 1 } pub(crate) fn second<'r>(&self, n: usize, text: &'r str) -> Option<&'r str> { text.get(n..) } }
    macro_rules! from_expression { ($name:ident, $e:expr, $t:ty) => { #[measure] pub fn $name() -> $t { $e } } }
    from_expression!(made_from_expression, vec![1, 2].into_iter().map(|n| n * 2).collect(), Vec<u8>);
    from_expression!(made_from_block, { let a = 1; a + 1 }, u8);
    macro_rules! from_tokens { ($($t:tt)*) => { $($t)* } }
    from_tokens! { #[measure] pub(crate) fn made_from_tokens<T>(t: T) -> [T; 2] where T: Clone { [t.clone(), t] } }
    macro_rules! signature { ($name:ident $args:tt $body:tt) => { #[measure] pub fn $name $args -> u8 $body } }
    signature! { made_from_trees (a: u8, b: u8) { a * b } }
    macro_rules! statements { ($name:ident { $($s:stmt;)* } $tail:expr) => { #[measure] pub fn $name() -> u8 { $($s;)* $tail } } }
    statements! { made_from_statements { let a = 1; let b = a + 1; } { b + 1 } }
    macro_rules! patterned { ($name:ident, $p:pat_param, $t:ty, $e:expr) => { #[measure] pub fn $name($p: $t) -> u8 { $e } } }
    macro_rules! recursive { ($name:ident) => { recursive!(@ $name, 4); }; (@ $n:ident, $l:literal) => { #[measure] pub fn $n() -> u8 { $l } } }
    recursive!(made_recursively);
    patterned!(made_from_pattern, _, u8, 6);
}

#[test]
fn operators() {
    same!((V(1, 2) + V(3, 4), &V(1, 2) + &V(3, 4), -V(1, 2), !V(0, 1)) => ["add", "add", "add", "neg", "not"]);
    same!({ let mut v = V(1, 2); v += 3; v[1] += v[0]; *v += 1; (v, *v) } => ["add_assign", "deref", "deref_mut", "index", "index_mut"]);
    same!((V(1, 2) < V(2, 1), V(1, 2).to_string(), "7".parse::<V>(), "x".parse::<V>().is_err(), V::try_from(3).unwrap(), i8::from(V(1, 2)), *V(1, 2).as_ref()) => ["as_ref", "fmt", "from", "from_str", "from_str", "partial_cmp", "try_from"]);
    same!((V(1, 2).into_iter().collect::<V>(), [V(1, 2), V(3, 4)].into_iter().sum::<i32>()) => ["from_iter", "into_iter", "sum"]);
    same!({ let mut v = V(1, 2); v.extend([3, 4]); std::io::Read::read(&mut v, &mut [0; 4]).unwrap() } => ["extend", "read"]);
    same!({ use std::hash::DefaultHasher; let mut h = DefaultHasher::new(); V(1, 2).hash(&mut h); h.finish() } => ["hash"]);
    same!(V(1, 2)[2] => ["index"]);
}

#[test]
fn receivers() {
    same!({ let r = || Receivers { name: "a".into() }; (Rc::new(r()).reference_to_rc(), Box::pin(r()).pinned_box(), Box::new(r()).mut_box().to_owned(), Rc::new(Box::new(r())).rc_of_box(), Pin::new(&r()).pinned_ref().to_owned(), Arc::pin(r()).pinned_arc()) } => ["mut_box", "pinned_arc", "pinned_box", "pinned_ref", "rc_of_box", "reference_to_rc"]);
    same!({ let mut r = Receivers { name: "a".into() }; (r.typed_self("").to_owned(), r.replaced().name, r.split().1(), r.iterate().rev().count(), { let n = r.closure_of_self()('c'); n }, r.where_self(), Box::new(r).mut_self_box().name) } => ["closure_of_self", "iterate", "made", "mut_self_box", "replaced", "split", "typed_self", "where_self"]);
}

#[test]
fn traits() {
    same!({ let s = String::from("a"); (s.out().len(), s.twice(), s.with(|s| s.len()), [1u8, 2].twice(), format!("{:?}", [1u8].out()), s.boxed().is::<String>()) } => ["boxed", "out", "out", "twice", "twice", "with"]);
    same!({ Box::new(String::new()).nothing(); let n = 7u8; (unsafe { (&raw const n).peek() }, (|n| n + 1 as u8) as fn(u8) -> u8 ) .1.out() } => ["nothing", "out", "peek"]);
    same!((1u8.blanket(), "a".blanket(), Generic::<_, 3>("abc").get().len(), Generic::<str, 2>("a").size(), Generic::<_, 1>("abc").map(|s| s.as_bytes()).0[0]) => ["blanket", "blanket", "get", "map", "size"]);
}

#[test]
fn made_by_macros() {
    same!({ let r = Receivers { name: "a".into() }; (r.first(), r.second(1, "abc").map(str::to_owned)) } => ["first", "second"]);
    same!((made_from_expression(), made_from_block(), made_from_tokens(1), made_from_trees(2, 3), made_from_statements(), made_from_pattern(1), made_recursively()) => ["made_from_block", "made_from_expression", "made_from_pattern", "made_from_statements", "made_from_tokens", "made_from_trees", "made_recursively"]);
}
