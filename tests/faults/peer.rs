//! A receiver in a process of its own, which can be stopped, killed and started again. It
//! ends an interval whenever it is asked for one, so that no figure is lost between two.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use logd_receiver::Receiver;

use crate::books::Table;
use crate::child;

const ADDRESS: &str = "LOGD_TEST_PEER";
const SAYS: &str = "peer: ";

/// Small enough that a few hundred messages overflow it.
const BUFFER: usize = 64 * 1024;

/// The process.
pub(crate) struct Peer {
    child: Child,
    commands: ChildStdin,
    says: BufReader<ChildStdout>,
    address: String,
}

impl Peer {
    /// Starts one on an address with port 0, on the one that another has left, or on
    /// `unix:` and the path of a socket.
    pub(crate) fn start(address: impl ToString) -> Peer {
        Peer::start_by(&[], address)
    }

    /// Starts one in an environment that a launcher makes.
    pub(crate) fn start_by(launcher: &[&str], address: impl ToString) -> Peer {
        let mut child = child::this_program(launcher)
            .args(["peer::receiver_process", "--exact", "--ignored"])
            .args(["--nocapture", "--test-threads=1"])
            .env(ADDRESS, address.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut says = BufReader::new(child.stdout.take().expect("its output"));
        let address = said(&mut says);
        Peer {
            commands: child.stdin.take().expect("its input"),
            child,
            says,
            address,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address.parse().expect("an address of UDP")
    }

    pub(crate) fn port(&self) -> u16 {
        self.address().port()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends its interval: everything that was sent on this machine before is in it.
    pub(crate) fn table(&mut self) -> Table {
        writeln!(self.commands, "flush").expect("a running receiver");
        Table::parse(&said(&mut self.says))
    }

    /// From here on nothing is read, until it goes on.
    pub(crate) fn block(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    /// Ends without a word, as by a crash, with whatever was still in its queue.
    pub(crate) fn kill(&mut self) {
        self.end();
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(status.expect("the command kill").success());
    }

    fn end(&mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("its end");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.end();
    }
}

/// The rest of the next line that is not the test harness's.
fn said(says: &mut impl BufRead) -> String {
    let mut line = String::new();
    loop {
        line.clear();
        let read = says.read_line(&mut line).expect("its output");
        assert!(read > 0, "the receiver's process has ended");
        if let Some((_, said)) = line.split_once(SAYS) {
            return said.trim_end().to_owned();
        }
    }
}

/// The process itself, until its input ends.
#[test]
#[ignore = "the other process of a test"]
fn receiver_process() {
    let Ok(address) = std::env::var(ADDRESS) else {
        return;
    };
    let builder = Receiver::builder().receive_buffer(BUFFER);
    let receiver = match address.strip_prefix("unix:") {
        Some(path) => builder.bind_unix(path),
        None => builder.bind(address),
    }
    .expect("an address to listen on");
    let say = |line: &str| {
        let mut out = io::stdout().lock();
        writeln!(out, "\n{SAYS}{line}").and_then(|()| out.flush())
    };
    say(&receiver.address().to_string()).expect("somebody who reads");
    for _ in io::stdin().lines() {
        say(&receiver.flush().to_json()).expect("somebody who reads");
    }
}
