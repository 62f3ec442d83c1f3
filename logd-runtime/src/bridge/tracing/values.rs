//! The values that `tracing` events and spans carry.

use std::error::Error;
use std::fmt;

use tracing_core::Event;
use tracing_core::Field;
use tracing_core::field::Visit;

use crate::bridge::line::draft::Draft;
use crate::bridge::line::fields::Content;
use crate::bridge::line::text::Text;
use crate::bridge::line::traceback;
use crate::wire::Value;

/// Hands each value on as a field's content, and with it the error that it is.
pub(crate) struct Values<F>(F);

impl<F> Values<F>
where
    F: FnMut(&'static str, Content, Option<&(dyn Error + 'static)>),
{
    pub(crate) fn new(take: F) -> Self {
        Values(take)
    }

    fn take(&mut self, field: &Field, content: Content) {
        (self.0)(field.name(), content, None);
    }
}

impl<F> Visit for Values<F>
where
    F: FnMut(&'static str, Content, Option<&(dyn Error + 'static)>),
{
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.take(field, Content::Plain(value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.take(field, Content::signed(value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.take(field, Content::unsigned(value.into()));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.take(field, Content::signed(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.take(field, Content::unsigned(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field, Content::Plain(value.into()));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, Content::text(value));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        (self.0)(field.name(), Content::text(error), Some(error));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, Content::text(format_args!("{value:?}")));
    }
}

/// Where an event comes from.
#[derive(Debug, Default)]
struct Origin {
    target: Option<Text>,
    file: Option<Text>,
    module: Option<Text>,
    line: Option<u32>,
}

/// Takes the event's values into a draft, and where it comes from.
pub(crate) fn take_event(event: &Event<'_>, draft: &mut Draft) {
    let metadata = event.metadata();
    let Draft {
        msg, tb, fields, ..
    } = draft;
    // What came through `tracing-log` has its origin among its values: the metadata is the bridge's.
    let mut origin = Origin::default();
    event.record(&mut Values::new(|name, content, error| {
        match (name, content) {
            ("message", Content::Text(text)) => *msg = text,
            ("log.target", Content::Text(text)) => origin.target = Some(text),
            ("log.file", Content::Text(text)) => origin.file = Some(text),
            ("log.module_path", Content::Text(text)) => origin.module = Some(text),
            ("log.line", Content::Plain(Value::Int(line))) => {
                origin.line = u32::try_from(line).ok();
            }
            (name, content) => {
                fields.add(name, content);
                if let Some(error) = error {
                    traceback::add_error(tb, error);
                }
            }
        }
    }));
    match &origin.target {
        Some(target) => {
            draft.name = target.clone();
            let [file, module] = [&origin.file, &origin.module].map(|text| text.as_deref());
            draft.locate(file, module, origin.line);
        }
        None => {
            draft.name = Text::of(metadata.target());
            draft.locate(metadata.file(), metadata.module_path(), metadata.line());
        }
    }
}
