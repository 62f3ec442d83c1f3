//! The further fields of a record: names that every receiver can keep, each once, so that no
//! field hides another or the message's own.

use std::collections::HashSet;
use std::fmt;

use super::text::{Text, boundary};
use crate::wire::{MAX_DATAGRAM, Value, safe_field_name};

/// The longest name in bytes; the rest of a longer one is left out.
const LONGEST_NAME: usize = 255;

/// The largest integer up to which a receiver's numbers are exact.
const MOST_EXACT: u128 = 1 << 53;

/// A field's value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// Anything but text.
    Plain(Value<'static>),
    Text(Text),
}

impl Content {
    pub(crate) fn text(content: impl fmt::Display) -> Content {
        Content::Text(Text::of(content))
    }

    pub(crate) fn unsigned(n: u128) -> Content {
        match i64::try_from(n) {
            Ok(exact) if n <= MOST_EXACT => Content::Plain(exact.into()),
            // As text, so that no digit of an identifier is lost.
            _ => Content::text(n),
        }
    }

    pub(crate) fn signed(n: i128) -> Content {
        match i64::try_from(n) {
            Ok(exact) if n.unsigned_abs() <= MOST_EXACT => Content::Plain(exact.into()),
            _ => Content::text(n),
        }
    }

    pub(crate) fn to_value(&self) -> Value<'_> {
        match self {
            Content::Plain(value) => value.clone(),
            Content::Text(text) => (&**text).into(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Fields {
    list: Vec<(String, Content)>,
    names: HashSet<String>,
    /// What the names take in a message.
    size: usize,
    left_out: usize,
}

impl Fields {
    /// Adds a field; where its name is taken, with `_` behind it. When the names alone fill a
    /// datagram it is left out: whoever has that many would wait long for names of their own.
    pub(crate) fn add(&mut self, name: &str, content: Content) {
        if self.size > MAX_DATAGRAM {
            self.left_out += 1;
            return;
        }
        let mut name = safe(name);
        while self.names.contains(&name) {
            name.push('_');
        }
        self.names.insert(name.clone());
        self.size += size_of_name(&name);
        self.list.push((name, content));
    }

    /// Whether a field of this name would hide one, of the message's own too.
    #[cfg(feature = "tracing")]
    pub(crate) fn has(&self, name: &str) -> bool {
        let safe = safe(name);
        safe.len() > name.len() || self.names.contains(&safe)
    }

    pub(crate) fn list(&self) -> &[(String, Content)] {
        &self.list
    }

    pub(crate) fn texts(&mut self) -> impl Iterator<Item = &mut Text> {
        self.list
            .iter_mut()
            .filter_map(|(_, content)| match content {
                Content::Text(text) => Some(text),
                Content::Plain(_) => None,
            })
    }

    /// What their names, and the headers of their values, take in a message at most.
    pub(crate) fn size_of_names(&self) -> usize {
        self.size
    }

    /// How many were left out.
    pub(crate) fn left_out(&self) -> usize {
        self.left_out
    }

    /// Leaves out the last ones, so that of the others each finds room for its name and, in
    /// texts, for `least` bytes.
    pub(crate) fn fit(&mut self, mut room: usize, least: usize) {
        let fitting = self
            .list
            .iter()
            .take_while(|(name, content)| {
                let value = match content {
                    Content::Text(text) => text.size().min(least),
                    Content::Plain(_) => 0,
                };
                let rest = room.checked_sub(size_of_name(name) + value);
                room = rest.unwrap_or_default();
                rest.is_some()
            })
            .count();
        let gone = self.list.drain(fitting..);
        self.left_out += gone.len();
        self.size -= gone.map(|(name, _)| size_of_name(&name)).sum::<usize>();
    }
}

/// What a name takes in a message at most, with the headers of itself and of its value.
pub(super) fn size_of_name(name: &str) -> usize {
    name.len() + 3 + 9
}

/// The name as every receiver can keep it.
fn safe(name: &str) -> String {
    let name = &name[..boundary(name, LONGEST_NAME)];
    match &*safe_field_name(name) {
        "" => String::from("_"),
        name => name.to_owned(),
    }
}
