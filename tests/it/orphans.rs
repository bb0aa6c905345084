//! What is left in the store: the entries of the living write.

use std::pin::pin;

use futures::executor::block_on;
use futures::poll;
use memo::memoize;
use memo_testkit::{Operation, Trouble};

use crate::shelf::{Shelf, is_chunk, noise};
use crate::support::{in_time, until};

#[memoize(key = "kept-book:{n}", expiration = 60, large_data, skip(edition))]
fn book(n: u32, edition: u32) -> String {
    noise(edition, 900)
}

#[memoize(
    key = "kept-book-async:{n}",
    expiration = 60,
    large_data,
    skip(edition)
)]
async fn book_async(n: u32, edition: u32) -> String {
    noise(edition, 900)
}

/// The entry, and the chunks of one write.
fn is_one_write(shelf: &Shelf) -> bool {
    let names = shelf.names();
    let write = |name: &String| name.rsplit('.').nth(1).map(str::to_owned);
    let chunks = Vec::from_iter(names.iter().filter(|name| is_chunk(name)).map(write));
    names.len() == chunks.len() + 1
        && chunks.len() > 4
        && chunks.iter().all(|write| *write == chunks[0])
}

#[test]
fn a_refresh_leaves_one_write() {
    let shelf = Shelf::new(200);
    for edition in 0..5 {
        shelf.run(|| memo::refresh(|| book(1, edition)));
        assert!(is_one_write(&shelf), "{edition}");
    }
}

#[test]
fn a_put_leaves_one_write() {
    let shelf = Shelf::new(200);
    shelf.run(|| book(1, 1));
    for edition in 2..5 {
        shelf.run(|| book::entry(1, 0).put(noise(edition, 900)));
        assert!(is_one_write(&shelf), "{edition}");
    }
}

#[test]
fn a_value_that_became_small_leaves_no_chunks() {
    let shelf = Shelf::new(200);
    shelf.run(|| book(1, 1));
    shelf.run(|| book::entry(1, 0).put(String::from("small")));
    assert_eq!(shelf.names().len(), 1);
}

#[test]
fn a_damaged_value_leaves_no_chunks_when_it_is_replaced() {
    let shelf = Shelf::new(200);
    shelf.run(|| book(1, 1));
    shelf.store.remove(&shelf.chunks()[2]);
    shelf.run(|| book(1, 2));
    assert!(is_one_write(&shelf));
}

#[test]
fn an_invalidation_leaves_nothing() {
    let shelf = Shelf::new(200);
    shelf.run(|| book(1, 1));
    assert!(shelf.run(|| book::entry(1, 0).invalidate()));
    assert_eq!(shelf.names(), [""; 0]);
}

#[test]
fn an_invalidation_leaves_nothing_of_a_damaged_value() {
    let shelf = Shelf::new(200);
    shelf.run(|| book(1, 1));
    shelf
        .store
        .edit(&shelf.chunks()[1], |chunk| chunk.truncate(30));
    assert!(shelf.run(|| book::entry(1, 0).invalidate()));
    assert_eq!(shelf.names(), [""; 0]);
}

#[test]
fn an_expired_value_leaves_nothing_a_minute_later() {
    let shelf = Shelf::new(200);
    shelf.run(|| book(1, 1));
    shelf.advance(60);
    assert!(
        !shelf.names().is_empty(),
        "chunks live longer than their manifest"
    );
    assert!(shelf.names().iter().all(|name| is_chunk(name)));
    shelf.advance(60);
    assert_eq!(shelf.names(), [""; 0]);
    shelf.run(|| book(1, 2));
    assert!(is_one_write(&shelf));
}

#[test]
fn what_the_filter_turns_away_leaves_nothing() {
    #[memoize(key = "kept-filtered:{n}", large_data, skip(good), cache_if = |text: &String| text.starts_with('g'))]
    fn filtered(n: u32, good: bool) -> String {
        let first = if good { 'g' } else { 'b' };
        format!("{first}{}", noise(n, 900))
    }
    let shelf = Shelf::new(200);
    shelf.run(|| filtered(1, true));
    shelf.run(|| memo::refresh(|| filtered(1, false)));
    assert_eq!(shelf.names(), [""; 0]);
}

#[test]
fn a_write_that_fails_midway_shows_nothing_and_leaves_no_chunks() {
    for place in 0..2 {
        for trouble in [Trouble::FailBefore, Trouble::FailAfter] {
            let shelf = Shelf::new(200);
            let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
            shelf
                .store
                .script(passed.chain([(Operation::Set, trouble)]));
            assert_eq!(shelf.run(|| book(1, 1)), noise(1, 900));
            assert_eq!(shelf.run(|| book::entry(1, 0).peek()), None);
            in_time(move || until(|| shelf.names().is_empty()));
        }
    }
}

#[test]
fn a_write_that_fails_at_its_end_shows_nothing_or_all_of_it() {
    for (trouble, shown) in [
        (Trouble::FailBefore, None),
        (Trouble::FailAfter, Some(noise(1, 900))),
    ] {
        let shelf = Shelf::new(200);
        let passed = std::iter::repeat_n((Operation::Set, Trouble::None), 2);
        shelf
            .store
            .script(passed.chain([(Operation::Set, trouble)]));
        assert_eq!(shelf.run(|| book(1, 1)), noise(1, 900));
        assert_eq!(shelf.run(|| book::entry(1, 0).peek()), shown);
        shelf.advance(120);
        assert_eq!(shelf.names(), [""; 0], "{trouble:?}");
    }
}

#[test]
fn a_failed_replacement_never_mixes_with_the_older_value() {
    for place in 0..3 {
        for trouble in [Trouble::FailBefore, Trouble::FailAfter] {
            let shelf = Shelf::new(200);
            shelf.run(|| book(1, 1));
            let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
            shelf
                .store
                .script(passed.chain([(Operation::Set, trouble)]));
            assert_eq!(shelf.run(|| memo::refresh(|| book(1, 2))), noise(2, 900));
            let found = shelf.run(|| book::entry(1, 0).peek());
            assert!(
                found.is_none()
                    || [1, 2]
                        .map(|edition| Some(noise(edition, 900)))
                        .contains(&found),
                "{trouble:?} {place}"
            );
        }
    }
}

#[test]
fn a_put_that_fails_midway_leaves_no_chunks() {
    for place in 0..2 {
        let shelf = Shelf::new(200);
        let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
        shelf
            .store
            .script(passed.chain([(Operation::Set, Trouble::FailBefore)]));
        shelf.run(|| book::entry(1, 0).put(noise(1, 900)));
        in_time(move || until(|| shelf.names().is_empty()));
    }
}

#[test]
fn chunks_that_cannot_be_deleted_go_by_themselves() {
    let shelf = Shelf::new(200);
    shelf.run(|| book(1, 1));
    shelf.store.next(Operation::Delete, Trouble::FailBefore);
    shelf.run(|| memo::refresh(|| book(1, 2)));
    assert!(!is_one_write(&shelf));
    assert_eq!(shelf.computed(|| book(1, 3)), (0, noise(2, 900)));
    shelf.advance(120);
    assert_eq!(shelf.names(), [""; 0]);
}

#[test]
fn a_write_that_is_cancelled_shows_nothing_and_goes_by_itself() {
    crate::store::at_once();
    for place in 0..3 {
        let shelf = Shelf::new(200);
        let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
        shelf
            .store
            .script(passed.chain([(Operation::Set, Trouble::Delay)]));
        block_on(shelf.run_async(async {
            {
                let mut writer = pin!(book_async(1, 1));
                assert!(poll!(&mut writer).is_pending());
            }
            assert_eq!(book_async::entry(1, 0).peek().await, None);
        }));
        shelf.advance(120);
        assert_eq!(shelf.names(), [""; 0], "{place}");
    }
}
