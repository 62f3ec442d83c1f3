//! The part of the recorder that one thread and the worker share without a lock.

#[path = "../../logd-runtime/src/record/events.rs"]
pub(crate) mod events;
#[path = "../../logd-runtime/src/record/histogram.rs"]
pub(crate) mod histogram;
#[path = "../../logd-runtime/src/record/list.rs"]
pub(crate) mod list;
#[path = "../../logd-runtime/src/record/past.rs"]
mod past;
#[path = "../../logd-runtime/src/record/slot/mod.rs"]
pub(crate) mod slot;
#[path = "../../logd-runtime/src/record/values.rs"]
pub(crate) mod values;

pub(crate) use values::Reading;

pub(crate) mod quiet {
    
    use crate::fork::{PerProcess, Shared};

    pub(crate) fn made_quietly<T: Shared>(
        own: &PerProcess<T>,
        make: impl FnOnce(Option<&T>) -> T,
    ) -> &T {
        own.get_or_init(make)
    }
}

/// The slow path's mark: no allocator of a model records anything.
mod shard {
    use std::sync::Arc;

    use crate::sync::OnceLock;

    /// Without the bare pointer, which loom has no use for.
    #[derive(Debug)]
    pub(crate) struct SetOnce<T>(OnceLock<Arc<T>>);

    impl<T> SetOnce<T> {
        pub(crate) fn get(&self) -> Option<&T> {
            self.0.get().map(|value| &**value)
        }

        pub(crate) fn share(&self) -> Option<Arc<T>> {
            self.0.get().cloned()
        }

        pub(crate) fn set(&self, value: Arc<T>) {
            let _ = self.0.set(value);
        }
    }

    impl<T> Default for SetOnce<T> {
        fn default() -> Self {
            SetOnce(OnceLock::new())
        }
    }

    pub(crate) struct Quiet;

    pub(crate) fn quiet() -> Quiet {
        Quiet
    }

    pub(crate) fn is_busy() -> bool {
        false
    }
}
