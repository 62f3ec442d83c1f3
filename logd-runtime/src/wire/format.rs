//! Which language a client speaks, and what that language can say.

use std::fmt;
use std::str::FromStr;

/// What a client sends: logd's own messages, or the lines that `StatsD` agents take.
///
/// In the `StatsD` formats everything is recorded and reduced as ever, and leaves as lines,
/// as many to a datagram as 1,432 bytes hold:
///
/// | recorded | line | |
/// |---|---|---|
/// | counter | `shop.orders:17\|c` | the exact sum |
/// | meter | `shop.queue:4.5\|g` | a negative reading goes behind a `0`: alone it would be a change |
/// | timer | `shop.checkout:12.5\|ms\|@0.25` | milliseconds; the rate stands for the calls that the line counts for |
///
/// The prefix is joined with a dot. In names, everything but ASCII letters, digits, `_`, `-`
/// and `.` becomes `_`: some of it would end the name, the rest is left out by the
/// daemons, which may make one name of two. There are no logs in these formats.
///
/// ```
/// use logd_runtime::{Client, Format};
///
/// let client = Client::builder().format(Format::StatsD).prefix("shop").build()?;
/// assert_eq!(client.format(), Format::StatsD);
/// assert!(client.delete_log("app.log").is_err());
/// # Ok::<(), logd_runtime::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The messages of logd, one a datagram.
    #[default]
    Logd,
    /// The lines of `StatsD`, as its own daemon, collectd and many others take them.
    StatsD,
    /// `StatsD` with tags, as Datadog's agent and others take them.
    DogStatsD,
}

impl Format {
    /// The port on which a receiver of this format usually listens.
    pub(crate) fn usual_port(self) -> u16 {
        match self {
            Format::Logd => 8126,
            Format::StatsD | Format::DogStatsD => 8125,
        }
    }

    /// Whether there are log records in it.
    pub(crate) fn has_logs(self) -> bool {
        self == Format::Logd
    }
}

/// As in `LOGD_FORMAT`: `logd`, `statsd`, `dogstatsd`.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Logd => "logd",
            Format::StatsD => "statsd",
            Format::DogStatsD => "dogstatsd",
        })
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        [Format::Logd, Format::StatsD, Format::DogStatsD]
            .into_iter()
            .find(|format| format.to_string().eq_ignore_ascii_case(text.trim()))
            .ok_or(UnknownFormat)
    }
}

/// A text that names no [`Format`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFormat;

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no such format: write logd, statsd or dogstatsd")
    }
}

impl std::error::Error for UnknownFormat {}
