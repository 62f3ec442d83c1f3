#[logd::timed(outcome, outcome, rate = 0.1, rate = 0.2)]
fn f() -> Option<u8> {
    None
}
fn main() {}
