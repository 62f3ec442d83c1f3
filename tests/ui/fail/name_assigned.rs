#[logd::timed(name = "a")]
fn f() {}
fn main() {}
