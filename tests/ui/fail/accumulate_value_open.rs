fn f(a: &logd::Accumulator) -> u8 { logd::accumulate!(a, open, { 1 }) }
fn main() {}
