//! Functions that are not async, in every form the language has.
use std::{
    cell::Cell,
    collections::HashMap,
    fmt::{Debug, Display},
};
use support::*;

twins! {
    #[measure] pub fn nothing() {}
    #[measure] pub fn unit_written() -> () {}
    #[measure] pub fn value(a: u8, b: u8) -> u8 { a + b }
    #[measure] pub fn early(a: u8) -> u8 { if a > 3 { return 1; } a }
    #[measure] pub fn question(text: &str) -> Result<u8, std::num::ParseIntError> { let n: u8 = text.parse()?; Ok(n + 1) }
    #[measure] pub fn question_into(text: &str) -> Result<u8, Box<dyn std::error::Error>> { if text.is_empty() { return Err("empty".into()); } Ok(text.parse::<u8>()?) }
    #[measure] pub fn option(a: Option<u8>) -> Option<u8> { Some(a? + 1) }
    #[measure] pub fn coerced(a: bool) -> Box<dyn Debug> { if a { Box::new(1) } else { Box::new("x") } }
    #[measure] pub fn coerced_slice(a: bool) -> &'static [u8] { if a { &[1, 2] } else { &[] } }
    #[measure] pub fn coerced_fn(a: bool) -> fn(u8) -> u8 { if a { |x| x } else { |x| x + 1 } }
    #[measure] pub fn inferred_closure() -> impl Fn(&str) -> usize { |text| text.len() }
    #[measure] pub fn boxed_closure() -> Box<dyn Fn(&str) -> &str> { Box::new(|text| text.trim()) }
    #[measure] pub fn generic<T: Clone + Debug, const N: usize>(a: T) -> [T; N] where T: Copy { [a; N] }
    #[measure] pub fn const_braces<const N: usize>() -> [u8; { 2 + 1 }] where [u8; { 2 + 1 }]: Sized { let _ = N; [0; { 2 + 1 }] }
    pub struct Sized_<const N: usize>(pub usize);
    #[measure] pub fn angle_braces() -> Sized_<{ 1 + 2 }> { Sized_(3) }
    #[measure] pub fn angle_arguments(a: Sized_<{ 2 }>) -> Sized_<{ if 2 > 1 { 4 } else { 5 } }> { Sized_(a.0) }
    #[measure] pub fn higher_ranked<F>(f: F) -> usize where F: for<'a> Fn(&'a str) -> &'a str { f("abc").len() }
    #[measure] pub fn elided(text: &str) -> &str { text.trim() }
    #[measure] pub fn lifetimes<'a, 'b: 'a>(a: &'a str, b: &'b str) -> &'a str { if a.len() > b.len() { a } else { b } }
    #[measure] pub fn iterator<'a>(text: &'a str) -> impl Iterator<Item = char> + 'a { text.chars().rev() }
    #[measure] pub fn iterator_elided(text: &str) -> impl Iterator<Item = char> + '_ { text.chars().rev() }
    #[measure] pub fn argument_impl(a: impl Display, b: &dyn Debug) -> String { format!("{a}{b:?}") }
    #[measure] pub fn never(a: u8) -> ! { panic!("never {a}") }
    #[measure] pub fn never_loop() -> ! { loop { std::panic::panic_any("left") } }
    #[measure] pub unsafe fn dangerous(a: *const u8) -> u8 { unsafe { *a } }
    #[measure] pub extern "C" fn foreign(a: u8) -> u8 { a + 1 }
    #[measure] #[allow(missing_abi)] pub extern fn foreign_bare(a: u8) -> u8 { a + 1 }
    #[measure] pub unsafe extern "C" fn foreign_unsafe(a: u8) -> u8 { a }
    #[measure] #[must_use] #[inline(always)] pub fn attributes(#[allow(unused)] a: u8, #[cfg(any())] gone: u8) -> u8 { 3 }
    #[inline] #[measure] #[cold] pub fn attribute_between() -> u8 { 4 }
    /// Doc above.
    #[measure]
    /// Doc below.
    pub fn documented() -> u8 { //! Doc inside.
        #![allow(unused_variables)]
        let x = 1; 5 }
    #[measure] pub fn patterns((a, b): (u8, u8), [c, .., d]: [u8; 4], Point { x, y: Wrap(y) }: Point, _: u8, mut e: u8) -> u8 { e += 1; a + b + c + d + x + y + e }
    pub struct Wrap(pub u8);
    pub struct Point { pub x: u8, pub y: Wrap }
    #[measure] pub fn recursive(n: u8) -> u8 { if n == 0 { 0 } else { 1 + recursive(n - 1) } }
    #[measure] pub fn nested() -> u8 { #[measure] fn inner() -> u8 { 2 } inner() + 1 }
    #[measure] pub fn r#match(r#fn: u8) -> u8 { r#fn }
    #[measure] pub(crate) fn visible() -> u8 { 1 }
    #[measure] pub(in super) fn visible_in() -> u8 { 1 }
    #[measure] pub fn leading_items() -> u8 { use std::mem::size_of; const ONE: u8 = 1; static TWO: u8 = 2; struct Three(u8); impl Three { fn get(&self) -> u8 { self.0 } } fn four() -> u8 { 4 } macro_rules! five { () => { 5 } } ONE + TWO + Three(3).get() + four() + five!() + size_of::<u8>() as u8 }
    #[measure] pub fn items_after() -> u8 { let a = b(); fn b() -> u8 { 1 } a }
    #[measure] pub fn tail_match(a: Option<u8>) -> u8 { match a { Some(a) => a, None => return 9 } }
    #[measure] pub fn tail_block() -> u8 { { 1 } }
    #[measure] pub fn tail_unsafe() -> u8 { unsafe { dangerous(&8) } }
    #[measure] pub fn labelled() -> u8 { 'a: loop { loop { break 'a 7; } } }
    #[measure] pub fn begins_with_block() -> u8 { { let _ = 1; } -1i8 as u8 }
    #[measure] pub fn begins_with_macro() -> Vec<u8> { vec![1, 2] }
    #[measure] pub fn static_closure() -> u8 { let f = move || 1; f() }
    #[measure] pub fn shadow(value: u8) -> u8 { let value = value + 1; let __logd_timed = value; __logd_timed }
    #[measure] pub fn cell(a: &Cell<u8>) -> u8 { a.replace(4) }
    #[measure] pub fn mutable(a: &mut Vec<u8>) -> &mut u8 { a.push(1); a.last_mut().unwrap() }
    #[measure] pub fn mutable_option<'a>(a: &'a mut HashMap<u8, String>, k: &u8) -> Option<&'a mut String> { a.get_mut(k) }
    #[measure] pub fn moved(a: String) -> impl FnOnce() -> String { move || a }
    #[measure] pub fn type_name_inside() -> &'static str { fn name<T>(_: T) -> &'static str { std::any::type_name::<T>() } name(|| ()).rsplit("::").take(2).last().unwrap() }
    #[measure] pub fn diverging_tail(a: bool) -> u8 { if a { return 1 } panic!("tail") }
    #[measure] pub fn const_generic_default<T: Default>() -> T { T::default() }
    #[measure] pub fn dyn_argument(f: &mut dyn FnMut(u8) -> u8) -> u8 { f(1) }
    #[measure] pub fn function_pointer(f: fn(u8) -> u8, g: for<'x> fn(&'x u8) -> &'x u8) -> u8 { f(*g(&2)) }
    #[measure] pub fn qualified<T: Iterator<Item = u8>>(mut t: T) -> Option<<T as Iterator>::Item> { t.next() }
    #[measure] pub fn shift() -> u8 { 1 << 3 >> 1 }
    #[measure] pub fn ends_in_semicolon() -> u8 { return 1; }
    #[measure] pub fn tuple_unit() -> ((), ()) { ((), ()) }
}

#[test]
fn nothing() {
    same!(nothing() => ["nothing"]);
    same!(unit_written() => ["unit_written"]);
}
#[test]
fn values() {
    same!((value(1, 2), early(1), early(4)) => ["early", "early", "value"]);
}
#[test]
fn question_marks() {
    same!((question("1").is_ok(), question("x").is_err(), question_into("").is_err(), question_into("2").is_ok(), option(None), option(Some(1))) => ["option", "option", "question", "question", "question_into", "question_into"]);
}
#[test]
fn coercions() {
    same!((format!("{:?}{:?}", coerced(true), coerced(false)), coerced_slice(true), coerced_fn(true)(1), inferred_closure()("ab"), boxed_closure()(" a ").to_owned()) => ["boxed_closure", "coerced", "coerced", "coerced_fn", "coerced_slice", "inferred_closure"]);
}
#[test]
fn generics() {
    same!((generic::<u8, 2>(1), const_braces::<2>().len(), angle_braces().0, angle_arguments(Sized_(7)).0, const_generic_default::<u8>()) => ["angle_arguments", "angle_braces", "const_braces", "const_generic_default", "generic"]);
}
#[test]
fn lifetimes() {
    same!((higher_ranked(|a| &a[1..]), elided(" a "), lifetimes("a", "bc"), iterator("ab").next(), iterator_elided("ab").next(), argument_impl(1, &2)) => ["argument_impl", "elided", "higher_ranked", "iterator", "iterator_elided", "lifetimes"]);
}
#[test]
fn never_returning() {
    same!(std::panic::catch_unwind(|| { never(1); }).is_err() => ["never"]);
    same!(std::panic::catch_unwind(|| { never_loop(); }).is_err() => ["never_loop"]);
}
#[test]
fn qualifiers() {
    same!(unsafe { (dangerous(&3), foreign(1), foreign_bare(1), foreign_unsafe(2)) } => ["dangerous", "foreign", "foreign_bare", "foreign_unsafe"]);
}
#[test]
fn function_pointers_keep_their_type() {
    same!({ let _: unsafe extern "C" fn(u8) -> u8 = foreign_unsafe; let f: extern "C" fn(u8) -> u8 = foreign; f(1) } => ["foreign"]);
}
#[test]
fn attributes() {
    same!((attributes(1), attribute_between(), documented()) => ["attribute_between", "attributes", "documented"]);
}
#[test]
fn patterns() {
    same!(patterns((1, 2), [3, 0, 0, 4], Point { x: 5, y: Wrap(6) }, 7, 8) => ["patterns"]);
}
#[test]
fn recursion() {
    same!(recursive(2) => ["recursive", "recursive", "recursive"]);
    same!(nested() => ["inner", "nested"]);
}
#[test]
fn raw_names() {
    same!(r#match(3) => ["match"]);
}
#[test]
fn visibility() {
    same!((visible(), visible_in()) => ["visible", "visible_in"]);
}
#[test]
fn items() {
    same!((leading_items(), items_after()) => ["items_after", "leading_items"]);
}
#[test]
fn tails() {
    same!((tail_match(None), tail_match(Some(1)), tail_block(), tail_unsafe(), labelled()) => ["dangerous", "labelled", "tail_block", "tail_match", "tail_match", "tail_unsafe"]);
}
#[test]
fn beginnings() {
    same!((begins_with_block(), begins_with_macro(), static_closure(), shadow(1)) => ["begins_with_block", "begins_with_macro", "shadow", "static_closure"]);
}
#[test]
fn borrows() {
    same!((cell(&Cell::new(3)), *mutable(&mut vec![]), mutable_option(&mut HashMap::new(), &1).is_none(), moved("a".to_owned())()) => ["cell", "moved", "mutable", "mutable_option"]);
}
#[test]
fn type_names() {
    same!(type_name_inside() => ["type_name_inside"]);
}
#[test]
fn rest() {
    same!((diverging_tail(true), dyn_argument(&mut |a| a + 1), function_pointer(|a| a, |a| a), qualified([1u8].into_iter()), shift(), ends_in_semicolon(), tuple_unit()) => ["diverging_tail", "dyn_argument", "ends_in_semicolon", "function_pointer", "qualified", "shift", "tuple_unit"]);
}
