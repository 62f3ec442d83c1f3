#[logd::timed(MISSING)]
fn f() {}
fn main() {}
