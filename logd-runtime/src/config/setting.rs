//! The settings: their names, how a text is read as one, which values can not be used, and
//! how they are shown. A new one needs an arm in each function here, a line in the table of
//! [`Config::discover`](super::Config::discover), one in the README and one in `tests/config.rs`,
//! which names all.

use std::fmt::{Display, Write as _};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZero;
use std::str::FromStr;
use std::time::Duration;

use super::Config;
use crate::key;
use crate::transport;
use crate::wire::{self, Format, statsd};

/// The longest part of a value that an error repeats.
const QUOTED: usize = 60;

/// A setting that can be made outside of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    Host,
    Port,
    Prefix,
    Path,
    Enabled,
    Reduce,
    FlushInterval,
    DatagramsPerSecond,
    MessagesPerTimer,
    Threshold,
    MaxNames,
    LogQueueRecords,
    LogQueueBytes,
    ReportDrops,
    Format,
    Tags,
    AddressFamily,
}

impl Setting {
    /// In the order of the enum, which numbers them.
    pub(crate) const ALL: &[Setting] = &[
        Setting::Host,
        Setting::Port,
        Setting::Prefix,
        Setting::Path,
        Setting::Enabled,
        Setting::Reduce,
        Setting::FlushInterval,
        Setting::DatagramsPerSecond,
        Setting::MessagesPerTimer,
        Setting::Threshold,
        Setting::MaxNames,
        Setting::LogQueueRecords,
        Setting::LogQueueBytes,
        Setting::ReportDrops,
        Setting::Format,
        Setting::Tags,
        Setting::AddressFamily,
    ];

    /// In files, and in capitals behind `LOGD_` in the environment.
    pub(super) fn name(self) -> &'static str {
        match self {
            Setting::Host => "host",
            Setting::Port => "port",
            Setting::Prefix => "prefix",
            Setting::Path => "path",
            Setting::Enabled => "enabled",
            Setting::Reduce => "reduce",
            Setting::FlushInterval => "flush_interval",
            Setting::DatagramsPerSecond => "datagrams_per_second",
            Setting::MessagesPerTimer => "messages_per_timer",
            Setting::Threshold => "threshold",
            Setting::MaxNames => "max_names",
            Setting::LogQueueRecords => "log_queue_records",
            Setting::LogQueueBytes => "log_queue_bytes",
            Setting::ReportDrops => "report_drops",
            Setting::Format => "format",
            Setting::Tags => "tags",
            Setting::AddressFamily => "address_family",
        }
    }

    pub(super) fn names() -> Vec<&'static str> {
        let mut names = Vec::with_capacity(Setting::ALL.len());
        for setting in Setting::ALL {
            names.push(setting.name());
        }
        names
    }

    /// In errors about what the program sets.
    pub(super) fn words(self) -> &'static str {
        match self {
            Setting::Host => "the host",
            Setting::Port => "the port",
            Setting::Prefix => "the prefix",
            Setting::Path => "the path",
            Setting::FlushInterval => "the flush interval",
            Setting::Threshold => "the threshold",
            Setting::Format => "the format",
            Setting::Tags => "a tag",
            Setting::AddressFamily => "the address family",
            other => other.name(),
        }
    }

    /// A value, as an error shows how the setting is written.
    pub(super) fn example(self) -> String {
        match self {
            Setting::Host => "127.0.0.1".into(),
            Setting::Prefix => "shop".into(),
            Setting::Path => "app.log".into(),
            other => other.show(&Config::default()),
        }
    }

    /// The setting of this name; pylogd's `logfile` is our `path`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = if name == "logfile" { "path" } else { name };
        let known = Setting::ALL.iter().find(|setting| setting.name() == name);
        known.copied()
    }

    /// Takes the value from a text; the error says what to write instead.
    pub(super) fn read(self, config: &mut Config, text: &str) -> Result<(), String> {
        match self {
            Setting::Host => config.host = text.trim().to_owned(),
            Setting::Port => {
                config.port = number(text, "a port from 1 to 65535, such as 8126")?;
            }
            Setting::Prefix => config.prefix = text.to_owned(),
            Setting::Path => config.path = text.to_owned(),
            Setting::Enabled => config.enabled = switch(text)?,
            Setting::Reduce => config.reduce = switch(text)?,
            Setting::ReportDrops => config.report_drops = switch(text)?,
            Setting::FlushInterval => config.flush_interval = duration(text)?,
            Setting::DatagramsPerSecond => {
                config.datagrams_per_second = number(text, "a whole number such as 2000")?;
            }
            Setting::MessagesPerTimer => {
                config.messages_per_timer =
                    number(text, "a multiple of 10 up to 1000, such as 30")?;
            }
            Setting::Threshold => {
                config.threshold = number(text, "a percentage above 50 and below 100, such as 90")?;
            }
            Setting::MaxNames => {
                config.max_names = number(text, "a whole number such as 10000")?;
            }
            Setting::LogQueueRecords => {
                config.log_queue.0 = number(text, "a whole number such as 1024")?;
            }
            Setting::LogQueueBytes => {
                config.log_queue.1 = number(text, "a number of bytes such as 1048576")?;
            }
            Setting::Format => {
                config.format = number(text, "logd, statsd or dogstatsd")?;
            }
            Setting::AddressFamily => {
                config.address_family = number(text, "prefer_ipv4, prefer_ipv6, ipv4 or ipv6")?;
            }
            Setting::Tags => {
                let tag = |tag: &str| {
                    let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
                    (name.trim().to_owned(), value.trim().to_owned())
                };
                let tags = text.split(',').filter(|tag| !tag.trim().is_empty());
                config.tags = tags.map(tag).collect();
            }
        }
        Ok(())
    }

    /// Whether the value can be used; the error says what to write instead.
    pub(super) fn check(self, config: &Config) -> Result<(), String> {
        match self {
            Setting::Host => check_host(&config.host),
            Setting::Port if config.port == 0 => {
                Err("is 0: write the port that the receiver listens on, such as 8126".into())
            }
            Setting::Prefix if !config.prefix.is_empty() => {
                key::check(&config.prefix).map_err(|fault| {
                    let message = fault.message().replacen("the key", "it", 1);
                    format!("is {}: {message}", quoted(&config.prefix))
                })?;
                check_quotes(&config.prefix)
            }
            Setting::Path if !config.path.is_empty() => {
                check_path(&config.path)?;
                check_quotes(&config.path)
            }
            Setting::FlushInterval if config.flush_interval < Duration::from_millis(1) => {
                Err(format!(
                    "is {:?}: write a millisecond or more, such as {}",
                    config.flush_interval, "1s, in code Duration::from_secs(1)"
                ))
            }
            Setting::DatagramsPerSecond if config.datagrams_per_second == 0 => Err(
                "is 0, which sends nothing: write a budget such as 2000, or switch all off with \
                 `enabled`"
                    .into(),
            ),
            Setting::LogQueueRecords if config.log_queue.0 == 0 => {
                Err("is 0, which keeps no log record: write a number such as 1024".into())
            }
            Setting::LogQueueBytes if config.log_queue.1 == 0 => {
                Err("is 0, which keeps no log record: write a number such as 1048576".into())
            }
            Setting::MessagesPerTimer
                if !(10..=1000).contains(&config.messages_per_timer)
                    || !config.messages_per_timer.is_multiple_of(10) =>
            {
                Err(format!(
                    "is {}: write a multiple of 10 up to 1000, such as 30",
                    config.messages_per_timer
                ))
            }
            Setting::Threshold if !(config.threshold > 50.0 && config.threshold < 100.0) => {
                Err(format!(
                    "is {}: write a percentage above 50 and below 100, such as 90.0",
                    config.threshold
                ))
            }
            Setting::Tags => check_tags(&config.tags),
            _ => Ok(()),
        }
    }

    /// Whether the value can be used beside those of other settings, when all are made.
    pub(super) fn check_beside_others(self, config: &Config) -> Result<(), String> {
        match self {
            Setting::Tags if !config.tags.is_empty() && config.format != Format::DogStatsD => {
                Err(format!(
                    "is {}, which can not be sent in the format {}: choose the format dogstatsd, \
                     in code Format::DogStatsD, or use the prefix",
                    quoted(&show_tags(&config.tags)),
                    config.format
                ))
            }
            Setting::AddressFamily => match config.host.trim().parse::<IpAddr>() {
                Ok(address) if !config.address_family.allows(address) => Err(format!(
                    "is {}, which the host {address} is not of: write a host that is, or the \
                     address family prefer_{}",
                    config.address_family, config.address_family
                )),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// The value as a file would have it.
    pub(super) fn show(self, config: &Config) -> String {
        match self {
            Setting::Host => in_quotes(&config.host),
            Setting::Port => config.port().to_string(),
            Setting::Prefix => in_quotes(&config.prefix),
            Setting::Path => in_quotes(&config.path),
            Setting::Enabled => config.enabled.to_string(),
            Setting::Reduce => config.reduce.to_string(),
            Setting::ReportDrops => config.report_drops.to_string(),
            Setting::FlushInterval => format!("{:?}", config.flush_interval),
            Setting::DatagramsPerSecond => config.datagrams_per_second.to_string(),
            Setting::MessagesPerTimer => config.messages_per_timer.to_string(),
            Setting::Threshold => config.threshold.to_string(),
            Setting::MaxNames => config.max_names.to_string(),
            Setting::LogQueueRecords => config.log_queue.0.to_string(),
            Setting::LogQueueBytes => config.log_queue.1.to_string(),
            Setting::Format => config.format.to_string(),
            Setting::AddressFamily => config.address_family.to_string(),
            Setting::Tags => in_quotes(&show_tags(&config.tags)),
        }
    }
}

fn check_host(host: &str) -> Result<(), String> {
    if host.trim().is_empty() {
        return Err("is empty: write a name or an address such as \"127.0.0.1\"".into());
    }
    if let Some(path) = transport::socket_path(host.trim()) {
        return check_socket_path(host, path);
    }
    if let Some((_, rest)) = host.split_once("://") {
        let name = rest.split(['/', ':']).next().unwrap_or_default();
        return Err(format!(
            "is {}, a URL: write the host alone, {}",
            quoted(host),
            quoted(name)
        ));
    }
    if let Some(inside) = host.strip_prefix('[') {
        let address = inside.split(']').next().unwrap_or_default();
        return Err(format!(
            "is {}: write the address without brackets, {}, and a port as the port",
            quoted(host),
            quoted(address)
        ));
    }
    if let Some((name, port)) = host.rsplit_once(':')
        && !name.is_empty()
        && !name.contains(':')
        && port.parse::<NonZero<u16>>().is_ok()
    {
        return Err(format!(
            "is {}, which ends in a port: write the host {} and the port {port} apart, with \
             `port({port})`, LOGD_PORT or `port = {port}`",
            quoted(host),
            quoted(name)
        ));
    }
    let of_a_name = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if host.trim().chars().all(of_a_name) || is_ipv6(host.trim()) {
        return Ok(());
    }
    Err(format!(
        "is {}, which no host is called: write a name or an address such as \"127.0.0.1\"",
        quoted(host)
    ))
}

/// An address, with an interface behind it or without: `fe80::1%eth0`.
fn is_ipv6(host: &str) -> bool {
    let (address, interface) = host.split_once('%').unwrap_or((host, "lo"));
    let wrong = |c: char| c.is_whitespace() || c.is_control();
    address.parse::<Ipv6Addr>().is_ok() && !interface.is_empty() && !interface.contains(wrong)
}

/// A path that every process of this configuration finds, and a file can have.
fn check_socket_path(host: &str, path: &str) -> Result<(), String> {
    let complain = |what: &str| Err(format!("is {}, {what}", quoted(host)));
    if !path.starts_with('/') || path.starts_with("//") {
        return complain("which is no absolute path: write one such as \"unix:/run/logd.sock\"");
    }
    if path.contains(|c: char| c.is_control() || c == '"') {
        return complain("which has a quote or a control character: choose another path");
    }
    if path.contains(char::REPLACEMENT_CHARACTER) {
        return complain("which is not UTF-8: choose another path");
    }
    #[cfg(unix)]
    if transport::unix::check(path).is_err() {
        let length = path.len();
        return complain(&format!(
            "of {length} bytes, which is too long for a socket's path: write one of 100 or fewer"
        ));
    }
    #[cfg(not(unix))]
    return complain("which this system has not: write a name or an address such as \"127.0.0.1\"");
    #[cfg(unix)]
    Ok(())
}

/// A text that a file can have, in which there are no escapes.
fn check_quotes(text: &str) -> Result<(), String> {
    if text.contains('"') && text.contains('\'') {
        return Err(format!(
            "is {}, which has both kinds of quotes: leave one of them out",
            quoted(text)
        ));
    }
    Ok(())
}

/// Tags must reach the receiver as they are written.
fn check_tags(tags: &[(String, String)]) -> Result<(), String> {
    for (name, value) in tags {
        let mut tag = String::new();
        statsd::tag(&mut tag, name, value);
        if name.is_empty() || tag.strip_prefix("|#") != Some(&format!("{name}:{value}")) {
            return Err(format!(
                "is {}: write a name and a value such as env:prod, without white space, \
                 `,` `|` `#` or `@`",
                quoted(&format!("{name}:{value}"))
            ));
        }
    }
    check_quotes(&show_tags(tags))
}

fn show_tags(tags: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in tags {
        let end = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{end}{name}:{value}");
    }
    text
}

fn check_path(path: &str) -> Result<(), String> {
    let shown = quoted(path);
    if path.contains(char::is_control) {
        return Err(format!(
            "is {shown}, which has a control character: write a name such as \"app.log\""
        ));
    }
    wire::check_path(path).map_err(|fault| format!("is {shown}: {fault}"))
}

fn number<T: FromStr>(text: &str, write: &str) -> Result<T, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("is {}: write {write}", quoted(text)))
}

fn switch(text: &str) -> Result<bool, String> {
    match &*text.trim().to_ascii_lowercase() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(format!("is {}: write true or false", quoted(text))),
    }
}

/// A number with a unit; without one it is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    let seconds = match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => f64::NAN,
    };
    number
        .trim()
        .parse()
        .ok()
        .and_then(|number: f64| Duration::try_from_secs_f64(number * seconds).ok())
        .ok_or_else(|| {
            format!(
                "is {}: write a number with its unit, such as 500ms, 1s or 2m",
                quoted(text)
            )
        })
}

/// A text in the quotes that it does not have itself: a file has no escapes.
fn in_quotes(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}

/// A text as it stands in an error: escaped, and not all of it when it is long.
pub(super) fn quoted(text: &str) -> impl Display + use<> {
    let mut shown = text.chars();
    let start: String = shown.by_ref().take(QUOTED).collect();
    let more = if shown.next().is_some() { "…" } else { "" };
    format!("{start:?}{more}")
}
