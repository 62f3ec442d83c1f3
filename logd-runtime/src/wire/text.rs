//! Text from outside: always valid UTF-8 afterwards, with the original server's own
//! replacements, so that a key spelled wrongly is the same key on both servers.

use std::borrow::Cow;

/// The bytes as text. A surrogate pair written as two three-byte sequences is joined; every
/// other byte that is not UTF-8 becomes U+FFFD.
#[inline]
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    let mut rest = match std::str::from_utf8(bytes) {
        Ok(text) => return Cow::Borrowed(text),
        Err(_) => bytes,
    };
    let mut text = String::with_capacity(bytes.len());
    while !rest.is_empty() {
        let valid = match std::str::from_utf8(rest) {
            Ok(tail) => {
                text.push_str(tail);
                break;
            }
            Err(fault) => fault.valid_up_to(),
        };
        let (good, bad) = rest.split_at(valid);
        text.push_str(std::str::from_utf8(good).unwrap_or_default());
        if let Some(joined) = surrogate_pair(bad) {
            text.push(joined);
            rest = &bad[6..];
        } else {
            text.push(char::REPLACEMENT_CHARACTER);
            rest = &bad[1..];
        }
    }
    Cow::Owned(text)
}

#[inline]
fn surrogate_pair(bytes: &[u8]) -> Option<char> {
    let &[
        0xed,
        high @ 0xa0..=0xaf,
        high_low @ 0x80..=0xbf,
        0xed,
        low @ 0xb0..=0xbf,
        low_low @ 0x80..=0xbf,
        ..,
    ] = bytes
    else {
        return None;
    };
    let high = u32::from(high & 0x0f) << 6 | u32::from(high_low & 0x3f);
    let low = u32::from(low & 0x0f) << 6 | u32::from(low_low & 0x3f);
    char::from_u32(0x1_0000 + (high << 10 | low))
}
