//! Key-values: each kind of value, names that a receiver cannot keep, and errors.

use std::error::Error;
use std::fmt;

use log::{Level, error, info};
use logd::wire::Value;

use crate::support::{CHAIN, Setup, failure, further, text};

#[test]
fn every_kind_of_value_arrives_as_what_it_is() {
    #[derive(Debug)]
    struct Shape;
    impl fmt::Display for Shape {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a shape")
        }
    }

    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    info!(
        logger: logger,
        small = 7, negative = -300_i64, exact = 1_u64 << 53, beyond = (1_u64 << 53) + 1,
        below = -(1_i64 << 53) - 1, long = u64::MAX, longer = i128::MIN,
        half = 0.5, single = 0.25_f32, infinite = f64::INFINITY, yes = true, letter = 'x',
        text = "caf\u{e9}\n\u{1f600}", empty = "", none = None::<u32>, some = Some(3),
        shown:% = Shape, debugged:? = Shape;
        "values"
    );
    let line = setup.line();
    let expected: [(&str, Value<'_>); 18] = [
        ("small", 7.into()),
        ("negative", (-300).into()),
        // Beyond 32 bits integers travel as floats, which old receivers can read.
        ("exact", 9_007_199_254_740_992.0.into()),
        ("beyond", "9007199254740993".into()),
        ("below", "-9007199254740993".into()),
        ("long", "18446744073709551615".into()),
        ("longer", "-170141183460469231731687303715884105728".into()),
        ("half", 0.5.into()),
        ("single", 0.25.into()),
        ("infinite", "Infinity".into()),
        ("yes", true.into()),
        ("letter", "x".into()),
        ("text", "caf\u{e9}\n\u{1f600}".into()),
        ("empty", "".into()),
        ("none", Value::Nil),
        ("some", 3.into()),
        ("shown", "a shape".into()),
        ("debugged", "Shape".into()),
    ];
    for (name, value) in &expected {
        assert_eq!(line.get(name), Some(value), "{name}");
    }
    assert_eq!(further(&line), expected.map(|(name, _)| name));
}

#[test]
fn names_that_a_receiver_cannot_keep_are_made_safe_and_hide_nothing() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    let long = "n".repeat(300);
    let values: Vec<(&str, &str)> = vec![
        ("http.status", "dot"),
        ("http_status", "taken"),
        ("$set", "dollar"),
        ("a\0b", "nul"),
        ("", "empty"),
        ("id", "an id"),
        ("path", "a path"),
        ("ip", "an ip"),
        ("msg", "a msg"),
        ("msg", "another msg"),
        ("level", "a level"),
        ("time", "a time"),
        ("tb", "a tb"),
        ("_id", "a document"),
        ("__proto__", "a prototype"),
        (&long, "a long name"),
    ];
    let record = |values: &dyn log::kv::Source| {
        use log::Log;
        let mut record = log::Record::builder();
        let record = record
            .level(Level::Info)
            .target("target")
            .key_values(&values);
        logger.log(&record.args(format_args!("safe")).build());
    };
    record(&values.as_slice());
    let line = setup.line();
    let expected = [
        "http_status",
        "http_status_",
        "_set",
        "a_b",
        "_",
        "id_",
        "path_",
        "ip_",
        "msg_",
        "msg__",
        "level_",
        "time_",
        "tb_",
        "_id_",
        "__proto___",
    ];
    assert_eq!(further(&line)[..expected.len()], expected);
    assert_eq!(further(&line)[expected.len()], &long[..255]);
    for ((_, value), (name, content)) in values.iter().zip(&line.fields[5..]) {
        assert_eq!(content.as_str(), Some(*value), "{name}");
    }
    assert_eq!((text(&line, "msg"), text(&line, "level")), ("safe", "INFO"));
    assert_eq!(line.path, "test.log");
}

#[test]
fn an_error_is_told_with_all_of_its_causes_under_any_name() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    let failed: Box<dyn Error> = Box::new(failure());
    error!(logger: logger, error:err = failure(); "typed");
    error!(logger: logger, reason = log::kv::Value::from_dyn_error(&*failed); "boxed");
    error!(logger: logger, e:% = failure(); "as text only");
    for (line, name) in setup.lines().iter().zip(["error", "reason", "e"]) {
        assert_eq!(text(line, name), "no order");
        let told = (name != "e").then_some(CHAIN);
        assert_eq!(line.text("tb"), told);
    }
}

#[test]
fn an_error_that_causes_itself_ends() {
    #[derive(Debug)]
    struct Circle;
    impl fmt::Display for Circle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("circle")
        }
    }
    impl Error for Circle {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Circle)
        }
    }
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    error!(logger: logger, error:err = Circle; "round");
    let line = setup.line();
    assert_eq!(text(&line, "tb").lines().count(), 101);
}

#[test]
fn a_backtrace_comes_on_request_and_begins_where_the_program_logged() {
    #[inline(never)]
    fn place_order(logger: &logd::Logger) {
        error!(logger: logger, error:err = failure(); "failed");
        info!(logger: logger, "went on");
    }
    let setup = Setup::new();
    let logger = setup
        .logger()
        .backtrace(log::LevelFilter::Error)
        .build()
        .unwrap();
    place_order(&logger);
    let lines = setup.lines();
    let traceback = text(&lines[0], "tb");
    let (chain, stack) = traceback.split_once("\nstack backtrace:\n").expect("both");
    assert_eq!(chain, CHAIN);
    let first = stack.lines().next().unwrap();
    assert!(first.contains("place_order"), "{stack}");
    assert_eq!(lines[1].text("tb"), None);
}

#[test]
fn a_value_that_cannot_show_itself_leaves_what_it_has_written() {
    struct Broken;
    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            Err(fmt::Error)
        }
    }
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    info!(logger: logger, field:% = Broken; "message {Broken}");
    let line = setup.line();
    assert_eq!(
        (text(&line, "field"), text(&line, "msg")),
        ("half", "message half")
    );
}

#[test]
fn a_place_is_told_as_far_as_it_is_known() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    for (file, module, line, loc) in [
        (Some("a.rs"), Some("shop"), Some(7), Some("a.rs shop:7")),
        (Some("a.rs"), None, Some(7), Some("a.rs:7")),
        (None, Some("shop"), None, Some("shop")),
        (None, None, Some(7), None),
    ] {
        let mut record = log::Record::builder();
        let record = record.file(file).module_path(module).line(line);
        log::Log::log(&logger, &record.args(format_args!("here")).build());
        assert_eq!(setup.line().text("loc"), loc);
    }
}
