//! The `logd` binary as its user meets it: what it prints, how it stops, and how it says that
//! an argument is wrong.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use common::Client;
use serde_json::Value as Json;

fn logd(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logd"));
    command.args(args);
    command
}

fn output(args: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = logd(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// A running `logd` that listens on a free port.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    first_line: String,
}

impl Running {
    fn start(args: &[&str]) -> Running {
        let mut child = logd(&["--listen", "127.0.0.1:0"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).unwrap();
        Running {
            child,
            stdout,
            first_line,
        }
    }

    fn client(&self) -> Client {
        let address = self.first_line.trim_end().trim_end_matches("\"}");
        let address = &address[address.rfind([' ', '"']).unwrap() + 1..];
        Client::of(address.parse::<SocketAddr>().unwrap())
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success());
    }

    /// Everything printed from here to the end.
    fn rest(mut self) -> (String, ExitStatus) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (rest, self.child.wait().unwrap())
    }
}

#[test]
fn it_says_where_it_listens_and_prints_a_last_table_on_sigterm() {
    let running = Running::start(&[]);
    assert!(
        running
            .first_line
            .starts_with("logd listening on 127.0.0.1:")
    );
    let client = running.client();
    for n in 1..=10 {
        client.time("my.timer", f64::from(n) / 1000.0);
        client.count("my.counter");
    }
    client.send(b"\x83\xa2id\x04\xa3key\xa8my.meter\xa5value\x1e");
    client.send(b"no map");
    running.signal("-TERM");
    let (printed, status) = running.rest();
    assert_eq!(status.code(), Some(0));
    let lines: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    for expected in [
        "counter per second sum",
        "my.counter 1 10",
        "meter mean count",
        "my.meter 30 1",
        "timer count mean lower upper upper_90",
        "my.timer 10 5 ms 1 ms 10 ms 9 ms",
        "22 datagrams read, 1 bad (1 not a map), 0 ignored, 0 lost in the socket's queue",
    ] {
        let expected: Vec<_> = expected.split(' ').collect();
        assert!(lines.contains(&expected), "{expected:?} in {printed}");
    }
}

#[test]
fn it_stops_cleanly_on_ctrl_c() {
    let running = Running::start(&[]);
    running.client().count("c");
    running.signal("-INT");
    let (printed, status) = running.rest();
    assert_eq!(status.code(), Some(0));
    assert!(printed.contains("1 datagram read"), "{printed}");
}

#[test]
fn log_lines_are_printed_as_they_come_and_cannot_paint_the_terminal() {
    let mut running = Running::start(&["--interval", "1h"]);
    let client = running.client();
    client.log("app.log", "hello \u{1b}[31m\nworld");
    let mut line = String::new();
    running.stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "INFO app.log hello \\u{1b}[31m\\nworld\n");
    running.signal("-TERM");
    assert!(running.rest().1.success());
}

#[test]
fn intervals_are_printed_by_the_clock() {
    let mut running = Running::start(&["--interval", "20ms", "--json"]);
    running.client().count("c");
    let mut sums = Vec::new();
    while sums.len() < 2 {
        let mut line = String::new();
        running.stdout.read_line(&mut line).unwrap();
        let event: Json = serde_json::from_str(&line).unwrap();
        assert_eq!(event["type"], "interval");
        assert_eq!(event["seconds"], 0.02);
        sums.extend(event["counters"]["c"]["sum"].as_f64());
    }
    assert_eq!(sums, [1.0, 0.0]);
    running.signal("-TERM");
    assert!(running.rest().1.success());
}

#[test]
fn json_has_an_object_per_line() {
    let running = Running::start(&["--json", "--threshold", "50"]);
    let first: Json = serde_json::from_str(&running.first_line).unwrap();
    assert_eq!(first["type"], "listening");
    let client = running.client();
    client.log("app.log", "hello");
    for n in 1..=4 {
        client.time("t", f64::from(n));
    }
    client.send(b"\xc1");
    running.signal("-TERM");
    let (printed, _) = running.rest();
    let [log, interval]: [Json; 2] = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert_eq!(log["type"], "log");
    assert_eq!(log["path"], "app.log");
    assert_eq!(log["fields"]["msg"], "hello");
    assert_eq!(log["fields"]["ip"], "127.0.0.1");
    let timer = &interval["timers"]["t"];
    assert_eq!(
        (&timer["mean"], &timer["upper_50"], &timer["samples"]),
        (&1.5.into(), &2.into(), &4.into())
    );
    assert_eq!(interval["health"]["datagrams"], 6);
    assert_eq!(interval["health"]["bad"]["reserved_byte"], 1);
    assert_eq!(interval["health"]["lost"], 0);
}

#[test]
fn the_last_interval_reaches_graphite_and_the_log_folder() {
    let graphite = TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("binary_log_dir");
    let _ = std::fs::remove_dir_all(&dir);
    let address = graphite.local_addr().unwrap().to_string();
    let running = Running::start(&["--graphite", &address, "--log-dir", dir.to_str().unwrap()]);
    let client = running.client();
    client.count("c");
    client.log("app.log", "kept");
    running.signal("-TERM");
    assert!(running.rest().1.success());
    let mut lines = String::new();
    graphite
        .accept()
        .unwrap()
        .0
        .read_to_string(&mut lines)
        .unwrap();
    assert!(lines.starts_with("stats.c 0.1 "), "{lines}");
    let log = std::fs::read_to_string(dir.join("app.log.jsonl")).unwrap();
    assert!(log.contains("kept"));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn it_ends_quietly_when_nobody_reads_its_output_any_more() {
    let Running {
        mut child, stdout, ..
    } = Running::start(&["--interval", "5ms"]);
    drop(stdout);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_taken_port_is_named_and_ends_with_1() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, stdout, stderr) = output(&["--listen", &address]);
    assert_eq!(code, Some(1));
    assert_eq!(stdout, "");
    assert!(
        stderr.contains(&address) && stderr.contains("port is taken"),
        "{stderr}"
    );
}

#[test]
fn wrong_arguments_are_explained_and_end_with_2() {
    for (args, message) in [
        (
            &["--intervall", "5s"][..],
            "unknown option --intervall: did you mean --interval?",
        ),
        (
            &["--grafite=x:1"],
            "unknown option --grafite: did you mean --graphite?",
        ),
        (
            &["--logdir", "x"],
            "unknown option --logdir: did you mean --log-dir?",
        ),
        (&["--frobnicate"], "unknown option --frobnicate"),
        (&["-x"], "unknown option -x"),
        (&["start"], "unexpected argument start"),
        (
            &["--interval", "soon"],
            "--interval soon is no time: write 10s, 500ms or 1m",
        ),
        (&["--interval", "0"], "--interval 0 is no time"),
        (&["--interval", "-1s"], "--interval -1s is no time"),
        (&["--interval"], "--interval wants a time behind it"),
        (&["--threshold", "0"], "--threshold 0 is no percentage"),
        (&["--threshold", "NaN"], "--threshold NaN is no percentage"),
        (
            &["--listen", "8126"],
            "--listen 8126 is no address: write HOST:PORT",
        ),
        (
            &["--listen", "127.0.0.1:70000"],
            "--listen 127.0.0.1:70000 is no address",
        ),
        (
            &["--graphite", "graphite"],
            "--graphite graphite is no address",
        ),
        (
            // `--help`: were the port taken, this would end all the same.
            &["--graphite", "127.0.0.1:0", "--help"],
            "--graphite 127.0.0.1:0 is no address: write HOST:PORT, 127.0.0.1:8126 say, with a \
             port from 1 to 65535",
        ),
        (&["--json=yes"], "--json takes no value: write it alone"),
    ] {
        let (code, stdout, stderr) = output(args);
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert_eq!(stdout, "", "{args:?}");
        assert!(stderr.contains(message), "{args:?}: {stderr}");
    }
}

#[test]
fn what_only_the_system_can_refuse_is_explained_and_ends_with_1() {
    // No label of a name is so long, so no name server has to be asked.
    let name = format!("{}.invalid:8126", "a".repeat(64));
    let file = env!("CARGO_MANIFEST_PATH");
    for (args, message) in [
        (
            ["--listen", &name],
            "cannot find an address for the name to listen on",
        ),
        (
            ["--log-dir", file],
            "a file is in the way: choose another folder",
        ),
    ] {
        let (code, stdout, stderr) = output(&[&["--listen", "127.0.0.1:0"], &args[..]].concat());
        assert_eq!(code, Some(1), "{args:?}: {stderr}");
        assert_eq!(stdout, "", "{args:?}");
        assert!(stderr.contains(message), "{args:?}: {stderr}");
    }
}

#[test]
fn help_and_version_are_printed() {
    let (code, stdout, _) = output(&["--help"]);
    assert_eq!(code, Some(0));
    for flag in [
        "--listen",
        "--interval",
        "--threshold",
        "--graphite",
        "--log-dir",
        "--json",
    ] {
        assert!(stdout.contains(flag), "{flag}");
    }
    let version = concat!("logd ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(output(&["--version"]).1, version);
}
