//! The wire format against recorded datagrams: what we write is byte for byte the form that
//! every decoder takes, what we read is what the original server read, and nothing that
//! arrives, whole, cut or mutated, can make the decoder panic.

use std::path::Path;

use logd_runtime::wire::{
    self, EncodeError, Fault, LogRecord, Message, Number, PathFault, Value, decode,
};
use serde_json::Value as Json;

/// One recorded datagram.
struct Vector {
    name: String,
    group: String,
    bytes: Vec<u8>,
    decoded: Json,
    accepted: Json,
}

fn vectors() -> Vec<Vector> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/vectors.json");
    let text = std::fs::read_to_string(file).expect("the vectors are part of the project");
    let all: Vec<Json> = serde_json::from_str(&text).expect("the vectors are valid JSON");
    all.iter()
        .map(|v| Vector {
            name: v["name"].as_str().unwrap().to_owned(),
            group: v["group"].as_str().unwrap().to_owned(),
            bytes: unhex(v["hex"].as_str().unwrap()),
            decoded: v["decoded"].clone(),
            accepted: v["accepted_by_logd"].clone(),
        })
        .collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

/// The value that a JSON value stands for; `None` for an extension.
fn value_of(json: &Json) -> Option<Value<'static>> {
    Some(match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(n), _) => Value::from(n),
            (_, Some(n)) => Value::from(n),
            _ => Value::from(n.as_f64().unwrap()),
        },
        Json::String(text) => Value::from(text.clone()),
        Json::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| value_of(item).unwrap_or(Value::Nil))
                .collect(),
        ),
        Json::Object(fields) => {
            if let Some(float) = fields.get("$float") {
                return Some(Value::Float(match float.as_str().unwrap() {
                    "NaN" => f64::NAN,
                    "Infinity" => f64::INFINITY,
                    "-Infinity" => f64::NEG_INFINITY,
                    other => panic!("unknown float {other}"),
                }));
            }
            if fields.contains_key("$ext") {
                return None;
            }
            if let Some(hex) = fields.get("$str_hex").or_else(|| fields.get("$bin_hex")) {
                let bytes = unhex(hex.as_str().unwrap());
                return Some(Value::from(String::from_utf8_lossy(&bytes).into_owned()));
            }
            Value::Map(
                fields
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone().into(), value_of(value)?)))
                    .collect(),
            )
        }
    })
}

fn number(json: &Json) -> Number {
    json.as_i64()
        .map_or_else(|| Number::Float(json.as_f64().unwrap()), Number::Int)
}

/// Writes the message that a vector describes.
fn encode(decoded: &Json) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    let text = |name: &str| decoded[name].as_str();
    let rate = decoded["rate"].as_f64();
    match decoded["id"].as_u64() {
        Some(2) => wire::counter(
            &mut out,
            text("key").unwrap(),
            number(&decoded["value"]),
            rate,
        )?,
        Some(3) => wire::timer(
            &mut out,
            text("key").unwrap(),
            number(&decoded["value"]),
            rate,
        )?,
        Some(4) => wire::meter(
            &mut out,
            text("key").unwrap(),
            number(&decoded["value"]),
            rate,
        )?,
        Some(1000) => wire::delete(&mut out, text("path").unwrap())?,
        Some(1) => {
            const OWN: [&str; 9] = [
                "id", "path", "level", "msg", "name", "time", "pid", "loc", "tb",
            ];
            let extra: Vec<_> = decoded
                .as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| !OWN.contains(&name.as_str()))
                .map(|(name, value)| (name.as_str(), value_of(value).unwrap()))
                .collect();
            let mut record = LogRecord::new(
                text("path").unwrap(),
                text("level").unwrap(),
                text("msg").unwrap(),
                text("name").unwrap(),
                decoded["time"].as_f64().unwrap(),
            );
            record.pid = decoded["pid"].as_u64().map(|pid| pid.try_into().unwrap());
            record.loc = text("loc");
            record.tb = text("tb");
            record.fields = &extra;
            wire::log(&mut out, &record)?;
        }
        id => panic!("no message has the id {id:?}"),
    }
    Ok(out)
}

#[test]
fn what_we_write_is_the_recommended_form_byte_for_byte() {
    let mut compared = 0;
    for vector in vectors().iter().filter(|v| v.group == "recommended") {
        assert_eq!(
            encode(&vector.decoded).unwrap(),
            vector.bytes,
            "{}",
            vector.name
        );
        compared += 1;
    }
    assert_eq!(compared, 72);
}

#[test]
fn integers_that_old_decoders_cut_travel_as_floats() {
    for n in [1_i64 << 32, 1 << 53, -(1 << 31) - 1, i64::MIN] {
        let [mut as_integer, mut as_float] = [Vec::new(), Vec::new()];
        wire::counter(&mut as_integer, "k", Number::Int(n), None).unwrap();
        wire::counter(&mut as_float, "k", Number::Float(n as f64), None).unwrap();
        assert_eq!(as_integer, as_float, "{n}");
    }
}

#[test]
fn a_refused_message_leaves_the_buffer_as_it_was() {
    let mut out = b"before".to_vec();
    let huge = "x".repeat(70_000);
    let mut nameless = LogRecord::new("", "INFO", "m", "n", 1.0);
    let refusals = [
        (
            wire::counter(&mut out, "k", Number::Int(0), None),
            EncodeError::Zero,
        ),
        (
            wire::counter(&mut out, "k", Number::Float(-0.0), None),
            EncodeError::Zero,
        ),
        (
            wire::timer(&mut out, "k", Number::Float(f64::NAN), None),
            EncodeError::NotFinite,
        ),
        (
            wire::meter(&mut out, "k", Number::Float(f64::INFINITY), None),
            EncodeError::NotFinite,
        ),
        (
            wire::timer(&mut out, "k", Number::Int(1), Some(f64::NAN)),
            EncodeError::NotFinite,
        ),
        (
            wire::meter(&mut out, &huge, Number::Int(1), None),
            EncodeError::TooLarge,
        ),
        (
            wire::log(&mut out, &nameless),
            EncodeError::Path(PathFault::Empty),
        ),
        (
            wire::delete(&mut out, "$x"),
            EncodeError::Path(PathFault::Dollar),
        ),
    ];
    for (result, expected) in refusals {
        assert_eq!(result, Err(expected));
    }
    nameless.path = "p";
    nameless.msg = &huge;
    assert_eq!(wire::log(&mut out, &nameless), Err(EncodeError::TooLarge));
    assert_eq!(out, b"before");
}

#[test]
fn the_largest_datagram_is_written_and_one_byte_more_is_not() {
    let mut out = Vec::new();
    wire::meter(&mut out, &"k".repeat(60_000), Number::Int(1), None).unwrap();
    let room = wire::MAX_DATAGRAM - (out.len() - 60_000);
    out.clear();
    wire::meter(&mut out, &"k".repeat(room), Number::Int(1), None).unwrap();
    assert_eq!(out.len(), wire::MAX_DATAGRAM);
    out.clear();
    let over = wire::meter(&mut out, &"k".repeat(room + 1), Number::Int(1), None);
    assert_eq!(over, Err(EncodeError::TooLarge));
}

#[test]
fn paths_that_end_the_original_server_are_refused() {
    let mut refused = 0;
    for vector in vectors() {
        if vector.name.contains("log path") && vector.accepted == "crash" {
            let path = vector.decoded["path"].as_str().unwrap();
            assert!(wire::check_path(path).is_err(), "{}", vector.name);
            refused += 1;
        }
    }
    assert_eq!(refused, 13);
    for path in ["a\0b", "system.indexes", "config", "pay$", "toString"] {
        assert!(wire::check_path(path).is_err(), "{path:?}");
    }
    for path in [
        "a b",
        "/var/log/x",
        "café",
        "a\nb",
        "configs",
        "app.toString",
    ] {
        assert_eq!(wire::check_path(path), Ok(()), "{path:?}");
    }
}

#[test]
fn fields_of_a_log_record_cannot_harm_the_server_or_hide_another_field() {
    let nested = Value::Map(vec![
        ("a.b".into(), Value::Int(1)),
        ("$x".into(), Value::Int(2)),
        ("_bsontype".into(), Value::from("Code")),
    ]);
    let fields = [
        ("id", Value::Int(2)),
        ("level", Value::from("lowered")),
        ("a\0b", Value::Float(f64::NAN)),
        ("", Value::from(u64::MAX)),
        ("ctx", nested),
    ];
    let mut record = LogRecord::new("p", "INFO", "m", "n", 1.5);
    record.fields = &fields;
    let mut out = Vec::new();
    wire::log(&mut out, &record).unwrap();

    let Ok(Message::Log { fields, .. }) = decode(&out) else {
        panic!("still a log line");
    };
    let rest = format!("{:?}", &fields[4..]);
    let expected: Vec<(&str, Value<'_>)> = vec![
        ("id_", Value::Int(2)),
        ("level_", Value::from("lowered")),
        ("a_b", Value::from("NaN")),
        ("", Value::Float(u64::MAX as f64)),
        (
            "ctx",
            Value::Map(vec![
                ("a_b".into(), Value::Int(1)),
                ("_x".into(), Value::Int(2)),
                ("_bsontype_".into(), Value::from("Code")),
            ]),
        ),
    ];
    assert_eq!(rest, format!("{expected:?}"));
}

#[test]
fn containers_nested_too_deeply_for_old_decoders_are_cut_off() {
    let mut value = Value::Int(1);
    for _ in 0..100 {
        value = Value::Array(vec![value]);
    }
    let fields = [("deep", value)];
    let mut record = LogRecord::new("p", "INFO", "m", "n", 1.5);
    record.fields = &fields;
    let mut out = Vec::new();
    wire::log(&mut out, &record).unwrap();
    assert!(matches!(decode(&out), Ok(Message::Log { .. })));
}

/// Messages that the original server took, or passed over, and that we judge the other way.
/// What ended its process is not listed.
const JUDGED_OTHERWISE: &[(&str, &str)] = &[
    // No number: the server added texts up as texts, or sent Graphite `NaN`, `true`, `null`
    // or `[object Object]`.
    ("py2: set nan", "refused"),
    ("py2: set '12'", "refused"),
    ("py3: set nan", "refused"),
    ("py3: set '12'", "refused"),
    ("probe: counter value array [1,2]", "refused"),
    ("probe: counter value map {}", "refused"),
    ("probe: counter value map {a:1}", "refused"),
    ("probe: counter \"abc\" then 5 in same interval", "refused"),
    ("probe: timer value nil", "refused"),
    ("probe: timer value true", "refused"),
    ("probe: timer value string \"12\"", "refused"),
    ("probe: timer value string \"0\"", "refused"),
    ("probe: timer value string \"abc\"", "refused"),
    ("probe: timer value string \"\"", "refused"),
    ("probe: timer value array [3]", "refused"),
    ("probe: timer value array []", "refused"),
    ("probe: timer value array [1,2]", "refused"),
    ("probe: timer value map {}", "refused"),
    ("probe: timer value map {a:1}", "refused"),
    ("probe: timer value missing", "refused"),
    ("probe: timer strings \"10\",\"9\",\"2\"", "refused"),
    ("probe: meter value NaN", "refused"),
    ("probe: meter value string \"12\"", "refused"),
    ("probe: meter value string \"0\"", "refused"),
    ("probe: meter value string \"abc\"", "refused"),
    ("probe: meter value array [3]", "refused"),
    ("probe: meter value map {}", "refused"),
    ("probe: meter value map {a:1}", "refused"),
    ("probe: meter \"12\",\"13\"", "refused"),
    ("probe: counter 10 rate \"abc\"", "refused"),
    ("probe: timer 7 rate \"abc\"", "refused"),
    // Keys that the server lost, because every JavaScript object has a property of that name.
    ("probe: timer key __proto__", "accepted"),
    ("probe: meter key __proto__", "accepted"),
    ("probe: meter key constructor", "accepted"),
    ("probe: meter key hasOwnProperty", "accepted"),
    ("probe: meter key toString", "accepted"),
    ("probe: meter key valueOf", "accepted"),
    ("probe: meter propertyIsEnumerable", "accepted"),
    ("probe: meter toLocaleString", "accepted"),
    ("probe: meter __defineGetter__", "accepted"),
    ("probe: meter __defineSetter__", "accepted"),
    ("probe: meter __lookupGetter__", "accepted"),
    ("probe: meter __lookupSetter__", "accepted"),
];

#[test]
fn every_vector_is_judged_as_the_original_server_did_or_is_listed() {
    let mut otherwise = Vec::new();
    for vector in vectors() {
        let judged = match decode(&vector.bytes) {
            Ok(Message::Ignored) | Err(_) => "refused",
            Ok(_) => "accepted",
        };
        let by_the_server = match &vector.accepted {
            Json::Bool(true) => "accepted",
            Json::Bool(false) => "refused",
            _ => continue,
        };
        if judged != by_the_server {
            otherwise.push((vector.name, judged));
        }
    }
    let otherwise: Vec<_> = otherwise.iter().map(|(n, j)| (n.as_str(), *j)).collect();
    assert_eq!(otherwise, JUDGED_OTHERWISE);
}

#[test]
fn what_real_clients_send_is_understood_even_where_it_ended_the_server() {
    let mut understood = 0;
    for vector in vectors() {
        if !vector.group.starts_with("pylogd") && vector.group != "recommended" {
            continue;
        }
        if JUDGED_OTHERWISE
            .iter()
            .any(|(name, _)| *name == vector.name)
        {
            continue;
        }
        let sent = |name: &str| value_of(&vector.decoded[name]);
        let text = |name: &str| sent(name).unwrap().as_str().map(str::to_owned);
        let close = |value: f64| match sent("value") {
            Some(Value::Int(0)) if vector.decoded["id"] == 2 => value == 1.0,
            Some(Value::Nil) => value == 0.0 || vector.decoded["id"] == 2 && value == 1.0,
            Some(Value::Bool(b)) => value == f64::from(b),
            Some(Value::Int(n)) => value == n as f64,
            Some(Value::UInt(n)) => value == n as f64,
            Some(Value::Text(text)) => value.to_string() == text,
            Some(Value::Float(n)) if vector.decoded["id"] == 2 && (n == 0.0 || n.is_nan()) => {
                value == 1.0
            }
            Some(Value::Float(n)) => value == n,
            other => panic!("{}: {other:?}", vector.name),
        };
        let name = &vector.name;
        match decode(&vector.bytes).unwrap_or_else(|fault| panic!("{name}: {fault}")) {
            Message::Counter { key, value, .. } | Message::Timer { key, value, .. } => {
                assert_eq!(Some(key.into_owned()), text("key"), "{name}");
                assert!(close(value), "{name}: {value}");
            }
            Message::Meter { key, value } => {
                assert_eq!(Some(key.into_owned()), text("key"), "{name}");
                assert!(close(value), "{name}: {value}");
            }
            Message::Log { path, fields } => {
                assert_eq!(Some(path.into_owned()), text("path"), "{name}");
                let expected: Vec<_> = vector
                    .decoded
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter(|(name, _)| *name != "id" && *name != "path")
                    .map(|(name, value)| (name.as_str(), value_of(value).unwrap()))
                    .collect();
                assert_eq!(format!("{fields:?}"), format!("{expected:?}"), "{name}");
            }
            Message::Delete { path } => assert_eq!(Some(path.into_owned()), text("path"), "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        understood += 1;
    }
    assert_eq!(understood, 93 + 93 + 72 - 4);
}

#[test]
fn extensions_are_passed_over_and_str8_and_bin_are_text() {
    let datagram = b"\x86\xd9\x02id\x02\xc4\x03key\xc5\x00\x01k\xa5value\x07\
        \xa1x\xd6\xff\x00\x00\x00\x00\xa4rate\xd4\x05\x00\xd4\x05\x00\x01";
    let expected = Message::Counter {
        key: "k".into(),
        value: 7.0,
        rate: 1.0,
    };
    assert_eq!(decode(datagram), Ok(expected));
}

#[test]
fn of_a_repeated_field_the_last_counts_and_keeps_its_first_place() {
    let log = b"\x87\xa2id\x01\xa1a\x01\xa1b\x02\xa4path\xa1p\xa1a\x03\x07\x04\xa17\x05";
    let Ok(Message::Log { path, fields }) = decode(log) else {
        panic!("a log line");
    };
    assert_eq!(path, "p");
    let expected = [("a", 3), ("b", 2), ("7", 5)].map(|(n, v)| (n.into(), Value::Int(v)));
    assert_eq!(fields, expected);

    // The same beyond the number of fields that are compared one by one.
    let mut many = b"\xde\x00\xca\xa2id\x01".to_vec();
    for round in 0..2_u8 {
        for n in 0..100_u8 {
            many.extend_from_slice(&[0xa2, b'A' + n / 10, b'0' + n % 10, round]);
        }
    }
    many.extend_from_slice(b"\xa4path\xa1p");
    let Ok(Message::Log { fields, .. }) = decode(&many) else {
        panic!("a log line");
    };
    assert_eq!(fields.len(), 100);
    assert!(fields.iter().all(|(_, value)| *value == Value::Int(1)));
}

#[test]
fn every_cut_of_every_message_is_a_fault_or_ignored() {
    for vector in vectors() {
        if vector.accepted != true {
            continue;
        }
        // A cut behind the map is no cut: bytes there do not count.
        let mut whole = vector.bytes.len();
        while whole > 0 && decode(&vector.bytes[..whole]).is_ok() {
            whole -= 1;
        }
        let step = (whole / 500).max(1);
        for len in (0..whole).step_by(step) {
            let judged = decode(&vector.bytes[..len]);
            let expected = if len == 0 {
                Ok(Message::Ignored)
            } else {
                Err(Fault::Truncated)
            };
            if !JUDGED_OTHERWISE
                .iter()
                .any(|(name, _)| *name == vector.name)
            {
                assert_eq!(judged, expected, "{} cut to {len}", vector.name);
            }
        }
    }
}

#[test]
fn claimed_lengths_cost_nothing() {
    // Every header that can claim 2^32 - 1 of something, at the top and as a field's value,
    // and 31 of them inside one another. Taking memory for any of them would end the process.
    for header in [0xc6, 0xc9, 0xdb, 0xdd, 0xdf] {
        let claim = [header, 0xff, 0xff, 0xff, 0xff];
        assert!(decode(&claim).is_err());
        let mut datagram = b"\x83\xa2id\x01\xa4path\xa1p\xa1x".to_vec();
        for _ in 0..31 {
            datagram.extend_from_slice(&claim);
        }
        assert_eq!(decode(&datagram), Err(Fault::Truncated), "{header:x}");
    }
}

#[test]
fn thirty_two_containers_are_read_and_one_more_is_a_fault() {
    for (arrays, result) in [(31, true), (32, false)] {
        let mut datagram = b"\x83\xa2id\x01\xa4path\xa1p\xa1x".to_vec();
        datagram.extend(std::iter::repeat_n(0x91, arrays));
        datagram.push(1);
        match decode(&datagram) {
            Ok(Message::Log { .. }) => assert!(result),
            Err(Fault::TooDeep) => assert!(!result),
            other => panic!("{other:?}"),
        }
    }
}

/// A small generator, so that a failure is found again by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

#[test]
fn no_mutation_makes_the_decoder_panic() {
    const HEADERS: [u8; 24] = [
        0x80, 0x81, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xca, 0xcb,
        0xcf, 0xd3, 0xd8, 0xd9, 0xdb, 0xdd, 0xde, 0xdf, 0xff,
    ];
    let all = vectors();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut survived = 0_u32;
    for vector in &all {
        let rounds = if vector.bytes.len() > 2_000 { 20 } else { 400 };
        for _ in 0..rounds {
            let mut bytes = vector.bytes.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len().max(1));
                match random.below(5) {
                    0 if !bytes.is_empty() => bytes[at] = random.below(256) as u8,
                    1 if !bytes.is_empty() => bytes[at] = HEADERS[random.below(HEADERS.len())],
                    2 => bytes.insert(at.min(bytes.len()), random.below(256) as u8),
                    3 if !bytes.is_empty() => drop(bytes.remove(at)),
                    _ => {
                        let other = &all[random.below(all.len())].bytes;
                        let from = random.below(other.len().max(1)).min(other.len());
                        bytes.truncate(at);
                        bytes.extend_from_slice(&other[from..]);
                    }
                }
            }
            match decode(&bytes) {
                Ok(Message::Counter { value, rate, .. } | Message::Timer { value, rate, .. }) => {
                    assert!(
                        !value.is_nan() && !rate.is_nan() && rate != 0.0,
                        "{bytes:x?}"
                    );
                }
                Ok(Message::Meter { value, .. }) => assert!(!value.is_nan(), "{bytes:x?}"),
                _ => {}
            }
            survived += 1;
        }
    }
    assert!(survived > 200_000, "{survived}");
}

#[test]
fn numbers_print_as_ecmascript_prints_them() {
    for (n, text) in [
        (10.0, "10"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (18_446_744_073_709_551_615.0, "18446744073709552000"),
        (123_456.789, "123456.789"),
        (-0.000_007_152_557_373_046_875, "-0.000007152557373046875"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-1.25e-9, "-1.25e-9"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
        (f64::NAN, "NaN"),
    ] {
        assert_eq!(wire::EcmaNumber(n).to_string(), text);
    }
}

#[test]
fn broken_text_becomes_what_the_original_server_made_of_it() {
    let key = |bytes: &[u8]| {
        let mut datagram = b"\x82\xa2id\x02\xa3key".to_vec();
        datagram.push(0xa0 | bytes.len() as u8);
        datagram.extend_from_slice(bytes);
        match decode(&datagram) {
            Ok(Message::Counter { key, .. }) => key.into_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(key(b"caf\xe9"), "caf\u{fffd}");
    assert_eq!(key(b"a\xc0\x80b"), "a\u{fffd}\u{fffd}b");
    assert_eq!(key(b"\xe4\xb8x"), "\u{fffd}\u{fffd}x");
    assert_eq!(key(b"\xed\xa0\xbd\xed\xb8\x80!"), "\u{1f600}!");
    assert_eq!(key(b"\xed\xa0\xbd"), "\u{fffd}\u{fffd}\u{fffd}");
}
