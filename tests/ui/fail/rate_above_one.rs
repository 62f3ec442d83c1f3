#[logd::timed("a", rate = 1.5)]
fn f() {}
fn main() {}
