#[logd::timed]
struct S;
fn g(_: S) {}
fn main() {}
