#[logd::timed("my op")]
fn f() {}
fn main() {}
