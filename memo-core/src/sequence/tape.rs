//! The raw stream of a sequence, as far as it is in hand: items, each behind its length. docs/envelope.md, section 8.

use std::ops::Range;

use crate::reject::Reject;
use crate::varint;

/// A stretch of the raw stream, which is appended to at its end and read at its front.
pub(super) struct Tape {
    raw: Vec<u8>,
    at: usize,
    /// The longest item, in bytes.
    longest: u64,
}

/// Room for the beginning of an item whose end is in the next block: so that the tape need not grow, which takes as much again.
const MARGIN: usize = 16 << 10;

/// The longest encoding of a length.
const MOST_PREFIX: usize = 10;

impl Tape {
    /// A tape for blocks of so many bytes: the next one fits behind what is left of the last, unless an item is long.
    pub(super) fn new(block: usize, longest: u64) -> Self {
        Self::of(Vec::with_capacity(block + MARGIN), longest)
    }

    /// A tape of all there is.
    pub(super) fn of(raw: Vec<u8>, longest: u64) -> Self {
        Self {
            raw,
            at: 0,
            longest,
        }
    }

    /// Finds the next item; `None` where it is not there as a whole.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Range<usize>>, Reject> {
        let left = &self.raw[self.at..];
        let Some((length, rest)) = varint::split(left) else {
            return match left.len() {
                0..MOST_PREFIX => Ok(None),
                _ => Err(Reject::Decode),
            };
        };
        if length > self.longest {
            return Err(Reject::Limit);
        }
        if length > rest.len() as u64 {
            return Ok(None);
        }
        let start = self.raw.len() - rest.len();
        let end = start + length as usize;
        self.at = end;
        Ok(Some(start..end))
    }

    /// The bytes of an item that was found, until the next one is looked for.
    #[inline]
    pub(super) fn item(&self, found: Range<usize>) -> &[u8] {
        &self.raw[found]
    }

    /// Where more is to be appended. What was read makes room for it.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        self.raw.drain(..self.at);
        self.at = 0;
        &mut self.raw
    }

    /// Whether everything was read.
    pub(super) fn is_empty(&self) -> bool {
        self.at == self.raw.len()
    }
}

/// Appends an item and its length.
#[inline]
pub(super) fn push(raw: &mut Vec<u8>, item: &[u8]) {
    varint::push(raw, item.len() as u64);
    raw.extend_from_slice(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tape: &mut Tape) -> Vec<Vec<u8>> {
        let mut items = Vec::new();
        while let Ok(Some(found)) = tape.next() {
            items.push(tape.item(found).to_vec());
        }
        items
    }

    #[test]
    fn items_are_found_wherever_the_stream_is_cut() {
        let items = [vec![], vec![1; 3], vec![2; 200], vec![], vec![3; 1]];
        let mut raw = Vec::new();
        items.iter().for_each(|item| push(&mut raw, item));
        for cut in 0..=raw.len() {
            let mut tape = Tape::new(0, 200);
            let mut found = Vec::new();
            for part in [&raw[..cut], &raw[cut..]] {
                tape.end().extend_from_slice(part);
                found.extend(read(&mut tape));
            }
            assert_eq!(found, items, "cut at {cut}");
            assert!(tape.is_empty());
        }
    }

    #[test]
    fn a_length_that_no_writer_writes_is_refused() {
        let mut tape = Tape::of(vec![0xff; 20], u64::MAX);
        assert_eq!(tape.next(), Err(Reject::Decode));
    }

    #[test]
    fn an_item_longer_than_allowed_is_refused_before_it_is_there() {
        let mut raw = Vec::new();
        varint::push(&mut raw, 1 << 40);
        assert_eq!(Tape::of(raw, 1 << 20).next(), Err(Reject::Limit));
    }
}
