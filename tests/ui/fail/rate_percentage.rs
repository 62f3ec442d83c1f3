#[logd::timed(rate = 10%)]
fn f() {}
fn main() {}
