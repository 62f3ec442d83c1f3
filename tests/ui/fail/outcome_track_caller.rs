#[logd::timed(outcome)]
#[track_caller]
fn f() -> Option<u8> { None }
fn main() {}
