#[logd::counted("a", adaptive)]
fn f() {}
fn main() {}
