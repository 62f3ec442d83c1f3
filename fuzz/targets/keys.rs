//! Any text as a key, a prefix or a name in an attribute: the attribute's check and the
//! library's say the same, cleaning gives a key that both take, and no key makes more or
//! less than one line for Graphite.
#![no_main]

#[path = "../../logd-macros/src/key.rs"]
#[allow(dead_code, reason = "the attributes' own part of it")]
mod attribute;
#[path = "../../logd-runtime/src/key.rs"]
#[allow(dead_code, reason = "names of handles are not made here")]
mod key;
#[path = "../../logd-runtime/src/names.rs"]
#[allow(dead_code, reason = "what is read has names")]
mod names;
#[path = "../../logd-runtime/src/wire/mod.rs"]
#[allow(dead_code, unused_imports, reason = "counters alone are written here")]
mod wire;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    // What stands before the first line break is a prefix.
    let (prefix, name) = text.split_once('\n').unwrap_or(("", &text));
    for text in [&*text, name, prefix] {
        assert_eq!(key::check(text).is_ok(), attribute::check(text).is_ok());
        let _ = attribute::template(text);
        match key::clean(text) {
            Some(cleaned) => {
                assert_eq!(key::check(&cleaned), Ok(()), "{cleaned:?}");
                assert_eq!(key::clean(&cleaned).as_deref(), Some(&*cleaned));
                if key::check(text).is_ok() {
                    assert_eq!(cleaned, text);
                }
            }
            None => assert!(text.chars().all(|character| character == '.'), "{text:?}"),
        }
        if let Some(cleaned) = key::clean(&key::derive(text)) {
            assert_eq!(key::check(&cleaned), Ok(()), "{cleaned:?}");
        }
    }
    let Some(cleaned) = key::clean(name) else {
        return;
    };
    let prefix = if key::check(prefix).is_ok() {
        prefix
    } else {
        ""
    };
    let on_wire = key::on_wire(prefix, &cleaned);
    assert!(!wire::path::PROTOTYPE_NAMES.contains(&&*on_wire));
    let mut datagram = Vec::new();
    wire::counter(&mut datagram, &on_wire, wire::Number::Int(1), None).expect("a short message");
    let Ok(wire::Message::Counter { key, .. }) = wire::decode(&datagram) else {
        panic!("{on_wire:?} does not come back");
    };
    let line = format!("stats.timers.{key}.upper_90 1 1\n");
    assert_eq!(line.lines().count(), 1);
    assert_eq!(line.split_whitespace().count(), 3, "{line:?}");
    assert!(line.len() < 16_384 && !line.contains(['\0', '\r', ';']));
});
