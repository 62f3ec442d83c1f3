//! What the original server, a JavaScript program, makes of a value where it expects text or
//! a number. Clients in the field rely on some of it: a missing counter value counts as 1.

use std::borrow::Cow;

use super::number::EcmaNumber;
use super::value::Value;

/// A key or path as text; a missing one is the text `undefined`.
#[inline]
pub(super) fn to_text<'a>(value: Option<Value<'a>>) -> Cow<'a, str> {
    match value {
        None => Cow::Borrowed("undefined"),
        Some(Value::Nil) => Cow::Borrowed("null"),
        Some(Value::Text(text)) => text,
        Some(Value::Bool(true)) => Cow::Borrowed("true"),
        Some(Value::Bool(false)) => Cow::Borrowed("false"),
        Some(Value::Int(n)) => Cow::Owned(EcmaNumber(n as f64).to_string()),
        Some(Value::UInt(n)) => Cow::Owned(EcmaNumber(n as f64).to_string()),
        Some(Value::Float(n)) => Cow::Owned(EcmaNumber(n).to_string()),
        Some(Value::Map(_)) => Cow::Borrowed("[object Object]"),
        Some(Value::Array(items)) => {
            let parts: Vec<_> = items
                .into_iter()
                .map(|item| match item {
                    Value::Nil => Cow::Borrowed(""),
                    item => to_text(Some(item)),
                })
                .collect();
            Cow::Owned(parts.join(","))
        }
    }
}

/// The value as a number; NaN where it is none.
#[inline]
pub(super) fn to_number(value: Value<'_>) -> f64 {
    match value {
        Value::Nil | Value::Bool(false) => 0.0,
        Value::Bool(true) => 1.0,
        Value::Int(n) => n as f64,
        Value::UInt(n) => n as f64,
        Value::Float(n) => n,
        Value::Text(text) => parse(&text),
        Value::Array(_) => parse(&to_text(Some(value))),
        Value::Map(_) => f64::NAN,
    }
}

/// Whether the server puts its default in the place of this value.
#[inline]
pub(super) fn is_falsy(value: &Value<'_>) -> bool {
    match value {
        Value::Nil | Value::Bool(false) | Value::Int(0) | Value::UInt(0) => true,
        Value::Float(n) => *n == 0.0 || n.is_nan(),
        Value::Text(text) => text.is_empty(),
        _ => false,
    }
}

#[inline]
fn parse(text: &str) -> f64 {
    let text = text.trim();
    if text.is_empty() {
        return 0.0;
    }
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return hexadecimal(digits);
    }
    match text {
        "Infinity" | "+Infinity" => return f64::INFINITY,
        "-Infinity" => return f64::NEG_INFINITY,
        _ => {}
    }
    // Rust would also read `inf` and `nan`.
    let is_decimal = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(is_decimal) {
        return f64::NAN;
    }
    text.parse().unwrap_or(f64::NAN)
}

#[inline]
fn hexadecimal(digits: &str) -> f64 {
    if digits.is_empty() {
        return f64::NAN;
    }
    digits
        .chars()
        .try_fold(0.0, |n, c| c.to_digit(16).map(|d| n * 16.0 + f64::from(d)))
        .unwrap_or(f64::NAN)
}
