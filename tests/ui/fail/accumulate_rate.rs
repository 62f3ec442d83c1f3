fn f() -> u8 { logd::accumulate!("k", rate = 3, { 1 }) }
fn main() {}
