unsafe extern "C" {
    #[logd::timed]
    fn abs(a: i32) -> i32;
}
fn main() {}
