#[logd::timed("my.op" rate = 0.1)]
fn f() {}
#[logd::counted("my.op"; rate = 0.1)]
fn g() {}
fn main() {}
