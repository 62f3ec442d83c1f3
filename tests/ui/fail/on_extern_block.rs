#[logd::timed]
unsafe extern "C" {
    fn abs(a: i32) -> i32;
}
fn main() {}
