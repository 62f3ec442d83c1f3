#[logd::counted]
enum E { A }
fn g() -> E { E::A }
fn main() {}
