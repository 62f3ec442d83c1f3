#[logd::timed("a", adaptive, outcome)]
fn f() -> Option<u8> {
    None
}
fn main() {}
