//! collectd's `statsd` plugin, read back from the files that its `csv` plugin writes.

use std::collections::BTreeMap;
use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;

use logd::Format;

use crate::daemon::{Daemon, free_udp_port, wait_for};
use crate::workload;

/// The last value in each file of the plugin, by kind and name: `derive-shop.orders`.
fn values(folder: &Path) -> BTreeMap<String, f64> {
    let files = fs::read_dir(folder.join("csv/here/statsd"));
    files
        .into_iter()
        .flatten()
        .filter_map(|file| {
            let path = file.ok()?.path();
            let text = fs::read_to_string(&path).ok()?;
            let value = text.lines().last()?.split(',').nth(1)?.parse().ok()?;
            let name = path.file_name()?.to_str()?;
            // The day stands behind the name.
            Some((name[..name.len() - "-2000-01-01".len()].to_owned(), value))
        })
        .collect()
}

fn start() -> (Daemon, u16) {
    let root = std::env::var_os("LOGD_COLLECTD")
        .map(PathBuf::from)
        .expect("LOGD_COLLECTD: run scripts/collectd, which fetches the daemon");
    let port = free_udp_port();
    let daemon = Daemon::start("collectd", |folder| {
        let config = format!(
            "Hostname \"here\"\nFQDNLookup false\nInterval 1\nBaseDir \"{0}\"\nPIDFile \"{0}/pid\"\n\
             PluginDir \"{1}/usr/lib/collectd\"\nTypesDB \"{1}/usr/share/collectd/types.db\"\n\
             LoadPlugin csv\nLoadPlugin statsd\n\
             <Plugin csv>\n DataDir \"{0}/csv\"\n StoreRates false\n</Plugin>\n\
             <Plugin statsd>\n Host \"127.0.0.1\"\n Port \"{port}\"\n</Plugin>\n",
            folder.display(),
            root.display(),
        );
        fs::write(folder.join("collectd.conf"), config).unwrap();
        let mut command = Command::new(root.join("usr/sbin/collectd"));
        command
            .arg("-f")
            .arg("-C")
            .arg(folder.join("collectd.conf"));
        command
    });
    // It does not say when it listens, but what it has heard.
    let probe = UdpSocket::bind("127.0.0.1:0").unwrap();
    wait_for("the first value", || {
        let _ = probe.send_to(b"probe:1|c", ("127.0.0.1", port));
        values(daemon.folder()).get("derive-probe").copied()
    });
    (daemon, port)
}

#[test]
#[ignore = "needs collectd: scripts/collectd fetches it"]
fn collectd_reports_the_counters_and_gauges_that_logd_reports() {
    let interval = workload::received();
    let (daemon, port) = start();
    let client = workload::builder(port)
        .format(Format::StatsD)
        .build()
        .unwrap();
    workload::run(&client);

    let mut expected = BTreeMap::new();
    for counter in &interval.counters {
        expected.insert(
            format!("derive-{}", counter.key.replace(':', ".")),
            counter.sum,
        );
    }
    for meter in &interval.meters {
        expected.insert(format!("gauge-{}", meter.key.replace(':', ".")), meter.mean);
    }
    assert_eq!(expected.len(), 6);
    let mut found = BTreeMap::new();
    wait_for("the values of one interval", || {
        found = values(daemon.folder());
        found.retain(|name, _| expected.contains_key(name));
        let gauges_came = found.keys().any(|name| name.starts_with("gauge-"));
        (gauges_came && found == expected).then_some(())
    });
}

#[test]
#[ignore = "needs collectd: scripts/collectd fetches it"]
fn collectd_reads_single_events() {
    let (daemon, port) = start();
    let client = workload::builder(port)
        .format(Format::StatsD)
        .reduce(false)
        .build()
        .unwrap();
    let truth = workload::run_unreduced(&client);
    wait_for("the sums", || {
        let found = values(daemon.folder());
        truth
            .iter()
            .all(|(key, sum)| found.get(&format!("derive-shop.{key}")) == Some(sum))
            .then_some(())
    });
}
