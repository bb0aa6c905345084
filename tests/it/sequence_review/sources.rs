//! One source of items taking the place of another.

use std::time::Duration;

use memo::{Event, Policy};

use crate::shelf::{Shelf, is_chunk, noise, outside};
use crate::store::Isolated;
use crate::support::in_time;

fn policy() -> Policy {
    Policy::named("sequence-sources").expiration(3600)
}

fn items(count: usize) -> Vec<String> {
    (0..count as u32).map(|n| noise(n, 30)).collect()
}

/// All of so many items, in the order in which they are given.
macro_rules! call {
    ($cache:expr, $count:expr) => {{
        let count = $count;
        $cache.iter(&1, &policy(), move || items(count))
    }};
}

#[test]
fn a_follower_who_takes_over_from_a_kept_beginning_gets_no_item_twice() {
    for taken in 1..5 {
        let test = Isolated::new();
        let mut producer = call!(test.cache(), 9).keep_on_drop();
        let begun: Vec<_> = producer.by_ref().take(4).collect();
        let mut follower = call!(test.cache(), 9);
        let mut got: Vec<_> = follower.by_ref().take(taken.min(4)).collect();
        drop(producer);
        got.extend(follower);
        assert_eq!(begun, items(4));
        assert_eq!(got, items(9), "after {taken}");
    }
}

#[test]
fn who_wants_all_before_anybody_sees_it_gets_what_is_left() {
    let shelf = Shelf::new(200);
    call!(&shelf.cache, 30).for_each(drop);
    let mut reader = call!(&shelf.cache, 30);
    let mut got: Vec<_> = reader.by_ref().take(2).collect();
    for name in shelf.names().iter().filter(|name| is_chunk(name)) {
        shelf.store.remove(name);
    }
    got.extend(reader.into_vec());
    assert_eq!(got, items(30));
}

#[test]
fn a_sequence_shorter_than_an_entry_may_be_longer_than_its_longest_item() {
    let test = Isolated::with(|cache| cache.max_value_bytes(100)).expect("sound");
    assert_eq!(call!(test.cache(), 50).collect::<Vec<_>>(), items(50));
    let mut again = test.cache().iter(&1, &policy(), || -> Vec<String> {
        unreachable!("it is stored")
    });
    assert!(again.by_ref().eq(items(50)));
}

#[test]
fn stores_of_any_size_cost_no_item() {
    in_time(|| {
        for most in 0..200 {
            for count in [0, 1, 2, 9] {
                let shelf = Shelf::with(outside(most), |cache| cache.patience(Duration::ZERO));
                for round in 0..3 {
                    let got: Vec<_> = call!(&shelf.cache, count).collect();
                    assert_eq!(got, items(count), "{most} bytes, round {round}");
                }
            }
        }
    });
}

#[cfg(feature = "stream")]
#[test]
fn an_older_sequence_that_is_still_being_written_does_not_land_on_a_refreshed_one() {
    crate::store::at_once();
    use std::pin::pin;

    use futures::executor::block_on;
    use futures::{StreamExt, poll, stream};
    use memo_testkit::{Operation, Trouble};

    for place in 0..4 {
        let one = Shelf::new(200);
        let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
        one.store
            .script(passed.chain([(Operation::Set, Trouble::Delay)]));
        let old = || stream::iter((0..9).map(|n| noise(n, 40)));
        let new = || stream::iter((0..9).map(|n| noise(100 + n, 40)));
        block_on(async {
            let mut first = pin!(one.cache.stream(&1, &policy(), old).count());
            assert!(poll!(&mut first).is_pending(), "{place}");
            let refreshed = memo::refresh(|| one.cache.stream(&1, &policy(), new));
            assert_eq!(refreshed.count().await, 9, "{place}");
            one.store.release();
            assert_eq!(first.await, 9);
            let got: Vec<_> = one.cache.stream(&1, &policy(), new).collect().await;
            assert_eq!(got, new().collect::<Vec<_>>().await, "{place}");
        });
    }
}

/// What a body that fails at its fourth item yields.
fn failing() -> impl Iterator<Item = Result<String, &'static str>> {
    let items = items(30).into_iter().map(Ok);
    items.take(3).chain([Err("as planned")])
}

#[test]
fn an_error_reaches_whoever_lost_a_sequence_that_was_whole_before() {
    let shelf = Shelf::new(200);
    let all = || items(30).into_iter().map(Ok::<_, &str>);
    shelf.cache.try_iter(&1, &policy(), all).for_each(drop);
    let mut reader = shelf.cache.try_iter(&1, &policy(), failing);
    let mut got: Vec<_> = reader.by_ref().take(10).collect();
    for name in shelf.names().iter().filter(|name| is_chunk(name)) {
        shelf.store.remove(name);
    }
    let buffered = reader.by_ref().take_while(Result::is_ok);
    got.extend(buffered);
    let expected: Vec<_> = items(got.len()).into_iter().map(Ok).collect();
    assert_eq!(got, expected);
    let count = |is: fn(&Event) -> bool| shelf.recorder.count(is);
    assert_eq!(count(|event| matches!(event, Event::Torn { .. })), 1);
    assert_eq!(count(|event| matches!(event, Event::Diverged { .. })), 0);
}

#[test]
fn a_refresh_whose_items_cannot_be_kept_leaves_none_of_before() {
    let test = Isolated::with(|cache| cache.max_value_bytes(100)).expect("sound");
    call!(test.cache(), 5).for_each(drop);
    let long = || vec!["x".repeat(200)];
    let refreshed = memo::refresh(|| test.cache().iter(&1, &policy(), long));
    assert_eq!(refreshed.count(), 1);
    assert_eq!(call!(test.cache(), 7).collect::<Vec<_>>(), items(7));
}

/// Where chunks would never go by themselves, so that none must be forgotten.
fn for_ever() -> Policy {
    Policy::named("sequence-for-ever").expiration(memo::Expiration::never())
}

#[test]
fn chunks_that_would_never_go_by_themselves_go_with_their_head() {
    let shelf = Shelf::new(200);
    let produce = |count| {
        let body = move || items(count);
        memo::refresh(|| shelf.cache.iter(&1, &for_ever(), body)).count()
    };
    produce(30);
    produce(1);
    assert_eq!(shelf.names().len(), 1, "only what is there now");
}

#[test]
fn what_another_program_stored_meanwhile_goes_when_it_is_replaced() {
    let shelf = Shelf::new(200);
    let other = shelf.beside(|cache| cache);
    let produce = |shelf: &Shelf, count| shelf.cache.iter(&1, &for_ever(), move || items(count));
    produce(&shelf, 30).for_each(drop);
    let alone = shelf.names().len();
    shelf.cache.invalidate_items::<String>(&1, &for_ever());
    let mut slow = produce(&shelf, 30);
    slow.next();
    produce(&other, 30).for_each(drop);
    slow.for_each(drop);
    assert_eq!(shelf.names().len(), alone, "one write, and not two");
}
