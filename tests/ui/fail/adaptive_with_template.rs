#[logd::timed("a.{table}", adaptive)]
fn f(table: &str) -> usize {
    table.len()
}
fn main() {}
