//! A list that only grows, read without a lock: an entry is there as a whole or not at all,
//! at any moment, so a child process may read what it inherited.

use crate::sync::OnceBox;

/// Entries of the first block; every further block has twice as many.
const FIRST: usize = 64;

/// Enough for more entries than a `u32` can number.
const BLOCKS: usize = 26;

/// Entries stay where they are, so a reference is good for as long as the list's.
#[derive(Debug)]
pub(crate) struct List<T> {
    blocks: [OnceBox<Block<T>>; BLOCKS],
}

type Block<T> = Box<[OnceBox<T>]>;

impl<T> List<T> {
    pub(crate) const fn new() -> Self {
        List {
            blocks: [const { OnceBox::new() }; BLOCKS],
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let (block, entry) = place(index);
        self.blocks.get(block)?.get()?.get(entry)?.get()
    }

    /// All entries, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..).map_while(|index| self.get(index))
    }

    /// Appends an entry and returns its index; `from` on, every place before being taken.
    pub(crate) fn push(&self, from: usize, entry: T) -> usize {
        let mut entry = Box::new(entry);
        let mut index = from;
        loop {
            let (block, place) = place(index);
            let block = self.blocks[block]
                .get_or_init(|| Box::new((0..FIRST << block).map(|_| OnceBox::new()).collect()));
            match block[place].set(entry) {
                Ok(()) => return index,
                Err(taken) => entry = taken,
            }
            index += 1;
        }
    }
}

/// The block of an index, and the place in it.
fn place(index: usize) -> (usize, usize) {
    let block = (index / FIRST + 1).ilog2() as usize;
    (block, index - FIRST * ((1 << block) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_their_index_across_blocks() {
        let list = List::new();
        for n in 0..1000 {
            assert_eq!(list.push(n, n), n);
        }
        assert!(list.iter().copied().eq(0..1000));
        assert_eq!(list.get(1000), None);
        assert_eq!(
            list.push(0, 7),
            1000,
            "places that are taken are passed over"
        );
    }

    #[test]
    fn the_last_index_has_a_block() {
        let (block, entry) = place(u32::MAX as usize - FIRST);
        assert!(block < BLOCKS && entry < FIRST << block);
    }
}
