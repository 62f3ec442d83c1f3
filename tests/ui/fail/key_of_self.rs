struct S;
impl S {
    const K: &str = "k";
    #[logd::timed(Self::K)]
    fn f(&self) {}
}
fn main() {}
