//! Payload and place of panics, and who called.
use support::*;

twins! {
    #[measure] pub fn text() { panic!("text {}", 1) }
    #[measure] pub fn payload() { std::panic::panic_any(5u8) }
    #[measure] pub async fn async_text() { pause().await; panic!("async") }
    #[measure] #[track_caller] pub fn tracked() -> (u32, u32) { here() }
    #[track_caller] #[measure] pub fn tracked_unwrap(a: Option<u8>) -> u8 { a.unwrap() }
    #[measure] pub fn index(a: &[u8]) -> u8 { a[7] }
    pub struct S;
    impl S { #[measure] #[track_caller] pub fn tracked(&self) -> (u32, u32) { here() } }
    #[measure] pub fn unwinds(a: Noisy) { let _b = Noisy("b"); panic!("unwinds") }
}

#[test]
fn payloads() {
    same!(text() => ["text"]);
    same!(payload() => ["payload"]);
    same!(block_on(async_text()) => ["async_text"]);
    same!(unwinds(Noisy("a")) => ["unwinds"]);
}
#[test]
fn callers() {
    same!(tracked() => ["tracked"]);
    same!(S.tracked() => ["tracked"]);
}
#[test]
fn places() {
    // The places differ between the twins only if an expansion moves them.
    let at = |f: fn()| panic_location(f);
    assert_eq!(at(|| plain::text()), at(|| timed::text()));
    assert_eq!(at(|| plain::text()), at(|| counted::text()));
    assert_eq!(
        at(|| {
            plain::index(&[]);
        }),
        at(|| {
            timed::index(&[]);
        })
    );
    let line = |f: fn()| panic_location(f).split(':').next().unwrap().to_owned();
    // On one line, to differ in nothing but the column.
    #[rustfmt::skip]
    let (a, b) = (line(|| { plain::tracked_unwrap(None); }), line(|| { timed::tracked_unwrap(None); }));
    assert_eq!(a, b);
}
