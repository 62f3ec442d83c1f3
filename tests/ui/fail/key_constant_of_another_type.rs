const K: u8 = 1;
#[logd::timed(K)]
fn f() {}
fn main() {}
