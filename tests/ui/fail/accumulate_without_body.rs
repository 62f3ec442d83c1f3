fn f() -> u8 { logd::accumulate!("k") }
fn main() {}
