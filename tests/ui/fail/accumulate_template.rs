fn f(x: u8) -> u8 { logd::accumulate!("k.{x}", { x }) }
fn main() {}
