#[logd::timed]
const A: u8 = 1;
fn g() -> u8 { A }
fn main() {}
