//! From a host's name to its addresses, off the worker: `getaddrinfo` may take half
//! a minute, and a flush must keep its time limit meanwhile.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::AddressFamily;
use super::wait::{Backoff, jittered};
use crate::fork;

/// The first wait after a name did not resolve, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How often a name is looked up again while all goes well, at the latest, and how soon
/// after a refusal: the receiver may have moved.
const PERIOD: Duration = Duration::from_secs(60);
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

/// A look-up that is under way or done.
#[derive(Debug)]
struct LookUp {
    answer: Arc<Mutex<Option<io::Result<Vec<SocketAddr>>>>>,
}

impl LookUp {
    fn start(host: &str, port: u16) -> Self {
        let answer = Arc::new(Mutex::new(None));
        let asked = Arc::clone(&answer);
        let host = host.to_owned();
        let ask = Box::new(move || {
            let found = (&*host, port).to_socket_addrs().map(Iterator::collect);
            *asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        });
        let started = fork::start_thread(c"logd-resolver", ask);
        if !started {
            let error = io::Error::other("no thread to look the name up");
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Err(error));
        }
        LookUp { answer }
    }

    /// The answer, once, when there is one.
    fn take(&self) -> Option<io::Result<Vec<SocketAddr>>> {
        self.answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// The receiver's host with what its name stands for.
#[derive(Debug)]
pub(super) struct Name {
    host: String,
    port: u16,
    family: AddressFamily,
    /// Those of the last answer that had any; they stand while the name fails.
    addresses: Vec<SocketAddr>,
    look_up: Option<LookUp>,
    /// When the last look-up began, and when the next one is due.
    began: Option<Instant>,
    due: Option<Instant>,
    backoff: Backoff,
    /// Why the last look-up failed, if it did.
    error: Option<io::Error>,
}

impl Name {
    /// An address in numbers is known from the start, and there is never anything to look up.
    pub(super) fn new(host: String, port: u16, family: AddressFamily) -> Self {
        let address = host.parse::<IpAddr>().ok();
        Name {
            due: address.is_none().then(Instant::now),
            addresses: address
                .map(|address| SocketAddr::new(address, port))
                .into_iter()
                .collect(),
            host,
            port,
            family,
            look_up: None,
            began: None,
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            error: None,
        }
    }

    /// The addresses that are known, the preferred ones first.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Begins a look-up that is due, sooner when there is trouble with the address, and takes
    /// the answer of one that is done; `true` when it has one.
    pub(super) fn refresh(&mut self, trouble: bool) -> bool {
        if let Some(look_up) = &self.look_up {
            let Some(answer) = look_up.take() else {
                return false;
            };
            self.look_up = None;
            return self.learn(answer);
        }
        let now = Instant::now();
        // A name that fails is left alone for as long as its failures say.
        let hurried = trouble
            && self.error.is_none()
            && self.began.is_none_or(|began| now >= began + AFTER_TROUBLE);
        if self.due.is_some_and(|due| now >= due || hurried) {
            self.began = Some(now);
            self.look_up = Some(LookUp::start(&self.host, self.port));
        }
        false
    }

    fn learn(&mut self, answer: io::Result<Vec<SocketAddr>>) -> bool {
        let found = answer.and_then(|answer| {
            let allowed = self.family.sort(answer);
            if allowed.is_empty() {
                let none = match self.family {
                    AddressFamily::Ipv4 => "the name has no IPv4 address",
                    AddressFamily::Ipv6 => "the name has no IPv6 address",
                    _ => "the name has no address",
                };
                return Err(io::Error::new(io::ErrorKind::NotFound, none));
            }
            Ok(allowed)
        });
        match found {
            Ok(addresses) => {
                self.addresses = addresses;
                self.error = None;
                self.backoff.reset();
                self.due = Some(Instant::now() + jittered(PERIOD));
                true
            }
            Err(error) => {
                self.error = Some(error);
                self.due = Some(self.backoff.retry());
                false
            }
        }
    }

    /// Whether nothing is known of it, though it was asked for.
    pub(super) fn is_unresolved(&self) -> bool {
        self.addresses.is_empty() && (self.look_up.is_some() || self.error.is_some())
    }

    /// Why the last look-up failed, if it did.
    pub(super) fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Host and port as they are written together: an IPv6 address in brackets.
    pub(super) fn with_port(&self) -> String {
        let Name { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

/// Where to go on after an answer: to the same address while it is among the known ones, so
/// that a name whose answers take turns moves nobody; past one that refuses, to the next.
pub(super) fn next_address(
    current: SocketAddr,
    refuses: bool,
    known: &[SocketAddr],
) -> Option<SocketAddr> {
    let place = known.iter().position(|address| *address == current);
    match place {
        Some(place) if refuses => known.get((place + 1) % known.len()).copied(),
        Some(_) => Some(current),
        None => known.first().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses<const N: usize>(texts: [&str; N]) -> [SocketAddr; N] {
        texts.map(|text| text.parse().expect("an address"))
    }

    #[test]
    fn answers_that_take_turns_move_nobody() {
        let [a, b, c] = addresses(["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"]);
        for known in [[a, b, c], [b, c, a], [c, a, b]] {
            assert_eq!(next_address(b, false, &known), Some(b));
        }
        assert_eq!(next_address(b, false, &[c, a]), Some(c), "it is gone");
        assert_eq!(next_address(b, false, &[]), None);
    }

    #[test]
    fn an_address_that_refuses_is_left_for_the_next_one() {
        let [a, b, c] = addresses(["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"]);
        assert_eq!(next_address(a, true, &[a, b, c]), Some(b));
        assert_eq!(next_address(c, true, &[a, b, c]), Some(a));
        assert_eq!(next_address(a, true, &[a]), Some(a), "there is no other");
        assert_eq!(next_address(a, true, &[b]), Some(b));
    }

    #[test]
    fn what_was_known_stands_while_the_name_fails() {
        let mut name = Name::new("stats.internal".into(), 8126, AddressFamily::default());
        let fails = || Err(io::Error::other("the server is away"));
        assert!(!name.learn(fails()));
        assert!(name.is_unresolved());
        let known = addresses(["10.0.0.1:8126"]);
        assert!(name.learn(Ok(known.to_vec())));
        assert!(!name.is_unresolved() && name.error().is_none());
        assert!(!name.learn(fails()));
        assert!(!name.learn(Ok(Vec::new())), "an answer without an address");
        assert!(!name.is_unresolved() && name.error().is_some());
        assert_eq!(name.addresses(), known);
    }

    #[test]
    fn a_name_is_looked_up_again_within_a_minute_and_not_by_all_at_once() {
        let due = || {
            let mut name = Name::new("stats.internal".into(), 8126, AddressFamily::default());
            let known = addresses(["10.0.0.1:8126"]);
            let now = Instant::now();
            assert!(name.learn(Ok(known.to_vec())));
            name.due.expect("a name is looked up again") - now
        };
        let all: Vec<_> = (0..20).map(|_| due().as_secs()).collect();
        assert!(all.iter().all(|due| (45..=60).contains(due)), "{all:?}");
        assert!(all.iter().any(|due| *due != all[0]), "{all:?}");
    }

    #[test]
    fn an_address_of_a_family_that_is_not_allowed_is_none() {
        let mut name = Name::new("stats.internal".into(), 8126, AddressFamily::Ipv6);
        assert!(!name.learn(Ok(addresses(["10.0.0.1:8126"]).to_vec())));
        let error = name.error().expect("a reason").to_string();
        assert!(error.contains("no IPv6 address"), "{error}");
    }

    #[test]
    fn an_address_in_numbers_is_never_looked_up() {
        let mut name = Name::new("::1".into(), 8126, AddressFamily::default());
        assert!(!name.refresh(true) && name.look_up.is_none());
        assert_eq!(name.addresses(), addresses(["[::1]:8126"]));
        assert_eq!(name.with_port(), "[::1]:8126");
    }
}
