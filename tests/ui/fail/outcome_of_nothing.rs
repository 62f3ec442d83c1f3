#[logd::timed(outcome)]
fn f() {}
fn main() {}
