//! Blocking sequences: an iterator in the place of the body's.

use std::fmt;
use std::iter::FusedIterator;
use std::time::Instant;

use super::consumer::{Body, Consumer, FINISH};
use super::passage::{Job, Turn, Verdict, Yielded};
use super::{FromTorn, ItemRules, Yield};
use crate::background;
use crate::key::Key;
use crate::near::DropLater;
use crate::site::Site;
use crate::waits::{Waits, at_once};

/// The items of a memoized iterator: from the cache, or from the body.
///
/// A hit costs what decoding its items costs, and holds a few blocks of 240 KiB, however long the sequence is. It ends for good with its first
/// `None`.
#[must_use = "an iterator does nothing before it is asked for items"]
pub struct CachedIter<R, K: Yield<R>, F, B>(Option<Consumer<R, K, IterBody<F, B>>>);

/// The function that yields the items, which runs once at the most.
enum IterBody<F, B> {
    Waiting(F),
    Running(B),
    Gone,
}

impl<F, B> Body for IterBody<F, B> {
    fn give_up(&mut self) {
        *self = Self::Gone;
    }
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
    let body = IterBody::Waiting(body);
    let mut consumer = Consumer::new(site, key, rules, Waits::Blocking, body);
    consumer.set_out();
    CachedIter(Some(consumer))
}

/// How a sequence ends that cannot end as it should.
impl<R, K: Yield<R>, F, B> CachedIter<R, K, F, B> {
    /// Keeps what was consumed, where the rest is not wanted: later callers who want no more than that are served, and others run the body.
    /// `on_drop = "keep"`
    pub fn keep_on_drop(mut self) -> Self {
        self.0 = self.0.take().map(Consumer::keeping);
        self
    }

    /// Gives an error as the last item, where the items were lost midway and the body now yields others. `on_torn = "error"`
    pub fn error_if_torn(mut self) -> Self
    where
        R: FromTorn,
    {
        self.0 = self.0.take().map(Consumer::failing);
        self
    }

    /// Ends without a word to the consumer, but for [`Event::Diverged`](crate::Event::Diverged), where the items were lost midway and the body
    /// now yields others. `on_torn = "end_with_event"`
    pub fn end_if_torn(mut self) -> Self {
        self.0 = self.0.take().map(Consumer::ending);
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
        let consumer = self.0.take();
        self.0 = consumer.map(|consumer| consumer.finishing(Consumer::finish));
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
        self.0.as_ref().map_or((0, Some(0)), Consumer::size_hint)
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
        if let Some(consumer) = &mut self.0 {
            consumer.passage.gather();
            while let Some(item) = consumer.next() {
                if consumer.passage.has_begun_anew() {
                    all.clear();
                }
                all.push(item);
            }
            // The body may have had none.
            if consumer.passage.has_begun_anew() {
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

impl<R, K, F, C, B> Consumer<R, K, IterBody<F, B>>
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
                    let IterBody::Running(items) = &mut self.body else {
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
        if let IterBody::Waiting(_) = &self.body
            && let IterBody::Waiting(function) = std::mem::replace(&mut self.body, IterBody::Gone)
        {
            let items = self.passage.run_body(|| function().into_iter());
            self.passage.rest();
            self.body = IterBody::Running(items);
        }
    }

    fn work(&mut self, job: Job) {
        // Until a permit that may come of it is given up.
        let _later = DropLater::begin();
        let done = self.passage.surroundings().run(|| at_once(job));
        self.passage.done(done);
    }

    /// Goes on in the background.
    fn finish(self)
    where
        Self: Send + 'static,
    {
        let mut rest = CachedIter(Some(self.discarding()));
        let job = move || {
            let until = Instant::now() + FINISH;
            while Instant::now() < until && rest.next().is_some() {}
        };
        // Where too many do that already, it is dropped here.
        drop(background::run_long(job));
    }
}

impl<R, K: Yield<R>, F, B> Drop for CachedIter<R, K, F, B> {
    fn drop(&mut self) {
        if let Some(consumer) = self.0.take() {
            consumer.leave();
        }
    }
}

impl<R, K: Yield<R>, F, B> fmt::Debug for CachedIter<R, K, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedIter").finish_non_exhaustive()
    }
}
