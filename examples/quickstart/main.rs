//! Five minutes with logd: `cargo run --example quickstart`.
//!
//! A small shop runs for three seconds, annotated in `service.rs` as any service would be. A
//! receiver inside this process collects what it measures, and `truth.rs` counts the same
//! things by hand, so that the end can show both side by side.

#![allow(
    unreachable_pub,
    reason = "modules that read as in anybody's program, whatever this workspace's own rule"
)]

mod report;
mod service;
mod traffic;
mod truth;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use logd_receiver::Receiver;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // The other end. It is usually a process of its own, such as the `logd` program.
    let receiver = Receiver::bind("127.0.0.1:0")?;
    let address = receiver.local_addr();

    // All that a program has to do: say where to, once.
    let logd = logd::builder()
        .host(address.ip().to_string())
        .port(address.port())
        .prefix("shop")
        .init()?;

    report::introduce(address);
    traffic::run(Duration::from_secs(3));

    // The guard flushes by itself when it goes; asked by hand, it also tells what became of it.
    let flushed = logd.flush(Duration::from_secs(5));
    let agrees = report::conclude(&receiver.flush(), &flushed);
    Ok(if agrees {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
