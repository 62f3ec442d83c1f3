//! The binary's arguments: every mistake is a sentence that says what to write instead.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

/// What the arguments ask for.
pub(crate) enum Command {
    /// To receive.
    Run(Options),
    /// To print this and be done.
    Print(String),
}

/// Where to receive.
pub(crate) enum Listen {
    /// An address or a name, and a port.
    Udp(String),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

/// How to receive.
pub(crate) struct Options {
    pub(crate) listen: Listen,
    pub(crate) interval: Duration,
    pub(crate) threshold: f64,
    pub(crate) graphite: Option<String>,
    pub(crate) log_dir: Option<PathBuf>,
    pub(crate) json: bool,
}

const FLAGS: [&str; 8] = [
    "--listen",
    "--interval",
    "--threshold",
    "--graphite",
    "--log-dir",
    "--json",
    "--help",
    "--version",
];

const HELP: &str = "\
logd receives counters, timers, meters and log lines, and prints them each interval.

Usage: logd [OPTIONS]

  --listen HOST:PORT    where to receive [127.0.0.1:8126]; port 0 takes a free port;
                        unix:PATH is a Unix datagram socket
  --interval TIME       how long an interval lasts: 10s, 500ms, 1m [10s]
  --threshold PERCENT   the smallest samples that a timer's mean and upper_N look at [90]
  --graphite HOST:PORT  ship every interval to Graphite, or what takes its line protocol
  --log-dir DIR         keep logs as JSON lines, one capped file per log
  --json                print one JSON object per interval and per log line
  --help                print this
  --version             print the version

Ctrl-C and SIGTERM end the last interval, print and ship it, and stop.";

pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut options = Options {
        listen: Listen::Udp("127.0.0.1:8126".into()),
        interval: Duration::from_secs(10),
        threshold: 90.0,
        graphite: None,
        log_dir: None,
        json: false,
    };
    let mut parser = lexopt::Parser::from_iter(args);
    while let Some(arg) = parser.next().map_err(wrong)? {
        match arg {
            Long("listen") => {
                let listen = text(&mut parser, "--listen", "HOST:PORT or unix:PATH")?;
                options.listen = match listen.strip_prefix("unix:") {
                    Some(path) if path.is_empty() || path.contains(char::is_control) => {
                        return Err(format!(
                            "--listen {listen:?} is no path: write one such as \
                             unix:/run/logd.sock"
                        ));
                    }
                    Some(path) => Listen::Unix(path.into()),
                    None => Listen::Udp(address("--listen", listen, 0)?),
                };
            }
            Long("interval") => {
                let time = text(&mut parser, "--interval", "a time")?;
                options.interval = duration(&time).ok_or_else(|| {
                    format!("--interval {time} is no time: write 10s, 500ms or 1m")
                })?;
            }
            Long("threshold") => {
                let percent = text(&mut parser, "--threshold", "a percentage")?;
                options.threshold = (percent.parse().ok())
                    .filter(|percent| *percent > 0.0 && *percent <= 100.0)
                    .ok_or_else(|| {
                        format!(
                            "--threshold {percent} is no percentage: write a number over 0 and \
                             up to 100"
                        )
                    })?;
            }
            Long("graphite") => {
                let graphite = text(&mut parser, "--graphite", "HOST:PORT")?;
                options.graphite = Some(address("--graphite", graphite, 1)?);
            }
            Long("log-dir") => {
                let dir = parser
                    .value()
                    .map_err(|_| missing("--log-dir", "a folder"))?;
                options.log_dir = Some(dir.into());
            }
            Long("json") => options.json = true,
            Long("help") | Short('h') => return Ok(Command::Print(HELP.into())),
            Long("version") | Short('V') => {
                return Ok(Command::Print(
                    concat!("logd ", env!("CARGO_PKG_VERSION")).into(),
                ));
            }
            Long(flag) => return Err(unknown(&format!("--{flag}"))),
            Short(flag) => return Err(unknown(&format!("-{flag}"))),
            Value(value) => {
                return Err(format!(
                    "unexpected argument {}: options start with --",
                    value.to_string_lossy()
                ));
            }
        }
    }
    Ok(Command::Run(options))
}

fn text(parser: &mut lexopt::Parser, flag: &str, what: &str) -> Result<String, String> {
    let value = parser.value().map_err(|_| missing(flag, what))?;
    value
        .into_string()
        .map_err(|_| format!("{flag} wants {what}, in UTF-8"))
}

fn wrong(error: lexopt::Error) -> String {
    match error {
        lexopt::Error::UnexpectedValue { option, .. } => {
            format!("{option} takes no value: write it alone")
        }
        other => other.to_string(),
    }
}

fn missing(flag: &str, what: &str) -> String {
    format!("{flag} wants {what} behind it")
}

/// Whether the host exists is known later; that there is a port, and none below the least that
/// makes sense, can be said now.
fn address(flag: &str, address: String, least: u16) -> Result<String, String> {
    let valid = address.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port >= least)
    });
    if valid {
        Ok(address)
    } else {
        Err(format!(
            "{flag} {address} is no address: write HOST:PORT, 127.0.0.1:8126 say, with a port \
             from {least} to 65535"
        ))
    }
}

/// A number with a unit, or of seconds.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let duration = Duration::try_from_secs_f64(digits.parse::<f64>().ok()? * seconds).ok()?;
    let sensible = Duration::from_millis(1)..=Duration::from_secs(86_400);
    sensible.contains(&duration).then_some(duration)
}

fn unknown(flag: &str) -> String {
    let nearest = FLAGS
        .iter()
        .map(|known| (distance(flag, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    match nearest {
        Some((_, known)) => format!("unknown option {flag}: did you mean {known}?"),
        None => format!("unknown option {flag}"),
    }
}

/// How many letters have to be added, removed or changed to make one of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}
