#[logd::timed(skip)]
fn f() {}
fn main() {}
