#[logd::timed("db.{tabel}")]
fn f(table: &str, shard: u8) { let _ = (table, shard); }
fn main() {}
