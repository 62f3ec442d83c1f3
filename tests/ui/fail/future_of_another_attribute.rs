#[logd::counted(future)]
fn f() {}
fn main() {}
