//! The form of pylogd's files: `name = value`, `#` for comments. pylogd reads words in
//! threes, wherever the lines end, and so does this; but values may have dots, and quotes
//! are taken off.

use std::fmt::Display;

use super::setting::quoted;
use super::{Setting, nearest};

/// One setting of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The line of its name, from 1.
    pub(super) line: usize,
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// What is wrong in a line, and what to write instead.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
}

/// Takes a file apart.
pub(super) fn parse(text: &str) -> Result<Vec<Entry<'_>>, Fault> {
    let mut scanner = Scanner {
        // Windows editors write it in front.
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        line: 1,
    };
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut last_line = 0;
    loop {
        scanner.skip_blank();
        if scanner.rest.is_empty() {
            return Ok(entries);
        }
        let before = entries.last().filter(|_| scanner.line == last_line);
        entries.push(scanner.entry(before)?);
        last_line = scanner.line;
    }
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Scanner<'a> {
    /// Reads one setting; `before` is the one before it on the same line.
    fn entry(&mut self, before: Option<&Entry<'_>>) -> Result<Entry<'a>, Fault> {
        let line = self.line;
        let name = self.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        if name.is_empty() {
            return Err(self.no_name(before));
        }
        self.skip_blank();
        if !self.skip_separator() {
            return Err(match before {
                Some(before) => words_without_quotes(before, name),
                None => self.no_separator(line, name),
            });
        }
        self.skip_blank();
        let value_line = self.line;
        let value = match self.rest.chars().next() {
            None => return Err(no_value(line, name)),
            Some('=') => return Err(two_separators(line, name)),
            Some(quote @ ('"' | '\'')) => self.quoted_value(name, quote)?,
            Some(_) => self.bare_value(name)?,
        };
        if self.is_before_separator() {
            // What looked like the value is the name of the next setting.
            return Err(if value_line > line {
                no_value(line, name)
            } else {
                two_separators(line, name)
            });
        }
        Ok(Entry { line, name, value })
    }

    fn quoted_value(&mut self, name: &str, quote: char) -> Result<&'a str, Fault> {
        let inside = &self.rest[1..];
        let line = inside.lines().next().unwrap_or_default();
        let Some(end) = line.find(quote) else {
            return Err(fault(
                self.line,
                format!(
                    "the value of `{name}` begins with {quote} and has no other: close the quotes in the same line"
                ),
            ));
        };
        let value = &inside[..end];
        self.rest = &inside[end + 1..];
        let follows = self.take_while(|c| !c.is_whitespace() && c != '#');
        if follows.is_empty() {
            Ok(value)
        } else {
            Err(fault(
                self.line,
                format!(
                    "behind the quotes of `{name}` comes {}: put the whole value into one pair of quotes",
                    quoted(follows)
                ),
            ))
        }
    }

    fn bare_value(&mut self, name: &str) -> Result<&'a str, Fault> {
        let value = self.take_while(|c| !c.is_whitespace() && !matches!(c, '#' | '"' | '\''));
        if self.rest.starts_with(['"', '\'']) {
            return Err(fault(
                self.line,
                format!(
                    "the value of `{name}` has a quote in its middle: put all of it into the other quotes"
                ),
            ));
        }
        Ok(value)
    }

    /// Why no setting can begin here.
    fn no_name(&self, before: Option<&Entry<'_>>) -> Fault {
        let line = self.rest.lines().next().unwrap_or_default();
        let word = line.split_whitespace().next().unwrap_or_default();
        let message = match line.chars().next() {
            _ if before.is_some() => {
                return words_without_quotes(before.expect("just seen"), word);
            }
            Some('[') => format!(
                "{} is no setting: sections are not known here, leave the line out",
                quoted(line.trim_end())
            ),
            Some(';') => "a comment begins with #: write # in place of ;".into(),
            Some('/') => "a comment begins with #: write # in place of //".into(),
            Some('=' | ':') => format!(
                "there is no name before {}: write name = value",
                quoted(word)
            ),
            Some('"' | '\'') => "names stand without quotes: write name = value".into(),
            _ => format!("{} is no setting: write name = value", quoted(word)),
        };
        fault(self.line, message)
    }

    fn no_separator(&self, line: usize, name: &str) -> Fault {
        let Some(setting) = Setting::named(name).filter(|_| self.line == line) else {
            return no_value(line, name);
        };
        // What is more than one word is no value: `host is web1`.
        let mut words = self
            .rest
            .lines()
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let value = match (words.next(), words.next()) {
            (None, _) => return no_value(line, name),
            (Some(word), None) if !word.contains(char::is_control) => word.to_owned(),
            _ => setting.example(),
        };
        fault(
            line,
            format!("there is no = behind `{name}`: write {name} = {value}"),
        )
    }

    fn skip_separator(&mut self) -> bool {
        match self.rest.strip_prefix(['=', ':']) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn is_before_separator(&self) -> bool {
        let mut ahead = Scanner {
            rest: self.rest,
            line: 0,
        };
        ahead.skip_blank();
        ahead.skip_separator()
    }

    /// White space and comments.
    fn skip_blank(&mut self) {
        loop {
            let blank = self.take_while(char::is_whitespace);
            self.line += blank.matches('\n').count();
            if !self.rest.starts_with('#') {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

fn no_value(line: usize, name: &str) -> Fault {
    let message = match Setting::named(name) {
        Some(setting) => format!(
            "`{name}` has no value: write {name} = {}",
            setting.example()
        ),
        None => nearest::unknown(name),
    };
    fault(line, message)
}

fn two_separators(line: usize, name: &str) -> Fault {
    let message = match Setting::named(name) {
        Some(setting) => format!(
            "`{name}` has two separators: write {name} = {}",
            setting.example()
        ),
        None => nearest::unknown(name),
    };
    fault(line, message)
}

fn words_without_quotes(before: &Entry<'_>, word: &str) -> Fault {
    let Entry { line, name, value } = before;
    fault(
        *line,
        format!(
            "behind the value of `{name}` comes {}: a value of several words stands in quotes, \
             {name} = \"{} …\", another setting on a line of its own",
            quoted(word),
            value.escape_debug()
        ),
    )
}

fn fault(line: usize, message: impl Display) -> Fault {
    Fault {
        line,
        message: message.to_string(),
    }
}
