//! The library from its lowest layer up to the worker, and the accumulators' sums.

#[path = "../../logd-runtime/src/clock.rs"]
pub(crate) mod clock;
#[path = "../../logd-runtime/src/error.rs"]
pub(crate) mod error;
#[path = "../../logd-runtime/src/key.rs"]
pub(crate) mod key;
#[path = "../../logd-runtime/src/names.rs"]
pub(crate) mod names;
#[path = "../../logd-runtime/src/off.rs"]
pub(crate) mod off;
#[path = "../../logd-runtime/src/stats.rs"]
pub(crate) mod stats;
#[path = "../../logd-runtime/src/wire/mod.rs"]
pub(crate) mod wire;

#[path = "../../logd-runtime/src/record/mod.rs"]
pub(crate) mod record;
#[path = "../../logd-runtime/src/transport/mod.rs"]
pub(crate) mod transport;

#[path = "../../logd-runtime/src/worker/mod.rs"]
pub(crate) mod worker;

#[path = "../../logd-runtime/src/accumulator/sum/mod.rs"]
pub(crate) mod sum;
