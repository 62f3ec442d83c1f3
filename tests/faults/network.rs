//! The network between the two: an interface that is down, one whose address changes, a
//! link that loses packets. Two networks of our own, a pair of interfaces between them.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use logd::{Client, DropReason, FlushReport, Stats};
use serde_json::Value as Json;

use crate::books::{
    Made, PATIENCE, QUEUE_OF_ROUNDS, Table, audited, flushed, flushed_with, reducing,
    single_events, wait_for,
};
use crate::peer::Peer;
use crate::sandbox::{self, do_run, refused_in};

/// The sender's end of the link.
const NEAR: &str = "near0";

/// A receiver in a network of its own, on the other end of a link.
struct Far {
    peer: Peer,
}

impl Far {
    fn start() -> Far {
        // Announcements of IPv6 would be lost and counted among our messages.
        let _ = fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
        let peer = Peer::start_by(&["unshare", "--net"], "0.0.0.0:0");
        let far = Far { peer };
        let id = far.peer.id().to_string();
        far.run(&["tee", "/proc/sys/net/ipv6/conf/default/disable_ipv6"]);
        do_run(
            "ip",
            &[
                "link", "add", NEAR, "type", "veth", "peer", "name", "far0", "netns", &id,
            ],
        );
        far.run(&["ip", "address", "add", "10.9.0.2/24", "dev", "far0"]);
        far.run(&["ip", "link", "set", "far0", "up"]);
        do_run("ip", &["address", "add", "10.9.0.1/24", "dev", NEAR]);
        do_run("ip", &["link", "set", NEAR, "up"]);
        far
    }

    /// Runs a program in the receiver's network.
    fn run(&self, program: &[&str]) -> String {
        let id = self.peer.id().to_string();
        let arguments = [&["--target", &id, "--net"], program].concat();
        do_run("nsenter", &arguments)
    }

    fn port(&self) -> u16 {
        self.peer.port()
    }

    /// Everything that was handed over, when it has come: the link is not as quick as the
    /// loopback device.
    fn table_of(&mut self, messages: u64) -> Table {
        let mut table = Table::default();
        wait_for("end of what is on its way", || {
            table += self.peer.table();
            table.read + table.lost >= messages
        });
        table
    }
}

/// On a network the kernel tells of a few refusals only: one in a second at last.
#[test]
fn receiver_absent_on_another_machine() {
    let test = "network::receiver_absent_on_another_machine";
    sandbox::run(test, &["nsenter"], || {
        let far = Far::start();
        // Otherwise the kernel counts the datagrams of one send as one.
        do_run("ip", &["link", "set", NEAR, "gso_max_segs", "1"]);
        let client = single_events(9).host("10.9.0.2").build().expect("a client");
        let mut made = Made::default();
        let is_refused = || client.stats().transport().contains("refused");
        wait_for("refusal", || {
            made += Made::by(&client, 1);
            is_refused()
        });
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(1500) {
            made += Made::by(&client, 5);
            assert!(
                is_refused(),
                "after {:?}: {:?}",
                start.elapsed(),
                client.stats()
            );
            thread::sleep(Duration::from_millis(5));
        }
        assert!(!client.flush(PATIENCE).timed_out());
        let stats = audited(&client, made);
        assert_eq!(stats.pending(), 0, "{stats:?}");
        let refused = stats.dropped_by(DropReason::Refused);
        let messages = stats.sent() + refused;
        let told = || refused_in(&far.run(&["cat", "/proc/thread-self/net/snmp"]));
        wait_for("end of what is on its way", || told() >= messages);
        assert_eq!(told(), messages, "{stats:?}");
        assert!((1..messages).contains(&refused), "{stats:?}");
    });
}

/// A refusal that comes back late takes its message from those that an earlier report has
/// told to be sent; the sums of every report agree all the same.
#[test]
fn receiver_absent_behind_a_slow_link() {
    let test = "network::receiver_absent_behind_a_slow_link";
    sandbox::run(test, &["nsenter", "tc"], || {
        let far = Far::start();
        settle_neighbours(&far);
        let narrow = "tc qdisc add dev far0 root tbf rate 4kbit burst 200 limit 9000";
        far.run(&narrow.split(' ').collect::<Vec<_>>());
        let client = single_events(9).host("10.9.0.2").build().expect("a client");
        let agree = |report: &FlushReport| {
            let became = report.sampled_out() + report.sent() + report.dropped();
            assert_eq!(report.events(), became, "{report}");
        };
        // The first refusals take what the link may send at once, the next ones wait.
        let mut made = Made::default();
        let start = Instant::now();
        wait_for("refusal that comes alone", || {
            if start.elapsed() < Duration::from_millis(100) {
                made += Made::by(&client, 1);
            }
            let report = client.flush(PATIENCE);
            agree(&report);
            start.elapsed() > Duration::from_millis(200) && report.dropped() > 0
        });
        audited(&client, made);
    });
}

/// A receiver on the other side, and a client whose first thousand events are there.
fn reached() -> (Far, Client, Made) {
    let mut far = Far::start();
    let client = reducing(far.port())
        .host("10.9.0.2")
        .build()
        .expect("a client");
    let made = Made::by(&client, 1000);
    flushed(&client);
    let sent = client.stats().messages();
    far.table_of(sent).agrees(made, &audited(&client, made));
    (far, client, made)
}

/// The thousand events after the first `sent` messages are there, and nothing was lost.
fn second_thousand_arrived(far: &mut Far, sent: u64, stats: &Stats) {
    let table = far.table_of(stats.messages() - sent);
    assert_eq!(
        (table.hits, table.calls, table.share),
        (1000.0, 1000.0, 1000.0)
    );
    assert_eq!((table.read, table.lost), (stats.messages() - sent, 0));
}

#[test]
fn interface_down() {
    let test = "network::interface_down";
    sandbox::run(test, &["nsenter"], || {
        let (mut far, client, mut made) = reached();
        let sent = client.stats().messages();

        do_run("ip", &["link", "set", NEAR, "down"]);
        let kept = Made::by(&client, 1000);
        made += kept;
        let report = client.flush(Duration::from_millis(100));
        assert!(report.timed_out(), "{report}");
        assert!(report.transport().contains("unreachable"), "{report}");
        let stats = audited(&client, made);
        assert_eq!((stats.pending(), stats.dropped()), (kept.events(), 0));

        do_run("ip", &["link", "set", NEAR, "up"]);
        flushed_with(&client, kept.events());
        second_thousand_arrived(&mut far, sent, &audited(&client, made));
    });
}

#[test]
fn interface_with_another_address() {
    let test = "network::interface_with_another_address";
    sandbox::run(test, &["nsenter"], || {
        let (mut far, client, mut made) = reached();
        let sent = client.stats().messages();

        do_run("ip", &["address", "delete", "10.9.0.1/24", "dev", NEAR]);
        do_run("ip", &["address", "add", "10.9.0.7/24", "dev", NEAR]);
        made += Made::by(&client, 1000);
        flushed(&client);
        second_thousand_arrived(&mut far, sent, &audited(&client, made));
    });
}

#[test]
fn packet_loss() {
    let test = "network::packet_loss";
    sandbox::run(test, &["nsenter", "tc"], || {
        let mut far = Far::start();
        // Long names: one message is within the link's burst of bytes, and two are not.
        let client = single_events(far.port())
            .host("10.9.0.2")
            .prefix("p".repeat(200))
            .build()
            .expect("a client");
        let mut made = Made::by(&client, 10);
        flushed(&client);
        settle_neighbours(&far);
        let before = audited(&client, made);
        far.table_of(before.messages());

        // A narrow link with a short queue, which cuts what exceeds its burst: so it counts
        // the datagrams of one send one by one.
        do_run(
            "tc",
            &[
                "qdisc", "add", "dev", NEAR, "root", "tbf", "rate", "2mbit", "burst", "400",
                "limit", "5000",
            ],
        );
        made += Made::by(&client, QUEUE_OF_ROUNDS);
        // The kernel takes what the link then loses.
        flushed(&client);
        let stats = audited(&client, made);
        let handed_over = stats.messages() - before.messages();
        let mut table = Table::default();
        wait_for("end of the link's queue", || {
            table += far.peer.table();
            table.read + table.lost + dropped_by_the_link() >= handed_over
        });
        let dropped = dropped_by_the_link();
        assert!(dropped > 0, "the link lost nothing");
        assert_eq!(table.read + table.lost + dropped, handed_over);
        assert_eq!(table.single_events(), table.read);
    });
}

/// Each end knows the other for good: no question about it is lost and counted.
fn settle_neighbours(far: &Far) {
    let link = |text: String| {
        let links: Json = serde_json::from_str(&text).expect("JSON");
        links[0]["address"].as_str().expect("an address").to_owned()
    };
    let near_address = link(do_run("ip", &["-json", "link", "show", NEAR]));
    let far_address = link(far.run(&["ip", "-json", "link", "show", "far0"]));
    do_run(
        "ip",
        &[
            "neighbour",
            "replace",
            "10.9.0.2",
            "lladdr",
            &far_address,
            "dev",
            NEAR,
            "nud",
            "permanent",
        ],
    );
    far.run(&[
        "ip",
        "neighbour",
        "replace",
        "10.9.0.1",
        "lladdr",
        &near_address,
        "dev",
        "far0",
        "nud",
        "permanent",
    ]);
}

/// Packets that the link had no room for, by the kernel's own count.
fn dropped_by_the_link() -> u64 {
    let text = do_run(
        "tc",
        &["-json", "-statistics", "qdisc", "show", "dev", NEAR],
    );
    let queues: Json = serde_json::from_str(&text).expect("JSON");
    queues[0]["drops"].as_u64().expect("a count")
}
