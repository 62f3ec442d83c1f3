//! Records that are too long for a datagram.

use std::net::UdpSocket;

use log::{Log, error, info};
use logd::Client;
use logd::wire::{MAX_DATAGRAM, Value};
use logd_receiver::LogLine;

use crate::support::{CHAIN, PATIENCE, Setup, assert_accounted, failure, further, text};

/// The text before the mark, and how many bytes the mark says are missing.
#[track_caller]
fn cut(text: &str) -> (&str, usize) {
    let (kept, mark) = text
        .rsplit_once("… [")
        .unwrap_or_else(|| panic!("no mark: {text:.99}"));
    let missing = mark.strip_suffix(" bytes cut]").expect("a mark");
    (kept, missing.parse().expect("a number"))
}

/// The most is made of a datagram.
#[track_caller]
fn assert_nearly_full(line: &LogLine) {
    let texts = line.fields.iter().map(|(name, value)| match value {
        Value::Text(text) => text.len() + name.len() + 4,
        _ => name.len() + 4,
    });
    let size: usize = texts.sum();
    assert!(
        (MAX_DATAGRAM - 1000..=MAX_DATAGRAM).contains(&size),
        "{size}"
    );
}

#[test]
fn a_long_message_is_cut_between_two_characters_and_says_how_much_is_missing() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    for (unit, repeated) in [
        ("m", 100_000),
        ("\u{e9}", 50_000),
        ("\u{4e2d}", 33_333),
        ("x\u{1f600}", 20_000),
    ] {
        let message = unit.repeat(repeated);
        info!(logger: logger, order = 42; "{message}");
        let line = setup.line();
        let (kept, missing) = cut(text(&line, "msg"));
        assert!(message.starts_with(kept));
        assert_eq!(kept.len() + missing, message.len());
        assert_nearly_full(&line);
        assert_eq!(line.get("order"), Some(&42.into()));
        assert!(text(&line, "loc").contains("long.rs"));
    }
    assert_eq!(setup.client.stats().cut(), 4);
    assert_accounted(&setup.client, 4);
}

#[test]
fn a_datagram_is_as_short_as_it_is_asked_to_be() {
    let setup = Setup::new();
    let logger = setup.logger().max_datagram(1432).build().unwrap();
    let wire = UdpSocket::bind("127.0.0.1:0").unwrap();
    wire.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = wire.local_addr().unwrap().port();
    let client = Client::builder().port(port).build().unwrap();
    let to_wire = setup.logger().max_datagram(1432).client(client).build();
    for logger in [&logger, &to_wire.unwrap()] {
        info!(logger: logger, order = 42; "{}", "m".repeat(5000));
    }
    let length = wire.recv(&mut [0; 70_000]).unwrap();
    assert!((1200..=1432).contains(&length), "{length}");
    let line = setup.line();
    let (kept, missing) = cut(text(&line, "msg"));
    assert_eq!(kept.len() + missing, 5000);
    assert_eq!(line.get("order"), Some(&42.into()));
    for bytes in [100, MAX_DATAGRAM + 1] {
        let error = setup.logger().max_datagram(bytes).build().unwrap_err();
        assert!(
            error.is_config() && error.to_string().contains("1432"),
            "{error}"
        );
    }
}

#[test]
fn what_just_fits_is_whole() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    let message = "m".repeat(MAX_DATAGRAM - 600);
    info!(logger: logger, "{message}");
    assert_eq!(text(&setup.line(), "msg"), message);
    assert_eq!(setup.client.stats().cut(), 0);
}

#[test]
fn of_several_long_texts_the_longest_are_cut_and_short_ones_stay() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    let (long, longer) = ("a".repeat(25_000), "b".repeat(100_000));
    error!(logger: logger, long = long.as_str(), longer = longer.as_str(), error:err = failure(); "{longer}");
    let line = setup.line();
    assert_eq!(text(&line, "tb"), CHAIN);
    let sizes = ["msg", "long", "longer"].map(|name| text(&line, name).len());
    assert!(
        sizes.iter().all(|size| (20_000..25_000).contains(size)),
        "{sizes:?}"
    );
    for (name, whole) in [("msg", &longer), ("long", &long), ("longer", &longer)] {
        let (kept, missing) = cut(text(&line, name));
        assert_eq!(kept.len() + missing, whole.len(), "{name}");
    }
    assert_nearly_full(&line);
    assert_eq!(setup.client.stats().cut(), 1);
}

#[test]
fn fields_that_find_no_room_are_left_out_and_counted() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    let names: Vec<String> = (0..5000).map(|number| format!("field{number}")).collect();
    let message = "m".repeat(100_000);
    let values: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (&**name, "a little text"))
        .collect();
    let record = |values: &dyn log::kv::Source| {
        let mut record = log::Record::builder();
        let record = record.level(log::Level::Info).key_values(&values);
        logger.log(&record.args(format_args!("{message}")).build());
    };
    record(&values.as_slice());
    let line = setup.line();
    let Some(Value::Int(left_out)) = line.get("fields_cut") else {
        panic!("{:?}", further(&line));
    };
    let kept = further(&line).len() - 1;
    assert_eq!(kept + *left_out as usize, names.len());
    assert!(kept > 1500, "{kept}");
    assert_eq!(further(&line)[..kept], names[..kept]);
    assert!(text(&line, "msg").starts_with('m'));
    assert_eq!(setup.client.stats().cut(), 1);
    assert_accounted(&setup.client, 1);
}

#[test]
fn fields_without_number_under_one_name_are_told_apart_while_there_is_room() {
    struct Same(usize);

    impl log::kv::Source for Same {
        fn visit<'kvs>(
            &'kvs self,
            visitor: &mut dyn log::kv::VisitSource<'kvs>,
        ) -> Result<(), log::kv::Error> {
            (0..self.0).try_for_each(|number| visitor.visit_pair("same".into(), number.into()))
        }
    }

    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    // To tell all of them apart would take more than a day.
    let same = Same(100_000);
    let mut record = log::Record::builder();
    let record = record.level(log::Level::Info).key_values(&same);
    logger.log(&record.args(format_args!("many")).build());
    let line = setup.line();
    let Some(Value::Int(left_out)) = line.get("fields_cut") else {
        panic!("{:?}", further(&line));
    };
    let kept = further(&line).len() - 1;
    assert_eq!(kept + *left_out as usize, same.0);
    for number in [0, 1, kept - 1] {
        let name = format!("same{}", "_".repeat(number));
        assert_eq!(line.get(&name), Some(&(number as i64).into()));
    }
    assert_eq!(text(&line, "msg"), "many");
    assert_eq!(setup.client.stats().cut(), 1);
}

#[test]
fn many_long_records_in_a_row_all_arrive() {
    let setup = Setup::new();
    let logger = setup.logger().build().unwrap();
    // More than the usual receive buffer holds at once.
    for (length, records) in [(60_000, 12), (8_000, 60), (1_000, 400)] {
        let message = "m".repeat(length);
        for number in 0..records {
            info!(logger: logger, number; "{message}");
        }
        let lines = setup.lines();
        let numbers: Vec<_> = lines
            .iter()
            .map(|line| line.get("number").cloned())
            .collect();
        let expected: Vec<_> = (0..records).map(|number| Some(number.into())).collect();
        assert_eq!(numbers, expected, "{length} bytes");
    }
}
