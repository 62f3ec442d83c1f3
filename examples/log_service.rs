//! A service that logs through the `log` crate: its records go to logd and, through a second
//! logger, to its own output. A receiver in the same process takes the place of the daemon.
//!
//! ```console
//! $ cargo run --example log_service
//! ```

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use log::{LevelFilter, Log, Metadata, Record, debug, error, info, warn};
use logd::Logger;
use logd_receiver::Receiver;

/// Why an order was not paid.
#[derive(Debug)]
enum PaymentError {
    Gateway(io::Error),
}

impl fmt::Display for PaymentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the payment gateway did not answer")
    }
}

impl Error for PaymentError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let PaymentError::Gateway(cause) = self;
        Some(cause)
    }
}

fn pay(order: u32) -> Result<u32, PaymentError> {
    debug!(order; "asking the gateway");
    if order.is_multiple_of(7) {
        let cause = io::Error::new(io::ErrorKind::TimedOut, "no reply in 30 s");
        return Err(PaymentError::Gateway(cause));
    }
    Ok(order * 100)
}

fn serve(order: u32) {
    match pay(order) {
        Ok(cents) => info!(order, cents; "paid"),
        // `:err` keeps the error what it is, so that its causes arrive too.
        Err(error) => error!(order, error:err; "order {order} is not paid"),
    }
    // However often this is said, logd gets the first three of a second.
    warn!("the cache is cold");
}

/// What a program may have beside: a logger that prints. `env_logger` is one.
struct Console;

impl Log for Console {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= LevelFilter::Error
    }

    fn log(&self, record: &Record<'_>) {
        println!("console: {} {}", record.level(), record.args());
    }

    fn flush(&self) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let receiver = Receiver::bind("127.0.0.1:0")?;
    let port = receiver.local_addr().port();

    // These lines are all that a program needs. Without `port` the daemon's own is used, and
    // without `path` that of LOGD_PATH or of pylogd's files.
    let logd = logd::builder().host("127.0.0.1").port(port).init()?;
    Logger::builder()
        .path("shop.log")
        .level(LevelFilter::Debug)
        .rate_limit(3, Duration::from_secs(1))
        .tee_at(LevelFilter::Error, Console)
        .install()?;

    (1..=7).for_each(serve);

    let report = logd.flush(Duration::from_secs(2));
    println!("\nTHE RECEIVER HAS");
    for line in receiver.flush().logs {
        println!("{line}");
    }
    println!("\nflush: {report}");
    Ok(())
}
