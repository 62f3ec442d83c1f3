fn f() -> u8 { logd::accumulate!({ 1 }) }
fn main() {}
