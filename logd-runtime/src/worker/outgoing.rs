//! Datagrams that are encoded and that the kernel has not taken yet, with the events
//! that they stand for.

use std::collections::VecDeque;

use super::series::Encoded;
use crate::sys::MOST_SEGMENTS;
use crate::wire::EncodeError;

/// The longest datagram that is sent together with others: all must fit into what
/// the network carries whole.
const LONGEST_SEGMENT: usize = 1400;

/// The most bytes in one send.
const LONGEST_SEND: usize = 65_000;

/// The room for bytes that is kept when nothing waits.
const KEPT: usize = LONGEST_SEND;

#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// Datagrams behind each other, as they are sent: those of one length need no copy.
    bytes: Vec<u8>,
    /// How many of the bytes are of datagrams that have left.
    gone: usize,
    datagrams: VecDeque<Datagram>,
    events: u64,
}

#[derive(Debug)]
struct Datagram {
    length: usize,
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

    /// The length of the first datagram.
    pub(crate) fn first_length(&self) -> Option<usize> {
        self.datagrams.front().map(|first| first.length)
    }

    /// Appends the message that `write` appends to bytes: to the last datagram, where messages
    /// share one of at most so many bytes and it has room, else as a datagram of its own.
    /// What can not be written leaves everything as it was.
    pub(crate) fn push(
        &mut self,
        events: u64,
        shared_datagram: Option<usize>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let begin = self.bytes.len();
        write(&mut self.bytes)?;
        let length = self.bytes.len() - begin;
        if let Some(most) = shared_datagram
            && let Some(last) = self.datagrams.back_mut()
            && last.length + 1 + length <= most
        {
            self.bytes.insert(begin, b'\n');
            last.length += 1 + length;
            last.events += events;
            self.events += events;
        } else {
            self.add(length, events);
        }
        Ok(())
    }

    /// Appends a datagram that was encoded before.
    pub(crate) fn push_datagram(&mut self, encoded: &Encoded) {
        self.bytes.extend_from_slice(&encoded.datagram);
        self.add(encoded.datagram.len(), encoded.events);
    }

    /// Appends the last datagram once more, with what `change` changes in it.
    pub(crate) fn push_again(&mut self, events: u64, change: impl FnOnce(&mut [u8])) {
        let Some(Datagram { length, .. }) = self.datagrams.back() else {
            return;
        };
        let (end, length) = (self.bytes.len(), *length);
        self.bytes.extend_from_within(end - length..);
        change(&mut self.bytes[end..]);
        self.add(length, events);
    }

    fn add(&mut self, length: usize, events: u64) {
        self.events += events;
        self.datagrams.push_back(Datagram { length, events });
    }

    /// How many of the first datagrams can leave in one send: those of one length,
    /// and one shorter behind them.
    pub(crate) fn run_of_one_length(&self, most: usize) -> usize {
        let Some(length) = self.first_length() else {
            return 0;
        };
        if length > LONGEST_SEGMENT {
            return 1;
        }
        let most = most.min(MOST_SEGMENTS).min(LONGEST_SEND / length);
        let mut run = 0;
        for datagram in self.datagrams.iter().take(most) {
            if datagram.length <= length {
                run += 1;
            }
            if datagram.length != length {
                break;
            }
        }
        run
    }

    /// The bytes of the first `count` datagrams behind each other.
    pub(crate) fn first(&self, count: usize) -> &[u8] {
        let mut length = 0;
        for datagram in self.datagrams.iter().take(count) {
            length += datagram.length;
        }
        &self.bytes[self.gone..][..length]
    }

    /// Takes the first datagrams out and returns the events that they stand for.
    pub(crate) fn leave(&mut self, datagrams: usize) -> u64 {
        let mut events = 0;
        for datagram in self.datagrams.drain(..datagrams) {
            self.gone += datagram.length;
            events += datagram.events;
        }
        self.events -= events;
        if self.datagrams.is_empty() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT);
            self.gone = 0;
        } else if self.gone > self.bytes.len() / 2 {
            // Fewer are moved than have left, so that each is moved once on average.
            self.bytes.drain(..self.gone);
            self.gone = 0;
        }
        events
    }

    /// Takes all out.
    pub(crate) fn clear(&mut self) -> u64 {
        self.leave(self.datagrams.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(outgoing: &mut Outgoing, message: &str, shared: Option<usize>) {
        let pushed = outgoing.push(1, shared, |bytes| {
            bytes.extend_from_slice(message.as_bytes());
            Ok(())
        });
        pushed.expect("written");
    }

    #[test]
    fn datagrams_leave_whole_and_in_order_while_others_come() {
        let mut outgoing = Outgoing::default();
        let (mut come, mut left) = (0, 0);
        for turn in 0..50 {
            for _ in 0..turn % 7 {
                push(&mut outgoing, &format!("message {come}"), None);
                come += 1;
            }
            for _ in 0..turn % 5 {
                if outgoing.is_empty() {
                    break;
                }
                let expected = format!("message {left}");
                assert_eq!(outgoing.first_length(), Some(expected.len()));
                assert_eq!(outgoing.first(1), expected.as_bytes());
                assert_eq!(outgoing.leave(1), 1);
                left += 1;
            }
            assert_eq!(outgoing.len(), come - left);
            assert_eq!(outgoing.events(), (come - left) as u64);
        }
        assert!(left > 50, "{left} left");
        assert_eq!(outgoing.clear(), (come - left) as u64);
        assert!(outgoing.is_empty() && outgoing.first(1).is_empty());
    }

    #[test]
    fn a_run_is_of_one_length_and_one_shorter_and_its_bytes_are_in_one_piece() {
        let mut outgoing = Outgoing::default();
        for message in ["gone", "one", "two", "six", "7", "seven"] {
            push(&mut outgoing, message, None);
        }
        outgoing.leave(1);
        assert_eq!(outgoing.run_of_one_length(64), 4);
        assert_eq!(outgoing.run_of_one_length(2), 2);
        assert_eq!(outgoing.first(4), b"onetwosix7");
        outgoing.leave(4);
        assert_eq!(outgoing.run_of_one_length(64), 1);
    }

    #[test]
    fn messages_share_a_datagram_as_far_as_it_has_room() {
        let mut outgoing = Outgoing::default();
        for message in ["one", "two", "three", "four"] {
            push(&mut outgoing, message, Some(8));
        }
        assert_eq!((outgoing.len(), outgoing.first(1)), (3, &b"one\ntwo"[..]));
        assert_eq!(outgoing.leave(1), 2);
        assert_eq!(outgoing.first(2), b"threefour");
    }

    #[test]
    fn a_datagram_is_pushed_again_with_a_change() {
        let mut outgoing = Outgoing::default();
        for message in ["gone", "one", "two"] {
            push(&mut outgoing, message, None);
        }
        outgoing.leave(1);
        outgoing.push_again(5, |bytes| bytes[2] = b'!');
        assert_eq!((outgoing.len(), outgoing.events()), (3, 7));
        assert_eq!(outgoing.first(3), b"onetwotw!");
    }

    #[test]
    fn what_can_not_be_written_leaves_everything_as_it_was() {
        let mut outgoing = Outgoing::default();
        push(&mut outgoing, "one", None);
        let failed = outgoing.push(1, None, |_| Err(EncodeError::NotFinite));
        assert_eq!(failed, Err(EncodeError::NotFinite));
        assert_eq!((outgoing.len(), outgoing.events()), (1, 1));
        assert_eq!(outgoing.first(2), b"one");
    }
}
