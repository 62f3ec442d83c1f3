#[logd::timed(outcome)]
fn f() -> ! { panic!() }
fn main() {}
