const R: u8 = 1;
#[logd::timed("a", rate = R)]
fn f() {}
fn main() {}
