//! `panic = "abort"`: nothing unwinds, no guard is dropped and no exit hook runs, so what was
//! recorded up to the panic is sent by the panic hook, where that was asked for.
#![cfg(unix)]

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use logd_receiver::{Interval, Receiver};

/// Longer than the hook waits, with what starting a process takes.
const LONGEST: Duration = Duration::from_secs(15);

/// As the C library's `abort` ends a process.
const SIGABRT: i32 = 6;

/// The program, with everything in it, built to abort.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    // This test is `<target>/<profile>/deps/abort-…`. A folder of its own: there is a program
    // of this name that unwinds.
    let test = env::current_exe().expect("the test's own path");
    let target = test.ancestors().nth(3).expect("the target folder");
    let target = target.join("abort");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--bin", "logd-abort"])
        .arg("--target-dir")
        .arg(&target)
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .env("CARGO_PROFILE_DEV_PANIC", "abort")
        .status()
        .expect("cargo");
    assert!(status.success(), "the program does not compile");
    target.join("debug/logd-abort")
});

/// What a receiver has got from a program that ended in this way.
fn ended(way: &str) -> Interval {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let mut command = Command::new(&*PROGRAM);
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("LOGD_") {
            command.env_remove(variable);
        }
    }
    let output = command
        .args([way, &receiver.local_addr().port().to_string()])
        .output()
        .expect("the program");
    assert_eq!(output.status.signal(), Some(SIGABRT), "{way}: {output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the end"), "{way}: {said}");
    receiver.flush()
}

fn hits(interval: &Interval) -> f64 {
    interval.counter("hits").map_or(0.0, |counter| counter.sum)
}

fn calls(interval: &Interval, outcome: &str) -> f64 {
    let timer = interval.timer(&format!("calls.{outcome}"));
    timer.map_or(0.0, |timer| timer.count)
}

#[test]
fn all_up_to_the_panic_is_sent() {
    for way in ["main", "thread", "caught"] {
        let interval = ended(way);
        assert_eq!(hits(&interval), 2.0, "{way}");
        assert_eq!(calls(&interval, "ok"), 1.0, "{way}");
        // The call that ends the program never ends itself.
        assert_eq!(calls(&interval, "panicked"), 0.0, "{way}");
        assert_eq!(interval.health.lost, Some(0), "{way}");
    }
    let interval = ended("error");
    assert_eq!(hits(&interval), 2.0);
}

#[test]
fn threads_that_go_on_recording_do_not_hold_it_up() {
    LazyLock::force(&PROGRAM);
    let began = Instant::now();
    let interval = ended("load");
    assert!(hits(&interval) >= 2.0, "{interval:?}");
    assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
}

#[test]
fn where_nothing_can_be_sent_it_ends_all_the_same() {
    LazyLock::force(&PROGRAM);
    let began = Instant::now();
    let interval = ended("nowhere");
    assert_eq!(hits(&interval), 0.0);
    assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
}

#[test]
fn without_being_asked_for_nothing_is_sent() {
    let interval = ended("unasked");
    assert_eq!(hits(&interval), 0.0);
}
