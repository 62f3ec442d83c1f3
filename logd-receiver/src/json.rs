//! Writes JSON: one line per object, no control character unescaped, numbers to the last bit.

use std::fmt::Write;

use logd_runtime::wire::Value;

/// Appends text in quotes. Line breaks and everything that a terminal would act on is escaped.
pub(crate) fn text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends a number; JSON has none for NaN and the infinities, so these are null.
pub(crate) fn number(out: &mut String, n: f64) {
    if n.is_finite() {
        let _ = write!(out, "{}", logd_runtime::wire::EcmaNumber(n));
    } else {
        out.push_str("null");
    }
}

/// Appends `"name":`, after a comma where something stands before it.
pub(crate) fn name(out: &mut String, name: &str) {
    if !out.ends_with(['{', '[']) {
        out.push(',');
    }
    text(out, name);
    out.push(':');
}

/// Appends a field with a number.
pub(crate) fn number_field(out: &mut String, field: &str, n: f64) {
    name(out, field);
    number(out, n);
}

/// Appends a field with a whole number.
pub(crate) fn count_field(out: &mut String, field: &str, n: u64) {
    name(out, field);
    let _ = write!(out, "{n}");
}

/// Appends a field with text.
pub(crate) fn text_field(out: &mut String, field: &str, content: &str) {
    name(out, field);
    text(out, content);
}

/// Appends any value of a log field.
pub(crate) fn value(out: &mut String, content: &Value<'_>) {
    match content {
        Value::Nil => out.push_str("null"),
        Value::Bool(b) => {
            let _ = write!(out, "{b}");
        }
        Value::Int(n) => {
            let _ = write!(out, "{n}");
        }
        Value::UInt(n) => {
            let _ = write!(out, "{n}");
        }
        Value::Float(n) => number(out, *n),
        Value::Text(content) => text(out, content),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                value(out, item);
            }
            out.push(']');
        }
        Value::Map(fields) => {
            out.push('{');
            for (field, content) in fields {
                name(out, field);
                value(out, content);
            }
            out.push('}');
        }
    }
}
