struct S;
#[logd::accumulated]
impl S { fn f(&self) {} }
fn main() {}
