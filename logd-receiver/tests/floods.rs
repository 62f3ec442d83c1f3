//! Floods: whatever anybody sends, the receiver holds no more memory than its bounds come to.
//! Measured with an allocator that counts what is alive.
#![allow(
    unsafe_code,
    reason = "an allocator of one's own is what counts memory exactly"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::net::UdpSocket;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use logd_receiver::Receiver;
use logd_runtime::wire::{self, Number};

struct Counting;

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands everything to the system's allocator and only counts beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let alive = ALIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(alive, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One flood at a time: the count is the process's.
static TURN: Mutex<()> = Mutex::new(());

const MIB: usize = 1 << 20;

/// How often a flood is repeated whose end was lost in the queue of a busy machine.
const FLOODS: usize = 30;

/// The most bytes alive while a receiver with default bounds reads these datagrams, and how many
/// of them it turned away.
fn most_alive(datagrams: impl Iterator<Item = Vec<u8>> + Clone) -> (usize, u64) {
    let _turn = TURN.lock().expect("no test panics with it");
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.connect(receiver.local_addr()).expect("an address");
    let before = ALIVE.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let mut refused = 0;
    for _ in 0..FLOODS {
        for (number, datagram) in datagrams.clone().enumerate() {
            // What the queue has no room for is lost, which a part of a flood may be.
            let _ = socket.send(&datagram);
            if datagram.len() > 1000 && number % 3 == 0 {
                let _ = receiver.snapshot();
            } else if number % 100 == 0 {
                std::thread::yield_now();
            }
        }
        let health = receiver.snapshot().health;
        refused = health.keys_refused + health.logs_dropped;
        if refused > 0 {
            break;
        }
    }
    let most = MOST.load(Ordering::Relaxed) - before;
    (most, refused)
}

fn counter(key: &str) -> Vec<u8> {
    let mut datagram = Vec::new();
    wire::counter(&mut datagram, key, Number::Int(1), None).expect("a message");
    datagram
}

#[test]
fn distinct_keys_stop_at_the_bound() {
    let (most, refused) = most_alive((0..150_000).map(|n| counter(&format!("flood.{n}"))));
    assert!(refused > 0, "the flood never came to the bound");
    assert!(most < 64 * MIB, "{} MiB", most / MIB);
}

#[test]
fn the_longest_keys_stop_sooner() {
    let (most, refused) = most_alive((0..2_500).map(|n| counter(&format!("{n:0>15000}"))));
    assert!(refused > 0, "the flood never came to the bound");
    assert!(most < 96 * MIB, "{} MiB", most / MIB);
}

/// A log line of 60 kB whose values take far more memory than bytes on the wire.
fn dense(value: &[u8]) -> Vec<u8> {
    let count = 60_000 / value.len();
    let mut datagram = b"\x83\xa2id\x01\xa4path\xa1f\xa1v\xdc".to_vec();
    datagram.extend_from_slice(&u16::try_from(count).expect("a length").to_be_bytes());
    (0..count).for_each(|_| datagram.extend_from_slice(value));
    datagram
}

#[test]
fn forged_log_lines_are_bounded_by_what_they_take_in_memory() {
    for value in [&b"\xc0"[..], b"\x90", b"\x81\xa0\xc0"] {
        let (most, dropped) = most_alive((0..120).map(|_| dense(value)));
        assert!(dropped > 0, "the flood never came to the bound");
        assert!(most < 192 * MIB, "{value:?}: {} MiB", most / MIB);
    }
}
