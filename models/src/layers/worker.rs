//! The worker without its thread: a model drains when it wants to.

#[path = "../../../logd-runtime/src/worker/burst.rs"]
mod burst;
#[path = "../../../logd-runtime/src/worker/dialect.rs"]
pub(crate) mod dialect;
#[path = "../../../logd-runtime/src/worker/outgoing.rs"]
mod outgoing;
#[path = "../../../logd-runtime/src/worker/pipeline.rs"]
pub(crate) mod pipeline;
#[path = "../../../logd-runtime/src/worker/reduce.rs"]
pub(crate) mod reduce;
#[path = "../../../logd-runtime/src/worker/report.rs"]
pub(crate) mod report;
#[path = "../../../logd-runtime/src/worker/series.rs"]
pub(crate) mod series;
#[path = "../../../logd-runtime/src/worker/shared.rs"]
pub(crate) mod shared;
#[path = "../../../logd-runtime/src/worker/strata.rs"]
mod strata;
