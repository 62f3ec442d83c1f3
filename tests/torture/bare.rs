//! A crate without the standard library's prelude, and without the library itself in sight.

#![no_std]
#![no_implicit_prelude]
#![deny(warnings)]
#![forbid(unsafe_code)]

extern crate alloc;
extern crate core;
extern crate support;

use core::future::Future;
use core::marker::Send;
use core::option::Option::{self, None, Some};
use core::pin::Pin;
use core::{assert_eq, prelude::rust_2021::test};

use alloc::boxed::Box;

#[::logd::timed]
fn timed(a: u8) -> u8 {
    a
}

#[::logd::counted("bare.{a}", rate = 1)]
fn counted(a: u8) -> u8 {
    a
}

#[::logd::accumulated("bare.sum")]
async fn accumulated(a: u8) -> u8 {
    ::logd::accumulate!("bare.sum", { support::pause().await });
    ::logd::count!("bare.count", by = 2);
    a
}

#[::logd::timed("bare.outcome", outcome)]
fn outcome(a: Option<u8>) -> Option<u8> {
    Some(a? + 1)
}

#[::logd::timed("bare.async", outcome)]
async fn async_outcome(a: Option<u8>) -> Option<u8> {
    support::pause().await;
    a
}

#[::logd::timed("bare.boxed")]
fn boxed(a: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    Box::pin(async move { a })
}

#[::logd::timed("bare.future", future)]
fn future(a: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    Box::pin(core::future::ready(a))
}

#[test]
fn nothing_of_the_standard_library_is_needed() {
    let (value, events) = support::recorded(|| {
        (
            timed(1),
            counted(2),
            support::block_on(accumulated(3)),
            outcome(None),
            support::block_on(async_outcome(Some(4))),
            support::block_on(boxed(5)),
            support::block_on(future(6)),
        )
    });
    assert_eq!(value, (1, 2, 3, None, Some(4), 5, 6));
    assert_eq!(
        events,
        [
            "counted bare.2",
            "counted bare.count",
            "timed bare.async.ok",
            "timed bare.boxed",
            "timed bare.future",
            "timed bare.outcome.err",
            "timed bare.sum",
            "timed bare.timed",
        ]
    );
}
