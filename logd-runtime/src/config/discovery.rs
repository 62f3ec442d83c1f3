//! Which files are looked for, and in which order sources count.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Config, Origin, Setting, file, nearest};
use crate::error::Error;

/// Far more than all settings need; what is larger is another kind of file.
const LARGEST: u64 = 64 << 10;

/// The places that pylogd knows, in its order. It does not expand the `~`, we do.
pub(super) fn places() -> Vec<PathBuf> {
    places_below(env::home_dir().as_deref(), Path::new("/"))
}

/// The same with another home and another root.
pub(super) fn places_below(home: Option<&Path>, root: &Path) -> Vec<PathBuf> {
    // A relative one would make the settings depend on where the program is started.
    let mut places = Vec::new();
    if let Some(home) = home.filter(|home| home.is_absolute()) {
        places.push(home.join(".logdrc"));
    }
    places.push(root.join("etc/logd.conf"));
    places.push(root.join("etc/logd/logd.conf"));
    places.push(root.join("etc/default/logd.conf"));
    places
}

/// The environment over the first of the files over the defaults.
pub(super) fn discover(
    places: &[PathBuf],
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Config, Error> {
    let mut config = Config::default();
    for place in places {
        if is_there(place)? {
            read_file(&mut config, place)?;
            break;
        }
    }
    super::environment::read(&mut config, variables)?;
    Ok(config)
}

/// As pylogd asks: what this user may not see does not exist. A service may have inherited
/// the home of another user.
fn is_there(path: &Path) -> Result<bool, Error> {
    let kind = match fs::metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::PermissionDenied => return Ok(false),
            _ => return Err(unreadable(path, error)),
        },
    };
    // `/dev/null` in a file's place is how people say that there is none; a pipe would hold up
    // the program.
    if kind.is_file() || kind.is_dir() || is_null(path) {
        Ok(true)
    } else {
        Err(not_a_file(path, "is no ordinary file"))
    }
}

fn is_null(path: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|path| path == Path::new("/dev/null"))
}

/// Sets what a file says.
pub(super) fn read_file(config: &mut Config, path: &Path) -> Result<(), Error> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if metadata.is_dir() {
        return Err(not_a_file(path, "is a directory"));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(path, error))?;
    read_bytes(config, path, &bytes)
}

/// Sets what the content of a file says.
pub(super) fn read_bytes(config: &mut Config, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let place = path.display();
    if bytes.len() as u64 > LARGEST {
        return Err(Error::config(format!(
            "{place} is larger than 64 KiB, which no file of settings is: write lines such as host = 127.0.0.1"
        )));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        Error::config(format!("{place}:{line}: not UTF-8: save the file as UTF-8"))
    })?;
    let at = |line: usize, message: String| Error::config(format!("{place}:{line}: {message}"));
    let path: Arc<Path> = Arc::from(path);
    for entry in file::parse(text).map_err(|fault| at(fault.line, fault.message))? {
        let setting = Setting::named(entry.name)
            .ok_or_else(|| at(entry.line, nearest::unknown(entry.name)))?;
        let origin = Origin::File {
            path: Arc::clone(&path),
            line: entry.line,
        };
        config
            .read(setting, entry.value, origin)
            .map_err(|complaint| at(entry.line, format!("{} {complaint}", entry.name)))?;
    }
    Ok(())
}

fn not_a_file(path: &Path, what: &str) -> Error {
    Error::config(format!(
        "{} {what}: put a file with lines such as host = 127.0.0.1 there, or nothing",
        path.display()
    ))
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let place = path.display();
    let message = match error.kind() {
        io::ErrorKind::PermissionDenied => format!(
            "{place} can not be read by this user: let it read the file, or remove the file"
        ),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            format!("{place} does not exist: write the path of a file with settings")
        }
        _ => format!(
            "{place} can not be read ({error}): put a file with lines such as host = 127.0.0.1 \
             there, or nothing"
        ),
    };
    Error::config(message).caused_by(error)
}
