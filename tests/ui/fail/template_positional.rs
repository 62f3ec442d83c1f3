#[logd::timed("db.{}")]
fn f(table: &str) { let _ = table; }
fn main() {}
