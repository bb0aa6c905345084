//! Letting some time pass, without a runtime.

use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::alarm::{self, Timer};
use crate::waits::Waits;

/// Ready when so much time has passed: a blocking caller's thread sleeps, any other caller is woken by the alarm.
pub(crate) async fn nap(time: Duration, waits: Waits) {
    match waits {
        Waits::Blocking => thread::sleep(time),
        Waits::Async => wake_after(time).await,
    }
}

async fn wake_after(time: Duration) {
    let began = Instant::now();
    let mut set: Option<(Waker, Timer)> = None;
    poll_fn(|context| {
        let left = time.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Poll::Ready(());
        }
        let waker = context.waker();
        if !set.as_ref().is_some_and(|(set, _)| set.will_wake(waker)) {
            set = Some((waker.clone(), alarm::timer(left, waker.clone())));
        }
        Poll::Pending
    })
    .await;
}
