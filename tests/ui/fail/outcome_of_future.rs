#[logd::timed(outcome)]
fn f() -> impl std::future::Future<Output = Option<u8>> { std::future::ready(None) }
fn main() {}
