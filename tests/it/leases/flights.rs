//! Flights whose leader asks for a lease: who waits for it, and who does not.

use std::task::Poll;
use std::thread;
use std::time::Duration;

use memo::{Event, Unstored, memoize};
use memo_testkit::Recorder;

use super::{held, leased, shelf, unstored};
use crate::shelf::Shelf;
use crate::support::poll;

/// Followers give up as soon as they may.
fn impatient(beside: &Shelf) -> Shelf {
    beside.beside(|cache| cache.follow_timeout(Duration::ZERO))
}

fn given_up(recorder: &Recorder) -> usize {
    recorder.count(|event| matches!(event, Event::GaveUpWaiting { .. }))
}

#[test]
fn nobody_gives_up_on_a_leader_that_waits_for_its_lease() {
    crate::store::at_once();
    #[memoize(key = "excused:{n}", skip(ends), lock)]
    async fn slow(n: u64, ends: bool) -> u64 {
        if !ends {
            std::future::pending::<()>().await;
        }
        n
    }
    let first = shelf();
    let mut holder = Box::pin(first.run_async(slow(1, false)));
    assert!(poll(&mut holder).is_pending());
    let one = impatient(&first);
    let mut leader = Box::pin(one.run_async(slow(1, false)));
    assert!(poll(&mut leader).is_pending());
    assert_eq!(held(&one.recorder), 1);
    let mut follower = Box::pin(one.run_async(slow(1, true)));
    assert!(poll(&mut follower).is_pending());
    assert_eq!(given_up(&one.recorder), 0);

    drop(holder);
    while leased(&one.recorder) == 0 {
        assert!(poll(&mut leader).is_pending());
        thread::yield_now();
    }
    assert_eq!(poll(&mut follower), Poll::Ready(1), "it is no excuse");
    assert_eq!(given_up(&one.recorder), 1);
}

#[test]
fn who_goes_on_in_the_place_of_the_holder_does_not_wait_for_its_lease() {
    crate::store::at_once();
    #[memoize(key = "own-holder:{n}", skip(ends), lock)]
    async fn slow(n: u64, ends: bool) -> u64 {
        if !ends {
            std::future::pending::<()>().await;
        }
        n
    }
    let one = impatient(&shelf());
    let mut holder = Box::pin(one.run_async(slow(1, false)));
    assert!(poll(&mut holder).is_pending());
    assert_eq!(leased(&one.recorder), 1);
    let mut second = Box::pin(one.run_async(slow(1, true)));
    assert_eq!(poll(&mut second), Poll::Ready(1));
    assert_eq!((given_up(&one.recorder), held(&one.recorder)), (1, 1));
    assert_eq!(unstored(&one.recorder, Unstored::Leased), 1);
}
