#[logd::timed("my.op\n")]
fn f() {}
fn main() {}
