#[logd::timed(my_key)]
fn f() {}
fn main() {}
