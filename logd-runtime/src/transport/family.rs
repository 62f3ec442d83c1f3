//! Which of a name's addresses are used.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::error::Error;

/// Which addresses of the receiver's host are used, where its name has IPv4 and IPv6 ones.
///
/// One that can not be reached from this machine is passed over for the next, whatever is
/// preferred. An address in numbers is taken as it is, unless only the other family is allowed.
///
/// ```
/// use logd_runtime::{AddressFamily, Client};
///
/// let client = Client::builder()
///     .host("stats.internal")
///     .address_family(AddressFamily::PreferIpv6)
///     .build()?;
/// # Ok::<(), logd_runtime::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressFamily {
    /// IPv4 before IPv6: the original daemon listens on nothing else.
    #[default]
    PreferIpv4,
    /// IPv6 before IPv4.
    PreferIpv6,
    /// IPv4 alone; a name without such an address counts as unresolved.
    Ipv4,
    /// IPv6 alone.
    Ipv6,
}

impl AddressFamily {
    const ALL: [AddressFamily; 4] = [
        AddressFamily::PreferIpv4,
        AddressFamily::PreferIpv6,
        AddressFamily::Ipv4,
        AddressFamily::Ipv6,
    ];

    pub(crate) fn allows(self, address: IpAddr) -> bool {
        match self {
            AddressFamily::PreferIpv4 | AddressFamily::PreferIpv6 => true,
            AddressFamily::Ipv4 => address.is_ipv4(),
            AddressFamily::Ipv6 => address.is_ipv6(),
        }
    }

    /// The addresses that may be used, each once, the preferred ones first and otherwise in
    /// the order of the answer.
    pub(super) fn sort(self, answer: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
        let ipv6_first = matches!(self, AddressFamily::PreferIpv6 | AddressFamily::Ipv6);
        let mut addresses: Vec<SocketAddr> = Vec::new();
        let mut preferred = 0;
        for address in answer {
            if !self.allows(address.ip()) || addresses.contains(&address) {
                continue;
            }
            if address.is_ipv6() == ipv6_first {
                addresses.insert(preferred, address);
                preferred += 1;
            } else {
                addresses.push(address);
            }
        }
        addresses
    }
}

/// As in `LOGD_ADDRESS_FAMILY`: `prefer_ipv4`, `prefer_ipv6`, `ipv4`, `ipv6`.
impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AddressFamily::PreferIpv4 => "prefer_ipv4",
            AddressFamily::PreferIpv6 => "prefer_ipv6",
            AddressFamily::Ipv4 => "ipv4",
            AddressFamily::Ipv6 => "ipv6",
        })
    }
}

impl FromStr for AddressFamily {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        AddressFamily::ALL
            .iter()
            .copied()
            .find(|family| family.to_string().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| {
                Error::config(
                    "there is no such address family: write prefer_ipv4, prefer_ipv6, ipv4 or ipv6",
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_in_the_order_that_is_preferred_or_not_at_all() {
        let [a4, b4, a6, b6] = ["10.0.0.1:1", "10.0.0.2:1", "[fd00::1]:1", "[fd00::2]:1"]
            .map(|address| address.parse::<SocketAddr>().expect("an address"));
        let answer = [a6, a4, b6, b4, a4];
        let sorted = |family: AddressFamily| family.sort(answer);
        assert_eq!(sorted(AddressFamily::PreferIpv4), [a4, b4, a6, b6]);
        assert_eq!(sorted(AddressFamily::PreferIpv6), [a6, b6, a4, b4]);
        assert_eq!(sorted(AddressFamily::Ipv4), [a4, b4]);
        assert_eq!(sorted(AddressFamily::Ipv6), [a6, b6]);
    }

    #[test]
    fn names_of_families_are_read_as_they_are_written() {
        for family in AddressFamily::ALL {
            let read = family.to_string().to_uppercase().parse::<AddressFamily>();
            assert_eq!(read.expect("a family"), family);
        }
        let error = "inet6".parse::<AddressFamily>().expect_err("no family");
        assert!(error.to_string().contains("prefer_ipv6"), "{error}");
    }
}
