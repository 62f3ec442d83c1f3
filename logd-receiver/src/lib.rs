//! The other end of the wire: a receiver for counters, timers, meters and log lines.
//!
//! A [`Receiver`] reads datagrams on a thread of its own, survives every one of them, and
//! reduces what it reads with exactly the arithmetic of the original logd, so that both
//! report the same numbers. It is made for three uses: tests and examples that want to see
//! what a program measured, a first look without installing anything, and the `logd` binary,
//! which prints a table or ships to Graphite.
//!
//! ```
//! use logd_receiver::Receiver;
//! use std::net::UdpSocket;
//!
//! let receiver = Receiver::bind("127.0.0.1:0")?;
//! let client = UdpSocket::bind("127.0.0.1:0")?;
//! client.send_to(b"\x83\xa2id\x02\xa3key\xa4hits\xa5value\x07", receiver.local_addr())?;
//!
//! let interval = receiver.flush();
//! assert_eq!(interval.counter("hits").unwrap().sum, 7.0);
//! println!("{interval}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything is bounded: keys, samples, kept log lines and the files of a log folder. What a
//! bound or a fault costs is counted in each interval's [`Health`], so that
//! datagrams sent = datagrams read + lost on the way, and
//! datagrams read = messages + bad + ignored.

mod address;
mod aggregate;
mod builder;
mod error;
mod graphite;
mod health;
mod interval;
mod json;
mod logfile;
mod logline;
mod reader;
mod receiver;
mod socket;
mod sys;
mod table;
mod time;
mod unix;

pub use address::Address;
pub use builder::Builder;
pub use error::Error;
pub use health::{Bad, Health};
pub use interval::{CounterStats, Interval, MeterStats, TimerStats};
pub use logd_runtime::wire::Value;
pub use logline::LogLine;
pub use receiver::{Event, Receiver};
