#[logd::timed(crate = std)]
fn f() {}
fn main() {}
