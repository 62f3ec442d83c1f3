//! Real agents that take `StatsD` lines: the same workload goes to one of them and to our
//! receiver, and both report the same totals. `scripts/statsd` and `scripts/collectd` fetch
//! the agents and run these tests.

#[path = "agents/collectd.rs"]
mod collectd;
#[path = "agents/daemon.rs"]
mod daemon;
#[path = "agents/statsd.rs"]
mod statsd;
#[path = "agents/workload.rs"]
mod workload;
