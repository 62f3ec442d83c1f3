struct S;
#[logd::timed]
impl S {
    #[logd::timed(rate = 0)]
    fn a(&self) {}
    #[logd::timed(skipp)]
    fn b(&self) {}
    #[logd::timed(skip)]
    fn c(&self) {}
    #[logd::timed]
    const fn d(&self) {}
}
fn main() {}
