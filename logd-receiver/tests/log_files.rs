//! The log folder: every line kept as sent, no name that leaves the folder, no more disk than
//! allowed, and a delete message that deletes.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Client;
use logd_receiver::{Builder, Receiver};
use serde_json::{Value as Json, json};

/// A folder of this test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Folder(dir)
    }

    fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    fn receiver(&self) -> Builder {
        Receiver::builder().log_dir(self.logs())
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.logs()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    fn lines(&self, name: &str) -> Vec<Json> {
        fs::read_to_string(self.logs().join(name))
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn lines_are_kept_whole_in_a_file_per_log() {
    let folder = Folder::new("lines_are_kept_whole");
    let receiver = folder.receiver().bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    client.log("app.log", "first\nline {\"no\": \"injection\"}");
    client.log("other.log", "elsewhere");
    client.log("app.log", "second \u{1b}[31m");
    let interval = receiver.flush();
    assert_eq!(interval.logs.len(), 3);
    assert_eq!(folder.names(), ["app.log.jsonl", "other.log.jsonl"]);
    let line = |msg: &str| json!({ "level": "INFO", "msg": msg, "ip": "127.0.0.1" });
    assert_eq!(
        folder.lines("app.log.jsonl"),
        [
            line("first\nline {\"no\": \"injection\"}"),
            line("second \u{1b}[31m")
        ]
    );
    let raw = fs::read(folder.logs().join("app.log.jsonl")).unwrap();
    assert!(!raw.contains(&0x1b), "a terminal may show the file");
}

#[test]
fn no_path_leaves_the_folder() {
    let folder = Folder::new("no_path_leaves");
    let receiver = folder.receiver().bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    let absolute = folder.0.join("absolute").to_str().unwrap().to_owned();
    let long = "/".repeat(5_000);
    let paths = [
        "../up",
        "../../up",
        "a/../../up",
        "/../up",
        "..",
        ".",
        "",
        ".hidden",
        "a/b",
        "a\0b",
        "a\nb",
        "con\u{202e}",
        &absolute,
        &long,
        "%2E%2E",
        "app.log",
        "app.log.jsonl",
    ];
    for path in paths {
        client.log(path, path);
    }
    assert_eq!(receiver.flush().health.log_files_failed, 0);
    let names = folder.names();
    assert_eq!(
        names.len(),
        paths.len(),
        "no two paths share a file: {names:?}"
    );
    assert!(
        names
            .iter()
            .all(|name| !name.starts_with('.') && name.ends_with(".jsonl"))
    );
    let beside = fs::read_dir(&folder.0).unwrap().count();
    assert_eq!(beside, 1, "nothing beside the folder");
}

#[test]
fn a_delete_message_removes_the_log_and_a_later_line_makes_a_new_one() {
    let folder = Folder::new("delete_removes");
    let receiver = folder
        .receiver()
        .log_cap(10_000, 4)
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    for n in 0..5 {
        client.log("app.log", &n.to_string());
    }
    client.log("other.log", "stays");
    assert_eq!(receiver.flush().deleted, [""; 0]);
    assert_eq!(
        folder.names(),
        ["app.log.jsonl", "app.log.jsonl.old", "other.log.jsonl"]
    );

    client.delete("app.log");
    client.delete("never.was");
    let interval = receiver.flush();
    assert_eq!(interval.deleted, ["app.log", "never.was"]);
    assert_eq!(interval.health.log_files_failed, 0);
    assert_eq!(folder.names(), ["other.log.jsonl"]);

    client.log("app.log", "again");
    let _ = receiver.flush();
    assert_eq!(folder.lines("app.log.jsonl").len(), 1);
}

#[test]
fn a_log_never_exceeds_its_cap_and_keeps_its_newest_lines() {
    let folder = Folder::new("cap");
    let receiver = folder
        .receiver()
        .log_cap(4_000, 1_000)
        .bind("127.0.0.1:0")
        .unwrap();
    let client = Client::of(receiver.local_addr());
    for n in 0..500 {
        client.log("app.log", &format!("line {n}"));
        if n % 50 == 0 {
            let _ = receiver.flush();
            let on_disk: u64 = folder
                .names()
                .iter()
                .map(|name| fs::metadata(folder.logs().join(name)).unwrap().len())
                .sum();
            assert!(on_disk <= 4_000, "{on_disk}");
        }
    }
    let _ = receiver.flush();
    let mut kept = folder.lines("app.log.jsonl.old");
    kept.extend(folder.lines("app.log.jsonl"));
    assert!(kept.len() >= 30, "{}", kept.len());
    let first = 500 - kept.len();
    for (place, line) in kept.iter().enumerate() {
        assert_eq!(line["msg"], format!("line {}", first + place));
    }
}

#[test]
fn the_cap_on_lines_holds_across_a_restart() {
    let folder = Folder::new("cap_on_lines");
    for run in 0..3 {
        let receiver = folder
            .receiver()
            .log_cap(1_000_000, 20)
            .bind("127.0.0.1:0")
            .unwrap();
        let client = Client::of(receiver.local_addr());
        for n in 0..8 {
            client.log("app.log", &format!("{run} {n}"));
        }
        let _ = receiver.stop();
    }
    let [new, old] = ["app.log.jsonl", "app.log.jsonl.old"].map(|name| folder.lines(name));
    assert_eq!((old.len(), new.len()), (10, 4));
    assert_eq!(new[3]["msg"], "2 7");
}

#[test]
fn a_line_cut_by_a_crash_does_not_swallow_the_next() {
    let folder = Folder::new("cut_line");
    fs::create_dir_all(folder.logs()).unwrap();
    fs::write(folder.logs().join("app.log.jsonl"), "{\"whole\":1}\n{\"cut").unwrap();
    let receiver = folder.receiver().bind("127.0.0.1:0").unwrap();
    Client::of(receiver.local_addr()).log("app.log", "next");
    let _ = receiver.flush();
    let text = fs::read_to_string(folder.logs().join("app.log.jsonl")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..2], ["{\"whole\":1}", "{\"cut"]);
    assert!(lines[2].contains("next"));
}

#[test]
fn logs_beyond_the_bound_are_counted_and_the_others_go_on() {
    let folder = Folder::new("max_logs");
    let receiver = folder.receiver().max_logs(2).bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    for path in ["a", "b", "c", "a"] {
        client.log(path, "line");
    }
    let interval = receiver.flush();
    assert_eq!(interval.health.log_files_failed, 1);
    assert_eq!(interval.logs.len(), 4, "received all the same");
    assert_eq!(folder.names(), ["a.jsonl", "b.jsonl"]);
    assert_eq!(folder.lines("a.jsonl").len(), 2);
}

#[test]
fn more_logs_than_open_files_lose_nothing() {
    let folder = Folder::new("open_files");
    let receiver = folder.receiver().bind("127.0.0.1:0").unwrap();
    let client = Client::of(receiver.local_addr());
    for round in 0..3 {
        for n in 0..200 {
            client.log(&format!("log{n}"), &round.to_string());
        }
        assert_eq!(receiver.flush().health.log_files_failed, 0);
    }
    assert_eq!(folder.names().len(), 200);
    for name in folder.names() {
        assert_eq!(folder.lines(&name).len(), 3, "{name}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let folder = Folder::new("no_folder");
    fs::write(folder.logs(), "a file is in the way").unwrap();
    let error = folder.receiver().bind("127.0.0.1:0").unwrap_err();
    assert!(error.to_string().contains("no_folder"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}
