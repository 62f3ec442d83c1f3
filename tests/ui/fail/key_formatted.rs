#[logd::timed(format!("my.{op}"))]
fn f(op: &str) {}
fn main() {}
