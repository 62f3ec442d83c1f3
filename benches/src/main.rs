//! What a measurement costs: the floor, logd and its peers, in one run. Ratios within the run
//! count, nanoseconds are this machine's. `scripts/bench` is the way to start it; every part
//! runs in a process of its own, so that no peer's threads and memory are in another's figures.

mod calls;
mod floor;
mod keys;
mod latency;
mod measure;
mod ours;
#[cfg(feature = "peers")]
mod peers;
mod receivers;
mod shipping;
mod threads;

use std::process::{Command, ExitCode};

use logd::FlushGuard;

use crate::measure::{Effort, Op};
use crate::receivers::{Behaviour, Receiver};

const USAGE: &str = "\
usage: logd-bench [--quick | --full] [--threads N] [PART...]

parts: floor calls peers threads keys latency faults shipping memory; all of them when none is named.
--quick takes less than a minute, --full some minutes. --threads: up to how many (2; 16 with --full).";

const PARTS: [&str; 9] = [
    "floor", "calls", "peers", "threads", "keys", "latency", "faults", "shipping", "memory",
];

struct Options {
    effort: Effort,
    most_threads: usize,
    words: Vec<String>,
}

fn options() -> Result<Options, String> {
    let (mut full, mut most_threads, mut words) = (false, None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => full = false,
            "--full" => full = true,
            "--threads" => {
                let number = arguments.next().and_then(|number| number.parse().ok());
                most_threads = Some(number.ok_or("--threads wants a number")?);
            }
            option if option.starts_with('-') => return Err(USAGE.into()),
            _ => words.push(argument),
        }
    }
    Ok(Options {
        effort: Effort::of(full),
        most_threads: most_threads.unwrap_or(if full { 16 } else { 2 }),
        words,
    })
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    match words[..] {
        ["read", behaviour] => receivers::read(behaviour),
        ["part", ref rest @ ..] => part(rest, &options),
        ref parts if parts.iter().all(|part| PARTS.contains(part)) => run(parts, &options),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// The names to compare: logd, and the peers that are compiled in.
fn names() -> impl Iterator<Item = &'static str> {
    #[cfg(feature = "peers")]
    let peers = peers::NAMES.iter().copied();
    #[cfg(not(feature = "peers"))]
    let peers = std::iter::empty();
    std::iter::once("logd").chain(peers)
}

/// Runs the parts that were asked for, each in processes of its own.
fn run(parts: &[&str], options: &Options) {
    let wanted = |part| parts.is_empty() || parts.contains(&part);
    let child = |words: &[&str]| {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .arg(options.effort.word())
            .args(["--threads", &options.most_threads.to_string()])
            .arg("part")
            .args(words);
        match command.status() {
            Ok(status) if status.success() => {}
            other => println!("  {words:?} failed: {other:?}"),
        }
    };
    if wanted("floor") {
        child(&["floor"]);
    }
    if wanted("calls") {
        child(&["calls"]);
    }
    if wanted("peers") && names().count() > 1 {
        println!(
            "\nPeers, each beside logd in one process; the last column is how many times logd's cost"
        );
        names().skip(1).for_each(|name| child(&["peer", name]));
    }
    if wanted("threads") {
        println!(
            "\nOne key from several threads, ns per call, the ratio to one thread, slices that counted\n\
             (the shared atomic and the mutex are controls: at 1.0x the threads did not meet; where\n\
             arithmetic is not at 1.0x, the processors were halves of one core)"
        );
        child(&["threads", "floor"]);
        names().for_each(|name| child(&["threads", name]));
    }
    if wanted("keys") {
        for name in ["logd", "metrics", "prometheus-client", "cadence"] {
            if names().any(|known| known == name) {
                println!("\nCounting among many keys; by name: {name}");
                child(&["keys", name]);
            }
        }
    }
    if wanted("latency") {
        for behaviour in Behaviour::COMPARED {
            latency::header(behaviour.name());
            for name in ["logd", "cadence", "cadence-unbuffered", "metrics"] {
                if names().any(|known| known == name) {
                    child(&["latency", name, behaviour.name()]);
                }
            }
        }
    }
    if wanted("faults") {
        faults(options);
    }
    if wanted("shipping") {
        println!("\nLoad: two threads, four counters and four timers, as fast as they can");
        child(&["load"]);
        println!("\nProcessor time per datagram");
        child(&["datagrams"]);
        println!("\nA burst to a receiver with the default receive buffer");
        child(&["burst"]);
    }
    if wanted("memory") {
        println!("\nSeven seconds of timed calls on two threads");
        child(&["memory"]);
    }
}

/// The worst calls under faults, which are a program of their own beside this one.
fn faults(options: &Options) {
    let this = std::env::current_exe().expect("this program");
    let status = Command::new(this.with_file_name("logd-bench-faults"))
        .arg(options.effort.word())
        .status();
    if !status.as_ref().is_ok_and(|status| status.success()) {
        println!("  the worst calls under faults failed: {status:?}");
    }
}

/// logd's global client, sending to a port.
fn global(port: u16) -> FlushGuard {
    logd::builder()
        .host("127.0.0.1")
        .port(port)
        .max_names(1_000_000)
        .init()
        .expect("the only client")
}

/// What one child process does.
fn part(words: &[&str], options: &Options) {
    let effort = options.effort;
    let behaviour = match words {
        ["latency", _, name] => Behaviour::COMPARED
            .into_iter()
            .find(|behaviour| behaviour.name() == *name)
            .expect("a behaviour"),
        _ => Behaviour::Healthy,
    };
    let receiver = Receiver::new(behaviour);
    let guard = global(receiver.port);
    let client = logd::client();
    match *words {
        ["floor"] => calls::floor(receiver.port, effort),
        ["calls"] => calls::ours(&client, effort),
        #[cfg(feature = "peers")]
        ["peer", name] => calls::peer(peers::set_up(name, receiver.port), &client, effort),
        ["threads", name] => {
            for op in count_and_time(name, receiver.port) {
                threads::scale(&op, options.most_threads, effort);
            }
        }
        ["keys", name] => keys::scale(&client, name_counter(name, receiver.port).as_ref(), effort),
        ["latency", name, _] => {
            if name == "logd" {
                latency::worst(&floor::call(), effort);
            }
            for op in count_and_time(name, receiver.port) {
                latency::worst(&op, effort);
            }
        }
        ["load"] => shipping::load(&client, if effort.full { 100_000_000 } else { 20_000_000 }),
        ["datagrams"] => shipping::per_datagram(&client, receiver.port, effort),
        ["burst"] => shipping::burst(effort),
        ["memory"] => shipping::memory(&ours::timed()),
        _ => panic!("no such part: {words:?}"),
    }
    // A dead or blocked receiver is no reason to wait at the end.
    drop(guard.timeout(std::time::Duration::from_millis(100)));
    drop(receiver);
    // Peers' threads and reports have no say in how this ends.
    std::process::exit(0);
}

fn count_and_time(name: &str, port: u16) -> Vec<Op> {
    match name {
        "floor" => vec![
            floor::processor(),
            floor::count(),
            floor::clock(),
            floor::atomic(),
            floor::lock(),
        ],
        "logd" => vec![ours::counted(), ours::timed(), ours::timed_tenth()],
        #[cfg(feature = "peers")]
        peer => {
            let peer = peers::set_up(peer, port);
            [peer.count, peer.time, peer.time_tenth]
                .into_iter()
                .flatten()
                .collect()
        }
        #[cfg(not(feature = "peers"))]
        peer => panic!("{peer} is not compiled in, port {port}"),
    }
}

fn name_counter(name: &str, port: u16) -> Option<keys::NameCounter> {
    match name {
        "logd" => None,
        #[cfg(feature = "peers")]
        peer => peers::set_up(peer, port).count_name,
        #[cfg(not(feature = "peers"))]
        peer => panic!("{peer} is not compiled in, port {port}"),
    }
}
