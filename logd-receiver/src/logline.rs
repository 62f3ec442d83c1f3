//! One line of a log: every field as it was sent, and the address of its sender.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use logd_runtime::wire::Value;

use crate::{json, time};

/// A log line as received.
///
/// Displays as one line for people (and a traceback below it, where there is one).
///
/// ```
/// use logd_receiver::Receiver;
/// use std::net::UdpSocket;
///
/// let receiver = Receiver::bind("127.0.0.1:0")?;
/// let client = UdpSocket::bind("127.0.0.1:0")?;
/// let line = b"\x84\xa2id\x01\xa4path\xa7app.log\xa5level\xa4INFO\xa3msg\xa5hello";
/// client.send_to(line, receiver.local_addr())?;
///
/// let interval = receiver.flush();
/// let line = &interval.logs[0];
/// assert_eq!(line.path, "app.log");
/// assert_eq!(line.text("msg"), Some("hello"));
/// assert_eq!(line.to_json(), r#"{"level":"INFO","msg":"hello","ip":"127.0.0.1"}"#);
/// assert_eq!(line.to_string(), "INFO app.log hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LogLine {
    /// The log's name.
    pub path: String,
    /// The sender's address.
    pub ip: IpAddr,
    /// The fields as sent, without `id` and `path`, and without an `ip` that the sender claimed.
    pub fields: Vec<(String, Value<'static>)>,
}

impl LogLine {
    pub(crate) fn new(
        path: Cow<'_, str>,
        fields: Vec<(Cow<'_, str>, Value<'_>)>,
        ip: IpAddr,
    ) -> LogLine {
        LogLine {
            path: path.into_owned(),
            ip,
            fields: fields
                .into_iter()
                .filter(|(name, _)| name != "ip")
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        }
    }

    /// About how many bytes it takes in memory, which may be far more than on the wire: there,
    /// a value in an array is a single byte.
    pub(crate) fn size(&self) -> usize {
        self.path.len() + size_of_fields(&self.fields)
    }

    /// The field of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'static>> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }

    /// The text of the field of this name, when it is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// The line as one JSON object, without a line break: all fields, and `ip`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{");
        for (name, value) in &self.fields {
            json::name(&mut out, name);
            json::value(&mut out, value);
        }
        json::text_field(&mut out, "ip", &self.ip.to_string());
        out.push('}');
        out
    }
}

impl LogLine {
    /// The line as an event of a stream: its path beside the object of
    /// [`to_json`](LogLine::to_json).
    ///
    /// The form is `{"type":"log","path":"app.log","fields":{…}}`.
    #[must_use]
    pub fn to_event_json(&self) -> String {
        let mut out = String::from("{");
        json::text_field(&mut out, "type", "log");
        json::text_field(&mut out, "path", &self.path);
        json::name(&mut out, "fields");
        out.push_str(&self.to_json());
        out.push('}');
        out
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: [&str; 7] = ["time", "level", "name", "msg", "loc", "pid", "tb"];
        let seconds = match self.get("time") {
            Some(Value::Int(n)) => Some(*n as f64),
            Some(Value::Float(n)) => Some(*n),
            _ => None,
        };
        if let Some(when) = seconds.and_then(time::utc) {
            write!(f, "{when} ")?;
        }
        if let Some(level) = self.text("level") {
            write!(f, "{} ", Plain(level))?;
        }
        write!(f, "{}", Plain(&self.path))?;
        for field in ["name", "msg"] {
            match self.get(field) {
                Some(Value::Text(text)) => write!(f, " {}", Plain(text))?,
                Some(value) => write!(f, " {}", Json(value))?,
                None => {}
            }
        }
        if let Some(loc) = self.text("loc") {
            write!(f, " ({})", Plain(loc))?;
        }
        for (name, value) in &self.fields {
            if !SHOWN.contains(&name.as_str()) {
                write!(f, " {}={}", Plain(name), Json(value))?;
            }
        }
        for line in self.text("tb").unwrap_or_default().lines() {
            write!(f, "\n    {}", Plain(line))?;
        }
        Ok(())
    }
}

/// Text without anything that a terminal would act on.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

struct Json<'a>(&'a Value<'a>);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        json::value(&mut out, self.0);
        f.write_str(&out)
    }
}

#[allow(clippy::ptr_arg, reason = "what is reserved counts too")]
fn size_of_fields<N: AsRef<str>>(fields: &Vec<(N, Value<'_>)>) -> usize {
    let behind = fields
        .iter()
        .map(|(name, value)| name.as_ref().len() + size_behind(value));
    fields.capacity() * size_of::<(N, Value<'_>)>() + behind.sum::<usize>()
}

/// What a value takes beside itself.
fn size_behind(value: &Value<'_>) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Array(items) => {
            let behind = items.iter().map(size_behind);
            items.capacity() * size_of::<Value<'_>>() + behind.sum::<usize>()
        }
        Value::Map(fields) => size_of_fields(fields),
        _ => 0,
    }
}
