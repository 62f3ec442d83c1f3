//! Keeps logs as files, one JSON object per line, one capped file per log. No name that a
//! sender chooses leaves the folder, and neither disk nor open files grow without bound.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;

/// Files that are open at one time; the one unused for longest is closed for another.
const MAX_OPEN: usize = 64;

/// Longer names are cut and told apart by a hash: most file systems allow 255 bytes.
const MAX_STEM: usize = 200;

/// How much a folder may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caps {
    /// Bytes of one log.
    pub(crate) bytes: u64,
    /// Lines of one log.
    pub(crate) lines: u64,
    /// Logs.
    pub(crate) logs: usize,
}

/// A folder of logs.
///
/// The log `app.log` is the file `app.log.jsonl`. When it holds half of what a log may, it
/// becomes `app.log.jsonl.old`, in place of the one before, and a new file begins: together
/// they never exceed the cap, and the newest half of it is always there.
#[derive(Debug)]
pub(crate) struct LogDir {
    dir: PathBuf,
    caps: Caps,
    /// The logs that have a file, by file name; `None` where it has not been looked into yet.
    sizes: HashMap<String, Option<Size>>,
    open: HashMap<String, OpenFile>,
    /// Counts writes, so that the file unused for longest is known.
    clock: u64,
    /// Files that could not be written out since the last flush.
    failed: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    bytes: u64,
    lines: u64,
}

#[derive(Debug)]
struct OpenFile {
    writer: BufWriter<File>,
    used: u64,
}

impl LogDir {
    pub(crate) fn open(dir: PathBuf, caps: Caps) -> io::Result<LogDir> {
        fs::create_dir_all(&dir)?;
        let mut sizes = HashMap::new();
        for entry in fs::read_dir(&dir)? {
            if let Ok(name) = entry?.file_name().into_string()
                && name.ends_with(".jsonl")
            {
                sizes.insert(name, None);
            }
        }
        Ok(LogDir {
            dir,
            caps,
            sizes,
            open: HashMap::new(),
            clock: 0,
            failed: 0,
        })
    }

    /// Appends a line, which must not contain a line break.
    pub(crate) fn write(&mut self, path: &str, line: &str) -> io::Result<()> {
        let name = file_name(path);
        let added = line.len() as u64 + 1;
        if added > self.caps.bytes {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut size = self.size(&name)?;
        let full = size.bytes + added > self.caps.bytes / 2
            || size.lines + 1 > (self.caps.lines / 2).max(1);
        if full && size.lines > 0 {
            self.open.remove(&name);
            fs::rename(self.dir.join(&name), self.dir.join(old(&name)))?;
            size = Size::default();
        }
        size.bytes += added;
        size.lines += 1;
        let writer = self.writer(&name)?;
        let written = writer
            .write_all(line.as_bytes())
            .and_then(|()| writer.write_all(b"\n"));
        if written.is_err() {
            self.open.remove(&name);
        }
        // Part of a line may be in the file: the next write looks, and ends that line first.
        self.sizes.insert(name, written.is_ok().then_some(size));
        written
    }

    /// Removes a log with all its lines. One that does not exist is no error.
    pub(crate) fn delete(&mut self, path: &str) -> io::Result<()> {
        let name = file_name(path);
        self.open.remove(&name);
        self.sizes.remove(&name);
        for name in [old(&name), name] {
            match fs::remove_file(self.dir.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Hands everything written to the system. Returns how many files have failed since the
    /// last call.
    pub(crate) fn flush(&mut self) -> u64 {
        let (sizes, failed) = (&mut self.sizes, &mut self.failed);
        self.open.retain(|name, file| {
            let flushed = file.writer.flush().is_ok();
            if !flushed {
                *failed += 1;
                sizes.insert(name.clone(), None);
            }
            flushed
        });
        std::mem::take(failed)
    }

    /// What the log's newest file holds. A file from an earlier run is counted once.
    fn size(&mut self, name: &str) -> io::Result<Size> {
        let known = match self.sizes.get(name) {
            Some(known) => *known,
            None if self.sizes.len() >= self.caps.logs => {
                return Err(io::ErrorKind::QuotaExceeded.into());
            }
            None => Some(Size::default()),
        };
        if let Some(size) = known {
            return Ok(size);
        }
        let mut size = Size::default();
        let mut whole = true;
        let mut reader = BufReader::new(File::open(self.dir.join(name))?);
        loop {
            let block = reader.fill_buf()?;
            let Some(last) = block.last() else { break };
            whole = *last == b'\n';
            size.lines += block.iter().filter(|byte| **byte == b'\n').count() as u64;
            size.bytes += block.len() as u64;
            let len = block.len();
            reader.consume(len);
        }
        if !whole {
            // The last run ended inside a line; the next line must not be glued to it.
            self.writer(name)?.write_all(b"\n")?;
            size.bytes += 1;
            size.lines += 1;
        }
        Ok(size)
    }

    fn writer(&mut self, name: &str) -> io::Result<&mut BufWriter<File>> {
        self.clock += 1;
        if self.open.len() >= MAX_OPEN && !self.open.contains_key(name) {
            let oldest = self.open.iter().min_by_key(|(_, file)| file.used);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone())
                && let Some(mut file) = self.open.remove(&oldest)
                && file.writer.flush().is_err()
            {
                self.failed += 1;
                self.sizes.insert(oldest, None);
            }
        }
        let file = match self.open.entry(name.to_owned()) {
            Entry::Occupied(file) => file.into_mut(),
            Entry::Vacant(place) => {
                let file = OpenOptions::new()
                    .append(true)
                    .create(true)
                    .open(self.dir.join(name))?;
                place.insert(OpenFile {
                    writer: BufWriter::new(file),
                    used: 0,
                })
            }
        };
        file.used = self.clock;
        Ok(&mut file.writer)
    }
}

fn old(name: &str) -> String {
    format!("{name}.old")
}

/// A log's file name: letters, digits, `-`, `_` and inner dots stay, every other byte becomes
/// `%XX`. No two logs share a name, and none of them is hidden or leads elsewhere.
fn file_name(path: &str) -> String {
    let mut stem = String::new();
    for (place, byte) in path.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_')
            || (byte == b'.' && place > 0);
        if plain {
            stem.push(byte.into());
        } else {
            stem.push_str(&format!("%{byte:02X}"));
        }
    }
    if stem.is_empty() {
        // A percent sign of the path is `%25`, so nothing else has this name.
        stem.push('%');
    }
    if stem.len() > MAX_STEM {
        stem.truncate(MAX_STEM - 17);
        stem.push_str(&format!("~{:016x}", fnv1a(path.as_bytes())));
    }
    stem + ".jsonl"
}

/// A hash that is the same in every run and every version.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_stay_in_the_folder_and_apart() {
        for (path, name) in [
            ("app.log", "app.log.jsonl"),
            ("", "%.jsonl"),
            ("%", "%25.jsonl"),
            (".", "%2E.jsonl"),
            ("..", "%2E..jsonl"),
            ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd.jsonl"),
            ("/var/log/x", "%2Fvar%2Flog%2Fx.jsonl"),
            ("a\0b\n", "a%00b%0A.jsonl"),
            ("café", "caf%C3%A9.jsonl"),
        ] {
            assert_eq!(file_name(path), name);
        }
        let [one, other] = ["a", "b"].map(|end| file_name(&("p".repeat(700) + end)));
        assert_ne!(one, other);
        assert!(one.len() < 250);
    }
}
