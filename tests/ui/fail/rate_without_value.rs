#[logd::timed("a", rate)]
fn f() {}
fn main() {}
