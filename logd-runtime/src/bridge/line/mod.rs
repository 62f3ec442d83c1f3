//! What a log line is made of, whichever facade its record comes from.

pub(super) mod draft;
pub(super) mod fields;
pub(super) mod sink;
pub(super) mod site;
pub(super) mod text;
pub(super) mod traceback;
