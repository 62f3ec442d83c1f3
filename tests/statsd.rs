//! The `StatsD` formats as they leave the client: the lines themselves, how many share a
//! datagram, and that every event is still accounted for.

mod child;
mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use logd::{Client, Config, Counter, DropReason, Format, testing};
use support::{PATIENCE, Wire, until_kept};

/// A client that sends lines and whose windows end by flushes only.
fn client_of(wire: &Wire, format: Format) -> Client {
    wire.builder()
        .reduce(true)
        .flush_interval(Duration::from_secs(86_400))
        .format(format)
        .build()
        .expect("a client")
}

/// Everything that the client has sent since the last time, line by line, in order.
fn lines(wire: &Wire, client: &Client) -> Vec<String> {
    let datagrams = wire.sent_by(client);
    let text: Vec<_> = datagrams
        .into_iter()
        .map(|datagram| String::from_utf8(datagram).expect("text"))
        .collect();
    let text = text.join("\n");
    text.lines().map(str::to_owned).collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

#[test]
fn each_kind_has_its_line_and_the_prefix_a_dot() {
    let wire = Wire::new();
    let client = wire
        .builder()
        .reduce(true)
        .format(Format::StatsD)
        .prefix("shop")
        .flush_interval(Duration::from_secs(86_400))
        .build()
        .unwrap();
    client.add("orders", 20);
    client.add("orders", -3);
    client.decrement("refunds");
    client.add("share", 0.25);
    client.set("queue", 4);
    client.set("queue", 5);
    client.record("checkout", Duration::from_micros(12_500));
    client.record("checkout", Duration::from_nanos(1_234_567));
    client.record("checkout", Duration::from_secs(90));
    assert_eq!(
        sorted(lines(&wire, &client)),
        [
            "shop.checkout:1.234567|ms",
            "shop.checkout:12.5|ms",
            "shop.checkout:90000|ms",
            "shop.orders:17|c",
            "shop.queue:4.5|g",
            "shop.refunds:-1|c",
            "shop.share:0.25|c",
        ]
    );
}

#[test]
fn a_negative_gauge_goes_behind_a_zero_in_the_same_datagram() {
    let wire = Wire::new();
    let client = client_of(&wire, Format::StatsD);
    // Lines of one length, so that some pair would be torn apart if it were two messages.
    for level in 0..200 {
        client.set(&format!("level.{level:0>40}"), -12.5);
    }
    let datagrams = wire.sent_by(&client);
    assert!(datagrams.len() > 5, "{}", datagrams.len());
    for datagram in datagrams {
        let text = String::from_utf8(datagram).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for pair in lines.chunks(2) {
            let (name, value) = pair[0].split_once(':').unwrap();
            assert_eq!(value, "0|g");
            assert_eq!(pair[1], format!("{name}:-12.5|g"));
        }
    }
}

#[test]
fn what_would_end_a_name_is_cleaned_and_what_daemons_drop_too() {
    let wire = Wire::new();
    let client = client_of(&wire, Format::StatsD);
    for name in [
        "a:b",
        "a|c",
        "a@d",
        "a#e",
        "GET /f",
        "caf\u{e9}",
        "a\nb:1|c",
    ] {
        client.increment(name);
    }
    // As a timer this one ends the original daemon.
    client.record("constructor", Duration::from_millis(1));
    assert_eq!(
        sorted(lines(&wire, &client)),
        [
            "GET__f:1|c",
            "a_b:1|c",
            "a_b_1_c:1|c",
            "a_c:1|c",
            "a_d:1|c",
            "a_e:1|c",
            "caf_:1|c",
            "constructor_:1|ms",
        ]
    );
}

#[test]
fn a_prefix_is_cleaned_like_a_name() {
    let wire = Wire::new();
    let builder = wire.builder().format(Format::StatsD).prefix("shop:eu@1");
    let client = builder.build().unwrap();
    client.increment("a");
    assert_eq!(lines(&wire, &client), ["shop_eu_1.a:1|c"]);
}

#[test]
fn tags_stand_behind_every_line_of_dogstatsd() {
    let wire = Wire::new();
    let client = wire
        .builder()
        .format(Format::DogStatsD)
        .tag("env", "prod")
        .tag("zone", "eu:1")
        .build()
        .unwrap();
    client.increment("orders");
    client.set("balance", -1);
    client.record("checkout", Duration::from_millis(2));
    assert_eq!(
        lines(&wire, &client),
        [
            "orders:1|c|#env:prod,zone:eu:1",
            "balance:0|g|#env:prod,zone:eu:1",
            "balance:-1|g|#env:prod,zone:eu:1",
            "checkout:2|ms|#env:prod,zone:eu:1",
        ]
    );
}

#[test]
fn single_events_carry_their_rate_and_share_datagrams() {
    let wire = Wire::new();
    let client = wire.builder().format(Format::StatsD).build().unwrap();
    let hits = client.counter("hits").unwrap().rate(0.25);
    let calls = client.timer("calls").unwrap().rate(0.25);
    until_kept(&client, || hits.add(3));
    until_kept(&client, || calls.record(Duration::from_millis(7)));
    assert_eq!(
        lines(&wire, &client),
        ["hits:3|c|@0.25", "calls:7|ms|@0.25"]
    );

    for _ in 0..1000 {
        client.increment("one");
    }
    // The worker may send some before the flush; all of them are awaited here.
    let mut seen = 0;
    let report = client.flush(PATIENCE);
    assert!(report.is_complete(), "{report}");
    while seen < 1000 {
        let datagram = wire.receive();
        assert!(datagram.len() <= 1432, "{}", datagram.len());
        let text = String::from_utf8(datagram).unwrap();
        assert!(text.lines().all(|line| line == "one:1|c"), "{text}");
        seen += text.lines().count();
    }
    assert_eq!(seen, 1000);
}

#[test]
fn a_rate_never_has_an_exponent() {
    let wire = Wire::new();
    let client = client_of(&wire, Format::StatsD);
    let timer = client.timer("busy").unwrap();
    for call in 0..400_000_u32 {
        timer.record(Duration::from_nanos((1000 + call % 1000).into()));
    }
    let mut calls = 0.0;
    for line in lines(&wire, &client) {
        let (_, rate) = line.split_once("|@").expect("a rate");
        assert!(
            rate.bytes().all(|b| b.is_ascii_digit() || b == b'.'),
            "{line}"
        );
        calls += 1.0 / rate.parse::<f64>().unwrap();
    }
    assert_eq!(calls, 400_000.0);
    assert_eq!(
        logd::wire::statsd::counter(
            &mut String::new(),
            "a",
            logd::wire::Number::Int(1),
            Some(f64::NAN),
            ""
        ),
        Err(logd::wire::EncodeError::NotFinite)
    );
    let mut line = String::new();
    logd::wire::statsd::timer(&mut line, "a", 1000.0, Some(1e-9), "").unwrap();
    assert_eq!(line, "a:1000|ms|@0.000000001");
}

#[test]
fn every_event_is_accounted_for_with_many_lines_in_a_datagram() {
    let wire = Wire::new();
    let client = client_of(&wire, Format::StatsD);
    for key in 0..500 {
        let counter = client.counter(&format!("shop.counter.{key:0>3}")).unwrap();
        counter.add(key + 1);
        counter.increment();
    }
    client.set("bad", f64::NAN);
    client.add("none", 5);
    client.add("none", -5);
    let report = client.flush(PATIENCE);
    assert_eq!(report.events(), 1003);
    assert_eq!(report.dropped_by(DropReason::InvalidValue), 1);
    assert_eq!(report.sent(), 1002);
    let datagrams = wire.take(report.messages());
    let mut sums = BTreeMap::new();
    for datagram in &datagrams {
        assert!(datagram.len() <= 1432, "{}", datagram.len());
        for line in std::str::from_utf8(datagram).unwrap().lines() {
            let (name, rest) = line.split_once(':').unwrap();
            let value: i32 = rest.strip_suffix("|c").unwrap().parse().unwrap();
            assert_eq!(sums.insert(name.to_owned(), value), None);
        }
    }
    // 20 bytes a line, a few more for long sums, and one between: 66 to 68 in a datagram. The
    // last says what was dropped.
    assert_eq!(datagrams.len(), 9);
    assert_eq!(sums.remove("logd.client.dropped.invalid_value"), Some(1));
    assert_eq!(sums.len(), 500);
    for (key, sum) in sums.values().enumerate() {
        assert_eq!(*sum, key as i32 + 2);
    }
}

#[test]
fn nobody_listening_is_counted_in_events_not_in_lines() {
    let port = Wire::new().port();
    let client = Client::builder()
        .port(port)
        .format(Format::StatsD)
        .flush_interval(Duration::from_secs(86_400))
        .build()
        .unwrap();
    for key in 0..500 {
        client.add(&format!("key.{key}"), 2);
        client.increment(&format!("key.{key}"));
    }
    let report = client.flush(PATIENCE);
    let stats = client.stats();
    assert!(report.dropped_by(DropReason::Refused) > 0, "{report}");
    assert_eq!(stats.events(), 1000);
    assert_eq!(
        stats.sent() + stats.dropped() + stats.pending(),
        1000,
        "{stats:?}"
    );
}

#[test]
fn the_mean_of_all_values_stays_true_however_far_out_the_highest_is() {
    let wire = Wire::new();
    let client = client_of(&wire, Format::StatsD);
    let timer = client.timer("calls").unwrap();
    for call in 0..1000_u64 {
        // One in a thousand takes a second, the others one or two milliseconds.
        let micros = if call == 500 { 1_000_000 } else { 1000 + call };
        timer.record(Duration::from_micros(micros));
    }
    testing::end_window(&client);
    let report = client.flush(PATIENCE);
    let text: Vec<u8> = wire.take(report.messages()).join(&b'\n');
    let mut values: Vec<f64> = String::from_utf8(text)
        .unwrap()
        .lines()
        .map(|line| {
            line["calls:".len()..line.find("|ms").unwrap()]
                .parse()
                .unwrap()
        })
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    let true_mean = ((0..1000).sum::<u64>() - 500 + 999_000 + 1_000_000) as f64 / 1e6;
    // As the daemon computes it: over the values as they came, without regard to rates.
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    assert!((mean / true_mean - 1.0).abs() < 0.02, "{mean} {true_mean}");
    assert_eq!(values[0], 1.0);
    let kept = values.len() - values.len() / 10;
    let upper_90 = values[kept - 1];
    assert!((upper_90 / 1.899 - 1.0).abs() < 0.02, "{upper_90}");
}

#[test]
fn an_agent_that_weighs_by_rate_gets_mean_and_extremes_of_all_calls() {
    let wire = Wire::new();
    let client = client_of(&wire, Format::DogStatsD);
    let timer = client.timer("calls").unwrap();
    for call in 0..10_000_u64 {
        let micros = if call == 500 {
            1_000_000
        } else {
            1000 + call / 10
        };
        timer.record(Duration::from_micros(micros));
    }
    testing::end_window(&client);
    let report = client.flush(PATIENCE);
    let text = String::from_utf8(wire.take(report.messages()).join(&b'\n')).unwrap();
    let (mut count, mut sum, mut extremes) = (0.0, 0.0, (f64::MAX, f64::MIN));
    for line in text.lines() {
        let (value, rate) = line["calls:".len()..].split_once("|ms").unwrap();
        let value: f64 = value.parse().unwrap();
        // As Datadog's agent has it: a whole number of calls for each line.
        let rate: f64 = rate
            .strip_prefix("|@")
            .map_or(1.0, |rate| rate.parse().unwrap());
        let weight = (1.0 / rate) as u64 as f64;
        count += weight;
        sum += value * weight;
        extremes = (extremes.0.min(value), extremes.1.max(value));
    }
    assert_eq!((count, extremes), (10_000.0, (1.0, 1000.0)));
    let true_mean = (1499.5 * 10_000.0 - 1050.0 + 1_000_000.0) / 1e7;
    assert!(
        (sum / count / true_mean - 1.0).abs() < 0.005,
        "{sum} {true_mean}"
    );
}

#[test]
fn what_the_format_can_not_send_is_refused_where_it_is_asked_for() {
    let client = Client::builder().format(Format::StatsD).build().unwrap();
    let error = client.delete_log("app.log").unwrap_err();
    assert!(error.is_config());
    assert!(error.to_string().contains("Format::Logd"), "{error}");

    for format in [Format::Logd, Format::StatsD] {
        let builder = Client::builder().format(format).tag("env", "prod");
        let error = builder.build().unwrap_err().to_string();
        assert!(
            error.contains("env") && error.contains("Format::DogStatsD"),
            "{error}"
        );
    }
    for (name, value) in [
        ("", "x"),
        ("a:b", "x"),
        ("a", "x,y"),
        ("a", "x|y"),
        ("a", "x y"),
        ("a", ""),
    ] {
        let builder = Client::builder().format(Format::DogStatsD).tag(name, value);
        assert!(builder.build().unwrap_err().is_config(), "{name}:{value}");
    }
}

static HITS: Counter = Counter::new("hits");

#[test]
fn the_environment_chooses_format_and_tags() {
    let wire = Wire::new();
    let variables = [
        ("LOGD_FORMAT", "DogStatsD"),
        ("LOGD_TAGS", "env:prod, zone:eu"),
        ("LOGD_PREFIX", "shop"),
        ("LOGD_PORT", &wire.port().to_string()),
    ];
    let name = "the_environment_chooses_format_and_tags";
    child::succeeded(&child::run(name, &variables, || {
        HITS.increment();
        assert!(logd::flush(PATIENCE).is_complete());
        assert_eq!(logd::client().format(), Format::DogStatsD);
    }));
    assert_eq!(wire.receive(), b"shop.hits:1|c|#env:prod,zone:eu");
}

#[test]
fn the_usual_port_is_that_of_the_format() {
    let port = |format: Option<&str>| {
        let variables: Vec<_> = format
            .map(|format| ("LOGD_FORMAT", format))
            .into_iter()
            .collect();
        let name = "the_usual_port_is_that_of_the_format";
        let child = child::run(name, &variables, || {
            println!("{}", Config::discover().expect("settings"));
        });
        child::succeeded(&child);
        let said = String::from_utf8(child.stdout).unwrap();
        let line = said
            .lines()
            .find(|line| line.starts_with("port = "))
            .unwrap();
        line.to_owned()
    };
    assert_eq!(port(None), "port = 8126  # default");
    assert_eq!(port(Some("statsd")), "port = 8125  # default");
}

#[test]
fn what_was_queued_for_logs_before_is_counted_when_the_format_has_none() {
    let wire = Wire::new();
    let port = wire.port().to_string();
    // With a variable that can not be used, nothing is sent before `init`.
    let variables = [("LOGD_PORT", "none"), ("TEST_PORT", &port)];
    let name = "what_was_queued_for_logs_before_is_counted_when_the_format_has_none";
    child::succeeded(&child::run(name, &variables, || {
        HITS.increment();
        logd::delete_log("app.log").expect("the format is not known yet");
        let port = std::env::var("TEST_PORT").unwrap().parse().unwrap();
        let builder = Config::default().into_builder().port(port);
        let guard = builder.format(Format::StatsD).init().expect("a client");
        let report = guard.flush(PATIENCE);
        assert_eq!(report.dropped_by(DropReason::Unsupported), 1, "{report}");
        assert_eq!((report.events(), report.sent()), (2, 1), "{report}");
        assert!(logd::delete_log("app.log").unwrap_err().is_config());
    }));
    assert_eq!(wire.receive(), b"hits:1|c");
}
