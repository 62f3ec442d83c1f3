#[logd::timed("my.op", rate: 0.1)]
fn f() {}
fn main() {}
