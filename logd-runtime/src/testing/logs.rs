//! The log records that a spy has been given, as a receiver would read them.

use super::Spy;
use crate::wire::{self, Message, Value};

/// A log record that a [`Spy`] was given.
#[derive(Clone, Debug, PartialEq)]
pub struct SpiedLog {
    path: String,
    fields: Vec<(String, Value<'static>)>,
}

impl Spy {
    /// The log records so far, in the order in which they came.
    ///
    /// ```
    /// use logd_runtime::Logger;
    /// use logd_runtime::testing::Spy;
    /// use log::{Level, Log, Record};
    ///
    /// let logger = Logger::builder().path("shop.log").build()?;
    /// let spy = Spy::new();
    /// spy.run(|| {
    ///     // What `log::warn!("late")` does where the logger is installed.
    ///     logger.log(&Record::builder().level(Level::Warn).args(format_args!("late")).build());
    /// });
    /// assert_eq!(spy.logs()[0].level(), "WARNING");
    /// assert_eq!(spy.logs()[0].message(), "late");
    /// # Ok::<(), logd_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn logs(&self) -> Vec<SpiedLog> {
        let read = |datagram: &[u8]| match wire::decode(datagram) {
            Ok(Message::Log { path, fields }) => Some(SpiedLog {
                path: path.into_owned(),
                fields: fields
                    .into_iter()
                    .map(|(name, value)| (name.into_owned(), value.into_owned()))
                    .collect(),
            }),
            _ => None,
        };
        let shared = &self.client().core().worker().shared;
        shared.look_at_messages(|messages| messages.filter_map(read).collect())
    }
}

impl SpiedLog {
    /// The log's name.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The level as it is sent: `ERROR`, `WARNING`, `INFO`, `DEBUG`, `TRACE`.
    #[must_use]
    pub fn level(&self) -> &str {
        self.text("level").unwrap_or_default()
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        self.text("msg").unwrap_or_default()
    }

    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value<'static>> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value)
    }

    /// The text of the field of this name, when it is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Value::as_str)
    }

    /// All fields, as they were sent, without the path.
    #[must_use]
    pub fn fields(&self) -> &[(String, Value<'static>)] {
        &self.fields
    }
}
