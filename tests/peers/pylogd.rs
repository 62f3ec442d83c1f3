//! Runs the real pylogd: `drive_pylogd.py` in the environment that `scripts/pylogd-env` makes.
//! Without it a test fails; it never passes for lack of a peer.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value as Json;

/// What `drive_pylogd.py` prints for a command, a value for each line.
pub(crate) fn run(command: &str, port: Option<u16>, input: &str) -> Vec<Json> {
    let mut child = Command::new(interpreter())
        // Isolated: no packages but those of the environment.
        .arg("-I")
        .arg(root().join("tests/peers/drive_pylogd.py"))
        .arg(command)
        .args(port.map(|port| port.to_string()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}\n{HELP}", interpreter().display()));
    // Taken, so that it is closed: the other side reads to its end.
    let mut stdin = child.stdin.take().unwrap();
    // When it has ended before it read, its own words tell more than a broken pipe.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "drive_pylogd.py {command}: {said}\n{HELP}"
    );
    assert_eq!(said, "", "pylogd reports what it could not send");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

/// The fields of datagrams as pylogd's own msgpack reads them.
pub(crate) fn decode<'a>(datagrams: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<Json> {
    let mut lines = String::new();
    for datagram in datagrams {
        lines.extend(datagram.iter().map(|byte| format!("{byte:02x}")));
        lines.push('\n');
    }
    let fields = run("decode", None, &lines);
    assert_eq!(fields.len(), lines.lines().count());
    fields
}

const HELP: &str = "These tests need the real pylogd: run scripts/pylogd-env, which installs it \
    into target/pylogd and says what is missing; or name an interpreter that has it in \
    LOGD_PYLOGD_PYTHON.";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The interpreter that has pylogd; made on the first call where it is missing.
fn interpreter() -> &'static Path {
    static INTERPRETER: OnceLock<PathBuf> = OnceLock::new();
    INTERPRETER.get_or_init(|| {
        if let Some(named) = env::var_os("LOGD_PYLOGD_PYTHON") {
            return named.into();
        }
        let script = root().join("scripts/pylogd-env");
        let output = Command::new(&script)
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}\n{HELP}", script.display()));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{HELP}");
        String::from_utf8(output.stdout).unwrap().trim_end().into()
    })
}
