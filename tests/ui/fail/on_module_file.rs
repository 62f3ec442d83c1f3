#[logd::timed]
mod nothing;
fn main() {}
