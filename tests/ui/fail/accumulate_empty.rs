fn f() { logd::accumulate!() }
fn main() {}
