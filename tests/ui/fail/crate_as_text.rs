#[logd::timed(crate = "logd")]
fn f() {}
fn main() {}
