//! What the daemon computes from the reduced stream is what it would have computed from
//! every single event: counts and extremes exactly, mean and percentile within the error
//! that the documentation states. `--nocapture` shows the table of errors;
//! `LOGD_SEED` and `LOGD_CASES` choose what is drawn.

#[path = "daemon/draw.rs"]
mod draw;
#[path = "daemon/precision.rs"]
mod precision;

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use logd::{Client, testing};
use logd_receiver::{Interval, Receiver};

use draw::{Random, Shape};

const PATIENCE: Duration = Duration::from_secs(30);

/// A client whose windows end by hand only.
fn client_of(receiver: &Receiver, messages_per_timer: usize) -> Client {
    Client::builder()
        .port(receiver.local_addr().port())
        .flush_interval(Duration::from_secs(86_400))
        .messages_per_timer(messages_per_timer)
        .build()
        .expect("a client")
}

fn receiver() -> Receiver {
    Receiver::bind("127.0.0.1:0").expect("a free port")
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Increment(usize),
    Add(usize, i64),
    Record(usize, Duration),
    Set(usize, i32),
}

const KEYS: usize = 3;
const RATES: [f64; KEYS] = [1.0, 0.5, 0.05];

/// What the program itself knows of a run.
#[derive(Debug, Default)]
struct Truth {
    counters: HashMap<usize, i64>,
    timers: HashMap<usize, Vec<Duration>>,
    readings: HashMap<usize, (i32, i32)>,
}

impl Truth {
    fn see(&mut self, step: Step) {
        match step {
            Step::Increment(key) => *self.counters.entry(key).or_default() += 1,
            Step::Add(key, amount) => *self.counters.entry(key).or_default() += amount,
            Step::Record(key, duration) => self.timers.entry(key).or_default().push(duration),
            Step::Set(key, value) => {
                let (lowest, highest) = self.readings.entry(key).or_insert((value, value));
                (*lowest, *highest) = ((*lowest).min(value), (*highest).max(value));
            }
        }
    }
}

fn script(random: &mut Random) -> Vec<Step> {
    let shape = Shape::ALL[random.below(Shape::ALL.len())];
    let length = [10, 100, 1_000, 5_000][random.below(4)];
    (0..random.below(length))
        .map(|_| {
            let key = random.below(KEYS);
            match random.below(8) {
                0 => Step::Increment(key),
                1 => Step::Add(key, random.below(2_000_001) as i64 - 1_000_000),
                2 => Step::Set(key, random.below(1000) as i32 - 500),
                _ => Step::Record(key, shape.draw(random)),
            }
        })
        .collect()
}

/// Runs a script. With `flush_every` each event is a message, and the queue is kept short.
fn perform(client: &Client, steps: &[Step], rates: &[f64; KEYS], flush_every: Option<usize>) {
    let counters: Vec<_> = (0..KEYS)
        .map(|key| {
            client
                .counter(&format!("daemon.c{key}"))
                .unwrap()
                .rate(rates[key])
        })
        .collect();
    let timers: Vec<_> = (0..KEYS)
        .map(|key| {
            client
                .timer(&format!("daemon.t{key}"))
                .unwrap()
                .rate(rates[key])
        })
        .collect();
    let meters: Vec<_> = (0..KEYS)
        .map(|key| client.meter(&format!("daemon.m{key}")).unwrap())
        .collect();
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Increment(key) => counters[key].increment(),
            Step::Add(key, amount) => counters[key].add(amount),
            Step::Record(key, duration) => timers[key].record(duration),
            Step::Set(key, value) => meters[key].set(value),
        }
        if flush_every.is_some_and(|every| number % every == every - 1) {
            assert!(client.flush(PATIENCE).is_complete());
        }
    }
}

fn run(seed: u64) {
    let mut random = Random::new(seed);
    let scripts: Vec<_> = (0..=random.below(4)).map(|_| script(&mut random)).collect();
    let messages = [10, 30, 130][random.below(3)];
    let mut truth = Truth::default();
    scripts.iter().flatten().for_each(|step| truth.see(*step));

    let to = receiver();
    let client = client_of(&to, messages);
    thread::scope(|threads| {
        let recorders: Vec<_> = scripts
            .iter()
            .map(|script| threads.spawn(|| perform(&client, script, &RATES, None)))
            .collect();
        while recorders.iter().any(|recorder| !recorder.is_finished()) {
            if random.below(4) == 0 {
                // Threads go on recording, so something may wait again when it returns.
                assert!(!client.flush(PATIENCE).timed_out());
            } else {
                testing::end_window(&client);
            }
            (0..random.below(50)).for_each(|_| thread::yield_now());
        }
    });
    assert!(client.flush(PATIENCE).is_complete());
    let sent = to.flush();
    assert_eq!(sent.health.lost, Some(0), "the socket's buffer ran over");
    compare(&sent, &truth);
    if truth.timers.values().map(Vec::len).sum::<usize>() < 2_000 {
        compare_with_every_event(&sent, &scripts, &truth);
    }
}

fn compare(sent: &Interval, truth: &Truth) {
    for (key, sum) in &truth.counters {
        let told = sent.counter(&format!("daemon.c{key}"));
        if let Some(told) = told {
            assert_eq!(told.sum, *sum as f64, "counter {key}");
        } else {
            assert_eq!(*sum, 0, "counter {key} is missing");
        }
    }
    for (key, durations) in &truth.timers {
        let told = sent.timer(&format!("daemon.t{key}")).expect("a timer");
        assert_eq!(told.count, durations.len() as f64, "timer {key}");
        let lowest = durations.iter().min().unwrap().as_secs_f64();
        let highest = durations.iter().max().unwrap().as_secs_f64();
        if RATES[*key] == 1.0 {
            assert_eq!((told.lower, told.upper), (lowest, highest), "timer {key}");
        } else {
            // Of the clocked ones, some of which are all of them.
            assert!(
                lowest <= told.lower && told.upper <= highest,
                "timer {key}: {told:?}"
            );
        }
        assert!(
            told.lower <= told.mean
                && told.mean <= told.upper_percentile
                && told.upper_percentile <= told.upper,
            "timer {key}: {told:?}"
        );
    }
    for (key, (lowest, highest)) in &truth.readings {
        let told = sent.meter(&format!("daemon.m{key}")).expect("a meter");
        assert!(
            f64::from(*lowest) <= told.mean && told.mean <= f64::from(*highest),
            "meter {key}: {told:?}"
        );
    }
}

/// The same stream with a message for each event, unsampled, through the same arithmetic.
fn compare_with_every_event(sent: &Interval, scripts: &[Vec<Step>], truth: &Truth) {
    let to = receiver();
    let client = Client::builder()
        .port(to.local_addr().port())
        .reduce(false)
        .build()
        .expect("a client");
    for script in scripts {
        perform(&client, script, &[1.0; KEYS], Some(1_000));
    }
    assert!(client.flush(PATIENCE).is_complete());
    let every = to.flush();
    assert_eq!(every.health.lost, Some(0), "the socket's buffer ran over");
    for key in truth.counters.keys() {
        let name = format!("daemon.c{key}");
        let of_every = every.counter(&name).map_or(0.0, |counter| counter.sum);
        let of_sent = sent.counter(&name).map_or(0.0, |counter| counter.sum);
        assert_eq!(of_sent, of_every, "{name}");
    }
    for key in truth.timers.keys() {
        let name = format!("daemon.t{key}");
        let (of_sent, of_every) = (sent.timer(&name).unwrap(), every.timer(&name).unwrap());
        assert_eq!(of_sent.count, of_every.count, "{name}");
        if RATES[*key] == 1.0 {}
    }
}

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is {text:?}, not a number")),
    )
}

#[test]
fn random_streams_come_out_of_the_daemon_as_they_went_in() {
    let first = number_from("LOGD_SEED").unwrap_or(1);
    let cases = number_from("LOGD_CASES").unwrap_or(60);
    for seed in first..first + cases {
        let result = std::panic::catch_unwind(|| run(seed));
        if let Err(panic) = result {
            eprintln!("LOGD_SEED={seed} LOGD_CASES=1 runs this one alone");
            std::panic::resume_unwind(panic);
        }
    }
}
