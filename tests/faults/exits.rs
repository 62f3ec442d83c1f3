//! The end of a program: by return, `exit`, panic, SIGTERM. What it made is in the
//! receiver's table when it has ended, and in its own books.
#![allow(
    unsafe_code,
    reason = "std has no hook at the end of a process, from which its books can be seen"
)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Output};

use logd::{Builder, FlushGuard};
use logd_receiver::Receiver;
use tokio::signal::unix::{SignalKind, signal};

use crate::books::{Made, PATIENCE, Table, audited};
use crate::child;

const PORT: &str = "TEST_PORT";
const ROUNDS: u64 = 10_000;

fn builder() -> Builder {
    let port = std::env::var(PORT).expect("set by the parent");
    logd::builder().port(port.parse().expect("a port"))
}

fn init() -> FlushGuard {
    let guard = builder().init().expect("the first init");
    guard.timeout(PATIENCE)
}

/// Runs a program that ends in its own way, and compares its table with what it made.
fn run(test: &str, program: impl FnOnce()) -> Output {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    let output = child::run(test, &[(PORT, &port)], program);
    let table = Table::of(&receiver.flush());
    let rounds = ROUNDS as f64;
    assert_eq!(
        (table.hits, table.calls, table.share, table.lost),
        (rounds, rounds, rounds, 0),
        "{output:?}"
    );
    output
}

/// Looks at the program's books when everything else has been dropped.
struct Audit;

impl Drop for Audit {
    fn drop(&mut self) {
        let made = Made { rounds: ROUNDS };
        let stats = audited(&logd::client(), made);
        // Where this can not unwind it aborts, and the program ends in another way than expected.
        assert_eq!(stats.sent(), made.events(), "{stats:?}");
    }
}

#[test]
fn exit_by_return() {
    let output = run("exits::exit_by_return", || {
        let _audit = Audit;
        let _logd = init();
        Made::here(ROUNDS);
    });
    child::succeeded(&output);
}

#[test]
fn exit_by_call() {
    extern "C" fn audit() {
        drop(Audit);
    }
    let output = run("exits::exit_by_call", || {
        // Called last: behind the client's own, which is asked for later.
        // SAFETY: a function without state, of the program that registers it.
        assert_eq!(unsafe { libc::atexit(audit) }, 0);
        let _logd = builder().flush_on_exit().init().expect("the first init");
        Made::here(ROUNDS);
        // Nothing is dropped by it, the guard neither.
        std::process::exit(7);
    });
    assert_eq!(output.status.code(), Some(7), "{output:?}");
}

#[test]
fn exit_by_panic() {
    let output = run("exits::exit_by_panic", || {
        let _audit = Audit;
        let _logd = init();
        Made::here(ROUNDS);
        panic!("the end");
    });
    // What the test harness makes of a panic in `main`'s place.
    assert_eq!(output.status.code(), Some(101), "{output:?}");
}

#[test]
fn exit_by_sigterm() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    let test = "exits::exit_by_sigterm";
    let mut child = child::start(&[], test, &[(PORT, &port)], || {
        let logd = init();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .expect("a runtime");
        let made = runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate()).expect("a signal");
            let mut made = Made::default();
            loop {
                made += Made::here(100);
                if made.rounds == 1000 {
                    println!("\nready");
                }
                tokio::select! {
                    biased;
                    _ = terminate.recv() => return made,
                    () = tokio::task::yield_now() => {}
                }
            }
        });
        // As a service ends when it is told to: the guard is dropped.
        drop(logd);
        let stats = audited(&logd::client(), made);
        assert_eq!(stats.sent(), made.events(), "{stats:?}");
        println!("\nmade {}", made.rounds);
    });
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut said = |word: &str| {
        lines.find_map(|line| line.expect("text").strip_prefix(word).map(str::to_owned))
    };
    said("ready").expect("a program that works");
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-TERM", &id]).status();
    assert!(status.expect("the command kill").success());
    let made = said("made ");
    child::succeeded(&child.wait_with_output().expect("its end"));
    let rounds: f64 = made.expect("its own count").parse().expect("a number");
    let table = Table::of(&receiver.flush());
    assert_eq!(
        (table.hits, table.calls, table.share, table.lost),
        (rounds, rounds, rounds, 0)
    );
}
