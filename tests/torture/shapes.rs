//! Function shapes under the attributes, by family, each beside its twin without one: what
//! can be seen of a call has to be the same. Compiled in two editions, whose rules for
//! temporaries and captured lifetimes differ.

#[path = "families/accumulating.rs"]
mod accumulating;
#[path = "families/arguments.rs"]
mod arguments;
#[path = "families/asynchronous.rs"]
mod asynchronous;
#[path = "families/auto_traits.rs"]
mod auto_traits;
#[path = "families/blocks.rs"]
mod blocks;
#[path = "families/drop_order.rs"]
mod drop_order;
#[path = "families/functions.rs"]
mod functions;
#[path = "families/generated.rs"]
mod generated;
#[path = "families/hostile_async.rs"]
mod hostile_async;
#[path = "families/hostile_bodies.rs"]
mod hostile_bodies;
#[path = "families/hostile_names.rs"]
mod hostile_names;
#[path = "families/hostile_outcomes.rs"]
mod hostile_outcomes;
#[path = "families/hostile_stacks.rs"]
mod hostile_stacks;
#[path = "families/hostile_types.rs"]
mod hostile_types;
#[path = "families/hygiene.rs"]
mod hygiene;
#[path = "families/methods.rs"]
mod methods;
#[path = "families/odd_async.rs"]
mod odd_async;
#[path = "families/odd_functions.rs"]
mod odd_functions;
#[path = "families/odd_methods.rs"]
mod odd_methods;
#[path = "families/options.rs"]
mod options;
#[path = "families/outcome.rs"]
mod outcome;
#[path = "families/own_names.rs"]
mod own_names;
#[path = "families/panics.rs"]
mod panics;
#[path = "families/returned.rs"]
mod returned;
#[path = "families/temporaries.rs"]
mod temporaries;
#[path = "families/unspaced.rs"]
mod unspaced;
