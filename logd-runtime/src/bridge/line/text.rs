//! Text of a record: kept as far as a datagram can hold it, however much is written, and cut
//! between two characters, with a mark that tells how much is missing.

use std::fmt::{self, Write};
use std::ops::Deref;

use crate::wire::MAX_DATAGRAM;

/// Room for the mark behind a text that was cut, whatever the number in it.
const MARK: usize = 40;

/// The least that is left of a text; the mark fits into it.
pub(crate) const LEAST: usize = 64;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    kept: String,
    /// Bytes that are missing at the end.
    missing: usize,
}

impl Text {
    pub(crate) fn of(content: impl fmt::Display) -> Text {
        let mut text = Text::default();
        text.add(format_args!("{content}"));
        text
    }

    /// Appends. A value that can not show itself leaves what it has written until then.
    pub(crate) fn add(&mut self, content: fmt::Arguments<'_>) {
        let _ = self.write_fmt(content);
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.missing > 0
    }

    /// The bytes that it takes, with its mark.
    pub(crate) fn size(&self) -> usize {
        self.kept.len() + if self.is_cut() { MARK } else { 0 }
    }

    /// Cuts it, unless it takes no more than this.
    pub(crate) fn cut_to(&mut self, size: usize) {
        if self.size() > size {
            let keep = boundary(&self.kept, size.saturating_sub(MARK));
            self.missing += self.kept.len() - keep;
            self.kept.truncate(keep);
        }
    }

    /// Writes the mark, where something is missing. Nothing is to be added behind it.
    pub(crate) fn seal(&mut self) {
        if self.is_cut() {
            let missing = self.missing;
            let _ = write!(self.kept, "… [{missing} bytes cut]");
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.kept
    }
}

impl Write for Text {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = if self.is_cut() {
            0
        } else {
            MAX_DATAGRAM - self.kept.len()
        };
        let keep = boundary(more, room);
        self.kept.push_str(&more[..keep]);
        self.missing += more.len() - keep;
        Ok(())
    }
}

/// The last place between two characters that is not beyond `most`.
pub(crate) fn boundary(text: &str, most: usize) -> usize {
    if most >= text.len() {
        return text.len();
    }
    (0..=most)
        .rev()
        .find(|place| text.is_char_boundary(*place))
        .unwrap_or(0)
}
