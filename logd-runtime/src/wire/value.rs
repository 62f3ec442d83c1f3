//! The value model shared by both directions: everything that a log field can hold, and
//! nothing that some decoder in the field cannot read.

use std::borrow::Cow;

/// A value in a log record.
///
/// Use it for the extra fields of a [`LogRecord`](super::LogRecord); a decoded log message
/// carries its fields in the same form.
///
/// ```
/// use logd_runtime::wire::Value;
///
/// let context = Value::Map(vec![
///     ("user".into(), Value::from("bob")),
///     ("attempts".into(), Value::from(3)),
/// ]);
/// assert_eq!(context.get("attempts"), Some(&Value::Int(3)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Nil,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`; [`Value::from`] an `u64` picks the right variant.
    UInt(u64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// A list.
    Array(Vec<Value<'a>>),
    /// Named values, in the order in which they were sent, each name once.
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// The field of this name, when the value is a map that has it.
    ///
    /// ```
    /// use logd_runtime::wire::Value;
    ///
    /// assert_eq!(Value::Nil.get("user"), None);
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        match self {
            Value::Map(fields) => fields.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The text, when the value is text.
    ///
    /// ```
    /// use logd_runtime::wire::Value;
    ///
    /// assert_eq!(Value::from("INFO").as_str(), Some("INFO"));
    /// assert_eq!(Value::Int(20).as_str(), None);
    /// ```
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same value, keeping nothing borrowed, so that it outlives what it was read from.
    ///
    /// ```
    /// use logd_runtime::wire::Value;
    ///
    /// let kept: Value<'static> = {
    ///     let line = String::from("short-lived");
    ///     Value::from(line.as_str()).into_owned()
    /// };
    /// assert_eq!(kept.as_str(), Some("short-lived"));
    /// ```
    #[must_use]
    #[inline]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Nil => Value::Nil,
            Value::Bool(b) => Value::Bool(b),
            Value::Int(n) => Value::Int(n),
            Value::UInt(n) => Value::UInt(n),
            Value::Float(n) => Value::Float(n),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
            Value::Map(fields) => Value::Map(
                fields
                    .into_iter()
                    .map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned()))
                    .collect(),
            ),
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}

impl From<i64> for Value<'_> {
    fn from(n: i64) -> Self {
        Value::Int(n)
    }
}

impl From<i32> for Value<'_> {
    fn from(n: i32) -> Self {
        Value::Int(n.into())
    }
}

impl From<u32> for Value<'_> {
    fn from(n: u32) -> Self {
        Value::Int(n.into())
    }
}

impl From<u64> for Value<'_> {
    fn from(n: u64) -> Self {
        i64::try_from(n).map_or(Value::UInt(n), Value::Int)
    }
}

impl From<f64> for Value<'_> {
    fn from(n: f64) -> Self {
        Value::Float(n)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}
