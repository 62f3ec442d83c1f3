#[logd::timed(future)]
async fn f() {}
fn main() {}
