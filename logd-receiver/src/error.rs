//! The one error of this crate. It is opaque: its text says what happened and what to do, and
//! its questions tell apart what a program may want to handle.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

/// Why a receiver could not be started.
///
/// ```
/// use logd_receiver::Receiver;
///
/// let first = Receiver::bind("127.0.0.1:0").unwrap();
/// let error = Receiver::bind(first.local_addr()).unwrap_err();
/// assert!(error.is_address_in_use());
/// assert!(error.to_string().contains(&first.local_addr().to_string()));
/// ```
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<io::Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    AddressInUse,
    InvalidSetting,
    Io,
}

impl Error {
    /// Whether another program, or another receiver, holds the port or the path.
    #[must_use]
    pub fn is_address_in_use(&self) -> bool {
        self.kind == Kind::AddressInUse
    }

    /// Whether a setting of the builder makes no sense: a threshold of 0, say.
    #[must_use]
    pub fn is_invalid_setting(&self) -> bool {
        self.kind == Kind::InvalidSetting
    }

    pub(crate) fn setting(message: impl Into<String>) -> Error {
        Error {
            kind: Kind::InvalidSetting,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn resolve(source: io::Error) -> Error {
        let message = match source.kind() {
            io::ErrorKind::InvalidInput => {
                "cannot tell which address to listen on: write it as HOST:PORT, 127.0.0.1:8126 say"
            }
            _ => {
                "cannot find an address for the name to listen on: write a name of this machine, \
                 or its address, 127.0.0.1:8126 say"
            }
        };
        Error {
            kind: Kind::InvalidSetting,
            message: message.into(),
            source: Some(source),
        }
    }

    pub(crate) fn bind(address: SocketAddr, source: io::Error) -> Error {
        let advice = match source.kind() {
            io::ErrorKind::AddrInUse => {
                "the port is taken: stop what listens there or choose another port \
                 (port 0 takes a free one)"
            }
            io::ErrorKind::AddrNotAvailable => "this machine does not have that address",
            io::ErrorKind::PermissionDenied => {
                "not allowed: ports under 1024 need a privilege, 8126 does not"
            }
            _ => "the system refused",
        };
        Error {
            kind: match source.kind() {
                io::ErrorKind::AddrInUse => Kind::AddressInUse,
                _ => Kind::Io,
            },
            message: format!("cannot listen on {address}: {advice}"),
            source: Some(source),
        }
    }

    pub(crate) fn socket_path(path: &Path, source: io::Error) -> Error {
        Error {
            kind: Kind::InvalidSetting,
            message: format!(
                "cannot listen on unix:{}: a socket has no path that is so long, or empty: write \
                 one of 1 to 100 bytes, unix:/run/logd.sock say",
                path.display()
            ),
            source: Some(source),
        }
    }

    pub(crate) fn bind_unix(path: &Path, source: io::Error) -> Error {
        let advice = match source.kind() {
            io::ErrorKind::NotFound => "there is no such folder: make it first",
            io::ErrorKind::PermissionDenied => "not allowed in this folder",
            _ => "the system refused",
        };
        Error {
            kind: Kind::Io,
            message: format!("cannot listen on unix:{}: {advice}", path.display()),
            source: Some(source),
        }
    }

    pub(crate) fn path_taken(path: &Path, advice: &str) -> Error {
        Error {
            kind: Kind::AddressInUse,
            message: format!("cannot listen on unix:{}: {advice}", path.display()),
            source: None,
        }
    }

    pub(crate) fn log_dir(dir: &Path, source: io::Error) -> Error {
        let advice = match source.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                "a file is in the way: choose another folder"
            }
            io::ErrorKind::PermissionDenied => {
                "not allowed: choose a folder that this user may write to"
            }
            _ => "the system refused",
        };
        Error {
            kind: Kind::Io,
            message: format!("cannot keep logs in {}: {advice}", dir.display()),
            source: Some(source),
        }
    }

    pub(crate) fn start(source: io::Error) -> Error {
        Error {
            kind: Kind::Io,
            message: "cannot start the receiver".into(),
            source: Some(source),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
