//! The handles: constant, so that they can stand in a `static` and be used before
//! anything is configured; or made by a client, for names known at run time.

mod counter;
mod meter;
pub(crate) mod named;
#[cfg(feature = "metrics")]
mod registered;
pub(crate) mod site;
pub(crate) mod timed_future;
mod timer;

pub use counter::{Amount, Counter};
pub use meter::{Meter, Reading};
pub use timer::SampledGuard;
pub(crate) use timer::Started;
pub use timer::{TimedGuard, Timer};
