//! A child process with a network and files of its own, where the machine allows it, so
//! that a test may take interfaces down and change names without anybody's notice.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::child;

/// What makes the child: the caller needs no privilege, the child has all of them in there.
const LAUNCHER: [&str; 5] = ["unshare", "--user", "--map-root-user", "--net", "--mount"];

/// Runs `work` in such a child, its loopback device up, or says why not.
pub(crate) fn run(test: &str, programs: &[&str], work: impl FnOnce()) {
    if let Err(reason) = allowed(programs) {
        skip(test, &reason);
        return;
    }
    let child = child::start(&LAUNCHER, test, &[], || {
        do_run("ip", &["link", "set", "lo", "up"]);
        work();
    });
    child::succeeded(&child.wait_with_output().expect("a child process"));
}

/// Past the harness, which keeps what a successful test prints to itself.
pub(crate) fn skip(test: &str, reason: &str) {
    let _ = writeln!(std::io::stderr(), "\nSKIPPED {test}: {reason}");
}

fn allowed(programs: &[&str]) -> Result<(), String> {
    for program in ["ip"].iter().chain(programs) {
        if Command::new(program).arg("-V").output().is_err() {
            return Err(format!("there is no program `{program}`"));
        }
    }
    match Command::new(LAUNCHER[0])
        .args(&LAUNCHER[1..])
        .arg("true")
        .output()
    {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "this machine allows no namespaces: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("there is no program `unshare`: {error}")),
    }
}

/// Runs a program to its end, with success, and returns what it printed.
pub(crate) fn do_run(program: &str, arguments: &[&str]) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&stderr)
    );
    String::from_utf8(stdout).expect("text")
}

/// Datagrams that came into this network and found nobody on their port, by the kernel's
/// own count. Each of them was refused, whether the sender heard of it or not.
pub(crate) fn refused_by_the_kernel() -> u64 {
    refused_in(&fs::read_to_string("/proc/thread-self/net/snmp").expect("the network's counts"))
}

/// The same in what the kernel tells of a network.
pub(crate) fn refused_in(counts: &str) -> u64 {
    let mut lines = counts
        .lines()
        .filter_map(|line| line.strip_prefix("Udp: "))
        .map(|line| line.split_whitespace());
    let (mut names, mut counts) = (lines.next().expect("names"), lines.next().expect("counts"));
    let place = names.position(|name| name == "NoPorts").expect("a count");
    let count = counts.nth(place).expect("a count");
    count.parse().expect("a number")
}

/// The names that this process can look up: those of a file of its own, and no others.
pub(crate) struct Hosts(PathBuf);

impl Hosts {
    pub(crate) fn new(test: &str) -> Hosts {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let file = |name: &str, text: &str| {
            let path = folder.join(format!("{}.{name}", test.replace(':', "_")));
            fs::write(&path, text).expect("a file");
            let (own, system) = (path.to_str().expect("text"), format!("/etc/{name}"));
            do_run("mount", &["--bind", own, &system]);
            path
        };
        file("nsswitch.conf", "hosts: files\n");
        Hosts(file("hosts", ""))
    }

    /// Gives a name an address, in place of the one that it had.
    pub(crate) fn set(&self, name: &str, address: &str) {
        self.set_all(name, &[address]);
    }

    /// The same with several, or none.
    pub(crate) fn set_all(&self, name: &str, addresses: &[&str]) {
        let lines: String = addresses
            .iter()
            .map(|address| format!("{address} {name}\n"))
            .collect();
        fs::write(&self.0, lines).expect("the file of names");
    }
}
