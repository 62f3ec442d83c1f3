//! The original `StatsD` daemon: counters and gauges over its management port, timers as it
//! would hand them to Graphite when it ends.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use logd::{Client, Format};
use serde_json::Value as Json;

use crate::daemon::{Daemon, PATIENCE, free_tcp_port, free_udp_port, wait_for};
use crate::workload;

/// Keeps what a flush computes of timers.
const BACKEND: &str = "const fs = require('fs');\n\
    exports.init = (start, config, events) => {\n\
        events.on('flush', (time, metrics) =>\n\
            fs.writeFileSync(config.timers_file, JSON.stringify(metrics.timer_data)));\n\
        return true;\n\
    };\n";

struct StatsD {
    daemon: Daemon,
    port: u16,
    management: u16,
}

impl StatsD {
    fn start() -> StatsD {
        let program = std::env::var_os("LOGD_STATSD")
            .map(PathBuf::from)
            .expect("LOGD_STATSD: run scripts/statsd, which fetches the daemon");
        let (port, management) = (free_udp_port(), free_tcp_port());
        let daemon = Daemon::start("statsd", |folder| {
            fs::write(folder.join("backend.js"), BACKEND).unwrap();
            let path = |file: &str| Json::from(folder.join(file).display().to_string());
            // No flush but the one at its end: all is one interval.
            let config = format!(
                "{{ port: {port}, mgmt_port: {management}, address: '127.0.0.1', \
                 mgmt_address: '127.0.0.1', flushInterval: 3600000, backends: [{}], \
                 timers_file: {}, deleteIdleStats: false }}",
                path("backend.js"),
                path("timers.json"),
            );
            fs::write(folder.join("config.js"), config).unwrap();
            let mut command = Command::new("node");
            command
                .arg("--no-deprecation")
                .arg(program)
                .arg(folder.join("config.js"))
                .stdout(Stdio::null());
            command
        });
        let statsd = StatsD {
            daemon,
            port,
            management,
        };
        // It opens this port last.
        wait_for("the management port", || {
            TcpStream::connect(("127.0.0.1", management)).ok()
        });
        statsd
    }

    /// The numbers that a command of the management port shows, by name.
    fn ask(&self, command: &str) -> BTreeMap<String, f64> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.management)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        writeln!(stream, "{command}").unwrap();
        let lines = BufReader::new(stream).lines().map(Result::unwrap);
        let shown: Vec<_> = lines.take_while(|line| line != "END").collect();
        // `  'shop.orders': 17,`, several on a line where they are short.
        shown
            .iter()
            .flat_map(|line| line.trim_matches(['{', '}', ' ']).split(','))
            .filter_map(|entry| {
                let (name, value) = entry.rsplit_once(": ")?;
                let name = name.trim().trim_matches('\'').to_owned();
                Some((name, value.trim().parse().ok()?))
            })
            .collect()
    }

    /// Waits until it has read what the client has sent.
    fn catch_up(&self, client: &Client) {
        let sent = client.stats().messages() as f64;
        wait_for("all datagrams", || {
            (self.ask("counters")["statsd.packets_received"] == sent).then_some(())
        });
        let counters = self.ask("counters");
        assert_eq!(counters["statsd.bad_lines_seen"], 0.0);
    }

    /// Ends it and reads what it computed of timers.
    fn timers(mut self) -> Json {
        self.daemon.stop();
        read_json(&self.daemon.folder().join("timers.json"))
    }
}

fn read_json(file: &Path) -> Json {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[track_caller]
fn assert_close(figure: &Json, seconds: f64, most: f64, what: &str) {
    let figure = figure.as_f64().unwrap_or(f64::NAN);
    let error = figure / (seconds * 1000.0) - 1.0;
    assert!(error.abs() <= most, "{what}: {figure} ms, {seconds} s");
}

#[test]
#[ignore = "needs the StatsD daemon: scripts/statsd fetches it"]
fn statsd_reports_the_totals_that_logd_reports() {
    let interval = workload::received();
    let statsd = StatsD::start();
    let client = workload::builder(statsd.port)
        .format(Format::StatsD)
        .build()
        .unwrap();
    let truth = workload::run(&client);
    statsd.catch_up(&client);

    let counters = statsd.ask("counters");
    for counter in &interval.counters {
        let name = counter.key.replace(':', ".");
        assert_eq!(counters[&name], counter.sum, "{name}");
    }
    assert_eq!(interval.counters.len(), truth.counters.len());
    let gauges = statsd.ask("gauges");
    for meter in &interval.meters {
        let name = meter.key.replace(':', ".");
        assert_eq!(gauges[&name], meter.mean, "{name}");
    }
    assert_eq!(interval.meters.len(), truth.gauges.len());

    let timers = statsd.timers();
    for (key, calls) in &truth.timers {
        let ours = interval.timer(&format!("shop:{key}")).unwrap();
        let theirs = &timers[format!("shop.{key}")];
        assert_eq!(theirs["count"], ours.count, "{key}");
        assert_eq!(ours.count, calls.len() as f64, "{key}");
        assert_close(&theirs["lower"], ours.lower, 1e-9, "lower");
        // Which calls are kept raw and which in buckets differs from run to run.
        assert_close(&theirs["mean_90"], ours.mean, 1e-3, "mean_90");
        assert_close(&theirs["upper_90"], ours.upper_percentile, 1e-2, "upper_90");
        // What logd does not have: the mean of all calls, the slowest included.
        let mean = calls.iter().sum::<f64>() / calls.len() as f64;
        assert_close(&theirs["mean"], mean, 0.01, "mean");
    }
    // Few calls are sent as they were.
    assert_eq!(timers["shop.quiet"]["upper"], 20.0);
}

#[test]
#[ignore = "needs the StatsD daemon: scripts/statsd fetches it"]
fn statsd_reads_single_events() {
    let statsd = StatsD::start();
    let client = workload::builder(statsd.port)
        .format(Format::StatsD)
        .reduce(false)
        .build()
        .unwrap();
    let truth = workload::run_unreduced(&client);
    statsd.catch_up(&client);
    let counters = statsd.ask("counters");
    for (key, sum) in truth {
        assert_eq!(counters[&format!("shop.{key}")], sum, "{key}");
    }
    // Lines share datagrams.
    assert!(counters["statsd.packets_received"] < counters["statsd.metrics_received"] / 10.0);
    let gauges = statsd.ask("gauges");
    assert_eq!((gauges["shop.queue"], gauges["shop.balance"]), (3.0, -2.0));
    assert_eq!(statsd.timers()["shop.calls"]["count"], 2500.0);
}

#[test]
#[ignore = "needs the StatsD daemon: scripts/statsd fetches it"]
fn statsd_survives_every_name() {
    let statsd = StatsD::start();
    let client = Client::builder()
        .port(statsd.port)
        .format(Format::StatsD)
        .build()
        .unwrap();
    let names = [
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "toString",
        "a:1|c",
        "a|#b:c",
        "a b",
        "a\nb:7|c",
        "\u{e9}t\u{e9}",
    ];
    for name in names {
        client.increment(name);
        client.record(name, std::time::Duration::from_millis(1));
        client.set(name, -1);
    }
    assert!(client.flush(PATIENCE).is_complete());
    statsd.catch_up(&client);
    let counters = statsd.ask("counters");
    let sum: f64 = counters
        .iter()
        .filter(|(name, _)| !name.starts_with("statsd."))
        .map(|(_, sum)| sum)
        .sum();
    assert_eq!(sum, names.len() as f64, "{counters:?}");
    assert!(
        statsd
            .ask("gauges")
            .values()
            .filter(|v| **v == -1.0)
            .count()
            == names.len()
    );
    assert_eq!(statsd.timers()["constructor_"]["count"], 1.0);
}

#[test]
#[ignore = "needs the StatsD daemon: scripts/statsd fetches it"]
fn statsd_takes_the_tags_of_dogstatsd() {
    let statsd = StatsD::start();
    let client = workload::builder(statsd.port)
        .format(Format::DogStatsD)
        .tag("env", "prod")
        .build()
        .unwrap();
    client.add("orders", 3);
    assert!(client.flush(PATIENCE).is_complete());
    statsd.catch_up(&client);
    assert_eq!(statsd.ask("counters")["shop.orders;env=prod"], 3.0);
}
