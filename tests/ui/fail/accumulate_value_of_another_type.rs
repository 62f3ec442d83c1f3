fn f(a: u8) -> u8 { logd::accumulate!(a, { 1 }) }
fn main() {}
