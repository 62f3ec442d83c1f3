#[logd::timed("a", outcom)]
fn f() -> Option<u8> { None }
fn main() {}
