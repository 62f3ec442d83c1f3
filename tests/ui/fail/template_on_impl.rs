struct S;
#[logd::timed("db.{x}")]
impl S { fn f(&self) {} }
fn main() {}
