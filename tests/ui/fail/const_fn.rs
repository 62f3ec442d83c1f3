#[logd::timed]
const fn f() {}
fn main() {}
