#[logd::timed(future)]
fn f() -> u8 { 1 }
fn main() {}
