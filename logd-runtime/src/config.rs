//! What can be configured, where values come from, and what is wrong with them.

use std::env;
use std::num::NonZeroU16;
use std::time::Duration;

use crate::error::Error;
use crate::key;
use crate::transport::Transport;
use crate::transport::udp::Udp;
use crate::worker::Schedule;
use crate::worker::pipeline::Settings;
use crate::worker::reduce::Precision;
use crate::worker::shared::Mode;

/// A client's whole configuration.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) prefix: String,
    pub(crate) reduce: bool,
    pub(crate) enabled: bool,
    pub(crate) flush_interval: Duration,
    pub(crate) datagrams_per_second: u32,
    pub(crate) messages_per_timer: usize,
    pub(crate) threshold: f64,
    pub(crate) max_names: usize,
    pub(crate) log_queue: (usize, usize),
}

impl Default for Config {
    fn default() -> Self {
        Config {
            // In numbers: `localhost` may be an IPv6 address, on which the original daemon does not listen.
            host: String::from("127.0.0.1"),
            port: 8126,
            prefix: String::new(),
            reduce: true,
            enabled: true,
            flush_interval: Duration::from_secs(1),
            datagrams_per_second: 2000,
            messages_per_timer: 30,
            threshold: 90.0,
            max_names: 10_000,
            log_queue: (1024, 1 << 20),
        }
    }
}

impl Config {
    /// The environment's settings over the defaults.
    pub(crate) fn discover() -> Result<Self, Error> {
        let mut config = Config::default();
        if let Some(host) = variable("LOGD_HOST")? {
            config.host = host;
        }
        if let Some(port) = variable("LOGD_PORT")? {
            config.port = port
                .trim()
                .parse::<NonZeroU16>()
                .map(NonZeroU16::get)
                .map_err(|error| {
                    Error::config(format!(
                        "LOGD_PORT is {port:?}: write a port from 1 to 65535, such as 8126"
                    ))
                    .caused_by(error)
                })?;
        }
        if let Some(prefix) = variable("LOGD_PREFIX")? {
            check_prefix(&prefix, "LOGD_PREFIX")?;
            config.prefix = prefix;
        }
        config.check()?;
        Ok(config)
    }

    /// What the lazy global client starts with.
    pub(crate) fn discover_parts() -> Result<(Schedule, Settings, Transport), Error> {
        let config = Config::discover()?;
        Ok((config.schedule(), config.settings(), config.transport()))
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.host.trim().is_empty() {
            return Err(Error::config(
                "the host is empty: write a name or an address such as \"127.0.0.1\"",
            ));
        }
        if let Some((name, port)) = self.host.rsplit_once(':')
            && !name.contains(':')
            && port.parse::<u16>().is_ok()
        {
            return Err(Error::config(format!(
                "the host {:?} ends in a port: write the host {name:?} and the port {port} apart, \
                 with `port({port})` or LOGD_PORT",
                self.host
            )));
        }
        if self.port == 0 {
            return Err(Error::config(
                "the port is 0: write the port that the receiver listens on, such as 8126",
            ));
        }
        check_prefix(&self.prefix, "the prefix")?;
        if self.flush_interval < Duration::from_millis(1) {
            return Err(Error::config(format!(
                "the flush interval is {:?}: write a millisecond or more, such as Duration::from_secs(1)",
                self.flush_interval
            )));
        }
        if self.datagrams_per_second == 0 {
            return Err(Error::config(
                "datagrams_per_second is 0, which sends nothing: write a budget such as 2000, or use enabled(false)",
            ));
        }
        if !(10..=1000).contains(&self.messages_per_timer)
            || !self.messages_per_timer.is_multiple_of(10)
        {
            return Err(Error::config(format!(
                "messages_per_timer is {}: write a multiple of 10 up to 1000, such as 30",
                self.messages_per_timer
            )));
        }
        if !(self.threshold > 50.0 && self.threshold < 100.0) {
            return Err(Error::config(format!(
                "the threshold is {}: write a percentage above 50 and below 100, such as 90.0",
                self.threshold
            )));
        }
        Ok(())
    }

    pub(crate) fn mode(&self) -> Mode {
        match (self.enabled, self.reduce) {
            (false, _) => Mode::Ignore,
            (true, true) => Mode::Reduce,
            (true, false) => Mode::EachEvent,
        }
    }

    pub(crate) fn schedule(&self) -> Schedule {
        Schedule {
            interval: self.flush_interval,
            messages_per_second: self.datagrams_per_second,
            messages_per_timer: self.messages_per_timer,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            prefix: self.prefix.clone(),
            precision: Precision {
                messages: self.messages_per_timer,
                threshold: self.threshold,
            },
        }
    }

    pub(crate) fn transport(&self) -> Transport {
        if self.enabled {
            Transport::Udp(Udp::new(self.host.trim().to_owned(), self.port))
        } else {
            Transport::Nowhere
        }
    }
}

fn check_prefix(prefix: &str, name: &str) -> Result<(), Error> {
    if prefix.is_empty() {
        return Ok(());
    }
    match key::check(prefix) {
        Ok(()) => Ok(()),
        Err(fault) => Err(Error::config(format!(
            "{name} is {prefix:?}: {}",
            fault.message().replacen("the key", "it", 1)
        ))),
    }
}

/// A variable that is set to something; one that is not text is an error.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(value)) => Err(Error::config(format!(
            "{name} is {value:?}, which is not UTF-8: write plain text"
        ))),
    }
}
