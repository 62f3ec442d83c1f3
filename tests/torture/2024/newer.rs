//! Shapes that only edition 2024 has, or in which it means something else.
use std::{cell::RefCell, fmt::Debug, sync::Mutex};

use support::*;

mod newer_outcomes;

twins! {
    // In earlier editions the temporary outlives the local that it borrows from.
    #[measure] pub fn tail_borrows_local() -> usize { let cell = RefCell::new(vec![1, 2]); cell.borrow().len() }
    #[measure] pub async fn async_tail_borrows_local() -> usize { let cell = RefCell::new(vec![1, 2]); pause().await; cell.borrow().len() }
    #[measure] pub fn block_tail_borrows_local() -> impl Future<Output = usize> { async { let cell = RefCell::new(vec![1, 2]); pause().await; cell.borrow().len() } }
    #[measure] pub fn tail_lock(m: &Mutex<Vec<u8>>) -> Option<u8> { let _local = Noisy("local"); m.lock().unwrap().first().copied() }
    #[measure] pub fn temporary_before_locals() -> usize { let _local = Noisy("local"); Noisy("tail").len() }
    #[measure] pub fn let_chain(a: Option<u8>, b: Result<u8, u8>) -> u8 { if let Some(a) = a && let Ok(b) | Err(b) = b && a < b { a } else if a.is_none() && let Err(b) = b { b } else { 0 } }
    #[measure] pub fn while_let_chain(mut v: Vec<u8>) -> u8 { let mut sum = 0; while let Some(n) = v.pop() && n > 1 { sum += n; } sum }
    #[measure] pub async fn async_let_chain(a: Option<u8>) -> u8 { if let Some(a) = a && a > 1 && a < 9 { pause().await; a } else { 0 } }
    #[measure] pub fn scrutinee_dropped_before_else() -> u8 { if let 9 = Noisy("scrutinee").len() { 1 } else { log("else"); 2 } }
    #[measure] pub fn captures_all<'a, T: Debug>(a: &'a str, t: &T) -> impl Fn() -> String { move || format!("{a}{t:?}") }
    #[measure] pub fn captures_elided(a: &str, b: &mut Vec<u8>) -> impl Iterator<Item = char> { b.push(1); a.chars() }
    #[measure] pub fn captures_precisely<'a>(a: &'a str, _b: &str) -> impl Iterator<Item = char> + use<'a> { a.chars() }
    #[measure] pub fn r#gen(r#gen: u8) -> u8 { r#gen }
    #[measure] pub unsafe fn unsafe_body(a: *const u8) -> u8 { unsafe { *a } }
    #[measure] pub fn never_falls_back(a: bool) -> Result<(), String> { if a { return Ok(()) } Err("x".to_owned())?; Ok(()) }
    #[measure] pub fn boxed_slice() -> u8 { let v: Box<[u8]> = vec![1, 2].into(); let mut sum = 0; for n in v { sum += n; } sum }
    #[measure] pub async fn async_closure_borrows(a: &mut Vec<u8>) -> usize { let mut push = async |n| { pause().await; a.push(n); }; push(1).await; push(2).await; a.len() }
    #[measure] pub fn expression_fragment() -> u8 { macro_rules! value { ($e:expr) => { $e } } value!(const { 1 + 1 }) }
    pub struct S { pub n: u8 }
    impl S {
        #[measure] pub fn field(&self) -> impl Fn() -> u8 { || self.n }
        #[measure] pub async fn chained(&mut self) -> Option<&mut u8> { if let Some(m) = self.n.checked_sub(1) && m < 9 { self.n = m; pause().await; Some(&mut self.n) } else { None } }
    }
}

#[test]
fn temporaries_go_before_locals() {
    same!((tail_borrows_local(), block_on(async_tail_borrows_local()), block_on(block_tail_borrows_local())) => ["async_tail_borrows_local", "block_tail_borrows_local", "tail_borrows_local"]);
    same!((tail_lock(&Mutex::new(vec![1])), temporary_before_locals(), scrutinee_dropped_before_else()) => ["scrutinee_dropped_before_else", "tail_lock", "temporary_before_locals"]);
}

#[test]
fn chains() {
    same!((let_chain(Some(1), Ok(2)), let_chain(None, Err(3)), let_chain(Some(9), Ok(1)), while_let_chain(vec![1, 2, 3])) => ["let_chain", "let_chain", "let_chain", "while_let_chain"]);
    same!(block_on(async { (async_let_chain(Some(2)).await, async_let_chain(None).await, S { n: 3 }.chained().await.copied()) }) => ["async_let_chain", "async_let_chain", "chained"]);
}

#[test]
fn captures() {
    same!((captures_all("a", &1)(), captures_elided("ab", &mut vec![]).count(), captures_precisely("abc", "").count(), S { n: 4 }.field()()) => ["captures_all", "captures_elided", "captures_precisely", "field"]);
    same!((r#gen(1), unsafe { unsafe_body(&2) }, never_falls_back(true), never_falls_back(false), boxed_slice(), block_on(async_closure_borrows(&mut vec![])), expression_fragment()) => ["async_closure_borrows", "boxed_slice", "expression_fragment", "gen", "never_falls_back", "never_falls_back", "unsafe_body"]);
}
