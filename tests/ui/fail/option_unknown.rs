#[logd::timed("a", colour = "red")]
fn f() {}
fn main() {}
