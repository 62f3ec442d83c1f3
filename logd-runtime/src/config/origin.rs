//! Where a value comes from, in words that lead there.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where a setting of a [`Config`](crate::Config) comes from.
///
/// Shown with `{}` it is what a person looks for: `from /etc/logd.conf:3`,
/// `from LOGD_HOST`, `default`.
///
/// ```
/// use logd_runtime::{Config, Origin};
///
/// let config = Config::discover()?;
/// let by_default = config.origins().filter(|(.., origin)| **origin == Origin::Default);
/// println!("{} settings are as they are when nobody says anything", by_default.count());
/// # Ok::<(), logd_runtime::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody has set it.
    #[default]
    Default,
    /// The program's own code: a method of [`Builder`](crate::Builder).
    Program,
    /// This environment variable.
    Variable(Arc<str>),
    /// A line of a file.
    #[non_exhaustive]
    File {
        /// The file, as it was looked for.
        path: Arc<Path>,
        /// The line, from 1.
        line: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Program => f.write_str("from the program"),
            Origin::Variable(name) => write!(f, "from {name}"),
            Origin::File { path, line } => write!(f, "from {}:{line}", path.display()),
        }
    }
}
