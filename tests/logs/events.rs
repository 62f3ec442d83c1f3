//! The same through `tracing`: events with their fields, the spans that they are in, and the
//! spans' durations.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use logd::testing::Spy;
use logd::wire::Value;
use logd::{DropReason, Format, TracingLayer, TracingLayerBuilder};
use tracing::level_filters::LevelFilter;
use tracing::{Span, debug, error, field, info, info_span, trace, trace_span, warn};
use tracing_subscriber::prelude::*;

use crate::child;
use crate::support::{CHAIN, Setup, assert_accounted, failure, float, further, line_of, now, text};

impl Setup {
    /// A layer for everything.
    fn layer(&self) -> TracingLayerBuilder {
        TracingLayer::builder()
            .path("test.log")
            .level(LevelFilter::TRACE)
            .client(self.client.clone())
    }

    /// Runs `inside` with a layer for everything.
    fn run(&self, inside: impl FnOnce()) {
        run(self.layer().build().unwrap(), inside);
    }
}

fn run(layer: TracingLayer, inside: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, inside);
}

/// More than one line, and letters of every length.
const WIDE: &str = "caf\u{e9} \u{4e2d}\u{1f600}\nsecond line";

#[test]
fn every_field_of_every_level_arrives() {
    let setup = Setup::new();
    let before = now();
    setup.run(|| {
        error!(
            error = &failure() as &dyn Error,
            order = 42,
            "cannot place the {}",
            "order"
        );
        warn!("{WIDE}");
        info!(target: "shop::audit", "paid");
        debug!("details");
        trace!("more of them");
    });
    let expected = [
        ("ERROR", module_path!(), "cannot place the order", "error!("),
        ("WARNING", module_path!(), WIDE, "warn!("),
        ("INFO", "shop::audit", "paid", "info!("),
        ("DEBUG", module_path!(), "details", "debug!("),
        ("TRACE", module_path!(), "more of them", "trace!("),
    ];
    let lines = setup.lines();
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, (level, name, msg, call)) in lines.iter().zip(expected) {
        assert_eq!(line.path, "test.log");
        assert_eq!(text(line, "level"), level);
        assert_eq!(text(line, "name"), name);
        assert_eq!(text(line, "msg"), msg);
        let place = format!("{} {}:{}", file!(), module_path!(), line_of(file!(), call));
        assert_eq!(text(line, "loc"), place);
        let pid = i64::from(std::process::id());
        assert_eq!(line.get("pid"), Some(&pid.into()));
        let time = float(line.get("time"));
        assert!((before..=now()).contains(&time), "{time}");
    }
    assert_eq!(text(&lines[0], "error"), "no order");
    assert_eq!(text(&lines[0], "tb"), CHAIN);
    assert_eq!(lines[0].get("order"), Some(&42.into()));
    assert!(
        lines[1..].iter().all(|line| line.fields.len() == 6),
        "{lines:#?}"
    );
}

#[test]
fn every_kind_of_value_arrives_as_what_it_is_under_a_safe_name() {
    let setup = Setup::new();
    setup.run(|| {
        info!(
            small = 7, negative = -300, long = u64::MAX, longer = i128::MIN, half = 0.5, yes = true,
            text = "caf\u{e9}", shown = %format_args!("shown"), debugged = ?Some("x"),
            http.status = 200, id = "an id", none = field::Empty,
        );
    });
    let line = setup.line();
    let expected: [(&str, Value<'_>); 11] = [
        ("small", 7.into()),
        ("negative", (-300).into()),
        ("long", "18446744073709551615".into()),
        ("longer", "-170141183460469231731687303715884105728".into()),
        ("half", 0.5.into()),
        ("yes", true.into()),
        ("text", "caf\u{e9}".into()),
        ("shown", "shown".into()),
        ("debugged", "Some(\"x\")".into()),
        ("http_status", 200.into()),
        ("id_", "an id".into()),
    ];
    for (name, value) in &expected {
        assert_eq!(line.get(name), Some(value), "{name}");
    }
    assert_eq!(further(&line), expected.map(|(name, _)| name));
    assert_eq!(text(&line, "msg"), "");
}

#[test]
fn events_have_the_names_and_the_fields_of_the_spans_that_they_are_in() {
    let setup = Setup::new();
    setup.run(|| {
        let request = info_span!("request", id = 7, user = "ada", status = field::Empty);
        request.in_scope(|| {
            info!("began");
            let load = info_span!("load", user = "the loader", table = "orders");
            load.in_scope(|| info!(table = "lines", "loaded"));
            Span::current().record("status", 500);
            Span::current().record("status", 200);
            info!("done");
        });
        info!(parent: &request, "afterwards");
        info!("outside");
    });
    let lines = setup.lines();
    let seen: Vec<(&str, Option<&str>, Vec<&str>)> = lines
        .iter()
        .map(|line| (text(line, "msg"), line.text("span"), further(line)))
        .collect();
    let request = Some("request");
    let expected = [
        ("began", request, vec!["span", "request_id", "user"]),
        (
            "loaded",
            Some("request:load"),
            vec![
                "span",
                "table",
                "user",
                "load_table",
                "request_id",
                "request_user",
            ],
        ),
        (
            "done",
            request,
            vec!["span", "request_id", "user", "status"],
        ),
        (
            "afterwards",
            request,
            vec!["span", "request_id", "user", "status"],
        ),
        ("outside", None, vec![]),
    ];
    assert_eq!(seen, expected);
    for (name, value) in [
        ("table", "lines"),
        ("user", "the loader"),
        ("load_table", "orders"),
        ("request_user", "ada"),
    ] {
        assert_eq!(text(&lines[1], name), value);
    }
    assert_eq!(lines[1].get("request_id"), Some(&7.into()));
    assert_eq!(lines[2].get("status"), Some(&200.into()));
}

#[test]
fn long_records_are_cut_and_counted() {
    let setup = Setup::new();
    let long = "\u{e9}".repeat(50_000);
    setup.run(|| {
        info_span!("request", long = long.as_str()).in_scope(|| info!(order = 42, "{long}"));
    });
    let line = setup.line();
    for name in ["msg", "long"] {
        let (kept, mark) = text(&line, name).rsplit_once("… [").unwrap();
        let missing: usize = mark.strip_suffix(" bytes cut]").unwrap().parse().unwrap();
        assert!(
            long.starts_with(kept) && kept.len() > 30_000,
            "{}",
            kept.len()
        );
        assert_eq!(kept.len() + missing, long.len());
    }
    assert_eq!(line.get("order"), Some(&42.into()));
    assert_eq!(setup.client.stats().cut(), 1);
    assert_accounted(&setup.client, 1);
}

#[test]
fn picked_spans_are_timed_from_their_creation_to_their_end() {
    const PAUSE: Duration = Duration::from_millis(20);
    let setup = Setup::new();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let asks = Arc::clone(&asked);
    let layer = setup.layer().timings(move |span| {
        asks.lock().unwrap().push(span.name());
        span.target() != "noise"
    });
    run(layer.build().unwrap(), || {
        for _ in 0..3 {
            trace_span!("quick").in_scope(|| {});
            info_span!(target: "noise", "unseen").in_scope(|| {});
        }
        let span = info_span!(target: "shop::web", "HTTP request; slow");
        let other = span.clone();
        span.in_scope(|| thread::sleep(PAUSE));
        drop(span);
        // Another thread holds it for longer, without being in it.
        thread::spawn(move || {
            thread::sleep(PAUSE);
            drop(other);
        })
        .join()
        .unwrap();
    });
    // Once for each place in the source.
    let asked = asked.lock().unwrap();
    assert_eq!(*asked, ["quick", "unseen", "HTTP request; slow"]);
    let interval = setup.interval();
    let quick = module_path!().replace("::", ".") + ".quick";
    assert_eq!(interval.timer(&quick).unwrap().count, 3.0);
    let slow = interval.timer("shop.web.HTTP_request__slow").unwrap();
    assert_eq!(slow.count, 1.0);
    assert!((0.04..10.0).contains(&slow.mean), "{slow:?}");
    assert_eq!(interval.num_stats(), 2, "{interval}");
}

#[test]
fn many_spans_are_added_up_as_any_timer() {
    const SPANS: u64 = 50_000;
    let setup = Setup::new();
    let layer = setup.layer().timings(|_| true).build().unwrap();
    run(layer, || (0..SPANS).for_each(|_| drop(info_span!("step"))));
    let report = setup.flush();
    assert_eq!((report.events(), report.sent()), (SPANS, SPANS), "{report}");
    assert!(report.messages() < SPANS / 50, "{report}");
    let key = module_path!().replace("::", ".") + ".step";
    assert_eq!(
        setup.receiver.flush().timer(&key).unwrap().count,
        SPANS as f64
    );
}

#[test]
fn layers_of_ours_on_one_registry_keep_apart() {
    let (one, other) = (Setup::new(), Setup::new());
    let first = one.layer().timings(|span| span.name() != "theirs");
    let second = other.layer().level(LevelFilter::WARN);
    let second = second.timings(|span| span.name() != "ours");
    let subscriber = tracing_subscriber::registry()
        .with(first.build().unwrap())
        .with(second.build().unwrap());
    tracing::subscriber::with_default(subscriber, || {
        info_span!(target: "", "both", order = 42).in_scope(|| {
            info!("began");
            warn!("late");
        });
        drop(info_span!(target: "", "ours"));
        drop(info_span!(target: "", "theirs"));
    });
    let ours = (one, &["began", "late"][..], ["both", "ours"]);
    let theirs = (other, &["late"][..], ["both", "theirs"]);
    for (setup, messages, timers) in [ours, theirs] {
        let interval = setup.interval();
        let seen: Vec<_> = interval.logs.iter().map(|line| text(line, "msg")).collect();
        assert_eq!(seen, messages);
        assert_eq!(interval.logs[0].get("order"), Some(&42.into()));
        assert_eq!(further(&interval.logs[0]), ["span", "order"]);
        let keys: Vec<_> = interval.timers.iter().map(|timer| &*timer.key).collect();
        assert_eq!(keys, timers);
        assert!(interval.timers.iter().all(|timer| timer.count == 1.0));
    }
}

#[test]
fn events_and_timings_belong_to_the_scope_in_which_they_are_made() {
    let (spy, other) = (Spy::new(), Spy::new());
    let layer = TracingLayer::builder().path("test.log").timings(|_| true);
    run(layer.build().unwrap(), || {
        spy.run(|| {
            let _span = info_span!(target: "here", "step").entered();
            info!("here");
            other.run(|| info!("there"));
            debug!("too much");
        });
    });
    let messages = |spy: &Spy| -> Vec<String> {
        let logs = spy.logs();
        logs.iter().map(|log| log.message().to_owned()).collect()
    };
    assert_eq!(messages(&spy), ["here"]);
    assert_eq!(messages(&other), ["there"]);
    assert_eq!(spy.timer("here.step").count(), 1);
    assert!(other.keys().is_empty());
}

/// Emits an event, and opens a span, while it is shown.
struct Loud;

impl fmt::Display for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info_span!("inner", order = 42).in_scope(|| info!("inside"));
        f.write_str("loud")
    }
}

#[test]
fn an_event_that_makes_events_is_sent_and_the_others_are_counted() {
    let test = "events::an_event_that_makes_events_is_sent_and_the_others_are_counted";
    let output = child::run(test, &[], || {
        let setup = Setup::new();
        let layer = setup.layer().build().unwrap();
        // With a subscriber of a scope `tracing` itself lets nothing in.
        tracing_subscriber::registry().with(layer).init();
        // While a span takes its fields nothing is in the way of events.
        let span = info_span!("request", value = %Loud);
        span.in_scope(|| info!(value = %Loud, "{}", Loud));
        let report = setup.flush();
        assert_eq!(report.dropped_by(DropReason::Nested), 2, "{report}");
        let logs = setup.receiver.flush().logs;
        let seen: Vec<_> = logs.iter().map(|line| text(line, "msg")).collect();
        assert_eq!(seen, ["inside", "loud"]);
        assert_eq!(text(&logs[1], "request_value"), "loud");
        assert_accounted(&setup.client, 4);
    });
    child::succeeded(&output);
}

#[test]
fn places_have_their_limit_and_stacks_come_on_request() {
    #[inline(never)]
    fn place_order(number: u32) {
        error!(number, "failed");
        info!("went on");
    }
    let setup = Setup::new();
    let layer = setup.layer().backtrace(LevelFilter::ERROR);
    let layer = layer.rate_limit(1, Duration::from_secs(3600)).build();
    run(layer.unwrap(), || (0..3).for_each(place_order));
    let report = setup.flush();
    assert_eq!(report.dropped_by(DropReason::RateLimited), 4, "{report}");
    let logs = setup.receiver.flush().logs;
    let stack = text(&logs[0], "tb")
        .strip_prefix("stack backtrace:\n")
        .unwrap();
    assert!(
        stack.lines().next().unwrap().contains("place_order"),
        "{stack}"
    );
    assert_eq!(logs[1].text("tb"), None);
    assert_accounted(&setup.client, 6);
}

#[test]
fn records_of_log_that_come_through_tracing_keep_their_origin() {
    let setup = Setup::new();
    setup.run(|| {
        let mut record = log::Record::builder();
        let record = record
            .level(log::Level::Warn)
            .target("hyper::client")
            .line(Some(7));
        let record = record
            .file(Some("pool.rs"))
            .module_path(Some("hyper::client::pool"));
        tracing_log::format_trace(&record.args(format_args!("retries")).build()).unwrap();
    });
    let line = setup.line();
    assert_eq!(
        (text(&line, "level"), text(&line, "msg")),
        ("WARNING", "retries")
    );
    assert_eq!(text(&line, "name"), "hyper::client");
    assert_eq!(text(&line, "loc"), "pool.rs hyper::client::pool:7");
    assert_eq!(further(&line), Vec::<&str>::new());
}

#[test]
fn a_closed_client_and_one_without_logs_are_harmless() {
    let setup = Setup::new();
    let layer = setup.layer().timings(|_| true).build().unwrap();
    let _ = setup.client.shutdown(Duration::from_secs(1));
    run(layer, || {
        info_span!("late").in_scope(|| info!("{}", "m".repeat(100_000)));
    });
    assert_eq!(setup.client.stats().dropped_by(DropReason::Closed), 2);
    assert_accounted(&setup.client, 2);

    let client = logd::Client::builder()
        .format(Format::DogStatsD)
        .build()
        .unwrap();
    let error = setup.layer().client(client).build().unwrap_err();
    assert!(
        error.is_config() && error.to_string().contains("dogstatsd"),
        "{error}"
    );
}
