//! Whether a runtime polls its tasks on this thread.

use std::pin::pin;
use std::task::{Context, Waker};

use tokio::runtime::Handle;
use tokio::task::coop;

/// More than a task may do in one poll (128, says tokio).
const MORE_THAN_A_TURN: usize = 1024;

/// Returns whether a future of tokio's is being polled on this thread, outside of `spawn_blocking` and `block_in_place`.
///
/// A thread of `spawn_blocking` has a handle and a task's id as well. What it does not have is a budget: tokio gives what it polls so many operations before it
/// has to make way for others. So the budget is spent, to see whether there is one. The price is that the task makes way once more than it would.
pub fn is_polling() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let mut context = Context::from_waker(Waker::noop());
    let mut is_spent = || pin!(coop::consume_budget()).poll(&mut context).is_pending();
    (0..MORE_THAN_A_TURN).any(|_| is_spent())
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;
    use tokio::task::{block_in_place, spawn_blocking};

    use super::is_polling;

    #[test]
    fn a_thread_without_a_runtime_polls_nothing() {
        assert!(!is_polling());
    }

    #[test]
    fn a_runtime_polls_what_is_blocked_on_and_what_is_spawned() {
        let threads = Builder::new_multi_thread().worker_threads(1).build();
        for runtime in [Builder::new_current_thread().build(), threads] {
            let runtime = runtime.expect("a runtime can be had");
            runtime.block_on(async {
                assert!(is_polling());
                let spawned = tokio::spawn(async { (is_polling(), is_polling()) }).await;
                assert_eq!(spawned.expect("no panic"), (true, true));
            });
        }
    }

    #[test]
    fn threads_that_may_block_poll_nothing() {
        let runtime = Builder::new_multi_thread().worker_threads(1).build();
        let runtime = runtime.expect("a runtime can be had");
        runtime.block_on(async {
            assert!(!spawn_blocking(is_polling).await.expect("no panic"));
            let in_place = tokio::spawn(async { block_in_place(is_polling) });
            assert!(!in_place.await.expect("no panic"));
        });
        let _context = runtime.enter();
        assert!(!is_polling(), "a context alone polls nothing");
    }
}
