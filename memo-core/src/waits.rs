//! Blocking and asynchronous callers on one road.
//!
//! What talks to a backend is written once, as `async`. Called by a blocking caller, backends finish before they return, so that their
//! futures are ready when first polled; [`at_once`] takes the answer out.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::near::DropLater;

/// How a caller waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waits {
    /// The thread may be blocked; there may be no executor.
    Blocking,
    /// The thread must not be blocked: the future is polled again.
    Async,
}

/// The output of a future that was made for [`Waits::Blocking`].
///
/// What the store in this process gives up meanwhile is dropped at the end: that is code of the user's, and there may be a permit on the way that
/// others wait for.
///
/// It is ready: nothing is awaited there but backends, and one that is not ready is a fault by the time it gets here (`backend/guarded.rs`).
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    let _later = DropLater::begin();
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => {
            unreachable!("what is made for a blocking caller is ready when first polled")
        }
    }
}
