//! Log paths and field names: what the original server cannot take is refused (paths, which
//! name a place) or replaced (field names, where a changed letter is better than a lost
//! line), and nothing else is touched.

use std::borrow::Cow;
use std::fmt;

/// Names that every JavaScript object has: as a log path, or as a whole key, they end the
/// original server or are lost.
pub(crate) const PROTOTYPE_NAMES: [&str; 12] = [
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
];

/// Field names with a meaning of their own: the message's address, what the server sets
/// itself, the fields that every record has, and what the store takes as instructions.
const RESERVED_FIELDS: [&str; 14] = [
    "id",
    "path",
    "ip",
    "level",
    "msg",
    "name",
    "time",
    "pid",
    "loc",
    "tb",
    "_id",
    "_bsontype",
    "toBSON",
    "__proto__",
];

/// Why a log path is refused. Its text says what to do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathFault {
    /// The path is empty.
    Empty,
    /// The path starts or ends with a dot, or has two dots in a row.
    Dots,
    /// The path contains a dollar sign.
    Dollar,
    /// The path contains a NUL character.
    Nul,
    /// The path is a name that the server keeps for itself.
    Reserved,
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PathFault::Empty => "a log path must not be empty",
            PathFault::Dots => "a log path must not start or end with a dot or contain `..`",
            PathFault::Dollar => "a log path must not contain `$`",
            PathFault::Nul => "a log path must not contain a NUL character",
            PathFault::Reserved => "this log path is reserved by the server",
        })?;
        f.write_str(": write a name such as \"app.log\"")
    }
}

impl std::error::Error for PathFault {}

/// Says whether a server can keep a log under this path.
///
/// # Errors
///
/// The first [`PathFault`] found. Each of them would end the original server or write into
/// its own bookkeeping.
///
/// ```
/// use logd_runtime::wire::{PathFault, check_path};
///
/// assert_eq!(check_path("/var/log/app.log"), Ok(()));
/// assert_eq!(check_path("app..log"), Err(PathFault::Dots));
/// assert_eq!(check_path("system.users"), Err(PathFault::Reserved));
/// ```
pub fn check_path(path: &str) -> Result<(), PathFault> {
    if path.is_empty() {
        return Err(PathFault::Empty);
    }
    let bytes = path.as_bytes();
    if bytes[0] == b'.' || bytes[bytes.len() - 1] == b'.' || path.contains("..") {
        return Err(PathFault::Dots);
    }
    if bytes.contains(&b'$') {
        return Err(PathFault::Dollar);
    }
    if bytes.contains(&0) {
        return Err(PathFault::Nul);
    }
    if path == "config" || path.starts_with("system.") || PROTOTYPE_NAMES.contains(&path) {
        return Err(PathFault::Reserved);
    }
    Ok(())
}

/// A field name that is safe at every depth of a log record.
///
/// Dots, NUL and a leading dollar sign become `_`; a name that means something to the
/// message, the server or its store gets a `_` behind it. Everything else is left alone.
///
/// ```
/// use logd_runtime::wire::safe_field_name;
///
/// assert_eq!(safe_field_name("user"), "user");
/// assert_eq!(safe_field_name("http.status"), "http_status");
/// assert_eq!(safe_field_name("$set"), "_set");
/// assert_eq!(safe_field_name("id"), "id_");
/// ```
#[must_use]
#[inline]
pub fn safe_field_name(name: &str) -> Cow<'_, str> {
    if RESERVED_FIELDS.contains(&name) {
        return Cow::Owned(format!("{name}_"));
    }
    let unsafe_letter = |c: char| c == '.' || c == '\0';
    if !name.starts_with('$') && !name.contains(unsafe_letter) {
        return Cow::Borrowed(name);
    }
    let mut safe = name.replace(unsafe_letter, "_");
    if safe.starts_with('$') {
        safe.replace_range(..1, "_");
    }
    Cow::Owned(safe)
}
