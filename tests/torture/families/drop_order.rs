//! When locals, arguments and what they hold are dropped.
use support::*;

twins! {
    #[measure] pub fn locals() { let _a = Noisy("a"); let _b = Noisy("b"); }
    #[measure] pub fn arguments(a: Noisy, b: Noisy, c: Noisy) { log("body"); }
    #[measure] pub fn arguments_used(a: Noisy, b: Noisy, c: Noisy) -> usize { log("body"); a.len() + b.len() + c.len() }
    #[measure] pub fn argument_moved(a: Noisy, b: Noisy) -> usize { let n = b.len(); drop(b); let local = Noisy("local"); a.len() + n }
    #[measure] pub fn wildcard(_: Noisy, b: Noisy) { log("body"); }
    #[measure] pub fn tail_temporary(a: Noisy) -> usize { let b = Noisy("b"); Noisy("tail").len() + b.len() }
    #[measure] pub fn returned(a: Noisy) -> Noisy { let _b = Noisy("b"); a }
    #[measure] pub fn early(a: Noisy, stop: bool) -> usize { let b = Noisy("b"); if stop { return a.len(); } let c = Noisy("c"); c.len() }
    #[measure] pub fn question(a: Noisy) -> Result<usize, String> { let _b = Noisy("b"); Err("x")?; Ok(a.len()) }
    #[measure] pub async fn async_arguments(a: Noisy, b: Noisy, c: Noisy) { log("body"); pause().await; }
    #[measure] pub async fn async_used(a: Noisy, b: Noisy, c: Noisy) -> usize { log("body"); pause().await; a.len() + b.len() + c.len() }
    #[measure] pub async fn async_used_in_order(a: Noisy, b: Noisy, c: Noisy) -> usize { let n = b.len(); pause().await; n + c.len() + a.len() }
    #[measure] pub async fn async_moved(a: Noisy, b: Noisy) -> usize { let n = b.len(); drop(b); pause().await; let local = Noisy("local"); a.len() + n }
    #[measure] pub async fn async_wildcard(_: Noisy, b: Noisy) { log("body"); pause().await; }
    #[measure] pub async fn async_tail_temporary(a: Noisy) -> usize { let b = Noisy("b"); pause().await; Noisy("tail").len() + b.len() }
    #[measure] pub async fn async_pattern((a, b): (Noisy, Noisy), c: Noisy) -> usize { pause().await; a.len() + b.len() + c.len() }
    #[measure] pub async fn async_early(a: Noisy, stop: bool) -> usize { let b = Noisy("b"); pause().await; if stop { return a.len(); } let c = Noisy("c"); c.len() }
    pub struct Owner(pub Noisy);
    impl Owner { #[measure] pub async fn consume(self, other: Noisy) -> usize { pause().await; self.0.len() + other.len() } }
    #[measure] pub fn block(a: Noisy) -> impl std::future::Future<Output = usize> { let b = Noisy("b"); async move { let c = Noisy("c"); pause().await; a.len() + b.len() + c.len() } }
}

#[test]
fn locals() {
    same!(locals() => ["locals"]);
}
#[test]
fn arguments() {
    same!(arguments(Noisy("a"), Noisy("b"), Noisy("c")) => ["arguments"]);
    same!(arguments_used(Noisy("a"), Noisy("b"), Noisy("c")) => ["arguments_used"]);
    same!(argument_moved(Noisy("a"), Noisy("b")) => ["argument_moved"]);
    same!(wildcard(Noisy("a"), Noisy("b")) => ["wildcard"]);
}
#[test]
fn tails() {
    same!(tail_temporary(Noisy("a")) => ["tail_temporary"]);
    same!(returned(Noisy("a")) => ["returned"]);
}
#[test]
fn early() {
    same!(early(Noisy("a"), true) => ["early"]);
    same!(early(Noisy("a"), false) => ["early"]);
    same!(question(Noisy("a")) => ["question"]);
}
#[test]
fn async_arguments() {
    same!(block_on(async_arguments(Noisy("a"), Noisy("b"), Noisy("c"))) => ["async_arguments"]);
    same!(block_on(async_used(Noisy("a"), Noisy("b"), Noisy("c"))) => ["async_used"]);
    same!(block_on(async_used_in_order(Noisy("a"), Noisy("b"), Noisy("c"))) => ["async_used_in_order"]);
    same!(block_on(async_moved(Noisy("a"), Noisy("b"))) => ["async_moved"]);
    same!(block_on(async_wildcard(Noisy("a"), Noisy("b"))) => ["async_wildcard"]);
}
#[test]
fn async_tails() {
    same!(block_on(async_tail_temporary(Noisy("a"))) => ["async_tail_temporary"]);
    same!(block_on(async_pattern((Noisy("a"), Noisy("b")), Noisy("c"))) => ["async_pattern"]);
    same!(block_on(async_early(Noisy("a"), true)) => ["async_early"]);
    same!(block_on(Owner(Noisy("self")).consume(Noisy("other"))) => ["consume"]);
    same!(block_on(block(Noisy("a"))) => ["block"]);
}
#[test]
fn cancelled() {
    same!(cancel_after(1, async_used(Noisy("a"), Noisy("b"), Noisy("c"))) => ["async_used"]);
    same!(cancel_after(1, async_early(Noisy("a"), false)) => ["async_early"]);
    same!(cancel_after(0, async_used(Noisy("a"), Noisy("b"), Noisy("c"))) => []);
}
