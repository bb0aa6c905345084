//! Reading a sequence that another call produces.

use std::sync::Arc;
use std::time::Duration;

use super::reader::{Chunks, Pull};
use super::spool::{End, Next, Spool};
use super::tape::Tape;
use crate::backend::Bytes;
use crate::far::Spot;
use crate::flight::{FlightId, Follow};
use crate::reject::Reject;

/// A reader of somebody else's [`Spool`], at its own pace.
pub(super) struct Follower {
    pub(super) tape: Tape,
    spool: Arc<Spool>,
    flight: FlightId,
    /// Keeps the flight's waiting noted, so that no call waits for itself.
    follow: Follow,
    chunks: Option<Chunks>,
    /// How many bytes after those chunks are on the tape already.
    taken: usize,
    fetching: bool,
    number: u64,
}

/// What a follower gets, beyond what every source may have.
pub(super) enum Followed {
    Pull(Pull),
    /// Nothing yet.
    Wait {
        turn: u64,
    },
    /// The production ended, and not with the sequence.
    Ended(End),
}

impl Follower {
    /// `None` where there is nothing to follow.
    pub(super) fn new(follow: Follow, longest: u64) -> Option<Self> {
        let (flight, cargo) = follow.cargo()?;
        let spool: Arc<Spool> = cargo.downcast().ok()?;
        Some(Self {
            tape: Tape::new(0, longest),
            number: spool.enrol(),
            spool,
            flight,
            follow,
            chunks: None,
            taken: 0,
            fetching: false,
        })
    }

    pub(super) fn flight(&self) -> FlightId {
        self.flight
    }

    /// A wait for the producer from here and now; `None` if that would never end.
    pub(super) fn again(&self) -> Option<Follow> {
        self.follow.again()
    }

    /// How long it waits for a body that runs.
    pub(super) fn limit(&self) -> Duration {
        self.follow.limit()
    }

    pub(super) fn spool(&self) -> &Arc<Spool> {
        &self.spool
    }

    /// Whether the producer has stopped early.
    pub(super) fn was_left(&self) -> bool {
        self.spool.how_it_ended() == Some(End::Left)
    }

    /// Its number among those who wait for the spool.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn pull(&mut self, spot: &Spot, window: u32) -> Followed {
        loop {
            match self.tape.next() {
                Ok(Some(item)) => return Followed::Pull(Pull::Item(item)),
                Ok(None) => {}
                Err(reject) => return Followed::Pull(Pull::Lost(reject)),
            }
            if let Some(followed) = self.more(spot, window) {
                return followed;
            }
        }
    }

    /// Takes what [`Pull::Fetch`] asked for.
    pub(super) fn feed(&mut self, fetched: Vec<Option<Bytes>>) {
        if let Some(chunks) = &mut self.chunks {
            chunks.feed(fetched);
        }
    }

    /// Gets something onto the tape: `None`. Or what there is to do instead.
    fn more(&mut self, spot: &Spot, window: u32) -> Option<Followed> {
        match self.open_fetched() {
            Ok(true) => return None,
            Ok(false) => {}
            Err(reject) => return Some(Followed::Pull(Pull::Lost(reject))),
        }
        let opened = self.chunks.as_ref().map_or(0, |chunks| chunks.opened);
        let out = self.tape.end();
        let before = out.len();
        match self.spool.after(opened, self.taken, out) {
            Next::More => {
                self.taken += out.len() - before;
                None
            }
            Next::Chunk(chunk) => self.open(&chunk).err().map(lost),
            Next::Fetch { end } => Some(self.fetch(spot, window, end)),
            Next::Wait { turn } => Some(Followed::Wait { turn }),
            Next::End(End::Whole) if self.tape.is_empty() => Some(Followed::Pull(Pull::End)),
            Next::End(End::Whole) => Some(lost(Reject::Decode)),
            Next::End(end) => Some(Followed::Ended(end)),
        }
    }

    fn fetch(&mut self, spot: &Spot, window: u32, end: u32) -> Followed {
        let Some(chunks) = self.chunks() else {
            return lost(Reject::MissingChunk);
        };
        let names = chunks.names(spot, window, end);
        // It was asked for already.
        if std::mem::replace(&mut self.fetching, true) {
            return lost(Reject::MissingChunk);
        }
        Followed::Pull(Pull::Fetch(names))
    }

    fn open_fetched(&mut self) -> Result<bool, Reject> {
        let Some(chunk) = self.chunks.as_mut().and_then(Chunks::next) else {
            return Ok(false);
        };
        self.fetching = false;
        self.open(&chunk)?;
        Ok(true)
    }

    /// Opens a chunk, whose beginning may be on the tape already, from when it was the tail.
    fn open(&mut self, chunk: &[u8]) -> Result<(), Reject> {
        let taken = std::mem::take(&mut self.taken);
        self.chunks();
        let chunks = self.chunks.as_mut().ok_or(Reject::MissingChunk)?;
        let out = self.tape.end();
        let before = out.len();
        chunks.open(chunk, false, usize::MAX, out)?;
        let known = before + taken.min(out.len() - before);
        out.drain(before..known);
        Ok(())
    }

    fn chunks(&mut self) -> Option<&Chunks> {
        if self.chunks.is_none() {
            self.chunks = Some(Chunks::new(self.spool.lock()?, Vec::new()));
        }
        self.chunks.as_ref()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.spool.leave(self.number);
    }
}

fn lost(reject: Reject) -> Followed {
    Followed::Pull(Pull::Lost(reject))
}
