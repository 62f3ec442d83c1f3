#[logd::timed("a", rate = -0.5)]
fn f() {}
fn main() {}
