//! The values that records of `log` carry.

use std::error::Error;

use log::Record;
use log::kv::{self, VisitSource, VisitValue};

use crate::bridge::line::draft::Draft;
use crate::bridge::line::fields::{Content, Fields};
use crate::bridge::line::text::Text;
use crate::bridge::line::traceback;
use crate::wire::Value;

/// Takes the key-values of a record into a draft, and what errors among them tell.
pub(super) fn take_key_values(record: &Record<'_>, draft: &mut Draft) {
    let mut values = KeyValues {
        fields: &mut draft.fields,
        traceback: &mut draft.tb,
    };
    // It never ends early.
    let _ = record.key_values().visit(&mut values);
}

struct KeyValues<'a> {
    fields: &'a mut Fields,
    traceback: &'a mut Text,
}

impl<'kvs> VisitSource<'kvs> for KeyValues<'_> {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        let mut seen = Seen {
            content: Content::Plain(Value::Nil),
            traceback: self.traceback,
        };
        // It never ends early.
        let _ = value.visit(&mut seen);
        let content = seen.content;
        self.fields.add(key.as_str(), content);
        Ok(())
    }
}

/// Takes one value.
struct Seen<'a> {
    content: Content,
    traceback: &'a mut Text,
}

impl Seen<'_> {
    fn set(&mut self, content: Content) -> Result<(), kv::Error> {
        self.content = content;
        Ok(())
    }
}

impl<'v> VisitValue<'v> for &mut Seen<'_> {
    fn visit_any(&mut self, value: kv::Value<'_>) -> Result<(), kv::Error> {
        self.set(Content::text(value))
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        self.set(Content::Plain(Value::Nil))
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), kv::Error> {
        self.set(Content::unsigned(value.into()))
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), kv::Error> {
        self.set(Content::signed(value.into()))
    }

    fn visit_u128(&mut self, value: u128) -> Result<(), kv::Error> {
        self.set(Content::unsigned(value))
    }

    fn visit_i128(&mut self, value: i128) -> Result<(), kv::Error> {
        self.set(Content::signed(value))
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), kv::Error> {
        self.set(Content::Plain(value.into()))
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), kv::Error> {
        self.set(Content::Plain(value.into()))
    }

    fn visit_str(&mut self, value: &str) -> Result<(), kv::Error> {
        self.set(Content::text(value))
    }

    fn visit_char(&mut self, value: char) -> Result<(), kv::Error> {
        self.set(Content::text(value))
    }

    fn visit_error(&mut self, error: &(dyn Error + 'static)) -> Result<(), kv::Error> {
        traceback::add_error(self.traceback, error);
        self.set(Content::text(error))
    }

    fn visit_borrowed_error(&mut self, error: &'v (dyn Error + 'static)) -> Result<(), kv::Error> {
        self.visit_error(error)
    }
}
