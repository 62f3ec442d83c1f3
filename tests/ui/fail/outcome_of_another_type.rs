#[logd::timed(outcome)]
fn f() -> u8 { 1 }
fn main() {}
