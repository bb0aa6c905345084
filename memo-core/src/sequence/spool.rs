//! A sequence while it is produced: what its followers read, and how they wait for it.
//!
//! The producer appends to the tail, and cuts chunks off it, which wait in the outbox until the backend has them. A follower reads chunks from the
//! backend or from the outbox, and what comes after them from the tail: so a production costs a block and a chunk of memory, however many follow it.
//! No user code runs under the lock; a chunk is compressed and sealed under it, once a block.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::patience::Patience;
use super::tape;
use crate::backend::Bytes;
use crate::codec::Overflow;
use crate::envelope::{ItemsPacker, Meta, Packed, WriteLock};
use crate::flight::wake_all;

/// A sequence while it is produced.
#[derive(Default)]
pub(super) struct Spool {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether the producer is at work at this moment.
    working: AtomicBool,
    /// The thread on which it was last.
    thread: AtomicUsize,
}

#[derive(Default)]
struct State {
    lock: Option<Arc<WriteLock>>,
    /// What follows the chunks.
    tail: Vec<u8>,
    /// How many chunks were cut.
    cut: u32,
    /// The last of them: those that the backend does not have yet.
    outbox: VecDeque<Bytes>,
    /// Counts whatever a follower may wait for.
    turns: u64,
    end: Option<End>,
    sleepers: usize,
    /// One waker for each follower that awaits.
    wakers: Vec<(u64, Waker)>,
    followers: u64,
    /// When a follower gave up waiting for the body, last.
    anew: Option<Instant>,
}

/// How a production ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With its last item.
    Whole,
    /// With an error or a panic, or without a way to go on storing: whoever wants the sequence runs the body.
    Failed,
    /// Its consumer stopped: somebody else has to produce.
    Left,
    /// Before it began: the sequence is stored.
    Stored,
}

/// What a spool has for a follower.
pub(super) enum Next {
    /// Something was appended to what it has.
    More,
    /// The chunks before this one are in the backend.
    Fetch { end: u32 },
    /// This chunk, which is not there yet.
    Chunk(Bytes),
    /// Nothing yet: wait until something changes from this turn.
    Wait { turn: u64 },
    /// Nothing more.
    End(End),
}

/// What came of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// There is something.
    Changed,
    /// Its consumer has stopped, as far as one can tell: somebody else has to produce. After so long.
    Stalled(Duration),
    /// The body has run for too long: whoever is told runs it as well, and nobody else is told for as long again.
    Overdue(Duration),
}

/// How much is copied at once while the producer waits.
const MOST_COPIED: usize = 64 << 10;

/// The producer's side.
impl Spool {
    /// Says how the chunks are protected: from here on there is something to follow.
    pub(super) fn open(&self, lock: Arc<WriteLock>) {
        self.state().lock = Some(lock);
    }

    /// Appends an item, and cuts a chunk where there is one; answers whether.
    pub(super) fn push(&self, item: &[u8], packer: &mut ItemsPacker) -> Result<bool, Overflow> {
        let mut state = self.state();
        tape::push(&mut state.tail, item);
        let cut = state.cut_chunks(packer);
        self.changed(state);
        cut
    }

    /// Packs what follows the chunks; the tail stays, for those who still read it.
    pub(super) fn finish(
        &self,
        packer: &mut ItemsPacker,
        items: u64,
        meta: Meta,
    ) -> Result<Packed, Overflow> {
        let state = self.state();
        let lock = state.lock.as_deref().ok_or(Overflow)?;
        packer.finish(&state.tail, items, meta, lock)
    }

    /// The chunks that the backend does not have yet, and the number of the first.
    pub(super) fn unsent(&self) -> Option<(u32, Vec<Bytes>)> {
        let state = self.state();
        let chunks = Vec::from_iter(state.outbox.iter().cloned());
        (!chunks.is_empty()).then(|| (state.in_backend(), chunks))
    }

    /// So many of them are there.
    pub(super) fn sent(&self, chunks: usize) {
        let mut state = self.state();
        let chunks = chunks.min(state.outbox.len());
        drop(state.outbox.drain(..chunks));
    }

    /// How many chunks the backend has.
    pub(super) fn in_backend(&self) -> u32 {
        self.state().in_backend()
    }

    pub(super) fn end(&self, end: End) {
        let mut state = self.state();
        state.end.get_or_insert(end);
        self.changed(state);
    }

    /// The producer begins to work: the body runs, or the backend is asked.
    #[inline]
    pub(super) fn begin_work(&self) {
        self.thread.store(this_thread(), Ordering::Relaxed);
        self.working.store(true, Ordering::Release);
    }

    /// The body, or the backend, has answered.
    #[inline]
    pub(super) fn end_work(&self) {
        self.working.store(false, Ordering::Release);
    }

    fn changed(&self, mut state: MutexGuard<'_, State>) {
        state.turns += 1;
        let wakers = std::mem::take(&mut state.wakers);
        let sleepers = state.sleepers;
        drop(state);
        if sleepers > 0 {
            self.changed.notify_all();
        }
        if !wakers.is_empty() {
            wake_all(wakers);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A chunk is cut only where something follows it: so it is never the last one.
    fn cut_chunks(&mut self, packer: &mut ItemsPacker) -> Result<bool, Overflow> {
        let size = packer.block_size();
        if self.tail.len() <= size {
            return Ok(false);
        }
        let lock = self.lock.clone().ok_or(Overflow)?;
        let mut cut = 0;
        let mut answer = Ok(true);
        while self.tail.len() - cut > size && answer.is_ok() {
            match packer.chunk(&self.tail[cut..cut + size], &lock) {
                Ok(chunk) => {
                    self.outbox.push_back(chunk);
                    self.cut += 1;
                    cut += size;
                }
                Err(overflow) => answer = Err(overflow),
            }
        }
        // Also then: what is in a chunk is not in the tail.
        self.tail.drain(..cut);
        answer
    }

    fn take_waker(&mut self, follower: u64) -> Option<Waker> {
        let wakers = &mut self.wakers;
        let at = wakers.iter().position(|(number, _)| *number == follower)?;
        Some(wakers.swap_remove(at).1)
    }

    fn left(&mut self, is_working: bool, patience: &mut Patience) -> Result<Duration, Waited> {
        if !is_working {
            let left = patience.with_nobody();
            return left.ok_or_else(|| Waited::Stalled(patience.waited()));
        }
        patience.with_a_body(self.anew).ok_or_else(|| {
            self.anew = Some(Instant::now());
            Waited::Overdue(patience.waited())
        })
    }

    fn in_backend(&self) -> u32 {
        self.cut - u32::try_from(self.outbox.len()).unwrap_or(self.cut)
    }
}

/// The followers' side.
impl Spool {
    /// A number for somebody who is going to wait.
    pub(super) fn enrol(&self) -> u64 {
        let mut state = self.state();
        state.followers += 1;
        state.followers
    }

    /// Whoever has this number waits no more.
    pub(super) fn leave(&self, follower: u64) {
        let waker = self.state().take_waker(follower);
        drop(waker);
    }

    /// Nothing, while it goes on.
    pub(super) fn how_it_ended(&self) -> Option<End> {
        self.state().end
    }

    pub(super) fn lock(&self) -> Option<Arc<WriteLock>> {
        self.state().lock.clone()
    }

    /// What follows the first `opened` chunks and, after them, the first `taken` bytes. What is in the tail is appended to `out`.
    pub(super) fn after(&self, opened: u32, taken: usize, out: &mut Vec<u8>) -> Next {
        let state = self.state();
        let in_backend = state.in_backend();
        if opened < in_backend {
            return Next::Fetch { end: in_backend };
        }
        if opened < state.cut {
            return match state.outbox.get((opened - in_backend) as usize) {
                Some(chunk) => Next::Chunk(chunk.clone()),
                None => Next::End(End::Failed),
            };
        }
        match state.tail.get(taken..) {
            Some(rest) if !rest.is_empty() => {
                out.extend_from_slice(&rest[..rest.len().min(MOST_COPIED)]);
                Next::More
            }
            _ => match state.end {
                Some(end) => Next::End(end),
                None => Next::Wait { turn: state.turns },
            },
        }
    }

    /// Blocks until something has changed since `turn`, or the producer seems to have stopped.
    pub(super) fn wait(&self, turn: u64, mut patience: Patience) -> Waited {
        let mut state = self.state();
        state.sleepers += 1;
        let waited = loop {
            if state.turns != turn || state.end.is_some() {
                break Waited::Changed;
            }
            // Whoever would go on with an idle production is this very thread.
            let is_ours = self.thread.load(Ordering::Relaxed) == this_thread();
            let left = match self.is_working() {
                false if is_ours => Err(Waited::Stalled(patience.waited())),
                is_working => state.left(is_working, &mut patience),
            };
            let left = match left {
                Ok(left) => left,
                Err(waited) => break waited,
            };
            let woken = self.changed.wait_timeout(state, left);
            (state, _) = woken.unwrap_or_else(PoisonError::into_inner);
        };
        state.sleepers -= 1;
        waited
    }

    /// Whether something has changed since `turn`; if not, `waker` is woken when it does.
    #[cfg(feature = "stream")]
    pub(super) fn has_changed(&self, turn: u64, follower: u64, waker: &Waker) -> bool {
        let waker = waker.clone();
        let mut state = self.state();
        if state.turns != turn || state.end.is_some() {
            return true;
        }
        let known = state.take_waker(follower);
        state.wakers.push((follower, waker));
        drop(state);
        drop(known);
        false
    }

    /// How long to wait until one looks again; otherwise how the wait ends.
    #[cfg(feature = "stream")]
    pub(super) fn left(&self, patience: &mut Patience) -> Result<Duration, Waited> {
        self.state().left(self.is_working(), patience)
    }

    /// Whether the producer is at work at this moment.
    pub(super) fn is_working(&self) -> bool {
        self.working.load(Ordering::Acquire)
    }
}

/// A number of this thread.
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}
