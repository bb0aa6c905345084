//! Reading the chunks of one write, and a stored sequence from its beginning to its end.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::tape::Tape;
use crate::backend::{Bytes, Name};
use crate::envelope::{ITEMS_BLOCK, ItemsManifest, WriteLock};
use crate::far::Spot;
use crate::reject::Reject;

/// What a source of items has.
pub(super) enum Pull {
    /// An item, on its tape.
    Item(Range<usize>),
    /// Nothing before these chunks were fetched and fed.
    Fetch(Vec<Name>),
    /// No more.
    End,
    /// No more, though there should be.
    Lost(Reject),
}

/// The chunks of one write, fetched ahead and opened one at a time.
pub(super) struct Chunks {
    pub(super) lock: Arc<WriteLock>,
    /// How many were opened.
    pub(super) opened: u32,
    ahead: VecDeque<Bytes>,
}

/// Chunks hold blocks, and blocks are no longer than this.
const MOST_RAW: usize = crate::envelope::BLOCK_BYTES;

impl Chunks {
    pub(super) fn new(lock: Arc<WriteLock>, ahead: Vec<Bytes>) -> Self {
        Self {
            lock,
            opened: 0,
            ahead: ahead.into(),
        }
    }

    /// The names of the next chunks, before the one numbered `end`.
    pub(super) fn names(&self, spot: &Spot, window: u32, end: u32) -> Vec<Name> {
        let first = self.opened;
        let end = end.min(first.saturating_add(window));
        spot.chunk_names(self.lock.write_id, first..end)
    }

    /// Takes what was fetched. What follows a chunk that is not there is of no use.
    pub(super) fn feed(&mut self, fetched: Vec<Option<Bytes>>) {
        self.ahead
            .extend(fetched.into_iter().map_while(|chunk| chunk));
    }

    /// The next chunk, if it was fetched.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        self.ahead.pop_front()
    }

    /// Opens the next chunk, of at most so many bytes, to the end of `out`.
    pub(super) fn open(
        &mut self,
        chunk: &[u8],
        last: bool,
        most: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Reject> {
        let most = most.min(MOST_RAW);
        self.lock.open_chunk(self.opened, last, chunk, most, out)?;
        self.opened += 1;
        Ok(())
    }
}

/// A stored sequence.
pub(super) struct Reader {
    pub(super) tape: Tape,
    rest: Rest,
    /// Whether it is the beginning of a sequence that goes on.
    pub(super) is_prefix: bool,
    fetching: bool,
}

/// What is behind the tape.
enum Rest {
    Nothing,
    Chunks {
        chunks: Chunks,
        count: u32,
        /// How many items are still to be read, and how many bytes are still to be opened.
        items: u64,
        raw_len: u64,
        window: u32,
    },
}

impl Reader {
    /// The reader of a sequence that is in one entry.
    pub(super) fn inline(raw: Vec<u8>, is_prefix: bool, longest: u64) -> Self {
        Self {
            tape: Tape::of(raw, longest),
            rest: Rest::Nothing,
            is_prefix,
            fetching: false,
        }
    }

    /// The reader of a sequence in chunks, the first of which are there.
    pub(super) fn chunked(
        manifest: ItemsManifest,
        first: Vec<Bytes>,
        window: u32,
        longest: u64,
    ) -> Self {
        let ItemsManifest {
            meta,
            lock,
            chunks,
            items,
            raw_len,
        } = manifest;
        Self {
            tape: Tape::new(
                usize::try_from(raw_len).map_or(ITEMS_BLOCK, |len| len.min(ITEMS_BLOCK)),
                longest,
            ),
            rest: Rest::Chunks {
                chunks: Chunks::new(Arc::new(lock), first),
                count: chunks,
                items,
                raw_len,
                window,
            },
            is_prefix: meta.is_prefix,
            fetching: false,
        }
    }

    /// How many items are to come, if that is known.
    pub(super) fn left(&self) -> Option<u64> {
        match self.rest {
            Rest::Nothing => None,
            Rest::Chunks { items, .. } => Some(items),
        }
    }

    #[inline]
    pub(super) fn pull(&mut self, spot: &Spot) -> Pull {
        loop {
            match self.tape.next() {
                Ok(Some(item)) => return self.count(item),
                Ok(None) => {}
                Err(reject) => return Pull::Lost(reject),
            }
            if let Some(pull) = self.more(spot) {
                return pull;
            }
        }
    }

    /// Takes what [`Pull::Fetch`] asked for.
    pub(super) fn feed(&mut self, fetched: Vec<Option<Bytes>>) {
        if let Rest::Chunks { chunks, .. } = &mut self.rest {
            chunks.feed(fetched);
        }
    }

    fn count(&mut self, item: Range<usize>) -> Pull {
        match &mut self.rest {
            Rest::Chunks { items: 0, .. } => return Pull::Lost(Reject::Torn),
            Rest::Chunks { items, .. } => *items -= 1,
            Rest::Nothing => {}
        }
        Pull::Item(item)
    }

    /// Gets the next chunk onto the tape: `None`. Or what there is to do instead.
    fn more(&mut self, spot: &Spot) -> Option<Pull> {
        let Rest::Chunks {
            chunks,
            count,
            items,
            raw_len,
            window,
        } = &mut self.rest
        else {
            return Some(self.at_the_end(true));
        };
        if chunks.opened == *count {
            let is_all = (*items, *raw_len) == (0, 0);
            return Some(self.at_the_end(is_all));
        }
        let Some(chunk) = chunks.next() else {
            // It was asked for already.
            if std::mem::replace(&mut self.fetching, true) {
                return Some(Pull::Lost(Reject::MissingChunk));
            }
            return Some(Pull::Fetch(chunks.names(spot, *window, *count)));
        };
        self.fetching = false;
        let last = chunks.opened + 1 == *count;
        let out = self.tape.end();
        let before = out.len();
        let most = usize::try_from(*raw_len).unwrap_or(usize::MAX);
        let opened = chunks.open(&chunk, last, most, out);
        *raw_len = raw_len.saturating_sub((out.len() - before) as u64);
        opened.err().map(Pull::Lost)
    }

    /// When everything was opened; `is_all` says whether that was what the manifest promised.
    fn at_the_end(&self, is_all: bool) -> Pull {
        match is_all {
            _ if !self.tape.is_empty() => Pull::Lost(Reject::Decode),
            true => Pull::End,
            false => Pull::Lost(Reject::Torn),
        }
    }
}
