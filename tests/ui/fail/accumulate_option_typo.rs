fn f() -> u8 { logd::accumulate!("k", rat = 0.5, { 1 }) }
fn main() {}
