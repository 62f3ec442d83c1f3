//! Writes one datagram per message, using only the forms that every decoder in the field
//! reads: no `str8`, no `bin`, no 64-bit integers, no extensions, and no more than 32 containers
//! inside one another. A call either appends a whole datagram or leaves the buffer as it was.

use std::fmt;

use super::path::{PathFault, check_path, safe_field_name};
use super::value::Value;
use super::{COUNTER, DELETE, LOG, MAX_DATAGRAM, MAX_DEPTH, METER, TIMER};

/// A measured value.
///
/// Integers from -2^31 to 2^32 - 1 travel as integers, all others as floating point, because
/// old decoders keep only the low 32 bits of a longer integer. Whole numbers are exact up to
/// 2^53.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// Any other number. NaN and the infinities cannot be sent.
    Float(f64),
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Number::Int(n)
    }
}

impl From<f64> for Number {
    fn from(n: f64) -> Self {
        Number::Float(n)
    }
}

/// Why a message was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The value or the rate is NaN or infinite.
    NotFinite,
    /// A counter cannot be changed by 0: servers read that as 1.
    Zero,
    /// The message does not fit into one datagram.
    TooLarge,
    /// The log path would harm the server.
    Path(PathFault),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::NotFinite => f.write_str("a value or rate must be a finite number"),
            EncodeError::Zero => {
                f.write_str("a counter cannot be changed by 0: the server would count 1")
            }
            EncodeError::TooLarge => write!(
                f,
                "the message is longer than the {MAX_DATAGRAM} bytes of a datagram"
            ),
            EncodeError::Path(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for EncodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            EncodeError::Path(fault) => Some(fault),
            _ => None,
        }
    }
}

/// Appends a counter message: the server adds `value / rate`.
///
/// `rate` is the share of the events that are sent; leave it out when all are.
///
/// # Errors
///
/// [`EncodeError::Zero`], [`EncodeError::NotFinite`] or [`EncodeError::TooLarge`]; the buffer
/// is then unchanged.
///
/// ```
/// use logd_runtime::wire::{Number, counter};
///
/// let mut datagram = Vec::new();
/// counter(&mut datagram, "my.counter", Number::Int(1), None)?;
/// assert_eq!(datagram, b"\x83\xa2id\x02\xa3key\xaamy.counter\xa5value\x01");
/// # Ok::<(), logd_runtime::wire::EncodeError>(())
/// ```
pub fn counter(
    out: &mut Vec<u8>,
    key: &str,
    value: Number,
    rate: Option<f64>,
) -> Result<(), EncodeError> {
    if matches!(value, Number::Int(0)) || value == Number::Float(0.0) {
        return Err(EncodeError::Zero);
    }
    statistic(out, COUNTER as u8, key, value, rate)
}

/// Appends a timer message. The wire has no unit; every client sends seconds.
///
/// # Errors
///
/// [`EncodeError::NotFinite`] or [`EncodeError::TooLarge`]; the buffer is then unchanged.
///
/// ```
/// use logd_runtime::wire::{Message, Number, decode, timer};
///
/// let mut datagram = Vec::new();
/// timer(&mut datagram, "my.timer", Number::Float(0.02), Some(0.5))?;
/// assert_eq!(
///     decode(&datagram),
///     Ok(Message::Timer { key: "my.timer".into(), value: 0.02, rate: 0.5 })
/// );
/// # Ok::<(), logd_runtime::wire::EncodeError>(())
/// ```
pub fn timer(
    out: &mut Vec<u8>,
    key: &str,
    value: Number,
    rate: Option<f64>,
) -> Result<(), EncodeError> {
    statistic(out, TIMER as u8, key, value, rate)
}

/// Appends a meter message: one reading of a value that goes up and down.
///
/// Servers take a rate and ignore it.
///
/// # Errors
///
/// [`EncodeError::NotFinite`] or [`EncodeError::TooLarge`]; the buffer is then unchanged.
///
/// ```
/// use logd_runtime::wire::{Message, Number, decode, meter};
///
/// let mut datagram = Vec::new();
/// meter(&mut datagram, "queue.depth", Number::Int(30), None)?;
/// assert_eq!(decode(&datagram), Ok(Message::Meter { key: "queue.depth".into(), value: 30.0 }));
/// # Ok::<(), logd_runtime::wire::EncodeError>(())
/// ```
pub fn meter(
    out: &mut Vec<u8>,
    key: &str,
    value: Number,
    rate: Option<f64>,
) -> Result<(), EncodeError> {
    statistic(out, METER as u8, key, value, rate)
}

/// Appends a message that deletes the log of this path, all its lines included.
///
/// # Errors
///
/// [`EncodeError::Path`] or [`EncodeError::TooLarge`]; the buffer is then unchanged.
///
/// ```
/// use logd_runtime::wire::{Message, decode, delete};
///
/// let mut datagram = Vec::new();
/// delete(&mut datagram, "app.log")?;
/// assert_eq!(decode(&datagram), Ok(Message::Delete { path: "app.log".into() }));
/// # Ok::<(), logd_runtime::wire::EncodeError>(())
/// ```
pub fn delete(out: &mut Vec<u8>, path: &str) -> Result<(), EncodeError> {
    check_path(path).map_err(EncodeError::Path)?;
    whole(out, |out| {
        fits(path.len())?;
        map_header(out, 2);
        text(out, "id");
        integer(out, DELETE.into());
        text(out, "path");
        text(out, path);
        Ok(())
    })
}

/// One line of a log.
///
/// ```
/// use logd_runtime::wire::{LogRecord, Message, Value, decode, log};
///
/// let fields = [("order", Value::from(4242))];
/// let mut record = LogRecord::new("app.log", "INFO", "paid", "shop.orders", 1_327_860_000.25);
/// record.fields = &fields;
/// let mut datagram = Vec::new();
/// log(&mut datagram, &record)?;
///
/// let Ok(Message::Log { path, fields }) = decode(&datagram) else { panic!() };
/// assert_eq!(path, "app.log");
/// assert_eq!(fields.last().unwrap(), &("order".into(), Value::Int(4242)));
/// # Ok::<(), logd_runtime::wire::EncodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct LogRecord<'a> {
    /// The log's name on the server.
    pub path: &'a str,
    /// The level's name in upper case: DEBUG, INFO, WARNING, ERROR or CRITICAL.
    pub level: &'a str,
    /// The message.
    pub msg: &'a str,
    /// The logger's name, often a module path.
    pub name: &'a str,
    /// Seconds since 1970, with fractions.
    pub time: f64,
    /// The sender's process id.
    pub pid: Option<u32>,
    /// Where in the source: `<file> <function>:<line>`.
    pub loc: Option<&'a str>,
    /// A traceback.
    pub tb: Option<&'a str>,
    /// Further fields. Names that would harm the server or hide another field are made safe,
    /// as [`safe_field_name`] does.
    pub fields: &'a [(&'a str, Value<'a>)],
}

impl<'a> LogRecord<'a> {
    /// A record of the fields that every line has; set the others as needed.
    #[must_use]
    pub fn new(path: &'a str, level: &'a str, msg: &'a str, name: &'a str, time: f64) -> Self {
        LogRecord {
            path,
            level,
            msg,
            name,
            time,
            pid: None,
            loc: None,
            tb: None,
            fields: &[],
        }
    }
}

/// Appends a log message.
///
/// NaN and the infinities inside fields are written as their names; containers nested deeper
/// than 32 as nil.
///
/// # Errors
///
/// [`EncodeError::Path`] for a path that would harm the server, [`EncodeError::NotFinite`]
/// for the time, [`EncodeError::TooLarge`]; the buffer is then unchanged.
#[inline]
pub fn log(out: &mut Vec<u8>, record: &LogRecord<'_>) -> Result<(), EncodeError> {
    check_path(record.path).map_err(EncodeError::Path)?;
    if !record.time.is_finite() {
        return Err(EncodeError::NotFinite);
    }
    let optional = usize::from(record.pid.is_some())
        + usize::from(record.loc.is_some())
        + usize::from(record.tb.is_some());
    whole(out, |out| {
        map_header(out, 6 + optional + record.fields.len());
        text(out, "id");
        integer(out, LOG.into());
        for (name, content) in [
            ("path", record.path),
            ("level", record.level),
            ("msg", record.msg),
            ("name", record.name),
        ] {
            fits(content.len())?;
            text(out, name);
            text(out, content);
        }
        text(out, "time");
        float(out, record.time);
        if let Some(pid) = record.pid {
            text(out, "pid");
            integer(out, pid.into());
        }
        for (name, content) in [("loc", record.loc), ("tb", record.tb)] {
            if let Some(content) = content {
                fits(content.len())?;
                text(out, name);
                text(out, content);
            }
        }
        for (name, content) in record.fields {
            fits(name.len())?;
            text(out, &safe_field_name(name));
            value(out, content, 1)?;
        }
        Ok(())
    })
}

/// Counters, timers and meters differ in their id alone, which is one byte.
fn statistic(
    out: &mut Vec<u8>,
    id: u8,
    key: &str,
    value: Number,
    rate: Option<f64>,
) -> Result<(), EncodeError> {
    let value_is_finite = match value {
        Number::Int(_) => true,
        Number::Float(n) => n.is_finite(),
    };
    if !value_is_finite || rate.is_some_and(|rate| !rate.is_finite()) {
        return Err(EncodeError::NotFinite);
    }
    whole(out, |out| {
        fits(key.len())?;
        // What is the same in all is copied at once: a timer has many of them.
        let fields = 0x83 + u8::from(rate.is_some());
        out.extend_from_slice(&[fields, 0xa2, b'i', b'd', id, 0xa3, b'k', b'e', b'y']);
        text(out, key);
        match value {
            Number::Int(value) => {
                out.extend_from_slice(b"\xa5value");
                integer(out, value);
            }
            Number::Float(value) => named_float(out, *b"\xa5value\xcb--float-", value),
        }
        if let Some(rate) = rate {
            named_float(out, RATE, rate);
        }
        Ok(())
    })
}

/// Makes of a statistic whose value is a fraction the same one of another value, which is finite.
pub(crate) fn set_fraction(statistic: &mut [u8], value: f64, has_rate: bool) {
    let rate = if has_rate { RATE.len() } else { 0 };
    let end = statistic.len() - rate;
    statistic[end - 8..end].copy_from_slice(&value.to_be_bytes());
}

const RATE: [u8; 14] = *b"\xa4rate\xcb--float-";

/// Appends a name and a number, which takes the last eight places.
fn named_float<const N: usize>(out: &mut Vec<u8>, mut field: [u8; N], n: f64) {
    field[N - 8..].copy_from_slice(&n.to_be_bytes());
    out.extend_from_slice(&field);
}

/// Runs `write` and takes back what it wrote when it fails or outgrows a datagram.
fn whole(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    let mut result = write(out);
    if result.is_ok() && out.len() - start > MAX_DATAGRAM {
        result = Err(EncodeError::TooLarge);
    }
    if result.is_err() {
        out.truncate(start);
    }
    result
}

fn map_header(out: &mut Vec<u8>, len: usize) {
    container_header(out, len, 0x80, 0xde);
}

fn array_header(out: &mut Vec<u8>, len: usize) {
    container_header(out, len, 0x90, 0xdc);
}

/// The short form up to 15 entries, then 16 bits. More entries than 16 bits count cannot fit
/// into a datagram, so the 32-bit form (one code further) exists only for completeness.
fn container_header(out: &mut Vec<u8>, len: usize, short: u8, wide: u8) {
    if len < 16 {
        out.push(short | len as u8);
    } else if let Ok(len) = u16::try_from(len) {
        out.push(wide);
        out.extend_from_slice(&len.to_be_bytes());
    } else {
        out.push(wide + 1);
        out.extend_from_slice(&saturated(len).to_be_bytes());
    }
}

/// Text goes from the short form straight to 16 bits: the 8-bit header in between ends the
/// original server.
fn text(out: &mut Vec<u8>, content: &str) {
    let len = content.len();
    if len < 32 {
        out.push(0xa0 | len as u8);
    } else if let Ok(len) = u16::try_from(len) {
        out.push(0xda);
        out.extend_from_slice(&len.to_be_bytes());
    } else {
        out.push(0xdb);
        out.extend_from_slice(&saturated(len).to_be_bytes());
    }
    out.extend_from_slice(content.as_bytes());
}

/// A length past 32 bits; the caller refuses the message anyway, as far too large.
fn saturated(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// The shortest integer form, and floating point where old decoders would cut bits off.
fn integer(out: &mut Vec<u8>, n: i64) {
    match n {
        0..=0x7f => out.push(n as u8),
        -32..=-1 => out.push(n as i8 as u8),
        0x80..=0xff => out.extend_from_slice(&[0xcc, n as u8]),
        0x100..=0xffff => tagged(out, 0xcd, (n as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => tagged(out, 0xce, (n as u32).to_be_bytes()),
        -0x80..=-33 => tagged(out, 0xd0, (n as i8).to_be_bytes()),
        -0x8000..=-0x81 => tagged(out, 0xd1, (n as i16).to_be_bytes()),
        -0x8000_0000..=-0x8001 => tagged(out, 0xd2, (n as i32).to_be_bytes()),
        _ => float(out, n as f64),
    }
}

fn float(out: &mut Vec<u8>, n: f64) {
    tagged(out, 0xcb, n.to_be_bytes());
}

fn tagged<const N: usize>(out: &mut Vec<u8>, tag: u8, bytes: [u8; N]) {
    out.push(tag);
    out.extend_from_slice(&bytes);
}

/// `depth` counts the containers around this value.
#[inline]
fn value(out: &mut Vec<u8>, content: &Value<'_>, depth: usize) -> Result<(), EncodeError> {
    match content {
        Value::Array(_) | Value::Map(_) if depth >= MAX_DEPTH => out.push(0xc0),
        Value::Nil => out.push(0xc0),
        Value::Bool(false) => out.push(0xc2),
        Value::Bool(true) => out.push(0xc3),
        Value::Int(n) => integer(out, *n),
        Value::UInt(n) => match i64::try_from(*n) {
            Ok(n) => integer(out, n),
            Err(_) => float(out, *n as f64),
        },
        Value::Float(n) if n.is_finite() => float(out, *n),
        Value::Float(n) if n.is_nan() => text(out, "NaN"),
        Value::Float(n) => text(out, if *n > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::Text(content) => {
            fits(content.len())?;
            text(out, content);
        }
        Value::Array(items) => {
            fits(items.len())?;
            array_header(out, items.len());
            for item in items {
                value(out, item, depth + 1)?;
            }
        }
        Value::Map(fields) => {
            fits(fields.len())?;
            map_header(out, fields.len());
            for (name, content) in fields {
                fits(name.len())?;
                text(out, &safe_field_name(name));
                value(out, content, depth + 1)?;
            }
        }
    }
    Ok(())
}

/// Refuses early what cannot be part of any datagram, before it is copied.
fn fits(len: usize) -> Result<(), EncodeError> {
    if len > MAX_DATAGRAM {
        Err(EncodeError::TooLarge)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statistic_with_another_value_is_the_one_that_is_written_with_it() {
        for rate in [None, Some(0.125)] {
            let written = |seconds: f64| {
                let mut statistic = Vec::new();
                timer(&mut statistic, "a.key", seconds.into(), rate).expect("finite numbers");
                statistic
            };
            let mut statistic = written(0.25);
            set_fraction(&mut statistic, 1e-9, rate.is_some());
            assert_eq!(statistic, written(1e-9), "{rate:?}");
        }
    }
}
