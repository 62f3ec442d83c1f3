//! What happened to every datagram: the figures that make a loss visible. Each is counted
//! once, in the interval in which it happened.

use std::fmt;

use logd_runtime::wire::Fault;

/// How the receiver fared during one interval.
///
/// Every datagram that was read is a message, bad or ignored; of the messages, those that a
/// bound turned away are counted beside it.
///
/// ```
/// use logd_receiver::Receiver;
/// use std::net::UdpSocket;
///
/// let receiver = Receiver::bind("127.0.0.1:0")?;
/// let client = UdpSocket::bind("127.0.0.1:0")?;
/// client.send_to(b"hits:7|c", receiver.local_addr())?;
///
/// let health = receiver.flush().health;
/// assert_eq!(health.datagrams, 1);
/// assert_eq!(health.bad.not_a_map, 1);
/// assert_eq!(health.to_string(), "1 datagram read, 1 bad (1 not a map), 0 ignored, \
///     0 lost in the socket's queue");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Datagrams read from the socket.
    pub datagrams: u64,
    /// Datagrams that were not understood, by kind.
    pub bad: Bad,
    /// Datagrams that are no message of ours: empty ones, and maps with an unknown id.
    pub ignored: u64,
    /// Datagrams that reached the socket and found its queue full; `None` where the system
    /// does not tell.
    pub lost: Option<u64>,
    /// Messages turned away because their key was new and the bound on keys was reached.
    pub keys_refused: u64,
    /// Timer messages turned away because the bound on samples was reached.
    pub samples_refused: u64,
    /// Log lines that neither the interval nor the event channel had room for. Log files have
    /// them all the same.
    pub logs_dropped: u64,
    /// Log lines, or whole logs to delete, that the log folder could not take.
    pub log_files_failed: u64,
    /// Intervals that the event channel had no room for.
    pub intervals_dropped: u64,
    /// Intervals handed to Graphite since the last interval ended.
    pub graphite_sent: u64,
    /// Intervals lost since then because Graphite could not be reached in time.
    pub graphite_lost: u64,
}

/// Datagrams that were not understood, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bad {
    /// Not a map: another protocol, perhaps.
    pub not_a_map: u64,
    /// Ends before the map does.
    pub truncated: u64,
    /// Contains a byte that stands for nothing in the format.
    pub reserved: u64,
    /// Nested too deeply.
    pub too_deep: u64,
    /// A value that is no number.
    pub value: u64,
    /// A rate that is no number.
    pub rate: u64,
    /// A key that would break a line for Graphite: white space, a control character, a
    /// semicolon, or too long.
    pub key: u64,
}

impl Bad {
    /// All kinds together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.kinds().iter().map(|(count, _)| count).sum()
    }

    pub(crate) fn count(&mut self, fault: Fault) {
        match fault {
            Fault::Truncated => self.truncated += 1,
            Fault::Reserved => self.reserved += 1,
            Fault::TooDeep => self.too_deep += 1,
            Fault::Value => self.value += 1,
            Fault::Rate => self.rate += 1,
            // Also what a later decoder may find wrong before it is told apart here.
            _ => self.not_a_map += 1,
        }
    }

    pub(crate) fn kinds(&self) -> [(u64, &'static str); 7] {
        [
            (self.not_a_map, "not a map"),
            (self.truncated, "truncated"),
            (self.reserved, "reserved byte"),
            (self.too_deep, "too deep"),
            (self.value, "value"),
            (self.rate, "rate"),
            (self.key, "key"),
        ]
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.datagrams == 1 { "" } else { "s" };
        write!(f, "{} datagram{plural} read, ", self.datagrams)?;
        write!(f, "{} bad", self.bad.total())?;
        let kinds: Vec<_> = self
            .bad
            .kinds()
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, kind)| format!("{count} {kind}"))
            .collect();
        if !kinds.is_empty() {
            write!(f, " ({})", kinds.join(", "))?;
        }
        write!(f, ", {} ignored", self.ignored)?;
        if let Some(lost) = self.lost {
            write!(f, ", {lost} lost in the socket's queue")?;
        }
        for (count, what) in [
            (self.keys_refused, "messages refused: too many keys"),
            (self.samples_refused, "messages refused: too many samples"),
            (self.logs_dropped, "log lines not kept: too many"),
            (self.log_files_failed, "log files failed"),
            (self.intervals_dropped, "intervals not taken"),
            (self.graphite_lost, "intervals lost to Graphite"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}
