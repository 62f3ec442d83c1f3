//! The same for bodies that `outcome` takes into a closure or a block.
use std::cell::RefCell;

use support::*;

timed_twins! {
    #[measure("newer.tail", outcome)] pub fn tail_borrows_local() -> Option<u8> { let cell = RefCell::new(vec![1, 2]); cell.borrow().first().copied() }
    #[measure("newer.async", outcome)] pub async fn async_tail_borrows_local() -> Option<u8> { let cell = RefCell::new(vec![1, 2]); pause().await; cell.borrow().first().copied() }
    #[measure("newer.order", outcome)] pub fn temporary_before_locals() -> Option<usize> { let _local = Noisy("local"); Some(Noisy("tail").len()) }
    #[measure("newer.chain", outcome)] pub fn let_chain(a: Option<u8>) -> Option<u8> { if let Some(a) = a && a > 1 { return Some(a); } None }
}

#[test]
fn outcomes_keep_the_rule() {
    same_timed!((tail_borrows_local(), block_on(async_tail_borrows_local()), temporary_before_locals(), let_chain(Some(1))) => ["timed newer.async.ok", "timed newer.chain.err", "timed newer.order.ok", "timed newer.tail.ok"]);
}
