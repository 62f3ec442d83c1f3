#[logd::timed("db.{table")]
fn f(table: &str) {
    let _ = table;
}
fn main() {}
