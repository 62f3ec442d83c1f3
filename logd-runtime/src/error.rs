//! The one error of the crate: what could not be built, configured, installed
//! or named, with its cause and what to do about it. Recording has no error:
//! it counts what it could not keep (see [`Stats`](crate::Stats)).

use std::borrow::Cow;
use std::fmt;

/// Why a client could not be built or configured, or a name not be used.
///
/// Opaque on purpose: ask it with the `is_*` methods, show it with `{}`, and
/// follow [`source`](std::error::Error::source) for the cause.
///
/// ```
/// let error = logd_runtime::Client::builder().port(0).build().unwrap_err();
/// assert!(error.is_config());
/// assert!(error.to_string().contains("8126"), "it says what to write: {error}");
/// ```
pub struct Error {
    kind: Kind,
    message: Cow<'static, str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Config,
    Key,
    Rate,
    AlreadyInitialized,
    TooManyNames,
}

impl Error {
    /// The same error with what caused it.
    pub(crate) fn caused_by(
        mut self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    pub(crate) fn config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Config, message)
    }

    pub(crate) fn key(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Key, message)
    }

    pub(crate) fn rate(rate: f64) -> Self {
        Self::new(
            Kind::Rate,
            format!(
                "the rate {rate} is not in (0, 1]: write 1 to record every call, 0.1 to record one in ten"
            ),
        )
    }

    pub(crate) fn already_initialized() -> Self {
        Self::new(
            Kind::AlreadyInitialized,
            "the global client is configured already: call `init` once, in `main`; \
             for a second client use `build()` and keep what it returns",
        )
    }

    #[cfg(feature = "log")]
    pub(crate) fn logger_installed() -> Self {
        Self::new(
            Kind::AlreadyInitialized,
            "another logger is installed already, and there can be one only: install this one \
             first and give it the other with `tee`, or give the other what `build()` returns",
        )
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn recorder_installed() -> Self {
        Self::new(
            Kind::AlreadyInitialized,
            "the `metrics` facade has a recorder already, and there can be one only: install it \
             once, in `main`, or put several under a fan-out of `metrics-util` with `build()`",
        )
    }

    pub(crate) fn too_many_names(limit: usize) -> Self {
        Self::new(
            Kind::TooManyNames,
            format!(
                "this client has made {limit} names at run time, its limit: put what varies without bound \
                 (user ids, paths) into logs, not into keys, or raise `max_names`"
            ),
        )
    }

    fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Error {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Whether a setting was wrong: a port, an interval, an environment variable.
    pub fn is_config(&self) -> bool {
        self.kind == Kind::Config
    }

    /// Whether a key or a log path can not be used.
    pub fn is_key(&self) -> bool {
        self.kind == Kind::Key
    }

    /// Whether a sample rate is outside (0, 1].
    pub fn is_rate(&self) -> bool {
        self.kind == Kind::Rate
    }

    /// Whether the global client was configured before, or a facade has a logger or recorder already.
    pub fn is_already_initialized(&self) -> bool {
        self.kind == Kind::AlreadyInitialized
    }

    /// Whether the bound on names made at run time is reached.
    pub fn is_too_many_names(&self) -> bool {
        self.kind == Kind::TooManyNames
    }
}

/// The message and its causes: what `main` prints when it returns the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, " ({error})")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
