//! A service that is instrumented with the `tracing` crate: events go to logd with the fields
//! of their spans, and the spans are timed. A receiver in the same process takes the place of
//! the daemon.
//!
//! ```console
//! $ cargo run --example tracing_service
//! ```

use std::error::Error;
use std::io;
use std::time::Duration;

use logd::TracingLayer;
use logd_receiver::Receiver;
use tokio::task::JoinSet;
use tracing::{error, info, instrument, warn};
use tracing_subscriber::prelude::*;

#[instrument]
async fn load(table: &str) -> Result<usize, io::Error> {
    tokio::time::sleep(Duration::from_millis(2)).await;
    if table == "returns" {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no such table"));
    }
    info!(rows = 3, "loaded");
    Ok(3)
}

#[instrument(name = "request", skip(table), fields(path = "/orders"))]
async fn request(id: u32, table: &str) {
    match load(table).await {
        Ok(rows) if rows > 2 => warn!(rows, "more than fits on a page"),
        Ok(_) => {}
        // As an error and not as its text, so that its causes arrive too.
        Err(error) => error!(error = &error as &dyn Error, "cannot answer"),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let receiver = Receiver::bind("127.0.0.1:0")?;
    let port = receiver.local_addr().port();

    // These lines are all that a program needs. Without `port` the daemon's own is used, and
    // without `path` that of LOGD_PATH or of pylogd's files.
    let _logd = logd::builder().host("127.0.0.1").port(port).init()?;
    let layer = TracingLayer::builder()
        .path("shop.log")
        .timings(|span| span.target().starts_with("tracing_service"))
        .build()?;
    tracing_subscriber::registry().with(layer).init();

    let mut requests = JoinSet::new();
    for id in 0..5 {
        let table = if id == 3 { "returns" } else { "orders" };
        requests.spawn(request(id, table));
    }
    requests.join_all().await;

    let report = logd::flush_async(Duration::from_secs(2)).await;
    let interval = receiver.flush();
    println!("THE RECEIVER HAS");
    for line in &interval.logs {
        println!("{line}");
    }
    for timer in &interval.timers {
        println!("{}: {} calls", timer.key, timer.count);
    }
    println!("\nflush: {report}");
    Ok(())
}
