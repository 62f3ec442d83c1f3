#[logd::timed(17)]
fn f() {}
fn main() {}
