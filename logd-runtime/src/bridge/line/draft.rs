//! A record on its way to a message: what every facade gives, and how it is made to fit into a
//! datagram. The longest texts are cut first, all to one length, so that the short ones, which
//! say what the record is, stay whole.

use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use super::fields::{Content, Fields, size_of_name};
use super::text::{LEAST, Text};
use crate::wire::{self, EncodeError, LogRecord};

/// The field that counts those which were left out.
const LEFT_OUT: &str = "fields_cut";

/// The field with the spans' names.
#[cfg(feature = "tracing")]
const SPAN: &str = "span";

#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) level: &'static str,
    pub(crate) name: Text,
    pub(crate) msg: Text,
    /// Empty for a record that does not say where it comes from.
    pub(crate) loc: Text,
    /// Empty for a record without an error.
    pub(crate) tb: Text,
    pub(crate) fields: Fields,
}

/// A message, and whether anything of its record is missing.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) datagram: Vec<u8>,
    pub(crate) cut: bool,
}

impl Draft {
    /// Where in the source the record comes from, in the form that pylogd gives it.
    pub(crate) fn locate(&mut self, file: Option<&str>, module: Option<&str>, line: Option<u32>) {
        let loc = &mut self.loc;
        let places = [file, module];
        for (number, place) in places.into_iter().flatten().enumerate() {
            let space = if number > 0 { " " } else { "" };
            loc.add(format_args!("{space}{place}"));
        }
        if let Some(line) = line
            && !loc.is_empty()
        {
            loc.add(format_args!(":{line}"));
        }
    }

    /// The names of the spans that it is in, from the outermost.
    #[cfg(feature = "tracing")]
    pub(crate) fn add_spans<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let mut path = Text::default();
        for name in names {
            let colon = if path.is_empty() { "" } else { ":" };
            path.add(format_args!("{colon}{name}"));
        }
        if !path.is_empty() {
            self.fields.add(SPAN, Content::Text(path));
        }
    }

    /// The message, of at most so many bytes. Only a path that is nearly as long as a datagram is an error.
    pub(crate) fn encode(mut self, path: &str, most: usize) -> Result<Encoded, EncodeError> {
        self.fit(path, most);
        let left_out = self.fields.left_out();
        let cut = left_out > 0 || self.texts().any(|text| text.is_cut());
        if left_out > 0 {
            let content = Content::unsigned(left_out as u128);
            self.fields.add(LEFT_OUT, content);
        }
        self.texts().for_each(Text::seal);
        let fields: Vec<_> = self
            .fields
            .list()
            .iter()
            .map(|(name, content)| (&**name, content.to_value()))
            .collect();
        let [name, msg, loc, tb] = [&self.name, &self.msg, &self.loc, &self.tb].map(|text| &**text);
        let mut record = LogRecord::new(path, self.level, msg, name, now());
        record.pid = Some(process::id());
        record.loc = (!loc.is_empty()).then_some(loc);
        record.tb = (!tb.is_empty()).then_some(tb);
        record.fields = &fields;
        let mut datagram = Vec::new();
        wire::log(&mut datagram, &record)?;
        Ok(Encoded { datagram, cut })
    }

    fn texts(&mut self) -> impl Iterator<Item = &mut Text> {
        [&mut self.name, &mut self.msg, &mut self.loc, &mut self.tb]
            .into_iter()
            .chain(self.fields.texts())
    }

    /// Makes it fit into so many bytes.
    fn fit(&mut self, path: &str, most: usize) {
        // The message's own names and numbers, generously.
        let own = 200 + path.len() + size_of_name(LEFT_OUT);
        let room = most.saturating_sub(own);
        let texts: usize = self.texts().map(|text| text.size()).sum();
        if texts + self.fields.size_of_names() <= room {
            return;
        }
        let least: usize = [&self.name, &self.msg, &self.loc, &self.tb]
            .map(|text| text.size().min(LEAST))
            .iter()
            .sum();
        self.fields.fit(room.saturating_sub(least), LEAST);
        let room = room - self.fields.size_of_names();
        let size = common_size(self.texts().map(|text| text.size()).collect(), room);
        for text in self.texts() {
            text.cut_to(size);
        }
    }
}

/// The size to which texts are to be cut, so that together they take no more than `room`.
fn common_size(mut sizes: Vec<usize>, mut room: usize) -> usize {
    sizes.sort_unstable();
    let mut left = sizes.len();
    for size in sizes {
        if size > room / left {
            return room / left;
        }
        room -= size;
        left -= 1;
    }
    usize::MAX
}

/// Seconds since 1970; 0 on a machine whose clock is before.
fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
