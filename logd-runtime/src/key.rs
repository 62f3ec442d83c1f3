//! Keys: which are legal, how others are made so, and how prefix and key join.
//! No key that leaves this file can inject a Graphite line, break a carbon file
//! name or hit a property of the original daemon's objects.

use std::borrow::Cow;

use crate::wire::path::PROTOTYPE_NAMES;

/// The longest key in bytes, prefix and colon included: it leaves room in a
/// datagram of 1432 bytes and in the 16 KiB that carbon reads as one line.
pub(crate) const MAX_KEY: usize = 1024;

/// The longest part between two dots in bytes: with `.wsp` it is a file name of 255.
pub(crate) const MAX_SEGMENT: usize = 251;

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Empty,
    WhiteSpace,
    Control,
    Semicolon,
    EmptySegment,
    LongSegment,
    Long,
}

impl Fault {
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Fault::Empty => "the key is empty: write a dotted name such as \"orders.placed\"",
            Fault::WhiteSpace => {
                "the key has white space, which Graphite can not store: write `_` or `.` instead"
            }
            Fault::Control => {
                "the key has a control character, which Graphite can not store: leave it out"
            }
            Fault::Semicolon => {
                "the key has a `;`, which Graphite takes for a tag: write `_` or `.` instead"
            }
            Fault::EmptySegment => {
                "the key has an empty part: write one dot between parts, none at either end"
            }
            Fault::LongSegment => {
                "a part of the key is longer than 251 bytes, too long for a file name: shorten it"
            }
            Fault::Long => "the key is longer than 1024 bytes: shorten it",
        }
    }
}

/// Checks a key; usable in const evaluation.
pub(crate) const fn check(key: &str) -> Result<(), Fault> {
    let bytes = key.as_bytes();
    if bytes.is_empty() {
        return Err(Fault::Empty);
    }
    if bytes.len() > MAX_KEY {
        return Err(Fault::Long);
    }
    let mut at = 0;
    let mut segment = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) || wide_space(bytes, at) {
            return Err(Fault::WhiteSpace);
        }
        // 0xc2 0x80 to 0xc2 0x9f are the C1 control characters.
        if byte < 0x20
            || byte == 0x7f
            || (byte == 0xc2 && at + 1 < bytes.len() && bytes[at + 1] < 0xa0)
        {
            return Err(Fault::Control);
        }
        if byte == b';' {
            return Err(Fault::Semicolon);
        }
        if byte == b'.' {
            if segment == 0 {
                return Err(Fault::EmptySegment);
            }
            segment = 0;
        } else {
            segment += 1;
            if segment > MAX_SEGMENT {
                return Err(Fault::LongSegment);
            }
        }
        at += 1;
    }
    if segment == 0 {
        Err(Fault::EmptySegment)
    } else {
        Ok(())
    }
}

/// Whether the UTF-8 bytes at `at` begin a space outside ASCII, as `char::is_whitespace` has it.
const fn wide_space(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.len() - at;
    match bytes[at] {
        0xc2 => rest > 1 && matches!(bytes[at + 1], 0x85 | 0xa0),
        0xe1 => rest > 2 && bytes[at + 1] == 0x9a && bytes[at + 2] == 0x80,
        0xe2 if rest > 2 => match bytes[at + 1] {
            0x80 => matches!(bytes[at + 2], 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf),
            0x81 => bytes[at + 2] == 0x9f,
            _ => false,
        },
        0xe3 => rest > 2 && bytes[at + 1] == 0x80 && bytes[at + 2] == 0x80,
        _ => false,
    }
}

/// Checks a key in a `const` or `static`.
///
/// # Panics
/// With the fault's message, which the compiler shows, when the key can not be used.
pub(crate) const fn assert_valid(key: &str) {
    if let Err(fault) = check(key) {
        panic!("{}", fault.message());
    }
}

/// Makes a key of any text: spaces, control characters and `;` become `_`,
/// empty parts go, what is too long is cut. `None` when nothing is left.
pub(crate) fn clean(text: &str) -> Option<Cow<'_, str>> {
    if check(text).is_ok() {
        return Some(Cow::Borrowed(text));
    }
    let mut key = String::with_capacity(text.len().min(MAX_KEY));
    for part in text.split('.').filter(|part| !part.is_empty()) {
        if !key.is_empty() {
            key.push('.');
        }
        let start = key.len();
        for character in part.chars() {
            let safe = if character.is_whitespace() || character.is_control() || character == ';' {
                '_'
            } else {
                character
            };
            if key.len() - start + safe.len_utf8() > MAX_SEGMENT {
                break;
            }
            key.push(safe);
        }
    }
    while key.len() > MAX_KEY || key.ends_with('.') {
        key.pop();
    }
    (!key.is_empty()).then_some(Cow::Owned(key))
}

/// The key of a path as `module_path!()` and an item's name give it: dots for
/// `::`, no raw-identifier marks.
pub(crate) fn derive(path: &str) -> String {
    let mut key = String::new();
    for part in path.split("::") {
        if !key.is_empty() {
            key.push('.');
        }
        key.push_str(part.trim().trim_start_matches("r#"));
    }
    key
}

/// A handle's key as the source has it; text is made of it once, when it is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    base: &'static str,
    suffix: &'static str,
    derived: bool,
}

impl Name {
    /// # Panics
    /// When `key` can not be used: at compile time in a `static` or `const`.
    pub(crate) const fn literal(key: &'static str) -> Self {
        assert_valid(key);
        Name {
            base: key,
            suffix: "",
            derived: false,
        }
    }

    /// A key that is known to be legal already.
    pub(crate) const fn checked(key: &'static str) -> Self {
        Name {
            base: key,
            suffix: "",
            derived: false,
        }
    }

    pub(crate) const fn derived(path: &'static str) -> Self {
        Name {
            base: path,
            suffix: "",
            derived: true,
        }
    }

    /// The same name with one more part, `pay` and `ok` to `pay.ok`.
    pub(crate) const fn with_suffix(self, suffix: &'static str) -> Self {
        Name {
            base: self.base,
            suffix,
            derived: self.derived,
        }
    }

    pub(crate) fn to_key(self) -> Cow<'static, str> {
        let base = if self.derived {
            let path = derive(self.base);
            Cow::Owned(clean(&path).map_or_else(|| String::from("unnamed"), Cow::into_owned))
        } else {
            Cow::Borrowed(self.base)
        };
        if self.suffix.is_empty() {
            base
        } else {
            Cow::Owned(format!("{base}.{}", self.suffix))
        }
    }
}

/// The key as it travels: `prefix:key`, with `_` behind a name that the daemon
/// can not hold.
pub(crate) fn on_wire(prefix: &str, key: &str) -> String {
    let mut wire = String::with_capacity(prefix.len() + 1 + key.len());
    if !prefix.is_empty() {
        wire.push_str(prefix);
        wire.push(':');
    }
    wire.push_str(key);
    // `numStats` is the daemon's own count of keys.
    if PROTOTYPE_NAMES.contains(&wire.as_str()) || wire == "numStats" {
        wire.push('_');
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hazard_of_the_protocol_has_its_fault() {
        let long = "k".repeat(252);
        let longer = ["k"; 600].join(".");
        for (key, fault) in [
            ("", Fault::Empty),
            ("a b", Fault::WhiteSpace),
            ("a\tb", Fault::WhiteSpace),
            ("a\nb", Fault::WhiteSpace),
            ("a\u{a0}b", Fault::WhiteSpace),
            ("a\u{2003}b", Fault::WhiteSpace),
            ("a\u{3000}b", Fault::WhiteSpace),
            ("a\0b", Fault::Control),
            ("a\u{7f}", Fault::Control),
            ("a\u{9b}", Fault::Control),
            ("a;b=c", Fault::Semicolon),
            (".a", Fault::EmptySegment),
            ("a.", Fault::EmptySegment),
            ("a..b", Fault::EmptySegment),
            (&long, Fault::LongSegment),
            (&longer, Fault::Long),
        ] {
            assert_eq!(check(key), Err(fault), "{key:?}");
        }
        for key in [
            "a",
            "my.counter",
            "caf\u{e9}.\u{4e2d}",
            "shop:orders",
            "a/b",
            "a-b_c",
        ] {
            assert_eq!(check(key), Ok(()), "{key:?}");
        }
    }

    #[test]
    fn the_const_check_knows_every_space_that_char_knows() {
        for character in (0..=0x3001).filter_map(char::from_u32) {
            let key = format!("a{character}b");
            let refused = character.is_whitespace() || character.is_control() || character == ';';
            assert_eq!(check(&key).is_err(), refused, "{character:?}");
        }
    }

    #[test]
    fn cleaning_gives_a_legal_key_or_nothing() {
        assert_eq!(clean("a b\nc").as_deref(), Some("a_b_c"));
        assert_eq!(clean("..a...b.").as_deref(), Some("a.b"));
        assert_eq!(clean(""), None);
        assert_eq!(clean("..."), None);
        for text in [
            "é".repeat(3000),
            "a.".repeat(900),
            ";; \n".into(),
            "x".repeat(1500),
        ] {
            let key = clean(&text).expect("something is left");
            assert_eq!(check(&key), Ok(()), "{key:?}");
        }
    }

    #[test]
    fn derived_names_are_dotted_paths() {
        assert_eq!(
            Name::derived("shop::cart::r#move").to_key(),
            "shop.cart.move"
        );
        assert_eq!(Name::literal("pay").with_suffix("ok").to_key(), "pay.ok");
    }

    #[test]
    fn prefix_and_key_join_with_a_colon_and_stay_harmless() {
        assert_eq!(on_wire("", "a.b"), "a.b");
        assert_eq!(on_wire("shop", "a.b"), "shop:a.b");
        assert_eq!(on_wire("", "hasOwnProperty"), "hasOwnProperty_");
        assert_eq!(on_wire("shop", "hasOwnProperty"), "shop:hasOwnProperty");
        assert_eq!(on_wire("", "numStats"), "numStats_");
    }
}
