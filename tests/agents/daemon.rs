//! A foreign program for the time of a test, with a folder of its own.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How often something is asked for that no event tells of.
const PAUSE: Duration = Duration::from_millis(20);

/// It ends with the test, and so does its folder.
pub(crate) struct Daemon {
    process: Child,
    folder: PathBuf,
}

impl Daemon {
    /// Starts a program in a new folder, which the arguments are made of.
    pub(crate) fn start(name: &str, command: impl FnOnce(&Path) -> Command) -> Daemon {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = format!("logd-{name}-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let process = command(&folder)
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}: run scripts/{name}"));
        Daemon { process, folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn stop(&mut self) {
        let asked = Command::new("kill")
            .arg(self.process.id().to_string())
            .status();
        assert!(asked.expect("kill").success());
        assert!(self.process.wait().is_ok());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Asks until there is an answer.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not in {PATIENCE:?}");
        thread::sleep(PAUSE);
    }
}

/// These programs can not say which port they were given, so one that is free now is chosen.
pub(crate) fn free_udp_port() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().unwrap().port()
}

pub(crate) fn free_tcp_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().unwrap().port()
}
