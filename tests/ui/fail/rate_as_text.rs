#[logd::timed("a", rate = "0.1")]
fn f() {}
fn main() {}
