#[logd::timed("a", rate = 0.1, adaptive)]
fn f() {}
fn main() {}
