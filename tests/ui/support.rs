//! What the accepted cases share: a counter of runs, and an executor of one future.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

/// How often a body ran.
pub struct Runs(AtomicUsize);

impl Runs {
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// The runs since the last time this was asked.
    #[track_caller]
    pub fn assert(&self, expected: usize) {
        assert_eq!(
            self.0.swap(0, Ordering::Relaxed),
            expected,
            "runs of the body"
        );
    }
}

/// Runs a future to its end on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
}
