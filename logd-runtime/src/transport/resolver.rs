//! From a host's name to an address, off the worker: `getaddrinfo` may take half
//! a minute, and a flush must keep its time limit meanwhile.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use crate::fork;

/// A look-up that is under way or done.
#[derive(Debug)]
pub(crate) struct LookUp {
    answer: Arc<Mutex<Option<io::Result<SocketAddr>>>>,
}

impl LookUp {
    /// Starts one. An address in numbers is answered at once, without a thread.
    pub(crate) fn start(host: &str, port: u16) -> Self {
        let host = without_brackets(host);
        if let Ok(address) = host.parse::<IpAddr>() {
            return LookUp::answered(Ok(SocketAddr::new(address, port)));
        }
        let answer = Arc::new(Mutex::new(None));
        let asked = Arc::clone(&answer);
        let host = host.to_owned();
        let started = fork::start_thread(c"logd-resolver", move || {
            let found = look_up(&host, port);
            *asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        });
        if started {
            LookUp { answer }
        } else {
            LookUp::answered(Err(io::Error::other("no thread to look the name up")))
        }
    }

    fn answered(answer: io::Result<SocketAddr>) -> Self {
        LookUp {
            answer: Arc::new(Mutex::new(Some(answer))),
        }
    }

    /// The answer, once, when there is one.
    pub(crate) fn take(&self) -> Option<io::Result<SocketAddr>> {
        self.answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// Whether there is nothing to look up.
pub(crate) fn is_numeric(host: &str) -> bool {
    without_brackets(host).parse::<IpAddr>().is_ok()
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

/// IPv4 first: the original daemon listens on nothing else.
fn look_up(host: &str, port: u16) -> io::Result<SocketAddr> {
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    addresses
        .iter()
        .find(|address| address.is_ipv4())
        .or(addresses.first())
        .copied()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
}
