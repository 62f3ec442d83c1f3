#[logd::timed("a", rate = 0)]
fn f() {}
fn main() {}
