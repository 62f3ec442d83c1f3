//! The Unix socket's side: its file comes and goes with the receiver, what others have there is
//! left alone, and what cannot be had is an error that says what to do.

use std::fs;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use logd_receiver::{Address, Receiver};

/// A folder of a test's own, with a short path.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("logd-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("logd.sock")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn bind(path: &PathBuf) -> Result<Receiver, logd_receiver::Error> {
    Receiver::builder().bind_unix(path)
}

const HIT: &[u8] = b"\x83\xa2id\x02\xa3key\xa4hits\xa5value\x01";

#[test]
fn everything_sent_before_a_flush_is_in_it() {
    let folder = Folder::new("flush");
    let receiver = bind(&folder.socket()).unwrap();
    assert_eq!(receiver.address(), &Address::Unix(folder.socket()));
    assert_eq!(receiver.local_addr().port(), 0);
    let client = UnixDatagram::unbound().unwrap();
    client.connect(folder.socket()).unwrap();
    for round in 1..=100 {
        for _ in 0..round {
            // Waits when the queue is full.
            client.send(HIT).unwrap();
        }
        let interval = receiver.flush();
        assert_eq!(interval.counter("hits").unwrap().sum, f64::from(round));
        assert_eq!(interval.health.lost.unwrap_or(0), 0);
    }
}

#[test]
fn what_many_threads_sent_before_the_end_is_in_the_last_interval() {
    let folder = Folder::new("end");
    let receiver = bind(&folder.socket()).unwrap();
    let (taken, last) = thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let client = UnixDatagram::unbound().unwrap();
                    client.connect(folder.socket()).unwrap();
                    let mut taken = 0;
                    while client.send(HIT).is_ok() {
                        taken += 1;
                    }
                    taken
                })
            })
            .collect();
        while receiver.snapshot().health.datagrams < 1000 {}
        let last = receiver.stop();
        let taken: u64 = senders.into_iter().map(|it| it.join().unwrap()).sum();
        (taken, last)
    });
    assert_eq!(last.health.datagrams, taken);
    assert_eq!(last.health.ignored, 0);
    assert_eq!(last.counter("hits").unwrap().sum, taken as f64);
}

#[test]
fn the_file_comes_and_goes_with_the_receiver() {
    let folder = Folder::new("file");
    let path = folder.socket();
    drop(bind(&path).unwrap());
    assert!(!path.exists());
    let _ = bind(&path).unwrap().stop();
    assert!(!path.exists());

    // One that was left behind makes way.
    drop(UnixDatagram::bind(&path).unwrap());
    assert!(path.exists());
    let receiver = bind(&path).unwrap();

    // One that has taken our place stays.
    fs::remove_file(&path).unwrap();
    let other = bind(&path).unwrap();
    drop(receiver);
    assert!(path.exists());
    drop(other);
    assert!(!path.exists());
}

#[test]
fn what_others_have_there_is_left_alone() {
    let folder = Folder::new("others");
    let path = folder.socket();
    let taken = |advice: &str| {
        let error = bind(&path).unwrap_err();
        assert!(error.is_address_in_use(), "{error}");
        assert_eq!(
            error.to_string(),
            format!("cannot listen on unix:{}: {advice}", path.display())
        );
        assert!(path.exists());
    };
    let receiver = bind(&path).unwrap();
    taken("another socket is there: stop what listens on it or choose another path");
    drop(receiver);
    let listener = UnixListener::bind(&path).unwrap();
    taken("another socket is there: stop what listens on it or choose another path");
    drop(listener);
    fs::remove_file(&path).unwrap();
    fs::write(&path, "mine").unwrap();
    taken("a file that is no socket is there: choose another path");
}

#[test]
fn a_path_that_cannot_be_had_is_an_error_that_says_why() {
    let folder = Folder::new("errors");
    for path in [String::new(), format!("/{}", "a".repeat(300))] {
        let error = Receiver::builder().bind_unix(&path).unwrap_err();
        assert!(error.is_invalid_setting(), "{error}");
        assert!(error.to_string().contains("1 to 100 bytes"), "{error}");
    }
    let error = bind(&folder.0.join("nowhere/logd.sock")).unwrap_err();
    assert!(error.to_string().contains("no such folder"), "{error}");
    assert!(!error.is_address_in_use());
}

#[test]
fn the_binary_listens_there_and_cleans_up_behind_itself() {
    let folder = Folder::new("binary");
    let path = folder.socket();
    let address = format!("unix:{}", path.display());
    let mut child = Command::new(env!("CARGO_BIN_EXE_logd"))
        .args(["--json", "--listen", &address])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let mut line = || -> serde_json::Value {
        let line = lines.next().unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    };
    assert_eq!(line()["address"], *address);
    let client = UnixDatagram::unbound().unwrap();
    for _ in 0..100 {
        client.send_to(HIT, &path).unwrap();
    }
    client
        .send_to(b"\x82\xa2id\x01\xa4path\xa7app.log", &path)
        .unwrap();
    let log = line();
    assert_eq!(log["path"], "app.log");
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(killed.success());
    assert_eq!(line()["counters"]["hits"]["sum"], 100);
    assert!(child.wait().unwrap().success());
    assert!(!path.exists());

    let wrong = Command::new(env!("CARGO_BIN_EXE_logd"))
        .args(["--listen", "unix:"])
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(said.contains("unix:/run/logd.sock"), "{said}");
}
