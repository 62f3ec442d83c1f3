//! What is left of calls that are compiled away: the program's own work, and nothing else.

use std::fs;
use std::future::Future;
use std::net::UdpSocket;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use logd::testing::Spy;
use logd::{Client, Counter, Timer};
use logd_off::{everything, twins};

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}

#[test]
fn bodies_run_and_arguments_of_macros_do_not() {
    let mut touched = 0;
    everything::macros(&mut touched);
    assert_eq!(touched, 0);
    assert_eq!(everything::attributes("name").0, 4);
    assert_eq!(everything::sections("4"), Ok(7));
    assert!(everything::sections("four").is_err());
    assert_eq!(ready(everything::task("4")), Ok(5));
}

#[test]
fn clients_check_what_they_are_given_and_report_nothing() {
    let report = everything::clients().expect("settings that can be used");
    assert!(report.is_complete());
    assert_eq!((report.events(), report.messages()), (0, 0));
    assert_eq!(report.transport(), "off: compiled without recording");
    assert!(Client::builder().port(0).build().is_err());
    assert!(Client::noop().counter("a b").is_err());
    assert!(Counter::new("k").try_rate(2.0).unwrap_err().is_rate());
}

#[test]
fn nothing_is_sent_and_no_thread_is_started() {
    static CALLS: Timer = Timer::new("off.calls");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let guard = logd::builder()
        .port(socket.local_addr().expect("an address").port())
        .init()
        .expect("the first `init`");
    assert!(logd::init().is_err(), "the second `init`");
    for _ in 0..1000 {
        CALLS.start().stop();
        logd::client().increment("off.named");
    }
    assert_eq!(guard.flush(Duration::from_secs(1)).events(), 0);
    assert_eq!(logd::client().stats().events(), 0);
    drop(guard);
    socket.set_nonblocking(true).expect("a socket's option");
    assert!(socket.recv(&mut [0; 64]).is_err(), "a datagram came");
    let threads = fs::read_dir("/proc/self/task").expect("Linux");
    let names: Vec<String> = threads
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok())
        .collect();
    assert!(!names.iter().any(|name| name.contains("logd")), "{names:?}");
}

#[test]
fn a_spy_sees_nothing() {
    let spy = Spy::new();
    spy.run(everything::handles);
    ready(spy.future(everything::task("1"))).expect("a number");
    assert!(spy.keys().is_empty());
}

#[test]
fn futures_are_as_large_as_plain_ones() {
    assert_eq!(
        twins::size(&twins::measured_task(1)),
        twins::size(&twins::plain_task(1))
    );
    assert_eq!(
        twins::size(&twins::measured_section_task(1)),
        twins::size(&twins::plain_section_task(1))
    );
}
