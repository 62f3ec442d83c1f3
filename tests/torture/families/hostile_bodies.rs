//! Bodies with every kind of control flow, temporaries and items of their own.
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt::Debug,
    future::Future,
    ops::ControlFlow,
    sync::{Mutex, RwLock},
};
use support::*;

twins! {
    #[measure] pub fn labelled(a: u8) -> u8 { let n = 'found: { if a > 3 { break 'found 1; } if a > 1 { break 'found 2; } 3 }; 'outer: loop { loop { if n > 1 { break 'outer n * 2; } break 'outer n; } } }
    #[measure] pub fn label_in_tail(a: u8) -> u8 { 'done: { if a == 1 { break 'done 7; } a } }
    #[measure] pub fn let_else(text: &str) -> Option<u8> { let Some((a, b)) = text.split_once(':') else { log("no"); return None; }; let (Ok(a), Ok(b)) = (a.parse::<u8>(), b.parse::<u8>()) else { return Some(0) }; Some(a + b) }
    #[measure] pub fn question_in_tail(text: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> { text.split(',').map(|p| p.trim().parse::<u8>()).sum::<Result<u8, _>>().map(|n| -> Result<u8, String> { if n > 9 { Err("big")? } Ok(n) })?.map_err(Into::into) }
    #[measure] pub fn lock_in_match(m: &Mutex<Vec<u8>>) -> u8 { match m.lock().unwrap().pop() { Some(n) if n > 1 => n, Some(_) => 0, None => { log(format!("{}", m.try_lock().is_err())); 9 } } }
    #[measure] pub fn lock_in_if_let(m: &RwLock<Option<u8>>) -> u8 { if let Some(n) = *m.read().unwrap() { n } else { u8::from(m.try_write().is_ok()) } }
    #[measure] pub fn lock_in_while(m: &Mutex<Vec<u8>>) -> usize { let mut n = 0; while let Some(x) = { let top = m.lock().unwrap().pop(); top } { n += usize::from(x); m.lock().unwrap().truncate(3); } n }
    #[measure] pub fn noisy_match() -> usize { match Noisy("scrutinee").len() { 9 => { let _inner = Noisy("arm"); Noisy("tail").len() } _ => 0 } }
    #[measure] pub fn noisy_arguments() -> usize { fn two(a: &Noisy, b: &Noisy) -> usize { a.len() + b.len() } two(&Noisy("first"), &{ let _l = Noisy("block"); Noisy("second") }) }
    #[measure] pub fn noisy_method_chain() -> usize { Some(Noisy("a")).as_ref().map(|n| (n.len(), Noisy("b"))).map_or(0, |(n, b)| n + b.len()) }
    #[measure] pub fn extended_temporaries() -> usize { let a = &Noisy("extended"); let (b, _) = (&Noisy("in tuple"), 1); let _ = Noisy("at once"); let _c = Noisy("kept"); a.len() + b.len() }
    #[measure] pub fn shadowed_locals() -> usize { let a = Noisy("1"); let a = (a.len(), Noisy("2")); let a = Noisy("3").len() + a.1.len(); a }
    #[measure] pub fn conditional_move(take: bool) -> usize { let a = Noisy("a"); let b = Noisy("b"); if take { drop(a); } b.len() }
    #[measure] pub fn unwinds_through(n: u8) -> u8 { let _a = Noisy("a"); let b = Noisy("b"); if n > 1 { let _c = Noisy("c"); panic!("unwinds {}", b.len()); } n }
    #[measure] pub fn panics_in_drop() -> u8 { struct Late; impl Drop for Late { fn drop(&mut self) { if !std::thread::panicking() { panic!("in drop"); } } } let _l = Late; let _n = Noisy("after"); 1 }
    #[measure] pub fn catches() -> String { let r = std::panic::catch_unwind(|| { let _n = Noisy("inside"); if true { panic!("caught") } 1 }); format!("{:?}", r.is_err()) }
    #[measure] pub fn from_function() -> Vec<u8> { let mut n = 0; std::iter::from_fn(|| { n += 1; (n < 4).then_some(n) }).collect() }
    #[measure] pub fn successors(n: u32) -> Vec<u32> { std::iter::successors(Some(n), |n| if *n == 1 { None } else if n % 2 == 0 { Some(n / 2) } else { Some(3 * n + 1) }).collect() }
    #[measure] pub fn fold_with_flow(v: &[u8]) -> ControlFlow<u8, u8> { v.iter().try_fold(0u8, |a, n| if *n == 0 { ControlFlow::Break(a) } else { ControlFlow::Continue(a + n) }) }
    #[measure] pub fn closure_captures(v: &mut Vec<u8>) -> usize { let mut add = |n| { v.push(n); v.len() }; add(1); let total = add(2); let fixed = move || total; fixed() }
    #[measure] pub fn closure_returns_early(a: u8) -> u8 { let f = |n: u8| { if n > 2 { return 1; } n }; f(a) + f(1) }
    #[measure] pub fn immediately_called(a: u8) -> Result<u8, std::num::ParseIntError> { let r = (|| -> Result<u8, std::num::ParseIntError> { Ok("1".parse::<u8>()? + a) })(); Ok(r? + 1) }
    #[measure] pub fn inner_items(n: u8) -> u8 { struct Own(u8); impl Own { const TWO: u8 = 2; fn get(&self) -> u8 { self.0 * Self::TWO } } trait Extra { fn extra(&self) -> u8; } impl Extra for Own { #[measure] fn extra(&self) -> u8 { self.get() + 1 } } enum E { A(u8) } use E::A; static S: u8 = 3; type T = u8; fn free(t: T) -> T { t } let A(e) = A(1); Own(n).extra() + e + S + free(1) }
    #[measure] pub fn items_after_statements(n: u8) -> u8 { let a = n; const K: u8 = 3; fn k() -> u8 { K } let b = k(); macro_rules! m { ($x:expr) => { $x + b } } m!(a) }
    #[measure] pub fn measured_inside(n: u8) -> u8 { #[measure] fn inner(n: u8) -> u8 { #[measure] fn innermost(n: u8) -> u8 { n + 1 } innermost(n) + 1 } inner(n) + 1 }
    #[measure] pub fn in_const_block() -> u8 { const { const fn two() -> u8 { 2 } two() } }
    #[measure] pub fn in_array_length() -> usize { [0u8; { struct Local; impl Local { const N: usize = 3; } Local::N }].len() }
    #[measure] pub fn in_closure(n: u8) -> u8 { let f = |n| { #[measure] fn within(n: u8) -> u8 { n * 2 } within(n) }; f(n) }
    #[measure] pub fn recursion(n: u64) -> u64 { if n < 2 { n } else { recursion(n - 1) + recursion(n - 2) } }
    #[measure] pub fn even(n: u8) -> bool { n == 0 || odd(n - 1) }
    #[measure] pub fn odd(n: u8) -> bool { n != 0 && even(n - 1) }
    pub trait Walk { fn walk(&self, depth: u8) -> u8; }
    pub struct Leaf; pub struct Branch(pub Vec<Box<dyn Walk>>);
    impl Walk for Leaf { #[measure] fn walk(&self, depth: u8) -> u8 { depth } }
    impl Walk for Branch { #[measure] fn walk(&self, depth: u8) -> u8 { self.0.iter().map(|w| w.walk(depth + 1)).sum() } }
    #[measure] pub fn unit_tail() { log("x"); () }
    #[measure] pub fn expression_statement_tail(v: &mut Vec<u8>) { v.push(1) }
    #[measure] pub fn empty() {}
    #[measure] pub fn comment_only() { /* nothing */ }
    #[measure] pub fn nested_blocks() -> u8 { { { { 3 } } } }
    #[measure] pub fn unsafe_block_tail(a: &u8) -> u8 { unsafe { *std::ptr::from_ref(a) } }
    #[measure] pub fn assignment_tail(a: &mut u8) { *a = 5 }
    #[measure] pub fn compound_tail(a: &mut u8) { *a += 5 }
    #[measure] pub fn return_unit(a: bool) { if a { return } log("b") }
    #[measure] pub fn while_tail(mut n: u8) { while n > 0 { n -= 1; } }
    #[measure] pub fn for_tail(v: Vec<Noisy>) { for n in v { if n.len() > 2 { break; } } }
    #[measure] pub fn if_tail(a: bool) { if a { log("a") } }
    #[measure] pub fn struct_tail() -> Point { Point { x: 1, ..Point::default() } }
    #[derive(Debug, Default, PartialEq)] pub struct Point { pub x: u8, pub y: u8 }
    #[measure] pub fn diverging_pointer_tail() -> fn() -> ! { fn gone() -> ! { unreachable!() } gone as fn() -> ! }
    #[measure] pub fn macro_tail() -> String { format! { "{}", 1 } }
    #[measure] pub fn matches_tail(a: u8) -> bool { matches! { a, 1 | 2 } }
    #[measure] pub fn method_on_block(a: u8) -> usize { { vec![a] }.len() }
    #[measure] pub fn match_method(a: u8) -> String { match a { 0 => "a", _ => "b" }.to_string() }
    #[measure] pub fn negation_tail(a: bool) -> bool { if a { log("a"); } !a }
    #[measure] pub fn deref_tail(a: &Cell<u8>) -> u8 { if a.get() > 0 { a.set(9) } *&a.get() }
    #[measure] pub fn cast_tail(a: u16) -> u8 { (a >> 8) as u8 }
    #[measure] pub fn generic_comparison(a: u8, b: u8) -> bool { (a < b) | (a > b) & (a >> 1 < b << 1) }
    #[measure] pub fn raw_strings() -> &'static str { r#"{"a": "}"}"# }
    #[measure] pub fn bytes() -> (&'static [u8; 2], u8, &'static std::ffi::CStr, char) { (b"a}", b'{', c"x", '\u{7d}') }
    #[measure] pub fn format_captures(a: u8, wide: usize) -> String { let b = 2; format!("{a:>wide$} {b:?} {0}", a) }
    #[measure] pub fn env_and_place() -> (u32, &'static str) { (column!() & 0, module_path!().rsplit("::").nth(1).unwrap_or("")) }
    #[measure] pub fn overflow(a: u8) -> u8 { a.wrapping_add(255).saturating_sub(1) }
    #[measure] pub fn map_entry(m: &mut BTreeMap<String, u8>) -> u8 { *m.entry("a".into()).and_modify(|n| *n += 1).or_insert(1) }
}

#[test]
fn control_flow() {
    same!(([1, 2, 4].map(labelled), [1, 2].map(label_in_tail), let_else("1:2"), let_else("1"), let_else("a:b")) => ["label_in_tail", "label_in_tail", "labelled", "labelled", "labelled", "let_else", "let_else", "let_else"]);
    same!((question_in_tail("1, 2").ok(), question_in_tail("x").map_err(|e| e.to_string()), question_in_tail("9,9").map_err(|e| e.to_string())) => ["question_in_tail", "question_in_tail", "question_in_tail"]);
    same!((fold_with_flow(&[1, 2]), fold_with_flow(&[1, 0, 2]), from_function(), successors(6)) => ["fold_with_flow", "fold_with_flow", "from_function", "successors"]);
    same!((recursion(6), even(3), closure_captures(&mut vec![]), closure_returns_early(3), immediately_called(1)) => ["closure_captures", "closure_returns_early", "even", "even", "immediately_called", "odd", "odd", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion", "recursion"]);
}

#[test]
fn locks() {
    same!((lock_in_match(&Mutex::new(vec![1, 2])), lock_in_match(&Mutex::new(vec![])), lock_in_if_let(&RwLock::new(Some(3))), lock_in_if_let(&RwLock::new(None)), lock_in_while(&Mutex::new(vec![1, 2, 3]))) => ["lock_in_if_let", "lock_in_if_let", "lock_in_match", "lock_in_match", "lock_in_while"]);
}

#[test]
fn drops() {
    same!((noisy_match(), noisy_arguments(), noisy_method_chain(), extended_temporaries(), shadowed_locals()) => ["extended_temporaries", "noisy_arguments", "noisy_match", "noisy_method_chain", "shadowed_locals"]);
    same!((conditional_move(true), conditional_move(false)) => ["conditional_move", "conditional_move"]);
    same!(unwinds_through(2) => ["unwinds_through"]);
    same!(panics_in_drop() => ["panics_in_drop"]);
    same!(catches() => ["catches"]);
}

#[test]
fn items_inside() {
    same!((inner_items(2), items_after_statements(1), measured_inside(1), in_const_block(), in_array_length(), in_closure(2)) => ["extra", "in_array_length", "in_closure", "in_const_block", "inner", "inner_items", "innermost", "items_after_statements", "measured_inside", "within"]);
    same!(Branch(vec![Box::new(Leaf), Box::new(Branch(vec![Box::new(Leaf)]))]).walk(0) => ["walk", "walk", "walk", "walk"]);
}

#[test]
fn tails() {
    same!((unit_tail(), expression_statement_tail(&mut vec![]), empty(), comment_only(), nested_blocks(), unsafe_block_tail(&1)) => ["comment_only", "empty", "expression_statement_tail", "nested_blocks", "unit_tail", "unsafe_block_tail"]);
    same!({ let mut a = 1; assignment_tail(&mut a); compound_tail(&mut a); (a, return_unit(true), return_unit(false), while_tail(3), for_tail(vec![Noisy("a"), Noisy("abc"), Noisy("b")]), if_tail(true)) } => ["assignment_tail", "compound_tail", "for_tail", "if_tail", "return_unit", "return_unit", "while_tail"]);
    same!((format!("{:?}", struct_tail()), macro_tail(), matches_tail(1), method_on_block(1), match_method(0), negation_tail(true), deref_tail(&Cell::new(1)), cast_tail(512)) => ["cast_tail", "deref_tail", "macro_tail", "match_method", "matches_tail", "method_on_block", "negation_tail", "struct_tail"]);
    same!({ diverging_pointer_tail(); } => ["diverging_pointer_tail"]);
    same!((generic_comparison(1, 2), raw_strings(), bytes(), format_captures(1, 4), overflow(1), map_entry(&mut BTreeMap::new())) => ["bytes", "format_captures", "generic_comparison", "map_entry", "overflow", "raw_strings"]);
    let (_, timed) = recorded(timed::env_and_place);
    assert_eq!(functions(&timed), ["env_and_place"]);
}
