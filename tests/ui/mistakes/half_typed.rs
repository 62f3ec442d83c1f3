//! What stands in an editor while it is being typed: the function stays one that can be
//! called. In a file of its own, because no tool can format it.

include!("half_typed.in");

fn main() {}
