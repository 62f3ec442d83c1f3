//! What may go wrong around a client, a row at a time, each a test that runs alone:
//! `cargo test --test faults receiver_dies`. In every row the books of both ends agree
//! exactly: at the sender events made = sampled out + sent + dropped by reason + pending;
//! at the receiver messages handed over = read + lost in the socket's queue, by the
//! kernel's own count; and what the program counted by hand is what the receiver's table
//! shows, but for what was counted as lost.
//!
//! Seconds by default; `LOGD_FULL=1` makes load and storms full size.

// The sums need the kernel's own counts.
#![cfg(target_os = "linux")]

mod books;
#[path = "../child/mod.rs"]
mod child;
mod clock;
#[path = "../executor/mod.rs"]
mod executor;
mod exits;
#[path = "../forked/mod.rs"]
mod forked;
mod forks;
mod load;
mod names;
mod network;
mod peer;
mod program;
mod receivers;
mod sandbox;
mod unix_sockets;
