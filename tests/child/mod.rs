//! A test whose work needs a process of its own: the global client is one per process.

use std::env;
use std::process::{Command, Output};

const MARK: &str = "LOGD_TEST_CHILD";

/// Runs `work` in a child process: the test binary again, with this one test and
/// `variables`. In the parent the result is what the child printed and how it ended;
/// in the child this does not return.
pub(crate) fn run(test: &str, variables: &[(&str, &str)], work: impl FnOnce()) -> Output {
    if env::var_os(MARK).is_some() {
        work();
        std::process::exit(0);
    }
    let mut command = Command::new(env::current_exe().expect("the test's own path"));
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
        .output()
        .expect("a child process")
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
