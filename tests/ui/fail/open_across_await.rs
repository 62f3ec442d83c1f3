fn s<T: Send>(_: T) {}
async fn g() {}
async fn f() { logd::accumulate!("k", open, { g().await }) }
fn h() { s(f()) }
fn main() {}
