//! What iterators and streams have in common: a passage, the body that it may need, and the ways to end before the end.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use super::passage::Passage;
use super::{FromTorn, ItemRules, Torn, Yield};
use crate::key::Key;
use crate::site::Site;
use crate::waits::Waits;

/// One consumer's side of a sequence, to be moved out of an iterator or a stream that is dropped.
pub(super) struct Consumer<R, K: Yield<R>, B> {
    pub(super) passage: Passage<K::Value>,
    pub(super) body: B,
    torn: fn(Torn) -> Option<R>,
    on_drop: OnDrop<Self>,
    keep: PhantomData<K>,
}

/// What yields the items where nothing is stored, in whatever state it is.
pub(super) trait Body {
    /// Drops what is left of it.
    fn give_up(&mut self);
}

/// What happens to a sequence whose consumer wants no more, while its body could go on.
enum OnDrop<C> {
    /// It is not stored.
    Discard,
    /// Its beginning is.
    Keep,
    /// The body goes on.
    Finish(fn(C)),
}

/// How long a body goes on in the background.
pub(super) const FINISH: Duration = Duration::from_secs(30);

impl<R, K: Yield<R>, B: Body> Consumer<R, K, B> {
    pub(super) fn new(
        site: &'static Site,
        key: Key,
        rules: ItemRules<R, K>,
        waits: Waits,
        body: B,
    ) -> Self {
        Self {
            passage: Passage::new(site, key, rules, waits),
            body,
            torn: Torn::panic,
            on_drop: OnDrop::Discard,
            keep: PhantomData,
        }
    }

    /// `on_drop = "discard"`
    pub(super) fn discarding(mut self) -> Self {
        self.on_drop = OnDrop::Discard;
        self
    }

    /// `on_drop = "keep"`
    pub(super) fn keeping(mut self) -> Self {
        self.on_drop = OnDrop::Keep;
        self
    }

    /// `on_drop = "finish"`
    pub(super) fn finishing(mut self, finish: fn(Self)) -> Self {
        self.on_drop = OnDrop::Finish(finish);
        self
    }

    /// `on_torn = "error"`
    pub(super) fn failing(mut self) -> Self
    where
        R: FromTorn,
    {
        self.torn = |torn| Some(R::from_torn(torn));
        self
    }

    /// `on_torn = "end_with_event"`
    pub(super) fn ending(mut self) -> Self {
        self.torn = |_| None;
        self
    }

    /// How many items are to come, at the least and at the most.
    pub(super) fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.passage.left();
        // Not the least: what is stored is not ours alone, and a count must not have anybody allocate.
        (0, left.and_then(|left| usize::try_from(left).ok()))
    }

    /// The last item, if any, of a sequence that cannot go on.
    pub(super) fn diverged(&mut self, torn: Torn) -> Option<R> {
        self.body.give_up();
        (self.torn)(torn)
    }

    /// Wants no more.
    pub(super) fn leave(self) {
        match self.on_drop {
            OnDrop::Finish(finish) if self.passage.is_producing() => finish(self),
            OnDrop::Keep => self.close(true),
            OnDrop::Discard | OnDrop::Finish(_) => self.close(false),
        }
    }

    /// The body is gone before another caller may run its own, and nobody waits for one that panics.
    fn close(mut self, keeps: bool) {
        let gone = catch_unwind(AssertUnwindSafe(|| self.body.give_up()));
        self.passage.close(keeps);
        gone.unwrap_or_else(|panic| resume_unwind(panic));
    }
}
