//! Blocking sequences: an iterator in the place of the body's.

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use super::passage::{Job, Passage, Turn, Verdict, Yielded};
use super::{FromTorn, ItemRules, OnDrop, Torn, Yield};
use crate::background;
use crate::key::Key;
use crate::site::Site;
use crate::waits::{Waits, at_once};

/// The items of a memoized iterator: from the cache, or from the body.
///
/// A hit costs what decoding its items costs, and holds a few blocks of 240 KiB, however long the sequence is. It ends for good with its first
/// `None`.
#[must_use = "an iterator does nothing before it is asked for items"]
pub struct CachedIter<R, K: Yield<R>, F, B>(Option<Parts<R, K, F, B>>);

/// What an iterator is made of, to be moved out of it when it is dropped.
struct Parts<R, K: Yield<R>, F, B> {
    passage: Passage<K::Value>,
    body: Body<F, B>,
    torn: fn(Torn) -> Option<R>,
    on_drop: OnDrop<Self>,
    keep: PhantomData<K>,
}

/// The function that yields the items, which runs once at the most.
enum Body<F, B> {
    Waiting(F),
    Running(B),
    Gone,
}

/// Answers a call of `site` from the cache, or by `body`.
pub fn iter<R, K, F, B>(
    site: &'static Site,
    key: Key,
    rules: ItemRules<R, K>,
    body: F,
) -> CachedIter<R, K, F, B::IntoIter>
where
    K: Yield<R>,
    F: FnOnce() -> B,
    B: IntoIterator<Item = R>,
{
    let mut parts = Parts {
        passage: Passage::new(site, key, rules, Waits::Blocking),
        body: Body::Waiting(body),
        torn: Torn::panic,
        on_drop: OnDrop::Discard,
        keep: PhantomData,
    };
    parts.set_out();
    CachedIter(Some(parts))
}

/// How long a body goes on in the background.
pub(super) const FINISH: Duration = Duration::from_secs(30);

/// How a sequence ends that cannot end as it should.
impl<R, K: Yield<R>, F, B> CachedIter<R, K, F, B> {
    /// Keeps what was consumed, where the rest is not wanted: later callers who want no more than that are served, and others run the body.
    /// `on_drop = "keep"`
    pub fn keep_on_drop(mut self) -> Self {
        if let Some(parts) = &mut self.0 {
            parts.on_drop = OnDrop::Keep;
        }
        self
    }

    /// Gives an error as the last item, where the items were lost midway and the body now yields others. `on_torn = "error"`
    pub fn error_if_torn(mut self) -> Self
    where
        R: FromTorn,
    {
        if let Some(parts) = &mut self.0 {
            parts.torn = |torn| Some(R::from_torn(torn));
        }
        self
    }

    /// Ends without a word to the consumer, but for [`Event::Diverged`](crate::Event::Diverged), where the items were lost midway and the body
    /// now yields others. `on_torn = "end_with_event"`
    pub fn end_if_torn(mut self) -> Self {
        if let Some(parts) = &mut self.0 {
            parts.torn = |_| None;
        }
        self
    }

    /// Has the body go on in the background, for half a minute at the most, where the consumer wants no more. `on_drop = "finish"`
    pub fn finish_on_drop<C>(mut self) -> Self
    where
        R: 'static,
        F: FnOnce() -> C + Send + 'static,
        C: IntoIterator<Item = R, IntoIter = B>,
        B: Iterator<Item = R> + Send + 'static,
    {
        if let Some(parts) = &mut self.0 {
            parts.on_drop = OnDrop::Finish(Parts::finish);
        }
        self
    }
}

impl<R, K, F, C, B> Iterator for CachedIter<R, K, F, B>
where
    K: Yield<R>,
    F: FnOnce() -> C,
    C: IntoIterator<Item = R, IntoIter = B>,
    B: Iterator<Item = R>,
{
    type Item = R;

    #[inline]
    fn next(&mut self) -> Option<R> {
        self.0.as_mut()?.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self
            .0
            .as_ref()
            .map_or(Some(0), |parts| parts.passage.left());
        // Not the least: what is stored is not ours alone, and a count must not have anybody allocate.
        (0, left.and_then(|left| usize::try_from(left).ok()))
    }
}

impl<R, K, F, C, B> CachedIter<R, K, F, B>
where
    K: Yield<R>,
    F: FnOnce() -> C,
    C: IntoIterator<Item = R, IntoIter = B>,
    B: Iterator<Item = R>,
{
    /// All items. Where they are lost midway, those of the body: nobody has seen any yet, so that they cannot differ.
    pub fn into_vec(mut self) -> Vec<R> {
        let mut all = Vec::new();
        if let Some(parts) = &mut self.0 {
            parts.passage.gather();
            while let Some(item) = parts.next() {
                if parts.passage.has_begun_anew() {
                    all.clear();
                }
                all.push(item);
            }
            // The body may have had none.
            if parts.passage.has_begun_anew() {
                all.clear();
            }
        }
        all
    }
}

impl<R, K, F, C, B> FusedIterator for CachedIter<R, K, F, B>
where
    K: Yield<R>,
    F: FnOnce() -> C,
    C: IntoIterator<Item = R, IntoIter = B>,
    B: Iterator<Item = R>,
{
}

impl<R, K, F, C, B> Parts<R, K, F, B>
where
    K: Yield<R>,
    F: FnOnce() -> C,
    C: IntoIterator<Item = R, IntoIter = B>,
    B: Iterator<Item = R>,
{
    /// Finds the source of the items; calls the body if it is that.
    fn set_out(&mut self) {
        while !self.passage.is_settled() {
            if let Turn::Job(job) = self.passage.turn() {
                self.work(job);
            }
        }
        if self.passage.is_from_body() {
            self.start();
        }
    }

    fn next(&mut self) -> Option<R> {
        loop {
            match self.passage.turn() {
                Turn::Give(value) => return Some(K::revive(value)),
                Turn::Body => {
                    self.start();
                    let Body::Running(items) = &mut self.body else {
                        return None;
                    };
                    let item = self.passage.run_body(|| items.next());
                    match self.passage.produced(Yielded::of::<R, K>(item.as_ref())) {
                        Verdict::Give => return item,
                        Verdict::Skip | Verdict::GoOn => {}
                        Verdict::Diverged(torn) => return self.diverged(torn),
                    }
                }
                Turn::Job(job) => self.work(job),
                Turn::Wait(wait) => {
                    let waited = wait.spool.wait(wait.turn, wait.patience);
                    self.passage.waited(waited);
                }
                Turn::Diverged(torn) => return self.diverged(torn),
                Turn::Over => return None,
            }
        }
    }

    fn start(&mut self) {
        if let Body::Waiting(_) = &self.body
            && let Body::Waiting(function) = std::mem::replace(&mut self.body, Body::Gone)
        {
            let items = self.passage.run_body(|| function().into_iter());
            self.passage.rest();
            self.body = Body::Running(items);
        }
    }

    fn work(&mut self, job: Job) {
        let done = self.passage.surroundings().run(|| at_once(job));
        self.passage.done(done);
    }

    fn diverged(&mut self, torn: Torn) -> Option<R> {
        self.body = Body::Gone;
        (self.torn)(torn)
    }

    /// Goes on in the background.
    fn finish(mut self)
    where
        Self: Send + 'static,
    {
        self.on_drop = OnDrop::Discard;
        let mut rest = CachedIter(Some(self));
        let job = move || {
            let until = Instant::now() + FINISH;
            while Instant::now() < until && rest.next().is_some() {}
        };
        // Where too many do that already, it is dropped here.
        drop(background::run_long(job));
    }
}

impl<R, K: Yield<R>, F, B> Parts<R, K, F, B> {
    /// Ends it before its end. The body is gone before another caller may run his, and nobody waits for one that panics.
    fn close(mut self, keeps: bool) {
        let gone = catch_unwind(AssertUnwindSafe(|| self.body = Body::Gone));
        self.passage.close(keeps);
        gone.unwrap_or_else(|panic| resume_unwind(panic));
    }
}

impl<R, K: Yield<R>, F, B> Drop for CachedIter<R, K, F, B> {
    fn drop(&mut self) {
        let Some(parts) = self.0.take() else { return };
        match parts.on_drop {
            OnDrop::Finish(finish) if parts.passage.is_producing() => finish(parts),
            OnDrop::Keep => parts.close(true),
            OnDrop::Discard | OnDrop::Finish(_) => parts.close(false),
        }
    }
}

impl<R, K: Yield<R>, F, B> fmt::Debug for CachedIter<R, K, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedIter").finish_non_exhaustive()
    }
}
