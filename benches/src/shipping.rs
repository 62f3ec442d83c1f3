//! What reaches the wire: messages and system calls per million events, processor time per
//! datagram, and what a receiver loses of a burst.

use std::time::{Duration, Instant};

use logd::{Client, Counter, Timer};
use logd_receiver::Receiver as Daemon;

use crate::floor;
use crate::measure::{Effort, Op, median, ratios};

const PATIENCE: Duration = Duration::from_secs(60);

/// Processor time of the whole process, in nanoseconds.
fn processor_time() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes one `timespec`, which is valid for that and outlives it.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Resident memory of this process, in kB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

/// Memory while two threads time calls for seven seconds as fast as they can.
pub fn memory(op: &Op) {
    op.run(1000);
    let done = std::sync::atomic::AtomicBool::new(false);
    let start = Instant::now();
    print!("  resident kB after each second: {}", resident());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    op.run(10_000);
                }
            });
        }
        for second in 1..=7 {
            let due = start + Duration::from_secs(second);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            print!(" {}", resident());
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    println!();
}

/// Two threads that record four counters and four timers as fast as they can. Run under a
/// tracer of system calls it shows who makes them: the name of the calling thread is `load`.
pub fn load(client: &Client, events: u64) {
    let counters: Vec<Counter> = (0..4)
        .map(|n| Counter::new(format!("bench.load.count{n}").leak()))
        .collect();
    let timers: Vec<Timer> = (0..4)
        .map(|n| Timer::new(format!("bench.load.time{n}").leak()))
        .collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let work = || {
                for _ in 0..events / 16 {
                    for (counter, timer) in counters.iter().zip(&timers) {
                        counter.increment();
                        timer.start().stop();
                    }
                }
            };
            std::thread::Builder::new()
                .name("load".into())
                .spawn_scoped(scope, work)
                .expect("a thread");
        }
    });
    let took = start.elapsed();
    let report = client.flush(PATIENCE);
    let stats = client.stats();
    let millions = stats.events() as f64 / 1e6;
    println!(
        "  {} events in {:.2} s: {:.1} messages per million events, {} in the last flush; dropped {}",
        stats.events(),
        took.as_secs_f64(),
        stats.messages() as f64 / millions,
        report.messages(),
        stats.dropped()
    );
}

/// Plain sends at the pace of a flush, and their processor time for each datagram. Measured as
/// the flush is: in processor time, so that waiting for the receiver is in neither.
fn plain_sends(send: &Op, datagrams: u64) -> f64 {
    let before = processor_time();
    let mut left = datagrams;
    while left > 0 {
        let burst = left.min(128);
        send.run(burst);
        left -= burst;
        std::thread::sleep(Duration::from_millis(5));
    }
    (processor_time() - before) / datagrams as f64
}

/// Processor time per datagram of a flush, each directly after as many plain sends.
pub fn per_datagram(client: &Client, port: u16, effort: Effort) {
    let send = floor::send(port);
    for (what, timers) in [("counters", false), ("timers, 30 messages each", true)] {
        let keys = match (timers, effort.full) {
            (true, true) => 300,
            (true, false) => 100,
            (false, true) => 9000,
            (false, false) => 3000,
        };
        let (mut plain, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..if effort.full { 15 } else { 5 } {
            for key in 0..keys {
                if timers {
                    let timer = Timer::new(format!("bench.flush.t{key}").leak());
                    for call in 0..100 {
                        timer.record(Duration::from_micros(100 + call));
                    }
                } else {
                    Counter::new(format!("bench.flush.c{key}").leak()).increment();
                }
            }
            plain.push(plain_sends(&send, keys * if timers { 30 } else { 1 }));
            let before = processor_time();
            let report = client.flush(PATIENCE);
            ours.push((processor_time() - before) / report.messages() as f64);
        }
        println!(
            "  {what:<32} {:>7.0} ns of processor time per datagram, {:.2}x of a plain send ({:.0} ns)",
            median(&mut ours.clone()),
            median(&mut ratios(&ours, &plain)),
            median(&mut plain)
        );
    }
}

/// A flush of many keys at once to a receiver with the default buffer, and the same number of
/// datagrams without pacing.
pub fn burst(effort: Effort) {
    let keys = if effort.full { 50_000 } else { 10_000 };
    let daemon = Daemon::builder()
        .receive_buffer(212_992)
        .bind("127.0.0.1:0")
        .expect("a receiver");
    let port = daemon.local_addr().port();
    let client = Client::builder()
        .host("127.0.0.1")
        .port(port)
        .max_names(200_000)
        .build()
        .expect("a client");
    client.scope().run(|| {
        for key in 0..keys {
            Counter::new(format!("bench.burst.c{key}").leak()).increment();
        }
    });
    let report = client.flush(PATIENCE);
    std::thread::sleep(Duration::from_millis(200));
    let received = daemon.flush();
    println!(
        "  logd: {} datagrams in {:.2} s, {} read, {} lost",
        report.messages(),
        report.took().as_secs_f64(),
        received.health.datagrams,
        report.messages() - received.health.datagrams
    );
    floor::send(port).run(keys as u64);
    std::thread::sleep(Duration::from_millis(200));
    let received = daemon.flush().health.datagrams;
    println!(
        "  unpaced sends: {keys} datagrams, {received} read, {} lost",
        keys as u64 - received
    );
}
