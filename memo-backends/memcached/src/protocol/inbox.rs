//! What came from a server, put together to answers.

use bytes::Bytes;

use super::head::{self, Head};
use super::{Flags, Malformed, Reply};

/// What comes is read into [`space`](Self::space), acknowledged by [`filled`](Self::filled), and taken out by [`next`](Self::next).
///
/// Values that fit into the buffer are copied out of it, so that what a caller keeps of them does not keep the buffer; longer ones are
/// read into memory of their own.
#[derive(Debug)]
pub(crate) struct Inbox {
    buffer: Box<[u8]>,
    /// What of the buffer came and was not taken yet.
    start: usize,
    end: usize,
    long: Option<Long>,
    /// What is announced as longer is not read.
    longest: usize,
}

/// A value longer than the buffer, on its way.
#[derive(Debug)]
struct Long {
    flags: Flags,
    length: usize,
    /// With the line end. Grown as it comes: a length alone is no reason to allocate it.
    bytes: Vec<u8>,
    filled: usize,
}

const BUFFER: usize = 16 << 10;

/// The most that is allocated because of a length that was announced.
const TRUSTED: usize = 2 << 20;

/// Memcached's own bound of items.
const LONGEST: usize = 1 << 30;

const LINE_END: &[u8] = b"\r\n";

impl Inbox {
    /// For values of up to so many bytes.
    pub(crate) fn up_to(longest: usize) -> Self {
        Self {
            longest,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
            long: None,
        }
    }

    /// Room for what comes next; never empty if there was no [`next`](Self::next) answer.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        match &mut self.long {
            Some(long) => long.space(),
            None => self.buffer.get_mut(self.end..).unwrap_or_default(),
        }
    }

    /// So much of the room was filled.
    pub(crate) fn filled(&mut self, bytes: usize) {
        match &mut self.long {
            Some(long) => long.filled = (long.filled + bytes).min(long.bytes.len()),
            None => self.end = (self.end + bytes).min(self.buffer.len()),
        }
    }

    /// Whether nothing came that was not taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end && self.long.is_none()
    }

    /// The next answer; `None` if more has to come first. After an error nothing that comes means anything.
    pub(crate) fn next(&mut self) -> Result<Option<Reply>, Malformed> {
        if let Some(long) = &self.long {
            return match long.is_whole() {
                true => self.long.take().map(Long::reply).transpose(),
                false => Ok(None),
            };
        }
        let input = self.buffer.get(self.start..self.end).unwrap_or_default();
        match head::parse(input)? {
            Some((Head::Whole(reply), used)) => {
                self.start += used;
                Ok(Some(reply))
            }
            Some((Head::Value(length, flags), used)) => self.value(length, flags, used),
            None => {
                self.make_room();
                Ok(None)
            }
        }
    }

    /// A value whose head is at the start of the buffer, and so long.
    fn value(
        &mut self,
        length: usize,
        flags: Flags,
        head: usize,
    ) -> Result<Option<Reply>, Malformed> {
        if length > LONGEST {
            return Err(Malformed("a value longer than any"));
        }
        if length > self.longest {
            return Err(Malformed::TOO_LONG);
        }
        let from = self.start + head;
        let came = self.buffer.get(from..self.end).unwrap_or_default();
        if let Some(value) = came.get(..length + LINE_END.len()) {
            let value = without_line_end(value)?;
            let value = Bytes::copy_from_slice(value);
            self.start = from + length + LINE_END.len();
            return Ok(Some(Reply::Value(value, flags)));
        }
        if head + length + LINE_END.len() <= self.buffer.len() {
            self.make_room();
            return Ok(None);
        }
        self.long = Some(Long::begun(length, flags, came));
        (self.start, self.end) = (0, 0);
        Ok(None)
    }

    /// Moves what was not taken to the beginning.
    fn make_room(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
    }
}

impl Long {
    fn begun(length: usize, flags: Flags, came: &[u8]) -> Self {
        let whole = length + LINE_END.len();
        let mut bytes = vec![0; whole.min(TRUSTED).max(came.len())];
        if let Some(start) = bytes.get_mut(..came.len()) {
            start.copy_from_slice(came);
        }
        Self {
            flags,
            length,
            bytes,
            filled: came.len(),
        }
    }

    fn space(&mut self) -> &mut [u8] {
        if self.filled == self.bytes.len() {
            let whole = self.length + LINE_END.len();
            let grown = self.bytes.len().saturating_mul(2).min(whole);
            self.bytes.resize(grown, 0);
        }
        self.bytes.get_mut(self.filled..).unwrap_or_default()
    }

    fn is_whole(&self) -> bool {
        self.filled == self.length + LINE_END.len()
    }

    fn reply(mut self) -> Result<Reply, Malformed> {
        let length = without_line_end(&self.bytes)?.len();
        self.bytes.truncate(length);
        Ok(Reply::Value(self.bytes.into(), self.flags))
    }
}

fn without_line_end(value: &[u8]) -> Result<&[u8], Malformed> {
    let value = value.strip_suffix(LINE_END);
    value.ok_or(Malformed("a value without its end"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::Refusal;

    /// All answers in `input`, which comes in pieces of these lengths.
    fn replies(
        input: &[u8],
        mut pieces: impl Iterator<Item = usize>,
    ) -> Result<Vec<Reply>, Malformed> {
        let mut inbox = Inbox::up_to(LONGEST);
        let mut replies = Vec::new();
        let mut rest = input;
        loop {
            while let Some(reply) = inbox.next()? {
                replies.push(reply);
            }
            if rest.is_empty() {
                return Ok(replies);
            }
            let space = inbox.space();
            assert!(!space.is_empty(), "there is room for more");
            let piece = pieces.next().unwrap_or(usize::MAX).max(1);
            let (now, later) = rest.split_at(piece.min(space.len()).min(rest.len()));
            space[..now.len()].copy_from_slice(now);
            inbox.filled(now.len());
            rest = later;
        }
    }

    fn value(bytes: Vec<u8>) -> Reply {
        let client = Some(1);
        let flags = Flags {
            client,
            ..Flags::default()
        };
        Reply::Value(bytes.into(), flags)
    }

    fn uneven(length: usize) -> Vec<u8> {
        (0..length)
            .map(|place| (place ^ (place >> 8)) as u8)
            .collect()
    }

    /// As a server would write them.
    fn written(replies: &[Reply]) -> Vec<u8> {
        let write = |reply: &Reply| match reply {
            Reply::Value(value, _) => {
                let head = format!("VA {} f1\r\n", value.len());
                [head.as_bytes(), value, b"\r\n"].concat()
            }
            Reply::Done(_) => b"HD\r\n".to_vec(),
            Reply::Refused(_) => b"SERVER_ERROR object too large for cache\r\n".to_vec(),
            _ => b"EN\r\n".to_vec(),
        };
        replies.iter().flat_map(write).collect()
    }

    #[test]
    fn values_of_all_lengths_come_out_as_they_were() {
        for length in [
            0,
            1,
            2,
            100,
            BUFFER - 20,
            BUFFER,
            BUFFER + 1,
            100_000,
            TRUSTED,
            5 << 20,
        ] {
            let expected = vec![value(uneven(length)), Reply::Absent, value(uneven(3))];
            for piece in [BUFFER, 7919, 1 << 20] {
                let got = replies(&written(&expected), std::iter::repeat(piece));
                assert!(
                    got.as_ref() == Ok(&expected),
                    "{length} in pieces of {piece}"
                );
            }
        }
    }

    #[test]
    fn a_value_may_look_like_answers() {
        let expected = vec![
            value(b"\r\nHD\r\nEN\r\nVA 2 f1\r\n".to_vec()),
            Reply::Absent,
        ];
        assert_eq!(
            replies(&written(&expected), std::iter::empty()),
            Ok(expected)
        );
    }

    #[test]
    fn what_is_cut_anywhere_is_no_answer_and_no_error() {
        let input = b"VA 5 f1\r\nhello\r\n";
        for end in 0..input.len() {
            assert_eq!(
                replies(&input[..end], std::iter::empty()),
                Ok(vec![]),
                "{end}"
            );
        }
    }

    #[test]
    fn what_was_not_taken_is_known() {
        let mut inbox = Inbox::up_to(LONGEST);
        assert!(inbox.is_empty());
        inbox.space()[..4].copy_from_slice(b"HD\r\n");
        inbox.filled(4);
        assert!(!inbox.is_empty());
        assert_eq!(inbox.next(), Ok(Some(Reply::Done(Flags::default()))));
        assert!(inbox.is_empty());
    }

    #[test]
    fn a_length_is_not_allocated_before_it_comes() {
        let mut inbox = Inbox::up_to(LONGEST);
        let head = b"VA 1073741824 f1\r\n";
        inbox.space()[..head.len()].copy_from_slice(head);
        inbox.filled(head.len());
        assert_eq!(inbox.next(), Ok(None));
        assert!(inbox.space().len() <= TRUSTED);
        assert!(replies(b"VA 1073741825 f1\r\n", std::iter::empty()).is_err());
        let most = format!("VA {} f1\r\n", u64::MAX);
        assert!(replies(most.as_bytes(), std::iter::empty()).is_err());
        let mut small = Inbox::up_to(100);
        let both = b"VA 1 f1\r\nx\r\nVA 101 f1\r\n";
        small.space()[..both.len()].copy_from_slice(both);
        small.filled(both.len());
        assert_eq!(small.next(), Ok(Some(value(b"x".to_vec()))));
        assert_eq!(small.next(), Err(Malformed::TOO_LONG));
    }

    #[test]
    fn a_value_that_does_not_end_where_it_should_is_an_error() {
        assert!(replies(b"VA 2 f1\r\nabcd\r\n", std::iter::empty()).is_err());
        let mut long = written(&[value(uneven(100_000))]);
        long.push(0);
        long.remove(20);
        assert!(replies(&long, std::iter::empty()).is_err());
    }

    fn any_reply() -> impl Strategy<Value = Reply> {
        prop_oneof![
            prop_oneof![0..100_usize, BUFFER - 100..BUFFER + 100].prop_map(|l| value(uneven(l))),
            Just(Reply::Absent),
            Just(Reply::Done(Flags::default())),
            Just(Reply::Refused(Refusal::TooLarge)),
        ]
    }

    proptest! {
        #[test]
        fn answers_are_the_same_in_whatever_pieces_they_come(
            expected in prop::collection::vec(any_reply(), 0..6),
            pieces in prop::collection::vec(1..40_000_usize, 0..40),
        ) {
            let got = replies(&written(&expected), pieces.into_iter().cycle());
            prop_assert!(got == Ok(expected));
        }

        #[test]
        fn nothing_that_comes_makes_it_panic(
            input in prop::collection::vec(any::<u8>(), 0..200),
            pieces in prop::collection::vec(1..40_usize, 0..40),
        ) {
            let _ = replies(&input, pieces.into_iter());
        }

        #[test]
        fn nor_does_what_looks_like_an_answer(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "VA", "HD", "EN", "STAT", "item_size_max", " ", "\r\n", "\r", "\n", "0", "1", "17",
                    "99999999999999999999", "f1", "c", "s5", "W", "SERVER_ERROR", "ERROR", "abc",
                ]),
                0..40,
            ),
        ) {
            let _ = replies(words.concat().as_bytes(), std::iter::repeat(3));
        }
    }
}
