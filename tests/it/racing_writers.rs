//! Two programs that write one key: a reader sees one write or the other, whole, or computes.

use std::collections::HashSet;
use std::pin::pin;
use std::thread;

use futures::executor::block_on;
use futures::poll;
use memo::memoize;
use memo_testkit::{Operation, Trouble};

use crate::shelf::{Shelf, is_chunk, noise};

#[memoize(name = "raced", key = "{n}", expiration = 60, large_data, skip(who))]
fn raced(n: u32, who: u32) -> String {
    noise(n * 1000 + who, 700 + 40 * who as usize)
}

#[memoize(name = "raced", key = "{n}", expiration = 60, large_data, skip(who))]
async fn raced_async(n: u32, who: u32) -> String {
    noise(n * 1000 + who, 700 + 40 * who as usize)
}

fn of(who: u32) -> String {
    noise(1000 + who, 700 + 40 * who as usize)
}

const SETS: usize = 3;

#[test]
fn a_writer_who_is_overtaken_anywhere_leaves_one_value_or_the_other() {
    crate::store::at_once();
    for (place, held) in
        (0..SETS).flat_map(|place| [Trouble::Delay, Trouble::DelayReply].map(|held| (place, held)))
    {
        let case = format!("{held:?} {place}");
        let one = Shelf::new(200);
        let (two, reader) = (one.beside(|cache| cache), one.beside(|cache| cache));
        let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
        one.store.script(passed.chain([(Operation::Set, held)]));
        let sees = |known: &[u32]| {
            let value = reader.run(|| raced(1, 3));
            assert!(known.iter().any(|&who| value == of(who)), "{case}");
        };
        block_on(one.run_async(async {
            let mut first = pin!(raced_async(1, 1));
            assert!(poll!(&mut first).is_pending(), "{case}");
            assert!([of(1), of(2)].contains(&two.run(|| raced(1, 2))), "{case}");
            sees(&[1, 2]);
            assert_eq!(two.run(|| memo::refresh(|| raced(1, 2))), of(2));
            sees(&[2]);
            one.store.release();
            assert_eq!(first.await, of(1));
        }));
        sees(&[1, 2, 3]);
        sees(&[1, 2, 3]);
        assert_eq!(
            reader.computed(|| raced(1, 4)).0,
            0,
            "{case}: it has settled"
        );
    }
}

/// As [`a_writer_who_is_overtaken_anywhere_leaves_one_value_or_the_other`], with a deletion between.
#[test]
fn a_writer_whose_entry_is_deleted_meanwhile_leaves_a_whole_value_or_none() {
    crate::store::at_once();
    for place in 0..SETS {
        let one = Shelf::new(200);
        let two = one.beside(|cache| cache);
        two.run(|| raced(1, 2));
        let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
        one.store
            .script(passed.chain([(Operation::Set, Trouble::Delay)]));
        block_on(one.run_async(async {
            let mut first = pin!(memo::refresh_async(raced_async(1, 1)));
            assert!(poll!(&mut first).is_pending());
            assert!(two.run(|| raced::entry(1, 0).invalidate()));
            one.store.release();
            first.await;
        }));
        let (computed, value) = two.computed(|| raced(1, 3));
        assert_eq!(
            (computed, value),
            (0, of(1)),
            "chunks are not another write's"
        );
    }
}

/// Chosen by the machine, checked by what must hold for all: a value is whole, and no two writes share a chunk's name.
#[test]
fn threads_of_three_programs_see_whole_values_only() {
    let one = Shelf::new(200);
    let shelves = [
        one.beside(|cache| cache),
        one.beside(|cache| cache),
        one.clone(),
    ];
    thread::scope(|scope| {
        for (who, shelf) in (1..).zip(&shelves) {
            scope.spawn(move || {
                for round in 0..200_u32 {
                    let value = shelf.run(|| match (round + who) % 4 {
                        0 => memo::refresh(|| raced(1, who)),
                        1 if round % 8 == 1 => {
                            raced::entry(1, 0).invalidate();
                            raced(1, who)
                        }
                        _ => raced(1, who),
                    });
                    assert!((1..4).any(|who| value == of(who)), "round {round}");
                }
            });
        }
    });
    assert_no_name_twice(&one);
}

fn assert_no_name_twice(shelf: &Shelf) {
    let mut names = HashSet::new();
    let log = shelf.store.log().into_iter();
    for logged in log.filter(|logged| logged.operation == Operation::Set) {
        for name in logged.names.into_iter().filter(|name| is_chunk(name)) {
            assert!(names.insert(name), "a name was written twice");
        }
    }
    assert!(names.len() > 100);
}
