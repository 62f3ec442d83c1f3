//! What takes records from the facades that programs use already, and hands them to a client.
//! Each facade has a file and a feature of its own; what they share knows none of them.

mod draft;
mod fields;
#[cfg(feature = "log")]
mod log;
mod sink;
mod site;
#[cfg(feature = "tracing")]
mod spans;
mod text;
mod traceback;
#[cfg(feature = "tracing")]
mod tracing;
#[cfg(feature = "tracing")]
mod values;

#[cfg(feature = "log")]
pub use self::log::{Logger, LoggerBuilder};
#[cfg(feature = "tracing")]
pub use self::tracing::{TracingLayer, TracingLayerBuilder};
