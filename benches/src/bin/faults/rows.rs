//! The rows: for each fault a client that has it, and what came out for it.

use std::any::Any;
use std::path::Path;
use std::time::Duration;

use logd::{Builder, Client, Scope};

use crate::floor::ticks;
use crate::measure::{Op, quantile};
use crate::network::Network;
use crate::receivers::{Behaviour, Receiver};
use crate::troubles::{self, Trouble};

/// Calls in a slice: so few that most slices are through before anything else runs.
pub const CALLS: usize = 2_000;

/// Calls that bring the row's own memory back, behind those of the other rows: at a rate of a
/// tenth so many empty the ring of a timer, too.
const WARM_UP: u64 = 1000;

/// More than the queue of a thread's single events holds.
const MORE_THAN_A_QUEUE: u64 = 50_000;

/// A client, what is wrong, and what came out.
pub struct Row {
    pub name: &'static str,
    /// The place of the row that it is compared with.
    pub base: usize,
    pub scope: Scope,
    took: Took,
    /// Calls that are made before a slice, outside of it.
    before: u64,
    trouble: Option<Trouble>,
    _ends: (Client, Box<dyn Any>),
}

/// The 99.9th percentile and the worst call of each slice, in nanoseconds.
#[derive(Default)]
pub struct Took {
    pub p999: Vec<f64>,
    pub worst: Vec<f64>,
}

impl Row {
    fn new(name: &'static str, other_end: impl Any, builder: Builder) -> Row {
        let client = builder
            .flush_interval(Duration::from_millis(100))
            .build()
            .expect("a client");
        Row {
            name,
            base: 0,
            scope: client.scope(),
            took: Took::default(),
            before: WARM_UP,
            trouble: None,
            _ends: (client, Box::new(other_end)),
        }
    }

    /// A client of a receiver on this machine.
    fn near(name: &'static str, behaviour: Behaviour) -> Row {
        Row::configured(name, behaviour, |builder| builder)
    }

    fn configured(
        name: &'static str,
        behaviour: Behaviour,
        configure: impl FnOnce(Builder) -> Builder,
    ) -> Row {
        let receiver = Receiver::new(behaviour);
        let builder = configure(Client::builder().port(receiver.port));
        Row::new(name, receiver, builder)
    }

    /// What goes on in this program beside the calls.
    fn amid(mut self, trouble: Trouble) -> Row {
        self.trouble = Some(trouble);
        self
    }

    /// A healthy receiver, and the program in trouble.
    fn in_trouble(name: &'static str, trouble: impl FnOnce(&Scope) -> Trouble) -> Row {
        let row = Row::near(name, Behaviour::Healthy);
        let trouble = trouble(&row.scope);
        row.amid(trouble)
    }

    /// A slice of calls, each timed by itself.
    pub fn run(&mut self, op: &Op, scale: f64) {
        self.scope.run(|| op.run(self.before));
        let _trouble = self.trouble.as_ref().map(Trouble::begin);
        let mut took = self.scope.run(|| {
            let mut took = Vec::with_capacity(CALLS);
            for _ in 0..CALLS {
                let start = ticks();
                op.run(1);
                took.push((ticks() - start) as f64 * scale);
            }
            took
        });
        took.sort_unstable_by(f64::total_cmp);
        self.took.p999.push(quantile(&took, 0.999));
        self.took.worst.push(quantile(&took, 1.0));
    }

    pub fn take(&mut self) -> Took {
        std::mem::take(&mut self.took)
    }
}

/// The rows with one of the words in their name, or all, and the healthy ones.
pub fn rows(network: &Network, wanted: &[&str]) -> Vec<Row> {
    use Behaviour::{Blocked, Dead, Healthy, Restarting, Slow};
    let single = |builder: Builder| builder.reduce(false);
    // What the others are compared with come first, at these places.
    let healthy = Row::near("healthy", Healthy);
    let single_events = Row {
        // More would fill its queue, too.
        before: WARM_UP / 10,
        ..Row::configured("single events, healthy", Healthy, single)
    };
    let compared_with_single_events = 1;
    let mut rows = vec![
        // What the ratios of two that are alike say of the others.
        Row::near("healthy, another", Healthy),
        Row::near("absent", Dead),
        Row::near("dies and restarts", Restarting),
        Row::near("blocked", Blocked),
        Row::near("slow", Slow),
        Row::configured("name fails", Healthy, |builder| {
            builder.host("no-such-host.invalid")
        }),
        unix("Unix socket: absent", |_| ()),
        unix("Unix socket: blocked", troubles::bound),
        unix("Unix socket: restarts", |path| {
            Trouble::all_the_time(troubles::restarts(path))
        }),
        // The kernel refuses at once to send to everybody, as it does without a way.
        Row::configured("interface down", Healthy, |builder| {
            builder.host("255.255.255.255")
        }),
        Row::in_trouble("wall clock stepped", |_| {
            Trouble::beside(troubles::clock_steps())
        }),
        Row::configured("10x the budget", Healthy, |builder| {
            builder.datagrams_per_second(10)
        }),
        Row {
            before: MORE_THAN_A_QUEUE,
            base: compared_with_single_events,
            ..Row::configured("10x the queue", Healthy, single)
        },
        Row::in_trouble("thread storm", |scope| {
            Trouble::beside(troubles::short_threads(scope))
        }),
        Row::in_trouble("forks", |scope| Trouble::beside(troubles::forks(scope))),
        Row::in_trouble("panics", |scope| Trouble::beside(troubles::panics(scope))),
        Row::in_trouble("cancelled futures", |scope| {
            Trouble::beside(troubles::cancelled_futures(scope))
        }),
    ];
    rows.extend(
        network
            .lossy_link()
            .map(|builder| Row::new("packet loss", (), builder)),
    );
    rows.retain(|row| wanted.is_empty() || wanted.iter().any(|word| row.name.contains(word)));
    rows.splice(0..0, [healthy, single_events]);
    rows
}

/// A client of a Unix socket, and what is at its other end.
fn unix<E: Any>(name: &'static str, other_end: impl FnOnce(&Path) -> E) -> Row {
    let last_word = name.rsplit(' ').next().expect("a word");
    let file = format!("logd-bench-{}-{last_word}.sock", std::process::id());
    let path = std::env::temp_dir().join(file);
    Row::new(name, other_end(&path), Client::builder().unix_socket(&path))
}
