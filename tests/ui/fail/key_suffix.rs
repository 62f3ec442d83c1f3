#[logd::timed("key"u8)]
fn f() {}
fn main() {}
