//! Datagrams that are encoded and that the kernel has not taken yet, with the events
//! that they stand for.

use std::collections::VecDeque;

use super::series::Encoded;
use crate::sys::MOST_SEGMENTS;

/// The longest datagram that is sent together with others: all must fit into what
/// the network carries whole.
const LONGEST_SEGMENT: usize = 1400;

/// The most bytes in one send.
const LONGEST_SEND: usize = 65_000;

#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    datagrams: VecDeque<Encoded>,
    events: u64,
}

impl Outgoing {
    pub(crate) fn len(&self) -> usize {
        self.datagrams.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    pub(crate) fn first(&self) -> Option<&[u8]> {
        self.datagrams.front().map(|first| &*first.datagram)
    }

    /// Appends a message: to the last datagram, where messages share one of at most so
    /// many bytes and it has room, else as a datagram of its own.
    pub(crate) fn push(&mut self, message: Encoded, shared_datagram: Option<usize>) {
        self.events += message.events;
        if let Some(most) = shared_datagram
            && let Some(last) = self.datagrams.back_mut()
            && last.datagram.len() + 1 + message.datagram.len() <= most
        {
            last.datagram.push(b'\n');
            last.datagram.extend_from_slice(&message.datagram);
            last.events += message.events;
            return;
        }
        self.datagrams.push_back(message);
    }

    /// How many of the first datagrams can leave in one send: those of one length,
    /// and one shorter behind them.
    pub(crate) fn run_of_one_length(&self, most: usize) -> usize {
        let Some(length) = self.first().map(<[u8]>::len) else {
            return 0;
        };
        if length > LONGEST_SEGMENT {
            return 1;
        }
        let most = most.min(MOST_SEGMENTS).min(LONGEST_SEND / length);
        let same = self
            .datagrams
            .iter()
            .take(most)
            .take_while(|message| message.datagram.len() == length)
            .count();
        let shorter = same < most
            && self
                .datagrams
                .get(same)
                .is_some_and(|message| message.datagram.len() < length);
        same + usize::from(shorter)
    }

    /// The bytes of the first `count` datagrams behind each other.
    pub(crate) fn copy_first(&self, count: usize, into: &mut Vec<u8>) {
        into.clear();
        for message in self.datagrams.range(..count) {
            into.extend_from_slice(&message.datagram);
        }
    }

    /// Takes the first datagrams out and returns the events that they stand for.
    pub(crate) fn leave(&mut self, datagrams: usize) -> u64 {
        let events = self
            .datagrams
            .drain(..datagrams)
            .map(|message| message.events)
            .sum();
        self.events -= events;
        events
    }

    /// Takes all out.
    pub(crate) fn clear(&mut self) -> u64 {
        self.leave(self.datagrams.len())
    }
}
