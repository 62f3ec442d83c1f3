#[logd::timed("a..b")]
fn f() {}
fn main() {}
