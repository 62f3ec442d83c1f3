//! The receiver's statistics in a real carbon, as Debian packages it: what was sent
//! is what its files hold. Run by `scripts/carbon`, which installs it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use logd_receiver::Receiver;
use logd_runtime::wire::{self, Number};

const PATIENCE: Duration = Duration::from_secs(30);

/// A carbon with its files in a folder of its own; it ends with the test.
struct Carbon {
    process: Child,
    lines: mpsc::Receiver<String>,
    address: String,
}

impl Drop for Carbon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Carbon {
    fn start(folder: &Path) -> Carbon {
        let (port, pickle, query) = (free_port(), free_port(), free_port());
        let config = format!(
            "[cache]\nSTORAGE_DIR = {0}\nLOCAL_DATA_DIR = {0}/whisper\nCONF_DIR = {0}\nLOG_DIR = {0}\n\
             PID_DIR = {0}\nUSER =\nLINE_RECEIVER_INTERFACE = 127.0.0.1\nLINE_RECEIVER_PORT = {port}\n\
             PICKLE_RECEIVER_INTERFACE = 127.0.0.1\nPICKLE_RECEIVER_PORT = {pickle}\n\
             CACHE_QUERY_INTERFACE = 127.0.0.1\nCACHE_QUERY_PORT = {query}\n\
             MAX_CACHE_SIZE = inf\nMAX_UPDATES_PER_SECOND = 10000\nMAX_CREATES_PER_MINUTE = inf\n\
             LOG_UPDATES = True\nLOG_CREATES = True\nENABLE_LOGROTATION = False\n",
            folder.display()
        );
        fs::write(folder.join("carbon.conf"), config).unwrap();
        let schemas = "[all]\npattern = .*\nretentions = 1s:1h\n";
        fs::write(folder.join("storage-schemas.conf"), schemas).unwrap();
        let mut process = Command::new("carbon-cache")
            .arg("--debug")
            .arg(format!("--config={}", folder.join("carbon.conf").display()))
            .arg(format!("--logdir={}", folder.display()))
            .arg(format!("--pidfile={}", folder.join("pid").display()))
            .arg("start")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("carbon-cache: run scripts/carbon, which installs it");
        let output = BufReader::new(process.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let carbon = Carbon {
            process,
            lines,
            address: format!("127.0.0.1:{port}"),
        };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(&carbon.address).is_err() {
            assert!(Instant::now() < deadline, "carbon does not listen");
            thread::yield_now();
        }
        carbon
    }

    /// Waits until carbon says that it wrote this metric to its file.
    fn wait_for(&self, metric: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self
                .lines
                .recv_timeout(left)
                .unwrap_or_else(|_| panic!("{metric} was not written"));
            if line.contains("wrote") && line.contains(metric) {
                return;
            }
        }
    }
}

/// The last value that a metric's file holds.
fn last_value(folder: &Path, metric: &str) -> f64 {
    let file = folder
        .join("whisper")
        .join(metric.replace('.', "/"))
        .with_extension("wsp");
    let output = Command::new("whisper-fetch")
        .arg("--drop=nulls")
        .arg(&file)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text
        .lines()
        .last()
        .unwrap_or_else(|| panic!("{}: nothing in it", file.display()));
    last.split_whitespace().last().unwrap().parse().unwrap()
}

#[test]
#[ignore = "needs carbon from Debian: scripts/carbon installs it and runs this"]
fn what_a_receiver_ships_is_what_carbons_files_hold() {
    let folder = std::env::temp_dir().join(format!("logd-carbon-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let carbon = Carbon::start(&folder);
    let receiver = Receiver::builder()
        .nominal_interval(Duration::from_secs(10))
        .graphite(carbon.address.clone())
        .bind("127.0.0.1:0")
        .unwrap();

    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut datagram = Vec::new();
    let mut send = |write: &dyn Fn(&mut Vec<u8>)| {
        datagram.clear();
        write(&mut datagram);
        socket.send_to(&datagram, receiver.local_addr()).unwrap();
    };
    for n in 1..=10 {
        send(&|out| wire::counter(out, "shop:orders", Number::Int(n), None).unwrap());
        send(&|out| {
            wire::timer(out, "shop:pay", Number::Float(n as f64 / 4.0), Some(0.5)).unwrap();
        });
        send(&|out| wire::meter(out, "shop:depth", Number::Int(n * n), None).unwrap());
    }
    // A key that would inject a metric of its own does not get as far as carbon.
    send(&|out| wire::counter(out, "a 1 1\nevil", Number::Int(1), None).unwrap());

    let interval = receiver.flush();
    assert_eq!(interval.health.bad.key, 1);
    carbon.wait_for("stats.numStats");
    for (metric, value) in [
        ("stats.shop:orders", 5.5),
        ("stats.timers.shop:pay.count", 20.0),
        ("stats.timers.shop:pay.mean", 1.25),
        ("stats.timers.shop:pay.lower", 0.25),
        ("stats.timers.shop:pay.upper", 2.5),
        ("stats.timers.shop:pay.upper_90", 2.25),
        ("stats.meters.shop:depth", 38.5),
        ("stats.mcounts.shop:depth", 10.0),
        ("stats.numStats", 3.0),
    ] {
        assert_eq!(last_value(&folder, metric), value, "{metric}");
    }
    assert!(!folder.join("whisper/evil.wsp").exists());
    drop(carbon);
    fs::remove_dir_all(&folder).unwrap();
}
