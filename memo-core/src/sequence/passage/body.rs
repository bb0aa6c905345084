//! Items from the body, which are stored as they pass.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
#[cfg(feature = "stream")]
use std::task::Context;

use super::{Done, Passage, Stage, Turn};
use crate::backend::Answer;
use crate::context::{Mode, Surroundings};
use crate::entry::Place;
use crate::event::{Operation, Unstored};
use crate::far::{Unpacked, encode_item};
use crate::sequence::Yield;
use crate::sequence::ledger::Standing;
use crate::sequence::scene::Scrap;
use crate::sequence::spool::End;
use crate::sequence::torn::Torn;

/// What the body yielded.
pub(in crate::sequence) enum Yielded<'a, T> {
    Value(&'a T),
    Error,
    End,
}

impl<'a, T> Yielded<'a, T> {
    pub(in crate::sequence) fn of<R, K: Yield<R, Value = T>>(item: Option<&'a R>) -> Self {
        match item.map(K::value) {
            Some(Some(value)) => Self::Value(value),
            Some(None) => Self::Error,
            None => Self::End,
        }
    }
}

/// What to do with what the body yielded.
pub(in crate::sequence) enum Verdict {
    Give,
    /// It was given before.
    Skip,
    /// See what is to be done next.
    GoOn,
    Diverged(Torn),
}

impl<T: 'static> Passage<T> {
    /// Runs a part of the body.
    #[inline]
    pub(in crate::sequence) fn run_body<O>(&mut self, run: impl FnOnce() -> O) -> O {
        self.run_within(|surroundings| surroundings.run(run))
    }

    /// Polls a part of the body.
    #[cfg(feature = "stream")]
    #[inline]
    pub(in crate::sequence) fn poll_body<O>(
        &mut self,
        context: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> O,
    ) -> O {
        self.run_within(|surroundings| surroundings.poll(context, poll))
    }

    #[inline]
    fn run_within<O>(&mut self, run: impl FnOnce(&Surroundings) -> O) -> O {
        if let Stage::Producing(writer) = &self.stage {
            writer.spool.begin_work();
        }
        let surroundings = &self.surroundings;
        let run = AssertUnwindSafe(|| self.watch.time(|| run(surroundings)));
        match catch_unwind(run) {
            Ok(output) => output,
            Err(panic) => {
                self.panicked();
                resume_unwind(panic)
            }
        }
    }

    /// The body goes on if the consumer wants that, and its items are not stored.
    #[cold]
    fn panicked(&mut self) {
        if self.abandon(End::Failed) {
            self.abandoned();
            self.stage = Stage::Passing;
            self.mode = Mode::Bypass;
        }
    }

    /// Says that no part of the body runs until it is asked again.
    #[inline]
    pub(in crate::sequence) fn rest(&self) {
        if let Stage::Producing(writer) = &self.stage {
            writer.spool.end_work();
        }
    }

    /// Takes what the body yielded, which is ready for the consumer.
    #[inline]
    pub(in crate::sequence) fn produced(&mut self, yielded: Yielded<'_, T>) -> Verdict {
        self.rest();
        match yielded {
            Yielded::Value(value) => self.value(value),
            // Also where it did not fail before: an error says nothing of the items.
            Yielded::Error => {
                self.give_up(Unstored::Error);
                Verdict::Give
            }
            Yielded::End if self.ledger.is_behind() => Verdict::Diverged(self.diverged()),
            Yielded::End => {
                self.ended();
                Verdict::GoOn
            }
        }
    }

    fn value(&mut self, value: &T) -> Verdict {
        let Place::Far(spot) = &self.scene.place else {
            return Verdict::Give;
        };
        if matches!(self.stage, Stage::Passing) && !self.ledger.is_behind() {
            return Verdict::Give;
        }
        if let Err(why) = encode_item(spot, self.wire, value, &mut self.scratch) {
            return self.unencodable(why);
        }
        if let Stage::Producing(writer) = &mut self.stage
            && writer.push(&self.scratch).is_err()
        {
            self.give_up(Unstored::TooLarge);
        }
        match self.ledger.meet(&self.scratch) {
            Standing::New => Verdict::Give,
            Standing::Known => Verdict::Skip,
            Standing::Other => Verdict::Diverged(self.diverged()),
        }
    }

    fn unencodable(&mut self, why: Unpacked) -> Verdict {
        if self.ledger.is_behind() {
            return Verdict::Diverged(self.diverged());
        }
        let reason = self.scene.refusal(why);
        self.give_up(reason);
        Verdict::Give
    }

    /// The body goes on, and its items are not stored.
    fn give_up(&mut self, reason: Unstored) {
        if self.abandon(End::Failed) {
            self.scene.cache.unstored(self.scene.state, reason);
        }
        self.stage = Stage::Passing;
        if self.mode != Mode::Refresh || reason == Unstored::Error {
            return;
        }
        self.scene.owe();
        if matches!(reason, Unstored::TooLarge | Unstored::Unencodable) {
            // What the sequence is now is not to be kept, and neither is what it was.
            let own = self.scrap.take().map(Scrap::own).unwrap_or_default();
            self.scrap = Some(Scrap::WithEntry(own));
        }
    }

    /// Ends a production without a head; answers whether there was one.
    pub(super) fn abandon(&mut self, end: End) -> bool {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Producing(writer) | Stage::Finishing(writer) => {
                self.scrap = writer.abandon(end);
                true
            }
            other => {
                self.stage = other;
                false
            }
        }
    }

    pub(super) fn abandoned(&self) {
        self.scene.cache.abandoned(self.scene.state);
    }

    pub(super) fn send(&mut self) -> Option<Turn<T>> {
        if self.scene.is_out() {
            self.give_up(Unstored::Fault);
            // It was out before anything was sent.
            self.scrap = None;
            return None;
        }
        let (Stage::Producing(writer), Place::Far(spot)) = (&mut self.stage, &self.scene.place)
        else {
            return None;
        };
        writer.spool.begin_work();
        let items = writer.unsent(spot);
        let (chunks, bytes) = (items.len(), items.iter().map(|item| item.value.len()).sum());
        let scene = Arc::clone(&self.scene);
        Some(Turn::Job(Box::pin(async move {
            Done::Sent {
                answer: scene.send(items).await,
                chunks,
                bytes,
            }
        })))
    }

    pub(super) fn sent(&mut self, answer: Answer<()>, chunks: usize, bytes: usize) {
        self.rest();
        match (answer, &mut self.stage) {
            (Ok(()), Stage::Producing(writer)) => writer.sent(chunks, bytes),
            (Ok(()), _) => {}
            (Err(fault), _) => {
                self.scene.failed(Operation::Set, fault);
                self.give_up(Unstored::Fault);
            }
        }
    }

    fn ended(&mut self) {
        if self.mode != Mode::Bypass {
            let took = self.watch.total();
            self.scene.cache.computed(self.scene.state, took);
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Producing(writer) => {
                writer.spool.end(End::Whole);
                Stage::Finishing(writer)
            }
            _ => Stage::Over,
        };
    }
}
