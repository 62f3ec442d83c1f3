//! Auto traits and sizes of the futures that functions return.
use std::{
    cell::Cell,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::mpsc::Receiver,
};
use support::*;

twins! {
    #[measure] pub async fn simple(a: String) -> usize { pause().await; a.len() }
    #[measure] pub async fn borrowed(a: &str) -> usize { pause().await; a.len() }
    /// The argument may be sent but not shared: it must not be held by reference.
    #[measure] pub async fn not_sync(a: Cell<u8>, r: Receiver<u8>) -> u8 { pause().await; let n = a.get() + r.try_recv().unwrap_or(1); pause().await; n }
    #[measure] pub async fn not_sync_mut(r: &mut Receiver<u8>) -> u8 { pause().await; r.try_recv().unwrap_or(1) }
    #[measure] pub fn block(a: String) -> impl Future<Output = usize> + Send + Sync + 'static { async move { pause().await; a.len() } }
    #[measure] pub async fn big(a: [u8; 1000]) -> usize { pause().await; a.len() }
    #[measure] pub async fn big_local() -> usize { let a = [0u8; 1000]; pause().await; a.len() }
    #[measure] pub async fn one() -> usize { two().await + 1 }
    #[measure] pub async fn two() -> usize { three().await + 1 }
    #[measure] pub async fn three() -> usize { four().await + 1 }
    #[measure] pub async fn four() -> usize { five().await + 1 }
    #[measure] pub async fn five() -> usize { let a = [0u8; 64]; pause().await; a.len() }
    #[measure] pub async fn strings(a: String, b: String, c: String) -> usize { pause().await; a.len() + b.len() + c.len() }
}

macro_rules! in_each {
    (|$m:ident| $e:expr) => {{
        use plain as $m;
        $e
    }
    {
        use timed as $m;
        $e
    }
    {
        use counted as $m;
        $e
    }
    {
        use accumulated as $m;
        $e
    }};
}

fn all<T: Send + Sync + UnwindSafe + RefUnwindSafe + 'static>(_: T) {}
fn send<T: Send>(_: T) {}
fn unwind_safe<T: UnwindSafe>(_: T) {}
fn size<T>(value: T) -> usize {
    std::mem::size_of_val(&value)
}

#[test]
fn auto_traits() {
    in_each!(|m| all(m::simple(String::new())));
    in_each!(|m| send(m::borrowed("")));
    in_each!(|m| unwind_safe(m::borrowed("")));
    in_each!(|m| send(m::not_sync(Cell::new(1), std::sync::mpsc::channel().1)));
    in_each!(|m| send(m::not_sync_mut(&mut std::sync::mpsc::channel().1)));
    in_each!(|m| send(m::block(String::new())));
    in_each!(|m| all(m::one()));
}

#[test]
fn sizes() {
    macro_rules! grow { ($most:literal, $($call:tt)*) => {
        let plain = size(plain::$($call)*);
        for (name, measured) in [("timed", size(timed::$($call)*)), ("counted", size(counted::$($call)*)), ("accumulated", size(accumulated::$($call)*))] {
            assert!(measured <= plain + $most, "{} {name}: {plain} to {measured}", stringify!($($call)*));
        }
    } }
    grow!(40, simple(String::new()));
    grow!(40, borrowed(""));
    grow!(40, block(String::new()));
    grow!(40, big([0; 1000]));
    grow!(40, big_local());
    grow!(40, strings(String::new(), String::new(), String::new()));
}

/// Five functions, each of which awaits the next: what an attribute adds is added, and never
/// multiplied by the depth.
#[test]
fn a_chain_of_five_grows_by_at_most_40_bytes_a_level() {
    let plain = size(plain::one());
    for (name, measured) in [
        ("timed", size(timed::one())),
        ("counted", size(counted::one())),
        ("accumulated", size(accumulated::one())),
    ] {
        assert!(measured <= plain + 5 * 40, "{name}: {plain} to {measured}");
    }

    let measured = size(outcomes::timed::one());
    let plain = size(outcomes::plain::one());
    assert!(measured <= plain + 5 * 40, "outcome: {plain} to {measured}");
}

mod outcomes {
    use super::*;

    timed_twins! {
        #[measure(outcome)] pub async fn one() -> Option<usize> { Some(two().await? + 1) }
        #[measure(outcome)] pub async fn two() -> Option<usize> { Some(three().await? + 1) }
        #[measure(outcome)] pub async fn three() -> Option<usize> { Some(four().await? + 1) }
        #[measure(outcome)] pub async fn four() -> Option<usize> { Some(five().await? + 1) }
        #[measure(outcome)] pub async fn five() -> Option<usize> { let a = [0u8; 64]; pause().await; Some(a.len()) }
    }
}

/// A chain of five under these attributes.
macro_rules! chain {
    ($($name:ident: [$($attribute:meta),*];)*) => { $(
        pub mod $name {
            use super::*;
            $(#[$attribute])* pub async fn one() -> Option<usize> { Some(two().await? + 1) }
            $(#[$attribute])* pub async fn two() -> Option<usize> { Some(three().await? + 1) }
            $(#[$attribute])* pub async fn three() -> Option<usize> { Some(four().await? + 1) }
            $(#[$attribute])* pub async fn four() -> Option<usize> { Some(five().await? + 1) }
            $(#[$attribute])* pub async fn five() -> Option<usize> { let b = [0u8; 64]; pause().await; Some(b.len()) }
        }
    )* };
}
/// The same with blocks, which `future` can wrap too.
macro_rules! chain_of_blocks {
    ($($name:ident: [$($attribute:meta),*];)*) => { $(
        pub mod $name {
            use super::*;
            $(#[$attribute])* pub fn one() -> impl Future<Output = Option<usize>> { async move { Some(two().await? + 1) } }
            $(#[$attribute])* pub fn two() -> impl Future<Output = Option<usize>> { async move { Some(three().await? + 1) } }
            $(#[$attribute])* pub fn three() -> impl Future<Output = Option<usize>> { async move { Some(four().await? + 1) } }
            $(#[$attribute])* pub fn four() -> impl Future<Output = Option<usize>> { async move { Some(five().await? + 1) } }
            $(#[$attribute])* pub fn five() -> impl Future<Output = Option<usize>> { async move { let b = [0u8; 64]; pause().await; Some(b.len()) } }
        }
    )* };
}
chain! {
    bare: [];
    timed_outcome: [logd::timed("t", outcome)];
    counted_outcome: [logd::counted("t", outcome)];
    timed_counted: [logd::timed, logd::counted];
    timed_accumulated: [logd::timed, logd::accumulated];
    accumulated_timed: [logd::accumulated, logd::timed];
    both_outcomes: [logd::counted("c", outcome), logd::timed("t", outcome)];
    all_three: [logd::timed("t", outcome), logd::counted("c", outcome), logd::accumulated];
    other_order: [logd::accumulated, logd::timed("t", outcome), logd::counted];
}
chain_of_blocks! {
    bare_block: [];
    block_timed: [logd::timed];
    block_future: [logd::timed("t", future)];
    block_outcome: [logd::timed("t", outcome)];
    block_outcome_future: [logd::timed("t", outcome, future)];
    block_accumulated: [logd::accumulated];
    block_accumulated_future: [logd::accumulated("s", future)];
    block_three: [logd::timed("t", outcome), logd::counted("c", outcome), logd::accumulated];
    block_other: [logd::accumulated, logd::counted, logd::timed];
}

mod arguments {
    use support::pause;
    pub async fn plain_on(a: String) -> Option<usize> {
        bare(a).await
    }
    #[logd::timed("t", outcome)]
    pub async fn outcome_on(a: String) -> Option<usize> {
        bare(a).await
    }
    #[logd::accumulated]
    pub async fn sum_on(a: String) -> Option<usize> {
        bare(a).await
    }
    pub async fn bare(a: String) -> Option<usize> {
        pause().await;
        Some(a.len())
    }
    #[logd::timed("t.{a}")]
    pub async fn timed(a: String) -> Option<usize> {
        pause().await;
        Some(a.len())
    }
    #[logd::timed("t.{a}", outcome)]
    pub async fn outcome(a: String) -> Option<usize> {
        pause().await;
        Some(a.len())
    }
}

#[test]
fn every_kind_grows_by_at_most_40_bytes_a_level_and_attribute() {
    let text = String::new;
    let plain = size(arguments::bare(text()));
    assert!(size(arguments::timed(text())) <= plain + 40);
    // The name is made from an argument, which is kept for it and for the body.
    assert!(size(arguments::outcome(text())) <= plain + 40 + size(text()));
    // One that the body hands on before it waits is kept by the function too.
    let plain = size(arguments::plain_on(text()));
    assert!(size(arguments::outcome_on(text())) <= plain + 40 + size(text()));
    assert!(size(arguments::sum_on(text())) <= plain + 40 + size(text()));
    macro_rules! grow { ($plain:ident => $($name:ident $attributes:literal,)*) => { $({
        let (plain, measured) = (size($plain::one()), size($name::one()));
        assert!(measured <= plain + 5 * 40 * $attributes, "{}: {plain} to {measured}", stringify!($name));
    })* } }
    grow! { bare => timed_outcome 1, counted_outcome 1, timed_counted 2, timed_accumulated 2, accumulated_timed 2, both_outcomes 2, all_three 3, other_order 3, }
    grow! { bare_block => block_timed 1, block_future 1, block_outcome 1, block_outcome_future 1, block_accumulated 1, block_accumulated_future 1, block_three 3, block_other 3, }
}
