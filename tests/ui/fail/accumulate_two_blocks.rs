fn f() -> u8 { logd::accumulate!("k", { 1 }, { 2 }) }
fn main() {}
