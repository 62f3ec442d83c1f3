//! A test whose work needs a process of its own: the global client is one per process.
#![allow(
    dead_code,
    reason = "every test binary compiles this file and uses its own part"
)]

use std::env;
use std::process::{Child, Command, Output, Stdio};

const MARK: &str = "LOGD_TEST_CHILD";

/// Runs `work` in a child process: the test binary again, with this one test and
/// `variables`. In the parent the result is what the child printed and how it ended;
/// in the child this does not return.
pub(crate) fn run(test: &str, variables: &[(&str, &str)], work: impl FnOnce()) -> Output {
    start(&[], test, variables, work)
        .wait_with_output()
        .expect("a child process")
}

/// Starts the child of [`run`] and does not wait for it. A `launcher`, a program with its
/// arguments, starts it in its place.
pub(crate) fn start(
    launcher: &[&str],
    test: &str,
    variables: &[(&str, &str)],
    work: impl FnOnce(),
) -> Child {
    if env::var_os(MARK).is_some() {
        work();
        std::process::exit(0);
    }
    let mut command = this_program(launcher);
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    // Nothing that this machine has set for other programs.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("LOGD_") {
            command.env_remove(name);
        }
    }
    command
        .env(MARK, "1")
        .env("HOME", "/nonexistent")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child process")
}

/// The test binary again, under a launcher where there is one.
pub(crate) fn this_program(launcher: &[&str]) -> Command {
    let program = env::current_exe().expect("the test's own path");
    let Some((launcher, arguments)) = launcher.split_first() else {
        return Command::new(program);
    };
    let mut command = Command::new(launcher);
    command.args(arguments).arg(program);
    command
}

/// What the child printed to standard error, and an end with success.
pub(crate) fn succeeded(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "the child failed: {}\n{errors}",
        output.status
    );
    errors
}
