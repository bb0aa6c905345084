//! Asynchronous sequences: a stream in the place of the body's.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use futures_core::Stream;

use super::consumer::{Body, Consumer, FINISH};
use super::passage::{Job, Turn, Verdict, Wait, Yielded};
use super::spool::Waited;
use super::{FromTorn, ItemRules, Yield};
use crate::alarm::{self, Timer};
use crate::background;
use crate::key::Key;
use crate::site::Site;
use crate::waits::Waits;

/// The items of a memoized stream: from the cache, or from the body.
///
/// Nothing happens before it is polled. A hit costs what decoding its items costs, and holds a few blocks of 240 KiB, however long the sequence is.
/// It ends for good with its first `None`.
#[must_use = "a stream does nothing before it is polled"]
pub struct CachedStream<R, K: Yield<R>, F, S>(Option<Consumer<R, K, StreamBody<F, S>>>);

/// The future that yields the items, and what it or its consumer waits for.
struct StreamBody<F, S> {
    source: Source<F, S>,
    /// What is being done with the backend.
    job: Option<Job>,
    wait: Option<Box<Wait>>,
    alarm: Alarm,
}

/// The future of a stream, which runs once at the most.
enum Source<F, S> {
    Waiting(Pin<Box<F>>),
    Running(Pin<Box<S>>),
    Gone,
}

impl<F, S> Body for StreamBody<F, S> {
    fn give_up(&mut self) {
        self.job = None;
        self.source = Source::Gone;
    }
}

/// When one who waits for a producer looks again at whether that is in vain, and who is woken then. One at a time: it cannot be taken back.
#[derive(Default)]
struct Alarm(Option<(Instant, Waker, Timer)>);

/// Answers a call of `site` from the cache, or by `body`, when it is polled.
pub fn stream<R, K, F, S>(
    site: &'static Site,
    key: Key,
    rules: ItemRules<R, K>,
    body: F,
) -> CachedStream<R, K, F, S>
where
    K: Yield<R>,
    F: Future<Output = S>,
    S: Stream<Item = R>,
{
    let body = StreamBody {
        source: Source::Waiting(Box::pin(body)),
        job: None,
        wait: None,
        alarm: Alarm::default(),
    };
    CachedStream(Some(Consumer::new(site, key, rules, Waits::Async, body)))
}

/// How a sequence ends that cannot end as it should.
impl<R, K: Yield<R>, F, S> CachedStream<R, K, F, S> {
    /// For a caller that shows no item to anybody before it has all.
    pub(super) fn gathered(mut self) -> Self {
        if let Some(consumer) = &mut self.0 {
            consumer.passage.gather();
        }
        self
    }

    /// Whether the items have begun anew, and those that were given are void.
    pub(super) fn has_begun_anew(&mut self) -> bool {
        let consumer = self.0.as_mut();
        consumer.is_some_and(|consumer| consumer.passage.has_begun_anew())
    }

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

    /// Has the body go on in the background, for half a minute at the most, where the consumer wants no more: on a thread of its own, which polls
    /// it. `on_drop = "finish"`
    pub fn finish_on_drop(mut self) -> Self
    where
        R: 'static,
        F: Future<Output = S> + Send + 'static,
        S: Stream<Item = R> + Send + 'static,
    {
        let consumer = self.0.take();
        self.0 = consumer.map(|consumer| consumer.finishing(Consumer::finish));
        self
    }
}

impl<R, K, F, S> Stream for CachedStream<R, K, F, S>
where
    K: Yield<R>,
    F: Future<Output = S>,
    S: Stream<Item = R>,
{
    type Item = R;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<R>> {
        match &mut self.0 {
            Some(consumer) => consumer.poll_next(context),
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.as_ref().map_or((0, Some(0)), Consumer::size_hint)
    }
}

/// What is pinned is in boxes.
impl<R, K: Yield<R>, F, S> Unpin for CachedStream<R, K, F, S> {}

impl<R, K, F, S> Consumer<R, K, StreamBody<F, S>>
where
    K: Yield<R>,
    F: Future<Output = S>,
    S: Stream<Item = R>,
{
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<R>> {
        loop {
            ready!(self.poll_work(context));
            match self.passage.turn() {
                Turn::Give(value) => return Poll::Ready(Some(K::revive(value))),
                Turn::Body => {
                    let item = ready!(self.poll_body(context));
                    match self.passage.produced(Yielded::of::<R, K>(item.as_ref())) {
                        Verdict::Give => return Poll::Ready(item),
                        Verdict::Skip | Verdict::GoOn => {}
                        Verdict::Diverged(torn) => return Poll::Ready(self.diverged(torn)),
                    }
                }
                Turn::Job(job) => self.body.job = Some(job),
                Turn::Wait(wait) => self.body.wait = Some(wait),
                Turn::Diverged(torn) => return Poll::Ready(self.diverged(torn)),
                Turn::Over => return Poll::Ready(None),
            }
        }
    }

    /// Ready when there is nothing to be waited for.
    fn poll_work(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(job) = &mut self.body.job {
            let surroundings = self.passage.surroundings();
            let done = ready!(surroundings.poll(context, |context| job.as_mut().poll(context)));
            self.body.job = None;
            self.passage.done(done);
        }
        if let Some(wait) = &mut self.body.wait {
            let waited = ready!(wait.poll(&mut self.body.alarm, context.waker()));
            self.body.wait = None;
            self.passage.waited(waited);
        }
        Poll::Ready(())
    }

    fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<Option<R>> {
        if let Source::Waiting(future) = &mut self.body.source {
            let poll = |context: &mut Context<'_>| future.as_mut().poll(context);
            let items = ready!(self.passage.poll_body(context, poll));
            self.body.source = Source::Running(Box::pin(items));
        }
        match &mut self.body.source {
            Source::Running(items) => {
                let poll = |context: &mut Context<'_>| items.as_mut().poll_next(context);
                self.passage.poll_body(context, poll)
            }
            Source::Waiting(_) | Source::Gone => Poll::Ready(None),
        }
    }

    /// Goes on in the background.
    fn finish(self)
    where
        R: 'static,
        F: Send + 'static,
        S: Send + 'static,
    {
        let mut rest = CachedStream(Some(self.discarding()));
        let job = move || {
            let until = Instant::now() + FINISH;
            while Instant::now() < until && next_until(&mut rest, until).is_some() {}
        };
        // Where too many do that already, it is dropped here.
        drop(background::run_long(job));
    }
}

impl Wait {
    fn poll(&mut self, alarm: &mut Alarm, waker: &Waker) -> Poll<Waited> {
        if self.spool.has_changed(self.turn, self.follower, waker) {
            return Poll::Ready(Waited::Changed);
        }
        match self.left(waker) {
            Ok(left) => {
                alarm.set(left, waker);
                Poll::Pending
            }
            Err(waited) => Poll::Ready(waited),
        }
    }

    /// Returns the time until the next look; otherwise the end of the wait.
    fn left(&mut self, waker: &Waker) -> Result<Duration, Waited> {
        let left = self.spool.left(&mut self.patience)?;
        if !self.spool.is_working() {
            return Ok(left);
        }
        match self.follow.look(waker) {
            (true, _) => Err(Waited::Stalled(self.patience.waited())),
            (false, pause) => Ok(left.min(pause)),
        }
    }
}

impl Alarm {
    /// Has `waker` woken in so much time, or earlier by an alarm that is set already.
    fn set(&mut self, left: Duration, waker: &Waker) {
        let now = Instant::now();
        let due = now.checked_add(left);
        let is_set = self.0.as_ref().is_some_and(|(at, woken, _)| {
            *at > now && due.is_none_or(|due| *at <= due) && woken.will_wake(waker)
        });
        if !is_set {
            let timer = |due| (due, waker.clone(), alarm::timer(left, waker.clone()));
            self.0 = due.map(timer);
        }
    }
}

/// The next item, waited for on this thread; none, when it is too late.
fn next_until<S: Stream + Unpin>(stream: &mut S, until: Instant) -> Option<S::Item> {
    let thread = std::thread::current();
    let waker = Waker::from(std::sync::Arc::new(Unpark(thread)));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(item) = Pin::new(&mut *stream).poll_next(&mut context) {
            return item;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return None;
        }
        std::thread::park_timeout(left);
    }
}

struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

impl<R, K: Yield<R>, F, S> Drop for CachedStream<R, K, F, S> {
    fn drop(&mut self) {
        if let Some(consumer) = self.0.take() {
            consumer.leave();
        }
    }
}

impl<R, K: Yield<R>, F, S> fmt::Debug for CachedStream<R, K, F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedStream").finish_non_exhaustive()
    }
}

/// The future of what a function returns, which is called when it is polled.
#[derive(Debug)]
pub struct OnPoll<F>(Option<F>);

impl<F> OnPoll<F> {
    pub(crate) fn new(function: F) -> Self {
        Self(Some(function))
    }
}

/// Nothing in it is pinned.
impl<F> Unpin for OnPoll<F> {}

impl<T, F: FnOnce() -> T> Future for OnPoll<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        let function = self.0.take();
        Poll::Ready(function
            .expect("a future is not polled again when it was ready")(
        ))
    }
}
