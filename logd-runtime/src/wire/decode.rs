//! Reads one datagram from anybody: every input gives a message or a fault, never a panic,
//! and memory is taken only for bytes that arrived, never for a length that was claimed.
//!
//! Everything here is marked `inline` for the sake of programs that only send: only who reads
//! compiles it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::value::Value;
use super::{COUNTER, DELETE, LOG, MAX_DEPTH, METER, TIMER, coerce, text};
use crate::names::{Group, Names};

/// What a datagram says.
///
/// Values and rates are already what the original server computes with: 1 where a counter's
/// value is missing or 0, 1 where a rate is missing or 0. A key or path that is no text is
/// the text that the server makes of it (`5`, `null`, `undefined`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// Adds `value / rate` to a counter, computed as `value * (1 / rate)`.
    Counter {
        /// The counter's name.
        key: Cow<'a, str>,
        /// The change, never NaN.
        value: f64,
        /// The share of events that were sent, never NaN or 0.
        rate: f64,
    },
    /// One sample of a timer.
    Timer {
        /// The timer's name.
        key: Cow<'a, str>,
        /// The sample, by convention in seconds, never NaN.
        value: f64,
        /// The share of events that were sent, never NaN or 0.
        rate: f64,
    },
    /// One reading of a meter.
    Meter {
        /// The meter's name.
        key: Cow<'a, str>,
        /// The reading, never NaN.
        value: f64,
    },
    /// One line of a log.
    Log {
        /// The log's name.
        path: Cow<'a, str>,
        /// All fields but `id` and `path`, in the order in which they came, each name once.
        fields: Vec<(Cow<'a, str>, Value<'a>)>,
    },
    /// Deletes a log.
    Delete {
        /// The log's name.
        path: Cow<'a, str>,
    },
    /// An empty datagram, or a map whose id is missing, no number, or nobody's. The original
    /// server passes over these without a word.
    Ignored,
}

/// Why a datagram was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Something other than a map: another protocol, perhaps.
    NotAMap,
    /// The datagram ends before the map does.
    Truncated,
    /// A byte that stands for nothing in the format.
    Reserved,
    /// More than [`MAX_DEPTH`] containers inside one another.
    TooDeep,
    /// A value that is no number.
    Value,
    /// A rate that is no number.
    Rate,
}

impl fmt::Display for Fault {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::NotAMap => "not a map",
            Fault::Truncated => "truncated",
            Fault::Reserved => "reserved byte",
            Fault::TooDeep => "nested too deeply",
            Fault::Value => "value is no number",
            Fault::Rate => "rate is no number",
        })
    }
}

impl std::error::Error for Fault {}

/// Reads one datagram. Bytes after the first map are ignored, and so is every field that the
/// message has no use for; of a field that comes twice the last one counts.
///
/// # Errors
///
/// A [`Fault`]; nothing of the datagram is then to be used.
///
/// ```
/// use logd_runtime::wire::{Fault, Message, decode};
///
/// assert_eq!(
///     decode(b"\x83\xa2id\x02\xa3key\xa4hits\xa5value\x07"),
///     Ok(Message::Counter { key: "hits".into(), value: 7.0, rate: 1.0 })
/// );
/// assert_eq!(decode(b"\x83\xa2id\x02"), Err(Fault::Truncated));
/// assert_eq!(decode(b"hits:7|c"), Err(Fault::NotAMap));
/// ```
#[inline]
pub fn decode(datagram: &[u8]) -> Result<Message<'_>, Fault> {
    if datagram.is_empty() {
        return Ok(Message::Ignored);
    }
    let mut reader = Reader { rest: datagram };
    let Token::Map(len) = reader.token()? else {
        return Err(Fault::NotAMap);
    };
    let body = reader.rest;

    // First the few fields that decide, each as the bytes of its value: statistics need no
    // more than these, and a log line is read only when it is known to be one.
    let [mut id, mut key, mut value, mut rate, mut path] = [None; 5];
    for _ in 0..len {
        let name = reader.name(1)?;
        let raw = reader.raw_value(1)?;
        match name {
            Some(b"id") => id = Some(raw),
            Some(b"key") => key = Some(raw),
            Some(b"value") => value = Some(raw),
            Some(b"rate") => rate = Some(raw),
            Some(b"path") => path = Some(raw),
            _ => {}
        }
    }

    match message_id(id)? {
        Some(COUNTER) => Ok(Message::Counter {
            value: match read(value)? {
                Some(value) if !coerce::is_falsy(&value) => {
                    not_nan(coerce::to_number(value), Fault::Value)?
                }
                _ => 1.0,
            },
            rate: effective_rate(rate)?,
            key: coerce::to_text(read(key)?),
        }),
        Some(TIMER) => Ok(Message::Timer {
            value: match read(value)? {
                Some(value @ (Value::Int(_) | Value::UInt(_) | Value::Float(_))) => {
                    not_nan(coerce::to_number(value), Fault::Value)?
                }
                _ => return Err(Fault::Value),
            },
            rate: effective_rate(rate)?,
            key: coerce::to_text(read(key)?),
        }),
        Some(METER) => Ok(Message::Meter {
            value: match read(value)? {
                None | Some(Value::Text(_) | Value::Array(_) | Value::Map(_)) => {
                    return Err(Fault::Value);
                }
                Some(value) => not_nan(coerce::to_number(value), Fault::Value)?,
            },
            key: coerce::to_text(read(key)?),
        }),
        Some(LOG) => {
            let mut fields = Reader { rest: body }.fields(len, 1)?;
            fields.retain(|(name, _)| name != "id" && name != "path");
            Ok(Message::Log {
                path: coerce::to_text(read(path)?),
                fields,
            })
        }
        Some(DELETE) => Ok(Message::Delete {
            path: coerce::to_text(read(path)?),
        }),
        _ => Ok(Message::Ignored),
    }
}

/// Ids are compared as numbers, so that any integer width and `2.0` will do, and nothing else.
#[inline]
fn message_id(raw: Option<&[u8]>) -> Result<Option<u16>, Fault> {
    let id = match read(raw)? {
        Some(value @ (Value::Int(_) | Value::UInt(_) | Value::Float(_))) => {
            coerce::to_number(value)
        }
        _ => return Ok(None),
    };
    Ok([LOG, COUNTER, TIMER, METER, DELETE]
        .into_iter()
        .find(|known| f64::from(*known) == id))
}

/// A rate of 0 is no rate, also where it is spelled `"0"`.
#[inline]
fn effective_rate(raw: Option<&[u8]>) -> Result<f64, Fault> {
    let rate = match read(raw)? {
        Some(rate) if !coerce::is_falsy(&rate) => not_nan(coerce::to_number(rate), Fault::Rate)?,
        _ => 1.0,
    };
    Ok(if rate == 0.0 { 1.0 } else { rate })
}

#[inline]
fn not_nan(n: f64, fault: Fault) -> Result<f64, Fault> {
    if n.is_nan() { Err(fault) } else { Ok(n) }
}

/// The value whose bytes these are; an extension is as if it were not there.
#[inline]
fn read(raw: Option<&[u8]>) -> Result<Option<Value<'_>>, Fault> {
    raw.map_or(Ok(None), |raw| Reader { rest: raw }.value(1))
}

/// The start of an encoded object: all of a scalar, or the length of a container.
enum Token<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(&'a [u8]),
    Ext,
    Array(usize),
    Map(usize),
}

/// A place in the datagram; everything before it has been read.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline]
    fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    fn len8(&mut self) -> Result<usize, Fault> {
        Ok(usize::from(u8::from_be_bytes(self.bytes()?)))
    }

    #[inline]
    fn len16(&mut self) -> Result<usize, Fault> {
        Ok(usize::from(u16::from_be_bytes(self.bytes()?)))
    }

    /// A length of 32 bits; one that the platform cannot count cannot have arrived either.
    #[inline]
    fn len32(&mut self) -> Result<usize, Fault> {
        usize::try_from(u32::from_be_bytes(self.bytes()?)).map_err(|_| Fault::Truncated)
    }

    #[inline]
    fn text(&mut self, len: usize) -> Result<Token<'a>, Fault> {
        self.take(len).map(Token::Text)
    }

    /// An extension: a type byte and `len` bytes.
    #[inline]
    fn ext(&mut self, len: usize) -> Result<Token<'a>, Fault> {
        self.take(len.saturating_add(1))?;
        Ok(Token::Ext)
    }

    #[inline]
    fn token(&mut self) -> Result<Token<'a>, Fault> {
        let [first] = self.bytes()?;
        Ok(match first {
            0x00..=0x7f => Token::Int(first.into()),
            0x80..=0x8f => Token::Map((first & 0x0f).into()),
            0x90..=0x9f => Token::Array((first & 0x0f).into()),
            0xa0..=0xbf => self.text((first & 0x1f).into())?,
            0xc0 => Token::Nil,
            0xc1 => return Err(Fault::Reserved),
            0xc2 => Token::Bool(false),
            0xc3 => Token::Bool(true),
            0xc4 | 0xd9 => {
                let len = self.len8()?;
                self.text(len)?
            }
            0xc5 | 0xda => {
                let len = self.len16()?;
                self.text(len)?
            }
            0xc6 | 0xdb => {
                let len = self.len32()?;
                self.text(len)?
            }
            0xc7 => {
                let len = self.len8()?;
                self.ext(len)?
            }
            0xc8 => {
                let len = self.len16()?;
                self.ext(len)?
            }
            0xc9 => {
                let len = self.len32()?;
                self.ext(len)?
            }
            0xca => Token::Float(f32::from_be_bytes(self.bytes()?).into()),
            0xcb => Token::Float(f64::from_be_bytes(self.bytes()?)),
            0xcc => Token::Int(u8::from_be_bytes(self.bytes()?).into()),
            0xcd => Token::Int(u16::from_be_bytes(self.bytes()?).into()),
            0xce => Token::Int(u32::from_be_bytes(self.bytes()?).into()),
            0xcf => Token::UInt(u64::from_be_bytes(self.bytes()?)),
            0xd0 => Token::Int(i8::from_be_bytes(self.bytes()?).into()),
            0xd1 => Token::Int(i16::from_be_bytes(self.bytes()?).into()),
            0xd2 => Token::Int(i32::from_be_bytes(self.bytes()?).into()),
            0xd3 => Token::Int(i64::from_be_bytes(self.bytes()?)),
            0xd4..=0xd8 => self.ext(1 << (first - 0xd4))?,
            0xdc => Token::Array(self.len16()?),
            0xdd => Token::Array(self.len32()?),
            0xde => Token::Map(self.len16()?),
            0xdf => Token::Map(self.len32()?),
            0xe0..=0xff => Token::Int((first as i8).into()),
        })
    }

    /// Passes over one object inside `depth` containers.
    #[inline]
    fn skip(&mut self, depth: usize) -> Result<(), Fault> {
        match self.token()? {
            Token::Array(_) | Token::Map(_) if depth >= MAX_DEPTH => return Err(Fault::TooDeep),
            Token::Array(len) => {
                for _ in 0..len {
                    self.skip(depth + 1)?;
                }
            }
            Token::Map(len) => {
                for _ in 0..len {
                    self.skip(depth + 1)?;
                    self.skip(depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The bytes of a field's name; `None` when it is no text.
    #[inline]
    fn name(&mut self, depth: usize) -> Result<Option<&'a [u8]>, Fault> {
        let start = self.rest;
        if let Token::Text(name) = self.token()? {
            return Ok(Some(name));
        }
        self.rest = start;
        self.skip(depth)?;
        Ok(None)
    }

    /// The bytes of a whole object.
    #[inline]
    fn raw_value(&mut self, depth: usize) -> Result<&'a [u8], Fault> {
        let start = self.rest;
        self.skip(depth)?;
        Ok(&start[..start.len() - self.rest.len()])
    }

    /// One object; `None` for an extension.
    #[inline]
    fn value(&mut self, depth: usize) -> Result<Option<Value<'a>>, Fault> {
        Ok(Some(match self.token()? {
            Token::Nil => Value::Nil,
            Token::Bool(b) => Value::Bool(b),
            Token::Int(n) => Value::Int(n),
            Token::UInt(n) => Value::from(n),
            Token::Float(n) => Value::Float(n),
            Token::Text(bytes) => Value::Text(text::lossy(bytes)),
            Token::Ext => return Ok(None),
            Token::Array(_) | Token::Map(_) if depth >= MAX_DEPTH => return Err(Fault::TooDeep),
            Token::Array(len) => {
                let mut items = Vec::new();
                for _ in 0..len {
                    items.push(self.value(depth + 1)?.unwrap_or(Value::Nil));
                }
                Value::Array(items)
            }
            Token::Map(len) => Value::Map(self.fields(len, depth + 1)?),
        }))
    }

    /// The fields of a map, each name once: at its first place, with its last value.
    #[inline]
    fn fields(
        &mut self,
        len: usize,
        depth: usize,
    ) -> Result<Vec<(Cow<'a, str>, Value<'a>)>, Fault> {
        /// Up to here names are compared one by one; beyond, a flood of fields would cost
        /// time that grows with its square.
        const COMPARED: usize = 16;

        let mut fields: Vec<(Cow<'a, str>, Value<'a>)> = Vec::new();
        const ALL: Group = (0, 0);

        let mut places = Names::default();
        for _ in 0..len {
            // A name that is no text is the text that the server makes of it; one that is an
            // extension takes its value with it.
            let name = self.value(depth)?.map(|name| coerce::to_text(Some(name)));
            let (Some(name), Some(value)) = (name, self.value(depth)?) else {
                continue;
            };
            let place = if fields.len() < COMPARED {
                fields.iter().position(|(known, _)| *known == name)
            } else {
                if places.is_empty() {
                    for (place, (name, _)) in fields.iter().enumerate() {
                        places.insert(ALL, Arc::from(&**name), place as u64);
                    }
                }
                places.get(ALL, &name).map(|place| place as usize)
            };
            if let Some(place) = place {
                fields[place].1 = value;
                continue;
            }
            if fields.len() >= COMPARED {
                places.insert(ALL, Arc::from(&*name), fields.len() as u64);
            }
            fields.push((name, value));
        }
        Ok(fields)
    }
}
