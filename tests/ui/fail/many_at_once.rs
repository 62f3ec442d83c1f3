#[logd::timed("a b", rate = 2, outcom, "c")]
const fn f() {}
fn main() {}
