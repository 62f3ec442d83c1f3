//! How a call is recorded: a slot of its thread's shard, found through one
//! thread-local pointer and written without a lock, a wait or an allocation.

pub(crate) mod events;
pub(crate) mod histogram;
pub(crate) mod list;
mod past;
pub(crate) mod quiet;
pub(crate) mod registry;
pub(crate) mod shard;
pub(crate) mod slot;
pub(crate) mod values;

pub(crate) use events::{Event, Pushed};
pub(crate) use registry::Kind;
pub(crate) use shard::Shard;
pub(crate) use values::Reading;
