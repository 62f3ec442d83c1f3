#[logd::timed(err)]
fn f() -> Option<u8> {
    None
}
#[logd::counted("my.op", sample_rate = 0.1)]
fn g() {}
#[logd::timed(async)]
async fn h() {}
fn main() {}
