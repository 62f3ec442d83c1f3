//! Writes the lines of `StatsD` in the forms that its daemons agree on. A call either
//! appends whole lines, without an end of line behind the last, or leaves the text as it was.
//!
//! Where they do not agree: the original daemon reads a rate as digits and dots alone, so no
//! rate has an exponent; it takes a gauge with a sign as a change, and so does collectd; it
//! refuses a negative timer.

use std::fmt::Write as _;

use super::encode::{EncodeError, Number};
use super::number::EcmaNumber;
use super::path::PROTOTYPE_NAMES;

/// The most bytes of lines in one datagram: what an Ethernet carries whole, tunnels included.
pub const SAFE_DATAGRAM: usize = 1432;

/// The name as it stands in a line: prefix and key with a dot between, and `_` for whatever is
/// not an ASCII letter or digit, `_`, `-` or `.`.
///
/// A name that the original daemon's objects have already, without a prefix in front, gets
/// a `_` behind it: as a timer it would end the daemon.
///
/// ```
/// use logd_runtime::wire::statsd;
///
/// assert_eq!(statsd::name("shop", "orders.placed"), "shop.orders.placed");
/// assert_eq!(statsd::name("", "a:b|c@d#e/f"), "a_b_c_d_e_f");
/// assert_eq!(statsd::name("", "constructor"), "constructor_");
/// ```
#[must_use]
pub fn name(prefix: &str, key: &str) -> String {
    let mut name = String::with_capacity(prefix.len() + 1 + key.len());
    let dot = if prefix.is_empty() { "" } else { "." };
    for character in prefix.chars().chain(dot.chars()).chain(key.chars()) {
        name.push(match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '.' => character,
            _ => '_',
        });
    }
    if PROTOTYPE_NAMES.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// Appends one tag to those of a series: `|#env:prod`, `|#env:prod,region:eu`.
///
/// What would end the tag or the line becomes `_`: `,` `|` `#` `@`, white space and control
/// characters, and in its name a colon too.
///
/// ```
/// use logd_runtime::wire::statsd;
///
/// let mut tags = String::new();
/// statsd::tag(&mut tags, "env", "prod");
/// statsd::tag(&mut tags, "route", "/a,b c");
/// assert_eq!(tags, "|#env:prod,route:/a_b_c");
/// ```
pub fn tag(tags: &mut String, name: &str, value: &str) {
    let clean = |character: char| match character {
        ',' | '|' | '#' | '@' => '_',
        _ if character.is_whitespace() || character.is_control() => '_',
        _ => character,
    };
    tags.push_str(if tags.is_empty() { "|#" } else { "," });
    tags.extend(name.chars().map(|c| if c == ':' { '_' } else { clean(c) }));
    if !value.is_empty() {
        tags.push(':');
        tags.extend(value.chars().map(clean));
    }
}

/// Appends a counter's change. `tags` is empty or begins with `|#`.
///
/// # Errors
///
/// [`EncodeError::NotFinite`], and [`EncodeError::Zero`] for a change that is none.
///
/// ```
/// use logd_runtime::wire::{Number, statsd};
///
/// let mut lines = String::new();
/// statsd::counter(&mut lines, "shop.orders", Number::Int(17), Some(0.5), "")?;
/// assert_eq!(lines, "shop.orders:17|c|@0.5");
/// # Ok::<(), logd_runtime::wire::EncodeError>(())
/// ```
pub fn counter(
    lines: &mut String,
    name: &str,
    value: Number,
    rate: Option<f64>,
    tags: &str,
) -> Result<(), EncodeError> {
    let value = finite(value)?;
    if value == 0.0 {
        return Err(EncodeError::Zero);
    }
    line(lines, name, value, "c", rate, tags)
}

/// Appends a gauge's value; a negative one on a second line behind a 0, because alone it would
/// be a decrement.
///
/// # Errors
///
/// [`EncodeError::NotFinite`].
///
/// ```
/// use logd_runtime::wire::{Number, statsd};
///
/// let mut lines = String::new();
/// statsd::gauge(&mut lines, "balance", Number::Float(-2.5), "")?;
/// assert_eq!(lines, "balance:0|g\nbalance:-2.5|g");
/// # Ok::<(), logd_runtime::wire::EncodeError>(())
/// ```
pub fn gauge(lines: &mut String, name: &str, value: Number, tags: &str) -> Result<(), EncodeError> {
    let value = finite(value)?;
    if value < 0.0 {
        line(lines, name, 0.0, "g", None, tags)?;
        lines.push('\n');
    }
    line(lines, name, value, "g", None, tags)
}

/// Appends one reading of a timer: milliseconds, or another amount that daemons take for such.
///
/// # Errors
///
/// [`EncodeError::NotFinite`], for a negative reading too.
///
/// ```
/// use logd_runtime::wire::statsd;
///
/// let mut lines = String::new();
/// statsd::timer(&mut lines, "checkout", 12.5, Some(0.25), "|#env:prod")?;
/// assert_eq!(lines, "checkout:12.5|ms|@0.25|#env:prod");
/// # Ok::<(), logd_runtime::wire::EncodeError>(())
/// ```
pub fn timer(
    lines: &mut String,
    name: &str,
    milliseconds: f64,
    rate: Option<f64>,
    tags: &str,
) -> Result<(), EncodeError> {
    if !milliseconds.is_finite() || milliseconds < 0.0 {
        return Err(EncodeError::NotFinite);
    }
    line(lines, name, milliseconds, "ms", rate, tags)
}

fn finite(value: Number) -> Result<f64, EncodeError> {
    let value = match value {
        Number::Int(value) => value as f64,
        Number::Float(value) => value,
    };
    if value.is_finite() {
        Ok(value)
    } else {
        Err(EncodeError::NotFinite)
    }
}

fn line(
    lines: &mut String,
    name: &str,
    value: f64,
    kind: &str,
    rate: Option<f64>,
    tags: &str,
) -> Result<(), EncodeError> {
    if rate.is_some_and(|rate| !rate.is_finite()) {
        return Err(EncodeError::NotFinite);
    }
    // Writing to a string does not fail.
    let _ = write!(lines, "{name}:{}|{kind}", EcmaNumber(value));
    if let Some(rate) = rate {
        // Without an exponent, however small it is.
        let _ = write!(lines, "|@{rate}");
    }
    lines.push_str(tags);
    Ok(())
}
