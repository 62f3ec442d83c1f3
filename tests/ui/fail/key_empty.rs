#[logd::timed("")]
fn f() {}
fn main() {}
