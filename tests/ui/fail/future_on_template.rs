#[logd::timed("db.{table}", future)]
fn f(table: &str) -> impl Future<Output = ()> + use<> {
    let _ = table;
    std::future::ready(())
}
fn main() {}
