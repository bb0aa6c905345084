//! Stores that fail, and calls that are dropped, while a lease is asked for or filled.

use futures::executor::block_on;
use memo::{Event, Problem, Unstored, memoize, refresh, refresh_async};
use memo_testkit::{Operation, Trouble};

use super::{another, shelf, unstored};
use crate::shelf::outside;
use crate::support::{Scripted, in_time, poll};

#[test]
fn a_store_that_is_not_there_keeps_nobody_from_computing() {
    #[memoize(key = "out:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Lease, Trouble::FailBefore);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(unstored(&one.recorder, Unstored::Fault), 1);
    assert_eq!((one.store.count(Operation::Fill), one.store.sets()), (0, 0));
    let faulty = |event: &Event| {
        let is_lease = |operation| operation == memo::Operation::Lease;
        matches!(event, Event::Faulty { operation, .. } if is_lease(*operation))
    };
    assert_eq!(one.recorder.count(faulty), 1);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(one.computed(|| slow(1)), (0, 1));
}

#[test]
fn a_store_that_refuses_leases_is_told_of_once() {
    let mut capability = outside(1 << 16);
    capability.leases = true;
    let store = Scripted::with(capability);
    let test = store.isolated();
    #[memoize(key = "refused-lease:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    for _ in 0..2 {
        assert_eq!(test.run(|| slow(1)), 1);
    }
    let told = |event: &Event| {
        let is_it = |problem: &Problem| matches!(problem, Problem::NoLeases(_));
        matches!(event, Event::NotCached { problem, .. } if is_it(problem))
    };
    assert_eq!(test.recorder().count(told), 1);
    assert_eq!(unstored(test.recorder(), Unstored::Fault), 2);
}

#[test]
fn a_fill_that_fails_gives_the_lease_back() {
    #[memoize(key = "unfilled:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Fill, Trouble::FailBefore);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(unstored(&one.recorder, Unstored::Fault), 1);
    let other = another(&one);
    in_time(move || assert_eq!(other.computed(|| slow(1)), (1, 1)));
    assert_eq!(one.names(), [":unfilled:1"]);
}

#[test]
fn a_fill_whose_reply_is_lost_may_have_filled() {
    #[memoize(key = "lost-reply:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Fill, Trouble::FailAfter);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(another(&one).computed(|| slow(1)), (0, 1));
}

#[test]
fn a_refresh_that_cannot_be_leased_is_owed() {
    #[memoize(key = "unleased-refresh:{n}", skip(value), lock)]
    fn read(n: u64, value: u64) -> u64 {
        value
    }
    let one = shelf();
    assert_eq!(one.run(|| read(1, 1)), 1);
    one.store.next(Operation::Seize, Trouble::FailBefore);
    assert_eq!(one.run(|| refresh(|| read(1, 2))), 2);
    assert_eq!(unstored(&one.recorder, Unstored::Fault), 1);
    assert_eq!(one.run(|| read(1, 3)), 3);
    assert_eq!(another(&one).run(|| read(1, 4)), 3);
}

/// It cannot be deleted all the time.
#[test]
fn a_refresh_that_takes_the_lease_makes_up_for_what_is_owed() {
    #[memoize(key = "seized-debt:{n}", skip(value), lock)]
    fn read(n: u64, value: Option<u64>) -> Result<u64, String> {
        value.ok_or_else(|| "no".to_owned())
    }
    let one = shelf();
    assert_eq!(one.run(|| read(1, Some(1))), Ok(1));
    one.store
        .script([(Operation::Delete, Trouble::FailBefore); 1000]);
    assert!(one.run(|| read::entry(1, None).try_invalidate()).is_err());
    assert_eq!(one.cache.stats().owed, 1);
    assert!(one.run(|| refresh(|| read(1, None))).is_err());
    assert_eq!(one.cache.stats().owed, 0);
}

/// It happens in the store, and nobody hears of it.
#[test]
fn a_call_that_is_dropped_while_it_asks_gives_the_lease_back() {
    crate::store::at_once();
    #[memoize(key = "unheard:{n}", lock = "10m")]
    async fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Lease, Trouble::DelayReply);
    let mut call = Box::pin(one.run_async(slow(1)));
    assert!(poll(&mut call).is_pending());
    assert_eq!(one.store.count(Operation::Lease), 1);
    drop(call);
    let other = another(&one);
    in_time(move || assert_eq!(block_on(other.run_async(slow(1))), 1));
}

#[test]
fn a_refresh_that_is_dropped_while_it_asks_gives_the_lease_back() {
    crate::store::at_once();
    #[memoize(key = "unheard-refresh:{n}", lock = "10m")]
    async fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Seize, Trouble::DelayReply);
    let mut call = Box::pin(one.run_async(refresh_async(slow(1))));
    assert!(poll(&mut call).is_pending());
    drop(call);
    let other = another(&one);
    in_time(move || assert_eq!(block_on(other.run_async(slow(1))), 1));
}

#[test]
fn a_lease_whose_grant_is_lost_is_given_back() {
    #[memoize(key = "lost-grant:{n}", lock = "10m")]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Lease, Trouble::FailAfter);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    let other = another(&one);
    in_time(move || assert_eq!(other.computed(|| slow(1)), (1, 1)));
}
