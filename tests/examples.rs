//! The examples, run as a user runs them: they end well, and what they print of their own
//! counts is what a receiver got.

use std::collections::{BTreeSet, HashMap};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use logd_receiver::{Interval, Receiver};

const PATIENCE: Duration = Duration::from_secs(30);

/// The folder of the examples' programs, built as this test is.
static PROGRAMS: LazyLock<PathBuf> = LazyLock::new(|| {
    // This test is `<target>/<profile>/deps/examples-…`.
    let test = env::current_exe().expect("the test's own path");
    let built = test.ancestors().nth(2).expect("the profile's folder");
    let target = built.parent().expect("the target folder");
    let profile = match built.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    // A test that is asked for by name comes without the examples, or with old ones.
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--examples", "--profile", profile])
        .arg("--target-dir")
        .arg(target)
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .status()
        .expect("cargo");
    assert!(status.success(), "the examples do not compile");
    built.join("examples")
});

/// An example, to be run with these variables and no others of ours.
fn example(name: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAMS.join(name));
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("LOGD_") {
            command.env_remove(variable);
        }
    }
    command.env("HOME", "/nonexistent");
    command.envs(variables.iter().copied());
    command
}

/// What it printed, after an end with success and without a complaint.
#[track_caller]
fn printed(output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        output.status.success(),
        "{}\n{errors}\n{text}",
        output.status
    );
    assert_eq!(errors, "");
    text
}

/// The lines `  key  number`, in which an example says what it counted itself.
#[track_caller]
fn own_counts(text: &str) -> HashMap<&str, f64> {
    let counts: HashMap<_, _> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once(' '))
        .map(|(key, number)| (key, number.trim().parse().expect("a number")))
        .collect();
    assert!(counts.len() >= 5, "{text}");
    counts
}

/// What a receiver has under a key: a counter's sum or a timer's count.
fn received(interval: &Interval, key: &str) -> Option<f64> {
    let counter = interval.counter(key).map(|counter| counter.sum);
    counter.or_else(|| interval.timer(key).map(|timer| timer.count))
}

/// Every count that the example printed is what came, under the prefix `test`.
#[track_caller]
fn assert_agrees(text: &str, interval: &Interval) {
    for (key, counted) in own_counts(text) {
        assert!(counted > 0.0, "{key} shows nothing:\n{text}");
        let received = received(interval, &format!("test:{key}"));
        assert_eq!(received, Some(counted), "{key}\n{text}\n{interval}");
    }
    assert_eq!(interval.health.bad.total(), 0, "{interval}");
    assert!(
        !text.contains("dropped") && !text.contains("pending"),
        "{text}"
    );
}

#[test]
fn the_quickstart_shows_a_table_that_agrees_with_the_program_in_every_line() {
    let text = printed(example("quickstart", &[]).output().expect("the quickstart"));
    for line in text.lines() {
        assert!(
            line.chars().count() <= 100,
            "wider than 100 columns: {line}"
        );
    }
    let (table, rest) = text
        .split_once("WHAT THE SHOP COUNTED")
        .expect("a comparison");
    let comparison: Vec<Vec<&str>> = rest
        .lines()
        .skip(2)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert!(comparison.len() >= 15, "{text}");

    let mut sampled_timers = Vec::new();
    for line in &comparison {
        let [key, kind, rate, receiver, program, verdict] = line[..] else {
            panic!("not a comparison: {line:?}\n{text}")
        };
        assert_eq!((receiver, verdict), (program, "ok"), "{text}");
        assert_ne!(program, "0", "{key} shows nothing:\n{text}");
        // The figures beside the program's are those of the table, not another reading.
        let shown = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let mut shown = shown.filter(|words| words.first() == Some(&key));
        let words = shown
            .next()
            .unwrap_or_else(|| panic!("{key} is not in the table\n{text}"));
        assert_eq!(
            words[if kind == "timer" { 1 } else { 2 }],
            receiver,
            "{text}"
        );
        if kind == "timer" && rate.parse::<f64>().expect("a rate") < 1.0 {
            sampled_timers.push(key);
        }
    }
    for key in ["shop:checkout", "shop:page", "shop:cache.get"] {
        assert!(sampled_timers.contains(&key), "{key} in {sampled_timers:?}");
    }
    assert!(
        text.contains(&format!("All {} agree", comparison.len())),
        "{text}"
    );

    let flush = text
        .lines()
        .find(|line| line.starts_with("flush: "))
        .expect("a report");
    let numbers: Vec<u64> = flush
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    let [events, sent, messages] = numbers[..] else {
        panic!("{flush}")
    };
    assert!(
        events == sent && events > 100_000 && messages < events / 50,
        "{flush}"
    );
}

#[test]
fn the_threaded_service_and_a_receiver_named_in_the_environment_agree() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    let variables = [
        ("LOGD_HOST", "127.0.0.1"),
        ("LOGD_PORT", &*port),
        ("LOGD_PREFIX", "test"),
    ];
    let output = example("sync_service", &variables).output();
    let text = printed(output.expect("the service"));
    let interval = receiver.flush();
    assert_agrees(&text, &interval);
    let waiting = interval.meter("test:jobs.waiting").expect("the meter");
    assert!(waiting.mean > 0.0 && waiting.mean <= 100.0, "{interval}");
}

#[test]
fn the_threaded_service_needs_no_receiver_and_says_what_was_refused() {
    // A connected socket keeps the port from everybody, and takes nothing from strangers.
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    taken.connect("127.0.0.1:9").expect("an address");
    let port = taken.local_addr().expect("an address").port().to_string();
    let output = example("sync_service", &[("LOGD_PORT", &*port)]).output();
    let text = printed(output.expect("the service"));
    assert!(
        own_counts(&text).values().all(|count| *count > 0.0),
        "{text}"
    );
    let flush = text.lines().last().expect("a report");
    assert!(
        flush.starts_with("flush: ") && flush.contains("dropped (refused)"),
        "{text}"
    );
}

#[test]
fn the_tokio_service_ends_by_itself_and_agrees_with_the_receiver() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    let variables = [("LOGD_PORT", &*port), ("LOGD_PREFIX", "test")];
    let output = example("tokio_service", &variables).output();
    let text = printed(output.expect("the service"));
    assert!(text.contains("time is up"), "{text}");
    assert_agrees(&text, &receiver.flush());
}

#[test]
fn services_say_what_to_write_for_seconds_that_are_no_number() {
    for name in ["tokio_service", "axum_service"] {
        for seconds in ["", "-1", "soon"] {
            let output = example(name, &[]).arg(seconds).output();
            let output = output.expect("the service");
            assert!(!output.status.success());
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(
                errors.contains("write a whole number such as 10"),
                "{errors}"
            );
        }
    }
}

#[test]
fn the_tokio_service_loses_nothing_when_it_is_told_to_end() {
    let (text, interval) = told_to_end("tokio_service", "test:request");
    assert_agrees(&text, &interval);
}

/// What a service prints that gets SIGTERM in the middle of its work, and what was received.
#[track_caller]
fn told_to_end(name: &str, timer: &str) -> (String, Interval) {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    let mut service = example(name, &[("LOGD_PORT", &*port), ("LOGD_PREFIX", "test")])
        .arg("60")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the service");
    let mut output = BufReader::new(service.stdout.take().expect("a pipe"));
    let mut text = String::new();
    output.read_line(&mut text).expect("that it listens");

    // In the middle of its work, that is after a first flush.
    let deadline = Instant::now() + PATIENCE;
    while receiver.snapshot().timer(timer).is_none() {
        assert!(Instant::now() < deadline, "nothing came: {text}");
        thread::yield_now();
    }
    let told = Command::new("sh")
        .args(["-c", &format!("kill -TERM {}", service.id())])
        .status()
        .expect("a shell");
    assert!(told.success());

    output.read_to_string(&mut text).expect("what it counted");
    let mut output = service.wait_with_output().expect("an end");
    output.stdout = text.into_bytes();
    let text = printed(output);
    assert!(text.contains("SIGTERM"), "{text}");
    (text, receiver.flush())
}

#[test]
fn the_web_service_agrees_with_the_customers_in_every_route_and_makes_no_names_of_paths() {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port().to_string();
    let variables = [("LOGD_PORT", &*port), ("LOGD_PREFIX", "test")];
    let output = example("axum_service", &variables).output();
    let text = printed(output.expect("the service"));
    assert!(text.contains("time is up"), "{text}");
    let interval = receiver.flush();
    assert_agrees(&text, &interval);

    // Who hangs up cancels what is done for him, in the handler and around it.
    let cancelled = |key| received(&interval, key).unwrap_or_default();
    assert!(
        cancelled("test:orders.report.cancelled") > 0.0,
        "{interval}"
    );
    assert_eq!(
        cancelled("test:orders.report.cancelled"),
        cancelled("test:http.get.report.cancelled")
    );
    let handler = received(&interval, "test:orders.place.ok").expect("orders");
    let route = received(&interval, "test:http.post.orders.2xx").expect("orders");
    assert_eq!(handler, route);
    assert!(interval.meter("test:stock.left").is_some(), "{interval}");

    // One name for all orders, and one for all that strangers ask.
    let routes: BTreeSet<_> = interval
        .counters
        .iter()
        .filter_map(|counter| counter.key.strip_prefix("test:http."))
        .map(|key| key.rsplit_once('.').expect("a class").0)
        .collect();
    assert_eq!(
        Vec::from_iter(routes),
        ["get.orders.id", "post.orders", "unmatched"]
    );
}

#[test]
fn the_web_service_answers_what_it_has_taken_when_it_is_told_to_end() {
    let (text, interval) = told_to_end("axum_service", "test:http.post.orders.ok");
    assert_agrees(&text, &interval);
}

#[test]
fn the_script_reports_how_it_ended_before_it_is_gone() {
    let run = |file: Option<&Path>| {
        let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
        let port = receiver.local_addr().port().to_string();
        let output = example("nightly_report", &[("LOGD_PORT", &port)])
            .args(file)
            .output()
            .expect("the script");
        (output, receiver.flush())
    };
    let file = |name: &str, content: &str| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, content).expect("a file");
        path
    };

    let (output, interval) = run(None);
    let text = printed(output);
    assert!(text.contains("ada            1349"), "{text}");
    assert_eq!(received(&interval, "nightly.run.ok"), Some(1.0));
    assert_eq!(received(&interval, "nightly.orders"), Some(4.0));
    assert_eq!(received(&interval, "nightly.amount"), Some(6449.0));
    assert_eq!(received(&interval, "nightly.parse"), Some(1.0));

    // What was done until the error is reported along with it.
    let (output, interval) = run(Some(&file("broken", "ada 1\nlin 2\ngrace\n")));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("line 3 is"), "{errors}");
    assert_eq!(received(&interval, "nightly.run.err"), Some(1.0));
    assert_eq!(received(&interval, "nightly.orders"), Some(2.0));

    let (output, interval) = run(Some(&file("empty", "\n\n")));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{errors}");
    assert_eq!(received(&interval, "nightly.run.panicked"), Some(1.0));
    assert_eq!(received(&interval, "nightly.lines.empty"), Some(2.0));

    let (output, interval) = run(Some(Path::new("/nonexistent")));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(received(&interval, "nightly.read.err"), Some(1.0));
}

/// The line that the receiver has of a message.
#[track_caller]
fn line_with<'a>(text: &'a str, words: &str) -> &'a str {
    let found = text.lines().find(|line| line.contains(words));
    found.unwrap_or_else(|| panic!("no {words:?} in\n{text}"))
}

#[test]
fn the_service_that_logs_shows_what_arrived() {
    let text = printed(example("log_service", &[]).output().expect("the service"));
    let (console, received) = text.split_once("THE RECEIVER HAS").expect("both");
    assert_eq!(console.trim(), "console: ERROR order 7 is not paid");
    let failed = line_with(received, "is not paid");
    for part in [
        " ERROR shop.log log_service ",
        "examples/log_service.rs",
        "order=7",
    ] {
        assert!(failed.contains(part), "{part}: {failed}");
    }
    line_with(received, "caused by: no reply in 30 s");
    assert!(line_with(received, " DEBUG ").contains("order=1"), "{text}");
    let warnings = received.matches(" WARNING ").count();
    assert_eq!(warnings, 3, "{text}");
    let flush = text.lines().last().expect("a report");
    assert!(flush.contains("21 events: 10 sent"), "{flush}");
    assert!(flush.contains("11 dropped (rate_limited)"), "{flush}");
}

#[test]
fn the_traced_service_shows_what_arrived() {
    let text = printed(
        example("tracing_service", &[])
            .output()
            .expect("the service"),
    );
    assert_eq!(text.matches(" loaded ").count(), 4, "{text}");
    let loaded = line_with(&text, "request_id=2");
    for part in [
        " INFO ",
        "span=\"request:load\"",
        "rows=3",
        "table=\"orders\"",
    ] {
        assert!(loaded.contains(part), "{part}: {loaded}");
    }
    let failed = line_with(&text, "cannot answer");
    assert!(
        failed.contains("request_id=3") && failed.contains("error="),
        "{failed}"
    );
    line_with(&text, "    no such table");
    line_with(&text, "tracing_service.request: 5 calls");
    line_with(&text, "tracing_service.load: 5 calls");
    let flush = text.lines().last().expect("a report");
    assert!(flush.contains("19 events: 19 sent"), "{flush}");
}
