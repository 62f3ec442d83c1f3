//! The wire format, both ways and without I/O: what one datagram may hold, how it is
//! written so that every decoder in the field understands it, and how it is read so that
//! no datagram does harm.
//!
//! A datagram is one `MessagePack` map. Old decoders of that format know neither `str8` nor
//! `bin` nor 64-bit integers, and one of them ends its process when it meets them, so
//! [`encode`] writes the subset that all of them read. [`decode()`] takes everything that is
//! in use today and never panics.
//!
//! [`statsd`] writes for other receivers: the lines of text that `StatsD` agents take.

mod coerce;
/// Reading: one datagram into a [`Message`](decode::Message) or a typed fault.
pub mod decode;
/// Writing: one datagram per message, in the form that every decoder reads.
pub mod encode;
/// Which of the formats a client writes.
pub mod format;
/// Numbers as text, in the form that the original server prints.
pub mod number;
/// Which log paths and field names a server takes without harm.
pub mod path;
/// Writing for `StatsD` agents: lines of text, many to a datagram.
pub mod statsd;
mod text;
/// The values that a log record can carry.
pub mod value;

pub use decode::{Fault, Message, decode};
pub(crate) use encode::set_fraction;
pub use encode::{EncodeError, LogRecord, Number, counter, delete, log, meter, timer};
pub use format::Format;
pub use number::EcmaNumber;
pub use path::{PathFault, check_path, safe_field_name};
pub use value::Value;

/// Message id of a log line.
pub const LOG: u16 = 1;
/// Message id of a counter.
pub const COUNTER: u16 = 2;
/// Message id of a timer.
pub const TIMER: u16 = 3;
/// Message id of a meter.
pub const METER: u16 = 4;
/// Message id that deletes a log.
pub const DELETE: u16 = 1000;

/// The most bytes that one UDP datagram over IPv4 can carry.
pub const MAX_DATAGRAM: usize = 65_507;

/// The most containers inside one another, the message's own map included. The original
/// server ends when a message goes deeper.
pub const MAX_DEPTH: usize = 32;
