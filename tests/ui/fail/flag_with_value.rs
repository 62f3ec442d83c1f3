#[logd::timed(outcome = true)]
fn f() -> Option<u8> {
    None
}
fn main() {}
