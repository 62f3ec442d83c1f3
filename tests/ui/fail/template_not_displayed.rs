struct T;
#[logd::timed("db.{table}")]
fn f(table: T) { let _ = table; }
fn main() {}
