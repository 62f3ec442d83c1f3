//! pylogd's files: what it reads from them, this reads too; what it fails on works here.

use std::path::Path;

use logd::Config;
use serde_json::{Value as Json, json};

use super::pylogd;

/// What pylogd makes of each file: the settings that it says, or why it can not be read.
fn pylogd(files: &[String]) -> Vec<Json> {
    let read = pylogd::run("config", None, &json!(files).to_string());
    assert_eq!(read.len(), files.len());
    read
}

fn ours(file: &str) -> Config {
    Config::from_bytes(Path::new("logd.conf"), file.as_bytes())
        .unwrap_or_else(|error| panic!("{error} in {file:?}"))
}

#[track_caller]
fn assert_reads_the_same(file: &str, settings: &Json) {
    let config = ours(file);
    for (name, value) in settings.as_object().expect("settings") {
        let same = match name.as_str() {
            "host" => json!(config.host()),
            "port" => json!(config.port()),
            "prefix" => json!(config.prefix()),
            "logfile" => json!(config.path()),
            other => panic!("{other}"),
        };
        assert_eq!(same, *value, "{name} in {file:?}");
    }
    let set = config
        .origins()
        .filter(|(.., origin)| **origin != logd::Origin::Default);
    assert_eq!(set.count(), settings.as_object().unwrap().len(), "{file:?}");
}

#[test]
fn every_file_that_pylogd_can_read_says_the_same_here() {
    let mut random = Random(0x5eed);
    let files: Vec<String> = (0..500).map(|_| random.file()).collect();
    for (file, settings) in files.iter().zip(pylogd(&files)) {
        assert_eq!(settings.get("error"), None, "{settings} for {file:?}");
        assert_reads_the_same(file, &settings["settings"]);
    }
}

#[test]
fn files_that_pylogd_fails_on_work_here() {
    let files = [
        // A word ends at a dot, a hyphen or a colon.
        ("host = 127.0.0.1", "127.0.0.1"),
        ("host = stats.internal\n", "stats.internal"),
        ("host = stats-1", "stats-1"),
        ("host = ::1", "::1"),
        // Quotes are part of the value.
        ("host = \"stats\"", "stats"),
        ("host = 'stats'", "stats"),
        ("port = \"8126\" host = stats", "stats"),
        // A comment without a space before it takes the next line along.
        ("host = stats#ours\nport = 8126", "stats"),
    ];
    let contents = files.map(|(file, _)| file.to_owned());
    for ((file, host), theirs) in files.iter().zip(pylogd(&contents)) {
        assert_ne!(theirs["settings"]["host"], *host, "pylogd reads {file:?}");
        assert_eq!(ours(file).host(), *host, "{file:?}");
    }
}

/// Files in the form that pylogd reads, in every layout.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }

    fn one_of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len())]
    }

    fn file(&mut self) -> String {
        let mut file = String::from(self.one_of(&["", "\n", "# ours\n", "  \t"]));
        for _ in 0..self.below(6) {
            let name = self.one_of(&["host", "port", "prefix", "logfile"]);
            let value = match name {
                "port" => (1 + self.below(65535)).to_string(),
                _ => self
                    .one_of(&["web1", "Shop_2", "x", "port", "host_2", "8126"])
                    .into(),
            };
            let blank = ["", " ", "\t", "\n", " # why = because\n", "\r\n", " \n\n "];
            file += name;
            file += self.one_of(&blank);
            file += self.one_of(&["=", ":"]);
            file += self.one_of(&blank);
            file += &value;
            file += self.one_of(&blank[1..]);
        }
        file
    }
}
