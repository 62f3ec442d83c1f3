struct S;
const K: &str = "k";
#[logd::timed(K)]
impl S { fn f(&self) { let _ = K; } }
fn main() {}
