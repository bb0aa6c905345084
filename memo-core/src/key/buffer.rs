//! A key's bytes: on the stack while they are few, and hashed as they come.

use core::fmt::{self, Write};
use core::hash::Hasher;

use arrayvec::ArrayVec;
use foldhash::SharedSeed;
use foldhash::fast::FoldHasher;

use super::encode::{Encoder, Faulty, Sink};
use super::tag;

/// As many as make a key two cache lines.
const INLINE: usize = 56;

/// Bytes that are only ever appended to, and their hash.
///
/// The hash is taken of what is put, while that is still in registers. Hashing the bytes afterwards would load across the borders of
/// the stores just made; the processor cannot forward those and waits for longer than the rest of a hit takes. For the same reason
/// the array is not zeroed, and the heap is a field of its own rather than the other case of an enum.
#[derive(Clone)]
pub(super) struct Buffer {
    inline: ArrayVec<u8, INLINE>,
    /// Everything, once it is too much for `inline`; empty before.
    heap: Vec<u8>,
    /// Depends on the bytes alone: equal bytes are always put in the same pieces.
    hash: u64,
    /// Random in every process, so that whoever chooses arguments cannot choose hashes.
    seed: &'static SharedSeed,
}

impl Default for Buffer {
    #[inline]
    fn default() -> Self {
        let seed = SharedSeed::global_random();
        Self {
            inline: ArrayVec::new(),
            heap: Vec::new(),
            hash: 0,
            seed,
        }
    }
}

impl Buffer {
    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        if self.heap.is_empty() {
            &self.inline
        } else {
            &self.heap
        }
    }

    fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// The hash of everything put so far and `scope`.
    #[inline]
    pub(super) fn hash_in(&self, scope: u32) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.hash, self.seed);
        hasher.write_u32(scope);
        hasher.finish()
    }

    #[inline]
    fn hash_more(&mut self, piece: &[u8]) {
        let mut hasher = FoldHasher::with_seed(self.hash, self.seed);
        hasher.write(piece);
        self.hash = hasher.finish();
    }

    #[inline]
    fn append(&mut self, more: &[u8]) {
        if self.heap.is_empty() && more.len() <= self.inline.remaining_capacity() {
            extend(&mut self.inline, more);
        } else {
            self.append_to_heap(more);
        }
    }

    fn truncate(&mut self, length: usize) {
        self.heap.truncate(length);
        if self.heap.is_empty() {
            self.inline.truncate(length);
        } else if length <= INLINE {
            // An empty heap means that everything is inline.
            self.inline.clear();
            let all = core::mem::take(&mut self.heap);
            self.append(&all);
        }
    }

    #[cold]
    #[inline(never)]
    fn append_to_heap(&mut self, more: &[u8]) {
        if self.heap.is_empty() {
            self.heap = [self.as_slice(), more].concat();
        } else {
            self.heap.extend_from_slice(more);
        }
    }
}

/// Appends what has room; a short piece by steps of a fixed size, which need no call.
#[inline]
fn extend(bytes: &mut ArrayVec<u8, INLINE>, more: &[u8]) {
    if more.len() >= 16 {
        return extend_by(bytes, more);
    }
    let rest = extend_by_chunk::<8>(bytes, more);
    let rest = extend_by_chunk::<4>(bytes, rest);
    let rest = extend_by_chunk::<2>(bytes, rest);
    extend_by_chunk::<1>(bytes, rest);
}

#[inline]
fn extend_by_chunk<'m, const N: usize>(
    bytes: &mut ArrayVec<u8, INLINE>,
    more: &'m [u8],
) -> &'m [u8] {
    let Some((chunk, rest)) = more.split_first_chunk::<N>() else {
        return more;
    };
    extend_by(bytes, chunk);
    rest
}

#[inline]
fn extend_by(bytes: &mut ArrayVec<u8, INLINE>, more: &[u8]) {
    let fits = bytes.try_extend_from_slice(more);
    debug_assert!(fits.is_ok(), "the caller has looked for room");
}

impl Sink for Buffer {
    type Marks = Marks;

    #[inline]
    fn put(&mut self, more: &[u8]) {
        self.hash_more(more);
        self.append(more);
    }

    #[inline]
    fn put_fixed<const N: usize>(&mut self, tag: u8, number: [u8; N]) {
        let mut hasher = FoldHasher::with_seed(self.hash ^ u64::from(tag), self.seed);
        if N <= 8 {
            hasher.write_u64(u64::from_le_bytes(widened(number)));
        } else {
            hasher.write_u128(u128::from_le_bytes(widened(number)));
        }
        self.hash = hasher.finish();
        self.append(&[tag]);
        self.append(&number);
    }

    #[inline]
    fn put_short(&mut self, tag: u8, length: u8, bytes: &[u8]) {
        // One number, so that it is one store: two bytes stored apart would be waited for.
        let head = u16::from(length) << 8 | u16::from(tag);
        let mut hasher = FoldHasher::with_seed(self.hash ^ u64::from(head), self.seed);
        hasher.write(bytes);
        self.hash = hasher.finish();
        self.append(&head.to_le_bytes());
        self.append(bytes);
    }

    /// Formats first, then puts the text as a string: equal bytes have to be put in equal pieces.
    fn put_text(&mut self, text: fmt::Arguments<'_>) -> Result<(), Faulty> {
        let start = self.len();
        self.write_fmt(text)?;
        let length = self.len() - start;
        let mut inline = [0; INLINE];
        if let Some(copy) = inline.get_mut(..length) {
            copy.copy_from_slice(&self.as_slice()[start..]);
            self.truncate(start);
            Encoder::to(self).framed(tag::STR, &inline[..length]);
        } else {
            let copy = self.as_slice()[start..].to_vec();
            self.truncate(start);
            Encoder::to(self).framed(tag::STR, &copy);
        }
        Ok(())
    }

    fn mark(&self, marks: &mut Marks) {
        if marks.starts.is_empty() {
            marks.hash = self.hash;
        }
        marks.starts.push(self.len());
    }

    /// Sorting whole entries sorts by key: no encoded key begins another.
    fn sort(&mut self, marks: &Marks) {
        let [start, _, ..] = marks.starts[..] else {
            return;
        };
        let unsorted = self.as_slice()[start..].to_vec();
        self.truncate(start);
        let ends = marks.starts[1..]
            .iter()
            .copied()
            .chain([start + unsorted.len()]);
        let mut entries: Vec<&[u8]> = marks
            .starts
            .iter()
            .zip(ends)
            .map(|(&from, to)| &unsorted[from - start..to - start])
            .collect();
        entries.sort_unstable();
        self.hash = marks.hash;
        for entry in entries {
            self.put(entry);
        }
    }
}

fn widened<const N: usize, const M: usize>(number: [u8; N]) -> [u8; M] {
    let mut wide = [0; M];
    wide[..N].copy_from_slice(&number);
    wide
}

/// Where the entries of a map begin, and the hash of what stands before them.
#[derive(Default)]
pub(super) struct Marks {
    starts: Vec<usize>,
    hash: u64,
}

impl Write for Buffer {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.append(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[test]
    fn bytes_are_the_same_on_the_stack_and_on_the_heap() {
        for step in 1..=INLINE + 1 {
            let all: Vec<u8> = (0..200).collect();
            let mut buffer = Buffer::default();
            all.chunks(step).for_each(|chunk| buffer.put(chunk));
            assert_eq!(buffer.as_slice(), all);
        }
    }

    #[test]
    fn a_full_stack_is_not_yet_the_heap() {
        let mut buffer = Buffer::default();
        buffer.put(&[1; INLINE]);
        assert!(buffer.heap.is_empty());
        buffer.put(&[1]);
        assert!(!buffer.heap.is_empty());
    }

    #[test]
    fn formatted_text_is_framed_as_a_string_of_any_length() {
        for length in [0, 1, 54, 55, 127, 128, 300, 20_000] {
            let text = "x".repeat(length);
            let (mut formatted, mut serialised) = (Buffer::default(), Buffer::default());
            formatted
                .put_text(format_args!("{text}"))
                .expect("text can be formatted");
            text.serialize(Encoder::to(&mut serialised))
                .expect("text can be serialised");
            assert_eq!(formatted.as_slice(), serialised.as_slice());
            assert_eq!(formatted.hash, serialised.hash);
        }
    }
}
