//! What takes records from the facades that programs use already, and hands them to a client.
//! Each facade has a file and a feature of its own; what they share knows none of them.

#[cfg(any(feature = "log", feature = "tracing"))]
mod line;
#[cfg(feature = "log")]
mod log;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tracing")]
mod tracing;

#[cfg(feature = "log")]
pub use self::log::{Logger, LoggerBuilder};
#[cfg(feature = "metrics")]
pub use self::metrics::{MetricsRecorder, MetricsRecorderBuilder};
#[cfg(feature = "tracing")]
pub use self::tracing::{TracingLayer, TracingLayerBuilder};
