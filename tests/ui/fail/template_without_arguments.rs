#[logd::timed("db.{x}")]
fn f() {}
fn main() {}
