//! The ways to a receiver that need no fault to be seen: an IPv6 address, and what a socket's
//! path or an address in numbers may be.

use std::io::Write;
use std::time::Duration;

use logd::{AddressFamily, Client, Config};
use logd_receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_receiver_on_ipv6_gets_everything() {
    let Ok(receiver) = Receiver::bind("[::1]:0") else {
        let _ = writeln!(
            std::io::stderr(),
            "\nSKIPPED a_receiver_on_ipv6_gets_everything: this machine has no ::1"
        );
        return;
    };
    for family in [
        AddressFamily::PreferIpv4,
        AddressFamily::PreferIpv6,
        AddressFamily::Ipv6,
    ] {
        let client = Client::builder()
            .host("::1")
            .port(receiver.local_addr().port())
            .address_family(family)
            .flush_interval(Duration::from_secs(3600))
            .build()
            .expect("a client");
        for name in 0..500 {
            client.increment(&format!("name.{name}"));
        }
        let report = client.flush(PATIENCE);
        assert!(report.is_complete(), "{report}");
        assert_eq!((report.events(), report.sent()), (500, 500), "{report}");
        assert!(report.transport().contains("[::1]:"), "{report}");
        let interval = receiver.flush();
        let lost = interval.health.lost.unwrap_or(0);
        assert_eq!(interval.health.datagrams + lost, 500);
        let sums: f64 = interval.counters.iter().map(|counter| counter.sum).sum();
        assert_eq!(sums, interval.health.datagrams as f64);
    }
}

#[test]
fn an_address_that_is_not_of_the_one_family_allowed_is_an_error_of_build() {
    for (host, family, preferring) in [
        ("::1", AddressFamily::Ipv4, AddressFamily::PreferIpv4),
        ("127.0.0.1", AddressFamily::Ipv6, AddressFamily::PreferIpv6),
    ] {
        let builder = Client::builder().host(host).address_family(family);
        let error = builder.clone().build().expect_err("the other family");
        assert!(error.is_config());
        assert_eq!(
            error.to_string(),
            format!(
                "the address family is {family}, which the host {host} is not of: write a host \
                 that is, or the address family {preferring}"
            )
        );
        // One that is preferred takes what there is; a name may have addresses of it.
        assert!(builder.clone().address_family(preferring).build().is_ok());
        assert!(builder.host("stats.internal").build().is_ok());
    }
}

#[cfg(unix)]
#[test]
fn a_path_that_no_socket_can_have_is_an_error_of_build() {
    let long = format!("/run/{}", "a".repeat(200));
    for (path, complaint) in [
        (
            &*long,
            "of 205 bytes, which is too long for a socket's path",
        ),
        ("", "no absolute path"),
        ("logd.sock", "no absolute path"),
        ("//run/logd.sock", "no absolute path"),
        ("/run/\0", "a control character"),
        ("/run/\"logd\"", "a quote"),
    ] {
        let error = Client::builder().unix_socket(path).build();
        let error = error.expect_err(path);
        assert!(error.is_config());
        let error = error.to_string();
        assert!(error.starts_with("the host is \"unix:"), "{error}");
        assert!(error.contains(complaint), "{error}");
    }
    let bytes = std::os::unix::ffi::OsStrExt::from_bytes(b"/run/\xff");
    let error = Client::builder()
        .unix_socket(std::path::Path::new::<std::ffi::OsStr>(bytes))
        .build()
        .expect_err("no text");
    assert!(error.to_string().contains("not UTF-8"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_socket_is_a_host_wherever_a_host_can_be_written() {
    let receiver_path = std::env::temp_dir().join(format!("logd-host-{}.sock", std::process::id()));
    let receiver = Receiver::builder().bind_unix(&receiver_path).expect("ours");
    let host = receiver.address().to_string();
    for line in [
        format!("host = {host}"),
        format!("host: {host} # ours"),
        format!("host = '{host}' port = 9000"),
    ] {
        let config = Config::from_bytes("logd.conf".as_ref(), line.as_bytes()).expect(&line);
        assert_eq!(config.host(), host);
        let shown = config.to_string();
        let again = Config::from_bytes("logd.conf".as_ref(), shown.as_bytes()).expect(&shown);
        assert_eq!(again.host(), host);
        let client = config.into_builder().build().expect("a client");
        client.increment("hits");
        let report = client.flush(PATIENCE);
        assert!(report.is_complete(), "{report}");
        assert_eq!(receiver.flush().counter("hits").expect("it came").sum, 1.0);
    }
    let spaces = Config::from_bytes("logd.conf".as_ref(), b"host = 'unix:/run/a b.sock'");
    assert_eq!(spaces.expect("a path").host(), "unix:/run/a b.sock");
}
