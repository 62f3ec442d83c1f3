//! Functions that are not async in forms that are seldom written but legal.
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
    // Heads.
    #[measure] pub fn no_generics<>(a: u8,) -> (u8,) where { (a,) }
    #[measure] pub fn defaulted<const N: usize, T: Into<Vec<Vec<u8>>>>(t: T) -> usize { t.into().len() + N }
    #[measure] pub fn const_condition<const N: usize>() -> [u8; { if 2 > 1 { 3 } else { 4 } }] where [(); N]: Sized, { [N as u8; 3] }
    macro_rules! byte { () => { u8 }; ($t:ty) => { $t } }
    #[measure] pub fn macro_type(a: byte!()) -> byte!{} { a }
    #[measure] pub fn macro_type_inside(a: Vec<byte![u16]>) -> Option<byte!{u16}> { a.first().copied() }
    #[measure] pub fn qualified_type(a: <Vec<u8> as IntoIterator>::Item) -> <[u8; 1] as Index<usize>>::Output { a }
    #[measure] pub fn bare_function(f: for<'a> unsafe extern "C" fn(&'a u8) -> &'a u8, g: fn() -> !) -> u8 { let _ = g; unsafe { *f(&3) } }
    pub unsafe extern "C" fn same_reference<'a>(a: &'a u8) -> &'a u8 { a }
    pub fn diverges() -> ! { panic!() }
    #[measure] pub fn dyn_bounds<'a>(a: &'a (dyn Fn(&u8) -> u8 + Send + Sync + 'a)) -> u8 { a(&1) }
    #[measure] pub fn maybe_unsized<T: ?Sized + AsRef<[u8]> + 'static>(a: &T) -> usize { a.as_ref().len() }
    #[measure] pub fn late_where<F, T>(f: F) -> T where F: FnOnce() -> T, for<'a> &'a T: Debug, T: Debug { let t = f(); log(format!("{:?}", &t)); t }
    pub trait Loud { fn loud(&self) -> u8; }
    #[measure] pub fn captured<'a, T: Debug>(a: &'a T) -> impl Debug + use<'a, T> { (a, 1) }
    #[measure] pub fn uncaptured(a: &str) -> impl Fn() -> usize + use<> { let n = a.len(); move || n }
    #[measure] pub fn nested_opaque(a: u8) -> impl Fn(u8) -> Box<dyn Iterator<Item = u8>> { move |b| Box::new((a..b).rev()) }
    #[measure] pub fn array_of_opaque() -> [impl Display; 2] { ["a", "b"] }
    #[measure] pub fn tuple_of_opaque(a: bool) -> (impl Display, Option<impl Debug>) { (1, a.then_some("x")) }
    #[measure] pub extern "system" fn system(a: u8) -> u8 { a }
    #[measure] pub extern "C-unwind" fn unwinding(a: u8) -> u8 { if a == 0 { panic!("through") } a }
    #[measure] pub extern r"C" fn raw_abi(a: u8) -> u8 { a }
    #[measure] #[inline(never)] #[cold] #[doc(hidden)] #[deprecated(note = "old")] pub fn many_attributes() -> u8 { 1 }
    #[cfg_attr(all(), measure)] #[cfg_attr(any(), inline(sometimes))] pub fn conditional() -> u8 { 2 }
    #[measure] #[expect(unused_variables, reason = "it is")] pub fn expected(a: u8) -> u8 { 3 }
    #[cfg(target_arch = "x86_64")]
    #[measure] #[target_feature(enable = "sse2")] pub fn feature(a: u8) -> u8 { a + 1 }
    #[cfg(not(target_arch = "x86_64"))]
    #[measure] pub fn feature(a: u8) -> u8 { a + 1 }

    // Parameters.
    #[measure] pub fn or_pattern((Ok(n) | Err(n)): Result<u8, u8>) -> u8 { n }
    #[measure] pub fn reference_patterns(&(a, ref b): &(u8, String), &mut (ref mut c, _): &mut (u8, u8)) -> usize { *c += a; b.len() }
    #[measure] pub fn bound_whole(whole @ (a, _): (u8, u8), [first, rest @ ..]: [u8; 3]) -> u8 { whole.1 + a + first + rest[1] }
    pub struct Deep { pub a: Inner, pub b: u8 } pub struct Inner(pub u8, pub [u8; 2]);
    #[measure] pub fn deep(Deep { a: Inner(x, [y, z]), b: renamed }: Deep) -> u8 { x + y + z + renamed }
    #[measure] pub fn ref_binding(ref a: String, ref mut b: Vec<u8>) -> usize { b.push(1); a.len() + b.len() }
    #[measure] pub fn attributed(#[allow(unused_mut)] mut a: u8, #[cfg(all())] b: u8, #[cfg(any())] c: Missing) -> u8 { a + b }
    #[measure] pub fn ours(__logd_timed: u8, __logd_outcome: u8, __logd_open: u8, __logd_value: u8, SITE: u8) -> u8 { let __logd_section = 1; __logd_timed + __logd_outcome + __logd_open + __logd_value + SITE + __logd_section }
    #[measure] pub fn r#loop(r#if: u8, r#async: u8) -> u8 { let r#fn = r#if; r#fn + r#async }

    // Bodies.
    #[measure] pub fn cfg_statements() -> u8 { #[cfg(any())] let a = nothing; #[cfg(all())] let a = 2; #[cfg(any())] return 0; a }
    #[measure] pub fn attribute_first() -> u8 { #[allow(unused_mut)] let mut a = 1; a }
    #[measure] pub fn attribute_on_tail() -> u8 { #[cfg(all())] { 4 } }
    #[measure] pub fn comment_only() { /* nothing */ // at all
    }
    #[measure] pub fn documented_inside() -> u8 {
        //! What it does.
        //! And more.
        #![allow(clippy::all)]
        /// An item with documentation.
        const DOCUMENTED: u8 = 1;
        DOCUMENTED
    }
    #[measure] pub fn const_block() -> usize { const { assert!(1 < 2) }; const { 1 + 2 } }
    #[measure] pub fn let_else(a: Option<u8>) -> u8 { let Some(a) = a else { return 9 }; a }
    #[measure] pub fn labelled_block(a: u8) -> u8 { 'found: { if a > 3 { break 'found a; } if a > 1 { break 'found 0; } 7 } }
    #[measure] pub fn loops(mut n: u8) -> u8 { 'outer: while n > 0 { for i in 0.. { n -= 1; if i == 2 { continue 'outer; } if n == 1 { break 'outer; } } } loop { break n + 1; } }
    #[measure] pub fn question_control(a: u8) -> ControlFlow<u8, u8> { let b = if a > 3 { ControlFlow::Break(a) } else { ControlFlow::Continue(a) }?; ControlFlow::Continue(b + 1) }
    #[measure] pub fn question_poll(a: Poll<Result<u8, String>>) -> Poll<Result<u8, String>> { Poll::Ready(Ok(match a? { Poll::Ready(n) => n + 1, Poll::Pending => return Poll::Pending })) }
    #[measure] pub fn closure_returns(v: &[u8]) -> u8 { let f = |n: &u8| -> u8 { if *n > 2 { return 1; } 0 }; v.iter().map(f).sum() }
    #[measure] pub fn returns_closure_that_moves(a: Noisy) -> impl FnOnce() -> usize { move || a.len() }
    #[measure] pub fn chain_of_returns(a: u8) -> u8 { return { if a > 1 { return 2 } else { return 3 } } }
    #[measure] pub fn negative_tail() -> i8 { {} -1 }
    #[measure] pub fn reference_tail<'a>() -> &'a u8 { if true {} &5 }
    #[measure] pub fn parenthesised_tail() -> (u8, u8) { match 1 { _ => {} } (1, 2) }
    #[measure] pub fn range_tail() -> RangeFull { {} .. }
    #[measure] pub fn closure_tail() -> fn() -> u8 { {} || 1 }
    #[measure] pub fn braced_macro() -> String { format! { "{}", 1 } }
    #[measure] pub fn braced_macro_statement() -> u8 { thread_local! { static HERE: Cell<u8> = const { Cell::new(1) }; } HERE.get() }
    #[measure] pub fn union_keyword() -> u8 { let union = 1; let auto = 2; let default = 3; let safe = 4; let raw = 5; union + auto + default + safe + raw }
    #[measure] pub fn starts_with_union() -> u8 { union(1) }
    fn union(a: u8) -> u8 { a }
    #[measure] pub fn starts_with_default() -> u8 { default::<u8>() }
    fn default<T: Default>() -> T { T::default() }
    #[measure] pub fn starts_with_assignment(mut a: u8) -> u8 { a = 3; a }
    #[measure] pub fn starts_with_path() -> u8 { ::std::cmp::max(1, 2) }
    #[measure] pub fn starts_with_qualified() -> u8 { <u8 as Default>::default() }
    #[measure] pub fn starts_with_unsafe() -> u8 { unsafe { *(&7u8 as *const u8) } }
    #[measure] pub fn starts_with_const_block() -> u8 { const { 8 } }
    #[measure] pub fn starts_with_static_and_use() -> u8 { static A: u8 = 1; use std::cmp::min; type B = u8; enum C { D = 3 } union E { a: u8, b: i8 } extern "C" fn g() -> B { 5 } trait H {} impl H for C {} min(A + g(), C::D as u8) }
    #[measure] pub fn macro_defined_inside(a: u8) -> u8 { macro_rules! add { ($x:ident) => { $x + 1 }; } macro_rules! twice { ($($t:tt)*) => { { $($t)*; $($t)* } } } twice!(add!(a)) }
    #[measure] pub fn items_shadow_ours() -> u8 { mod core {} mod logd {} mod std {} struct Timer; fn enter() -> u8 { 6 } enter() }
    #[measure] pub fn nested_functions() -> u8 { #[measure] fn a() -> u8 { #[measure] fn b() -> u8 { 1 } b() + 1 } fn c() -> u8 { a() } c() + 1 }
    #[measure] pub fn inner_impl() -> u8 { struct S; impl S { #[measure] fn inner(&self) -> u8 { 2 } } S.inner() }
    #[measure] pub fn shadows_prelude() -> u8 { enum Option { Some(u8), None } struct Result(Option); fn drop(_: Result) {} drop(Result(Option::None)); match (Option::Some(1)) { Option::Some(n) => n, Option::None => 2 } }
    #[measure] pub fn coerced_in_match(a: u8) -> Box<dyn Fn(u8) -> u8> { match a { 0 => Box::new(|n| n), 1 => Box::new(move |n| n + a), _ => panic!("none") } }
    #[measure] pub fn coerced_array(a: bool) -> [&'static dyn Debug; 2] { if a { [&1, &"x"] } else { [&"y", &2u8] } }
    #[measure] pub fn inferred_collect(text: &str) -> Result<BTreeMap<u8, Vec<char>>, fmt::Error> { text.chars().map(|c| Ok((c as u8, vec![c]))).collect() }
    #[measure] pub fn inferred_into() -> Arc<str> { "a".into() }
    #[measure] pub fn inferred_default() -> (u8, String, Option<()>) { Default::default() }
    #[measure] pub fn integer_inferred() -> u64 { let mut n = 1; for _ in 0..40 { n *= 2; } n }
    #[measure] pub fn two_phase(v: &mut Vec<usize>) -> usize { v.push(v.len()); v[0] }
    #[measure] pub fn scoped_threads(v: &mut [u8]) -> u8 { std::thread::scope(|scope| { for n in v.iter_mut() { scope.spawn(move || *n += 1); } }); v.iter().sum() }
    #[measure] pub fn guard_returned(m: &Mutex<u8>) -> MutexGuard<'_, u8> { let mut n = m.lock().unwrap(); *n += 1; n }
    #[measure] pub fn borrowed_cell(c: &RefCell<Vec<u8>>) -> usize { c.borrow_mut().push(1); c.borrow().len() }
    #[measure] pub fn catches(a: u8) -> bool { std::panic::catch_unwind(|| if a == 0 { panic!("caught") }).is_err() }
    #[measure] pub fn panics_in_drop() { struct Bad; impl Drop for Bad { fn drop(&mut self) { panic!("in drop") } } let _bad = Bad; let _noisy = Noisy("n"); }
    #[measure] pub fn mutual_even(n: u8) -> bool { n == 0 || mutual_odd(n - 1) }
    #[measure] pub fn mutual_odd(n: u8) -> bool { n != 0 && mutual_even(n - 1) }
    #[measure] pub fn generic_recursion<T: Debug>(n: u8, t: T) -> String { if n == 0 { format!("{t:?}") } else { generic_recursion(n - 1, t) } }
    #[measure] pub fn uses_line() -> u32 { line!() }
    #[measure] pub fn uses_module() -> &'static str { module_path!().rsplit("::").nth(1).unwrap() }
    #[measure] pub fn unreachable_after() -> u8 { return 1; #[allow(unreachable_code)] 2 }
    const _: () = { #[measure] fn in_const() {} };
    pub static TABLE: [fn(u8) -> u8; 2] = [starts_with_assignment, early];
    #[measure] fn early(a: u8) -> u8 { if a == 0 { return 1 } a }
}

#[test]
fn heads() {
    same!((no_generics(1), defaulted::<2, _>(vec![vec![1]]), const_condition::<7>()) => ["const_condition", "defaulted", "no_generics"]);
    same!((macro_type(1), macro_type_inside(vec![2]), qualified_type(3)) => ["macro_type", "macro_type_inside", "qualified_type"]);
    same!((bare_function(same_reference, diverges), dyn_bounds(&|n| n + 1), maybe_unsized("abc")) => ["bare_function", "dyn_bounds", "maybe_unsized"]);
    same!((format!("{:?}", captured(&1)), uncaptured(&String::from("ab"))(), nested_opaque(1)(4).collect::<Vec<_>>()) => ["captured", "nested_opaque", "uncaptured"]);
    same!((array_of_opaque().map(|d| d.to_string()), format!("{:?}", tuple_of_opaque(true).1)) => ["array_of_opaque", "tuple_of_opaque"]);
    same!((system(1), raw_abi(2), unwinding(3)) => ["raw_abi", "system", "unwinding"]);
    same!(unwinding(0) => ["unwinding"]);
    #[allow(deprecated)]
    {
        same!((many_attributes(), conditional(), expected(0), unsafe { feature(1) }) => ["conditional", "expected", "feature", "many_attributes"]);
    }
}

#[test]
fn parameters() {
    same!((or_pattern(Ok(1)), or_pattern(Err(2)), reference_patterns(&(1, "a".into()), &mut (1, 2)), bound_whole((1, 2), [3, 4, 5])) => ["bound_whole", "or_pattern", "or_pattern", "reference_patterns"]);
    same!((deep(Deep { a: Inner(1, [2, 3]), b: 4 }), ref_binding("a".into(), vec![]), attributed(1, 2), ours(1, 2, 3, 4, 5), r#loop(1, 2)) => ["attributed", "deep", "loop", "ours", "ref_binding"]);
}

#[test]
fn bodies() {
    same!((cfg_statements(), attribute_first(), attribute_on_tail(), comment_only(), documented_inside(), const_block()) => ["attribute_first", "attribute_on_tail", "cfg_statements", "comment_only", "const_block", "documented_inside"]);
    same!((let_else(None), let_else(Some(1)), labelled_block(5), labelled_block(2), loops(9)) => ["labelled_block", "labelled_block", "let_else", "let_else", "loops"]);
    same!((question_control(5), question_control(1), question_poll(Poll::Pending), question_poll(Poll::Ready(Ok(1)))) => ["question_control", "question_control", "question_poll", "question_poll"]);
    same!((closure_returns(&[1, 3]), returns_closure_that_moves(Noisy("m"))(), chain_of_returns(1)) => ["chain_of_returns", "closure_returns", "returns_closure_that_moves"]);
    same!((negative_tail(), *reference_tail(), parenthesised_tail(), range_tail(), closure_tail()()) => ["closure_tail", "negative_tail", "parenthesised_tail", "range_tail", "reference_tail"]);
    same!((braced_macro(), braced_macro_statement(), union_keyword(), starts_with_union(), starts_with_default()) => ["braced_macro", "braced_macro_statement", "starts_with_default", "starts_with_union", "union_keyword"]);
    same!((starts_with_assignment(1), starts_with_path(), starts_with_qualified(), starts_with_unsafe(), starts_with_const_block(), starts_with_static_and_use()) => ["starts_with_assignment", "starts_with_const_block", "starts_with_path", "starts_with_qualified", "starts_with_static_and_use", "starts_with_unsafe"]);
    same!((macro_defined_inside(1), items_shadow_ours(), nested_functions(), inner_impl(), shadows_prelude()) => ["a", "b", "inner", "inner_impl", "items_shadow_ours", "macro_defined_inside", "nested_functions", "shadows_prelude"]);
    same!((coerced_in_match(1)(2), format!("{:?}", coerced_array(false)), inferred_collect("ab"), inferred_into(), inferred_default(), integer_inferred()) => ["coerced_array", "coerced_in_match", "inferred_collect", "inferred_default", "inferred_into", "integer_inferred"]);
    same!((two_phase(&mut vec![]), *guard_returned(&Mutex::new(1)), borrowed_cell(&RefCell::default()), catches(0), catches(1)) => ["borrowed_cell", "catches", "catches", "guard_returned", "two_phase"]);
    same!(scoped_threads(&mut [1, 2]) => ["scoped_threads"]);
    same!(panics_in_drop() => ["panics_in_drop"]);
    same!((mutual_even(2), generic_recursion(1, "x"), uses_module().len() > 0, unreachable_after(), TABLE[1](0)) => ["early", "generic_recursion", "generic_recursion", "mutual_even", "mutual_even", "mutual_odd", "unreachable_after", "uses_module"]);
    assert_eq!(plain::uses_line(), timed::uses_line());
}

/// `#[test]` and an attribute in either order.
mod as_tests {
    #[test]
    #[logd::timed]
    fn test_above() {
        assert_eq!(1, 1);
    }
    #[logd::timed]
    #[test]
    fn test_below() -> Result<(), String> {
        Ok(())
    }
    #[test]
    #[logd::timed]
    #[should_panic(expected = "should")]
    fn test_panics() {
        panic!("it should")
    }
    #[logd::counted]
    #[test]
    #[ignore = "only to compile"]
    fn test_ignored() {}
    #[logd::timed(outcome)]
    #[test]
    fn test_outcome() -> Result<(), String> {
        Ok(())
    }
    #[tokio::test]
    #[logd::timed]
    async fn tokio_above() {
        tokio::task::yield_now().await;
    }
    #[logd::timed]
    #[tokio::test]
    async fn tokio_below() {
        tokio::task::yield_now().await;
    }
    #[tokio::test(flavor = "multi_thread")]
    #[logd::accumulated]
    async fn tokio_accumulated() {
        tokio::spawn(async {}).await.unwrap();
    }
    #[logd::timed(outcome)]
    #[tokio::test]
    async fn tokio_outcome() -> Result<(), String> {
        tokio::task::yield_now().await;
        Ok(())
    }
}

mod exported {
    #[unsafe(no_mangle)]
    #[logd::timed]
    pub extern "C" fn logd_torture_exported(a: u8) -> u8 {
        a + 1
    }
    #[logd::timed]
    #[unsafe(export_name = "logd_torture_named")]
    pub extern "C" fn named(a: u8) -> u8 {
        a + 2
    }
}

#[test]
fn symbols_are_kept() {
    unsafe extern "C" {
        fn logd_torture_exported(a: u8) -> u8;
        fn logd_torture_named(a: u8) -> u8;
    }
    let (value, events) = recorded(|| unsafe { (logd_torture_exported(1), logd_torture_named(1)) });
    assert_eq!(value, (2, 3));
    assert_eq!(functions(&events), ["logd_torture_exported", "named"]);
    let _ = (exported::logd_torture_exported, exported::named);
}

/// Destructors of thread-locals run when nothing of the thread is left to record with.
#[test]
fn a_thread_ends_with_measured_destructors() {
    struct Last(Arc<Mutex<u8>>);
    impl Drop for Last {
        #[logd::timed]
        fn drop(&mut self) {
            #[logd::counted]
            fn inner() {}
            inner();
            logd::accumulate!("last", {
                *self.0.lock().unwrap() += 1;
            });
            templated(1);
        }
    }
    #[logd::timed("last.{n}", outcome)]
    fn templated(n: u8) -> Option<u8> {
        Some(n)
    }
    thread_local! { static FIRST: RefCell<Option<Last>> = const { RefCell::new(None) }; static SECOND: RefCell<Option<Last>> = const { RefCell::new(None) }; }
    let dropped = Arc::new(Mutex::new(0));
    let handles = [dropped.clone(), dropped.clone()];
    std::thread::spawn(move || {
        let [a, b] = handles;
        FIRST.set(Some(Last(a)));
        templated(2);
        SECOND.set(Some(Last(b)));
    })
    .join()
    .unwrap();
    assert_eq!(*dropped.lock().unwrap(), 2);
}
