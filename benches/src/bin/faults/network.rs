//! A network of our own, where the machine allows one, with a link that loses packets.

use std::process::{Child, Command, ExitCode, Stdio};

use logd::{Builder, Client};

/// Says that this process is inside.
const INSIDE: &str = "LOGD_BENCH_NETWORK";

/// What makes it: the caller needs no privilege, who is inside has all of them in there.
const LAUNCHER: [&str; 4] = ["unshare", "--user", "--map-root-user", "--net"];

/// Runs this program once more in a network of its own, and returns how it ended; nothing
/// where it is there already, or where the machine allows none.
pub fn enter(arguments: &[String]) -> Option<ExitCode> {
    if std::env::var_os(INSIDE).is_some() || !succeeds(&[&LAUNCHER[..], &["true"]].concat()) {
        return None;
    }
    let status = Command::new(LAUNCHER[0])
        .args(&LAUNCHER[1..])
        .arg(std::env::current_exe().expect("this program"))
        .args(arguments)
        .env(INSIDE, "1")
        .status()
        .expect("a process");
    Some(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The network of this process.
pub struct Network {
    /// Why there is no link of ours.
    missing: Option<String>,
    /// The process whose network is the other end of the link.
    far: Option<Child>,
}

impl Network {
    pub fn new() -> Network {
        let mut network = Network {
            missing: None,
            far: None,
        };
        if std::env::var_os(INSIDE).is_none() {
            network.missing = Some("this machine allows no network of our own".into());
        } else if let Err(command) = network.set_up() {
            network.missing = Some(format!("`{command}` failed"));
        }
        network
    }

    fn set_up(&mut self) -> Result<(), String> {
        run("ip link set lo up")?;
        // It tells when its network is there, and ends with this process's end of the pipe.
        let mut far = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("unshare: {error}"))?;
        let told = std::io::Read::read_exact(far.stdout.as_mut().expect("its output"), &mut [0]);
        let id = far.id();
        self.far = Some(far);
        told.map_err(|error| format!("unshare --net: {error}"))?;
        run(&format!(
            "ip link add near0 type veth peer name far0 netns {id}"
        ))?;
        run("ip address add 10.9.0.1/24 dev near0")?;
        run("ip link set near0 up")?;
        let there = |command: &str| run(&format!("nsenter --target {id} --net {command}"));
        there("ip address add 10.9.0.2/24 dev far0")?;
        there("ip link set far0 up")?;
        // Narrower than what is sent, with a short queue.
        run("tc qdisc add dev near0 root tbf rate 8kbit burst 400 limit 1000")
    }

    /// A client behind the link, which takes nearly nothing of what it is given.
    pub fn lossy_link(&self) -> Option<Builder> {
        match &self.missing {
            None => Some(Client::builder().host("10.9.0.2")),
            Some(reason) => {
                println!("SKIPPED packet loss: {reason}");
                None
            }
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(far) = &mut self.far {
            let _ = far.kill();
            let _ = far.wait();
        }
    }
}

/// Runs a program to its end; the command itself when it fails.
fn run(command: &str) -> Result<(), String> {
    let words: Vec<&str> = command.split(' ').collect();
    succeeds(&words).then_some(()).ok_or(command.into())
}

fn succeeds(command: &[&str]) -> bool {
    Command::new(command[0])
        .args(&command[1..])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
