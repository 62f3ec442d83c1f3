trait T {
    #[logd::timed]
    fn f(&self);
}
fn main() {}
