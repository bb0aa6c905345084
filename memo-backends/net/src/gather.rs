//! Writing what many ask in one go.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that lets all other tasks have a turn before it writes, while there is a [`Crowd`]: what they ask meanwhile goes out together.
///
/// A task that is woken by a question is run at once, and would send it off alone; a packet for each question costs more than all else
/// that is done for it. One who is alone gains nothing by waiting for a turn, which may be on another thread.
#[derive(Debug)]
pub struct Gathering<S> {
    stream: S,
    crowd: Crowd,
    /// Whether others had their turn since the last flush.
    gathered: bool,
}

/// Those who wait for answers that come over one stream.
#[derive(Clone, Debug, Default)]
pub struct Crowd(Arc<AtomicUsize>);

/// One of a crowd, until it is dropped.
#[derive(Debug)]
pub struct Member<'c>(&'c Crowd);

/// How many are enough to be gathered: two or three seldom ask in the same turn.
const MANY: usize = 8;

impl Crowd {
    /// One more.
    #[must_use]
    pub fn join(&self) -> Member<'_> {
        self.0.fetch_add(1, Relaxed);
        Member(self)
    }

    fn is_large(&self) -> bool {
        self.0.load(Relaxed) >= MANY
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

impl<S> Gathering<S> {
    /// Over this stream, whose answers these wait for.
    pub fn over(stream: S, crowd: Crowd) -> Self {
        Self {
            stream,
            crowd,
            gathered: false,
        }
    }

    fn gather(&mut self, context: &Context<'_>) -> Poll<()> {
        if self.gathered || !self.crowd.is_large() {
            return Poll::Ready(());
        }
        self.gathered = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gathering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, space)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.gather(context));
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.gather(context));
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        self.gathered = false;
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Waker;

    use tokio::runtime::Builder;

    use super::*;

    fn block_on<F: Future>(work: F) -> F::Output {
        let runtime = Builder::new_current_thread().build();
        runtime.expect("it is made").block_on(work)
    }

    fn crowd_of(crowd: &Crowd, many: usize) -> Vec<Member<'_>> {
        (0..many).map(|_| crowd.join()).collect()
    }

    fn write(stream: &mut Gathering<Vec<u8>>) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_write(&mut Context::from_waker(Waker::noop()), b"get")
    }

    #[test]
    fn what_few_ask_is_written_at_once() {
        let crowd = Crowd::default();
        let _members = crowd_of(&crowd, MANY - 1);
        let mut stream = Gathering::over(Vec::new(), crowd.clone());
        assert!(write(&mut stream).is_ready());
    }

    #[test]
    fn what_many_ask_is_written_after_a_turn_of_the_others_and_again_after_a_flush() {
        let crowd = Crowd::default();
        let _members = crowd_of(&crowd, MANY);
        let mut stream = Gathering::over(Vec::new(), crowd.clone());
        for flushed in 1..=3 {
            assert!(write(&mut stream).is_pending());
            assert!(write(&mut stream).is_ready());
            assert!(write(&mut stream).is_ready(), "one turn for each flush");
            let flush = poll_fn(|context| Pin::new(&mut stream).poll_flush(context));
            block_on(flush).expect("it is memory");
            assert_eq!(stream.stream.len(), flushed * 2 * b"get".len());
        }
    }

    #[test]
    fn who_writes_is_woken_for_it() {
        let crowd = Crowd::default();
        let _members = crowd_of(&crowd, MANY);
        let mut stream = Gathering::over(Vec::new(), crowd.clone());
        let written = poll_fn(|context| Pin::new(&mut stream).poll_write(context, b"get"));
        assert_eq!(block_on(written).ok(), Some(3));
    }

    #[test]
    fn those_who_leave_are_no_crowd() {
        let crowd = Crowd::default();
        drop(crowd_of(&crowd, 2 * MANY));
        assert!(!crowd.is_large());
    }
}
