//! The part of the recorder that one thread and the worker share without a lock.

#[path = "../../logd-runtime/src/record/events.rs"]
pub(crate) mod events;
#[path = "../../logd-runtime/src/record/histogram.rs"]
pub(crate) mod histogram;
#[path = "../../logd-runtime/src/record/past.rs"]
mod past;
#[path = "../../logd-runtime/src/record/slot/mod.rs"]
pub(crate) mod slot;
#[path = "../../logd-runtime/src/record/values.rs"]
pub(crate) mod values;

/// The slow path's mark: no allocator of a model records anything.
mod shard {
    pub(crate) struct Quiet;

    pub(crate) fn quiet() -> Quiet {
        Quiet
    }

    pub(crate) fn is_busy() -> bool {
        false
    }
}
