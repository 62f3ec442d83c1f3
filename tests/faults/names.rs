//! The name of the receiver's host: one that fails, resolves, changes; a receiver that
//! moves. In a process with a file of names of its own.

use std::thread;
use std::time::Duration;

use logd::{AddressFamily, Client, DropReason};
use logd_receiver::Receiver;

use crate::books::{
    Made, PATIENCE, Table, audited, flushed, flushed_with, reducing, single_events, wait_for,
};
use crate::sandbox::{self, Hosts, do_run, refused_by_the_kernel};

const NAME: &str = "receiver.test";

fn messages_handed_over(client: &Client) -> u64 {
    let stats = client.stats();
    stats.sent() + stats.dropped_by(DropReason::Refused)
}

/// Sends, a message at a time, until the receiver has one.
fn make_until_it_comes(client: &Client, receiver: &Receiver) -> Made {
    let mut made = Made::default();
    wait_for("message at the new address", || {
        made += Made::by(client, 1);
        let _ = client.flush(PATIENCE);
        receiver.snapshot().health.datagrams > 0
    });
    made
}

#[test]
fn receiver_moves_to_another_address() {
    let test = "names::receiver_moves_to_another_address";
    sandbox::run(test, &["mount"], || {
        // Otherwise the kernel counts the datagrams of one send as one.
        do_run("ip", &["link", "set", "lo", "gso_max_segs", "1"]);
        let hosts = Hosts::new(test);
        let old = Receiver::bind("127.0.0.1:0").expect("a free port");
        let port = old.local_addr().port();
        hosts.set(NAME, "127.0.0.1");
        let client = single_events(port).host(NAME).build().expect("a client");
        let mut made = Made::by(&client, 50);
        flushed(&client);
        let mut table = Table::of(&old.stop());
        assert_eq!(table.read, client.stats().messages());

        let new = Receiver::bind(("127.0.0.2", port)).expect("the same port, another address");
        hosts.set(NAME, "127.0.0.2");
        made += make_until_it_comes(&client, &new);
        // From here on nothing is missing.
        made += Made::by(&client, 50);
        flushed(&client);
        assert!(client.stats().transport().contains("127.0.0.2"));
        table += Table::of(&new.flush());

        let stats = audited(&client, made);
        assert_eq!(stats.pending(), 0, "{stats:?}");
        assert_eq!(table.single_events(), table.read);
        // Every message was read here or there, or nobody listened where it went: by the
        // kernel's own count, of which the client heard at least what it counted.
        let nobody = refused_by_the_kernel();
        assert_eq!(
            table.read + table.lost + nobody,
            messages_handed_over(&client)
        );
        assert!(stats.dropped_by(DropReason::Refused) <= nobody, "{stats:?}");
    });
}

#[test]
fn name_that_fails_then_resolves_then_changes() {
    let test = "names::name_that_fails_then_resolves_then_changes";
    sandbox::run(test, &["mount"], || {
        let hosts = Hosts::new(test);
        let first = Receiver::bind("127.0.0.1:0").expect("a free port");
        let port = first.local_addr().port();
        let client = reducing(port).host(NAME).build().expect("a client");

        let mut made = Made::by(&client, 1000);
        let report = client.flush(Duration::from_millis(300));
        assert!(report.timed_out(), "{report}");
        assert!(report.transport().contains("unresolved"), "{report}");
        let stats = audited(&client, made);
        assert_eq!((stats.pending(), stats.dropped()), (made.events(), 0));

        // What was kept goes out, with what came meanwhile.
        hosts.set(NAME, "127.0.0.1");
        made += Made::by(&client, 1000);
        flushed_with(&client, stats.pending());
        let stats = audited(&client, made);
        Table::of(&first.flush()).agrees(made, &stats);

        // The old address answers no more.
        let _ = first.stop();
        let second = Receiver::bind(("127.0.0.3", port)).expect("the same port");
        hosts.set(NAME, "127.0.0.3");
        made += make_until_it_comes(&client, &second);
        let before = audited(&client, made);
        let _ = second.flush();
        let more = Made::by(&client, 1000);
        flushed(&client);
        made += more;
        let stats = audited(&client, made);
        let table = Table::of(&second.flush());
        assert_eq!((table.hits, table.calls), (1000.0, 1000.0), "{table:?}");
        assert_eq!(table.read, stats.messages() - before.messages());
    });
}

#[test]
fn name_with_addresses_of_both_families() {
    let test = "names::name_with_addresses_of_both_families";
    sandbox::run(test, &["mount"], || {
        let hosts = Hosts::new(test);
        let ipv4 = Receiver::bind("127.0.0.1:0").expect("a free port");
        let port = ipv4.local_addr().port();
        let Ok(ipv6) = Receiver::bind(("::1", port)) else {
            sandbox::skip(test, "this machine has no ::1");
            return;
        };
        hosts.set_all(NAME, &["::1", "127.0.0.1"]);
        let client = |family| {
            let client = reducing(port).host(NAME).address_family(family).build();
            client.expect("a client")
        };
        for (family, comes, other) in [
            (AddressFamily::PreferIpv4, &ipv4, &ipv6),
            (AddressFamily::PreferIpv6, &ipv6, &ipv4),
            (AddressFamily::Ipv4, &ipv4, &ipv6),
            (AddressFamily::Ipv6, &ipv6, &ipv4),
        ] {
            let client = client(family);
            let made = Made::by(&client, 1000);
            flushed(&client);
            Table::of(&comes.flush()).agrees(made, &audited(&client, made));
            assert_eq!(other.flush().health.datagrams, 0, "{family}");
        }

        // What is preferred and not there is done without; what is required is waited for.
        hosts.set(NAME, "127.0.0.1");
        let preferring = client(AddressFamily::PreferIpv6);
        let made = Made::by(&preferring, 1000);
        flushed(&preferring);
        Table::of(&ipv4.flush()).agrees(made, &audited(&preferring, made));
        let requiring = client(AddressFamily::Ipv6);
        let made = Made::by(&requiring, 1000);
        let report = requiring.flush(Duration::from_millis(100));
        assert!(report.timed_out(), "{report}");
        assert!(report.transport().contains("no IPv6 address"), "{report}");
        assert_eq!(audited(&requiring, made).pending(), made.events());
    });
}

#[test]
fn name_whose_preferred_address_refuses() {
    let test = "names::name_whose_preferred_address_refuses";
    sandbox::run(test, &["mount"], || {
        let hosts = Hosts::new(test);
        // Nobody listens on 127.0.0.1.
        let receiver = Receiver::bind("127.0.0.2:0").expect("a free port");
        let port = receiver.local_addr().port();
        hosts.set_all(NAME, &["127.0.0.1", "127.0.0.2"]);
        let client = reducing(port).host(NAME).build().expect("a client");
        let mut made = make_until_it_comes(&client, &receiver);
        let before = audited(&client, made);
        let _ = receiver.flush();
        // It stays there, in whatever order the answers come.
        hosts.set_all(NAME, &["127.0.0.2", "127.0.0.1"]);
        let more = Made::by(&client, 1000);
        flushed(&client);
        made += more;
        let stats = audited(&client, made);
        let table = Table::of(&receiver.flush());
        assert_eq!((table.hits, table.calls), (1000.0, 1000.0), "{table:?}");
        assert_eq!(table.read, stats.messages() - before.messages());
    });
}

#[test]
fn name_that_fails_while_the_last_known_address_works() {
    let test = "names::name_that_fails_while_the_last_known_address_works";
    sandbox::run(test, &["mount"], || {
        let hosts = Hosts::new(test);
        let address = |change| do_run("ip", &["address", change, "10.9.9.1/32", "dev", "lo"]);
        address("add");
        hosts.set(NAME, "10.9.9.1");
        let receiver = Receiver::bind("10.9.9.1:0").expect("a free port");
        let place = receiver.local_addr();
        let client = reducing(place.port()).host(NAME).build();
        let client = client.expect("a client");
        let mut made = Made::by(&client, 10);
        flushed(&client);
        let _ = receiver.stop();

        // Nobody listens, so the name is asked again, and has no answer.
        hosts.set_all(NAME, &[]);
        wait_for("failure of the name", || {
            made += Made::by(&client, 1);
            let _ = client.flush(PATIENCE);
            thread::sleep(Duration::from_millis(20));
            client.stats().transport().contains("last known")
        });
        let before = audited(&client, made);
        let receiver = Receiver::bind(place).expect("the same port");
        let more = Made::by(&client, 1000);
        flushed(&client);
        made += more;
        let stats = audited(&client, made);
        assert!(stats.transport().contains("last known"), "{stats:?}");
        let again = Table::of(&receiver.flush());
        assert_eq!((again.hits, again.calls), (1000.0, 1000.0), "{again:?}");
        assert_eq!(again.read, stats.messages() - before.messages());

        // Not even another socket needs the name.
        address("delete");
        let more = Made::by(&client, 1000);
        made += more;
        let report = client.flush(Duration::from_millis(100));
        assert!(report.transport().contains("unreachable"), "{report}");
        address("add");
        assert!(client.flush(PATIENCE).is_complete());
        let last = Table::of(&receiver.flush());
        assert_eq!((last.hits, last.calls), (1000.0, 1000.0), "{last:?}");
        let after = audited(&client, made);
        assert_eq!(last.read, after.messages() - stats.messages());
    });
}

#[test]
fn name_that_never_resolves() {
    let client = reducing(8126)
        .host("no-such-host.invalid")
        .build()
        .expect("a client");
    let made = Made::by(&client, 1000);
    let report = client.shutdown(Duration::from_millis(100));
    assert_eq!(
        report.dropped_by(DropReason::Unresolved),
        made.events(),
        "{report}"
    );
    let stats = audited(&client, made);
    assert_eq!(
        (stats.sent(), stats.pending(), stats.messages()),
        (0, 0, 0),
        "{stats:?}"
    );
}
