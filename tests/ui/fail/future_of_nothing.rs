#[logd::timed(future)]
fn f() {}
fn main() {}
