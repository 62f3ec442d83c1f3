//! Values used after they are gone, or borrowed twice.

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn dangling<'a>() -> &'a str {
    let text = String::new();
    &text
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn moved(v: Vec<u8>) -> Vec<u8> {
    drop(v);
    v
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
async fn async_moved(v: Vec<u8>) -> Vec<u8> {
    drop(v);
    std::future::ready(()).await;
    v
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn twice(v: &mut Vec<u8>) -> usize {
    let first = &mut v[0];
    v.push(1);
    usize::from(*first)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
async fn async_twice(v: &mut Vec<u8>) -> usize {
    let first = &mut v[0];
    v.push(1);
    std::future::ready(()).await;
    usize::from(*first)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn not_mutable(v: Vec<u8>) -> usize {
    v.push(1);
    v.len()
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
async fn async_not_mutable(v: Vec<u8>) -> usize {
    v.push(1);
    v.len()
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn uninitialised() -> u8 {
    let a: u8;
    a
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn lifetimes<'a, 'b>(a: &'a str, b: &'b str) -> &'a str {
    if a.is_empty() { b } else { a }
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
async fn async_lifetimes<'a, 'b>(a: &'a str, b: &'b str) -> &'a str {
    if a.is_empty() { b } else { a }
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn assigned_twice() -> u8 {
    let a = 1;
    a = 2;
    a
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn escapes(a: &str) -> Box<dyn Fn() -> usize> {
    Box::new(move || a.len())
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn moved_option(v: Vec<u8>) -> Option<Vec<u8>> {
    drop(v);
    Some(v)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
async fn async_moved_option(v: Vec<u8>) -> Option<Vec<u8>> {
    drop(v);
    Some(v)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn dangling_option<'a>() -> Option<&'a str> {
    let text = String::new();
    Some(&text)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn not_mutable_option(v: Vec<u8>) -> Option<usize> {
    v.push(1);
    Some(v.len())
}

fn main() {}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn outlived_by_closure(n: u8) -> Option<Box<dyn Fn() -> u8>> {
    Some(Box::new(|| n))
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
async fn async_lifetimes_option<'a, 'b>(a: &'a str, b: &'b str) -> Option<&'a str> {
    a.is_empty().then_some(b)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn outlived_by_thread(v: Vec<u8>) -> Option<usize> {
    std::thread::spawn(|| v.len()).join().ok()
}
