//! Writers who race, and readers of what is replaced meanwhile: one sequence or the other, whole.

use std::collections::HashSet;
use std::thread;

use memo::{Event, Unstored};
use memo_testkit::Operation;

use super::desk::{Desk, Items, OnTorn, Place, Way};
use super::source::{Source, lines};
use crate::shelf::{Shelf, is_chunk};
use crate::support::eventually;

const COUNT: usize = 12;

/// What this writer's body yields. The lengths differ as well.
fn of(who: u32) -> Vec<String> {
    lines(who, COUNT + who as usize, 30)
}

fn write(desk: &Desk, who: u32) -> Items<String> {
    memo::refresh(|| desk.read(Source::new(of(who)).body()))
}

/// One who asks, and would yield something else.
fn see(desk: &Desk, known: &[u32], case: &str) {
    let items = Vec::from_iter(desk.read(Source::new(of(5)).body()));
    assert!(
        known.iter().any(|&who| items == of(who)),
        "{case}: {items:?}"
    );
}

#[test]
fn a_reader_between_two_writers_sees_one_sequence_or_the_other() {
    for way in Way::at(&[Place::Bare, Place::Able]) {
        for (one, two) in (0..=COUNT).flat_map(|one| [0, 3, 7, COUNT].map(|two| (one, two))) {
            let case = format!("{way:?}, {one} and {two} items");
            let first = way.desk(150);
            let (second, reader) = (first.beside(), first.beside());
            write(&first, 0).for_each(drop);
            let (mut by_first, mut by_second) = (write(&first, 1), write(&second, 2));
            by_first.by_ref().take(one).for_each(drop);
            see(&reader, &[0], &case);
            by_second.by_ref().take(two).for_each(drop);
            see(&reader, &[0], &case);
            by_first.for_each(drop);
            see(&reader, &[1], &case);
            by_second.for_each(drop);
            see(&reader, &[2], &case);
            first.shelf.advance(1800);
            see(&reader, &[2], &case);
        }
    }
}

/// How a sequence comes to an end while somebody reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Replaced,
    ReplacedByAShortOne,
    Invalidated,
    AllInvalidated,
}

impl End {
    const ALL: [Self; 4] = [
        Self::Replaced,
        Self::ReplacedByAShortOne,
        Self::Invalidated,
        Self::AllInvalidated,
    ];

    fn come(self, desk: &Desk) {
        match self {
            Self::Replaced => write(desk, 1).for_each(drop),
            Self::ReplacedByAShortOne => {
                let short = Source::new(lines(1, 1, 5));
                memo::refresh(|| desk.whole(&short));
            }
            Self::Invalidated => assert!(desk.invalidate()),
            Self::AllInvalidated => desk.invalidate_all(),
        }
    }
}

/// Has `end` come over a sequence of which so many items were read. Answers the items read in all, and how many bodies ran for them.
fn read_over(desk: &Desk, many: usize, end: End) -> (Vec<String>, u64) {
    write(desk, 0).for_each(drop);
    let source = Source::new(of(0));
    let mut reading = desk.read(source.body());
    let mut items: Vec<String> = reading.by_ref().take(many).collect();
    end.come(desk);
    items.extend(reading);
    (items, source.runs())
}

fn at_every_end(ways: Vec<Way>, test: impl Fn(&Desk, usize, End, &str)) {
    for way in ways {
        for end in End::ALL {
            if end == End::AllInvalidated && way.place == Place::Bare {
                continue; // It cannot.
            }
            for many in 1..=COUNT {
                let case = format!("{way:?}, {end:?} after {many}");
                test(&way.desk(150), many, end, &case);
            }
        }
    }
}

#[test]
fn a_reader_of_a_sequence_that_comes_to_an_end_gets_it_to_its_end() {
    at_every_end(Way::all(), |desk, many, end, case| {
        let (items, _) = read_over(desk, many, end);
        assert_eq!(items, of(0), "{case}");
        assert_eq!(desk.diverged(), [0; 0], "{case}");
    });
}

#[test]
fn in_this_process_the_old_sequence_outlives_its_end_for_its_readers() {
    at_every_end(Way::at(&[Place::Here]), |desk, many, end, case| {
        assert_eq!(read_over(desk, many, end).1, 0, "{case}: a body ran");
    });
}

#[test]
fn what_came_to_an_end_is_not_served_to_those_who_come_after() {
    at_every_end(Way::all(), |desk, many, end, case| {
        write(desk, 0).for_each(drop);
        let reading = desk.read(Source::new(of(0)).body()).take(many);
        drop(Vec::from_iter(reading));
        end.come(desk);
        let source = Source::new(of(2));
        let (ran, items) = desk.whole(&source);
        match end {
            End::Replaced => assert_eq!(items, of(1), "{case}"),
            End::ReplacedByAShortOne => assert_eq!(items, lines(1, 1, 5), "{case}"),
            _ => assert_eq!((ran, items), (1, of(2)), "{case}"),
        }
    });
}

/// All chunks of a group go at once.
#[test]
fn where_lives_can_be_cut_short_the_old_sequence_outlives_its_end_for_its_readers() {
    at_every_end(Way::at(&[Place::Able]), |desk, many, end, case| {
        let (_, ran) = read_over(desk, many, end);
        assert!(ran == 0 || end == End::AllInvalidated, "{case}: a body ran");
    });
}

/// What is kept for readers of the old sequence is not kept for long.
#[test]
fn nothing_of_the_old_sequence_stays() {
    at_every_end(Way::all(), |desk, many, end, case| {
        read_over(desk, many, end);
        // Where lives cannot be cut short, they last as long as they were to.
        let able = desk.way.place != Place::Bare;
        desk.shelf.advance(if able { 600 } else { 7200 });
        eventually(case, || is_one_write_or_none(&desk.shelf));
    });
}

fn is_one_write_or_none(shelf: &Shelf) -> bool {
    let names = shelf.names();
    let write = |name: &String| name.rsplit('.').nth(1).map(str::to_owned);
    let chunks = names.iter().filter(|name| is_chunk(name));
    let writes: HashSet<_> = chunks.map(write).collect();
    let heads = names.iter().filter(|name| !is_chunk(name)).count();
    heads <= 1 && writes.len() <= heads
}

#[test]
fn a_sequence_that_is_invalidated_while_it_is_made_is_not_stored() {
    for way in Way::all() {
        for many in 1..=COUNT {
            for all in [false, true] {
                let (desk, case) = (way.desk(150), format!("{way:?}, {many}, {all}"));
                let source = Source::new(of(0));
                let mut producing = desk.read(source.body());
                let mut items: Vec<String> = producing.by_ref().take(many).collect();
                if all {
                    desk.invalidate_all();
                } else {
                    desk.invalidate();
                }
                items.extend(producing);
                assert_eq!(items, of(0), "{case}");
                let voided = |event: &Event| {
                    let reason = Unstored::Voided;
                    matches!(event, Event::Unstored { reason: r, .. } if *r == reason)
                };
                assert_eq!(desk.count(voided), 1, "{case}");
                desk.assert_nothing_stored(&case);
                let (ran, _) = desk.whole(&Source::new(of(1)));
                assert_eq!(ran, 1, "{case}");
                desk.assert_hit(&of(1), &case);
            }
        }
    }
}

#[test]
fn a_sequence_without_an_attribute_is_invalidated_by_its_parts() {
    for way in Way::all() {
        let (desk, case) = (way.desk(150), format!("{way:?}"));
        let invalidate = || {
            let cache = &desk.shelf.cache;
            cache.invalidate_items::<String>(&1_usize, &desk.policy)
        };
        let mut producing = desk.read(Source::new(of(0)).body());
        producing.by_ref().take(5).for_each(drop);
        invalidate();
        producing.for_each(drop);
        assert_eq!(desk.whole(&Source::new(of(1))), (1, of(1)), "{case}");
        assert!(invalidate(), "{case}");
        desk.shelf.advance(600);
        let left = desk.shelf.names().len();
        assert!(left == 0 || way.place == Place::Bare, "{case}: {left}");
    }
}

/// Nobody who asks after an invalidation follows who began before it.
#[test]
fn a_reader_after_an_invalidation_does_not_follow_who_began_before() {
    for way in Way::all() {
        for many in 1..=COUNT {
            let desk = way.desk(150);
            let mut producing = desk.read(Source::new(of(0)).body());
            producing.by_ref().take(many).for_each(drop);
            desk.invalidate();
            let new = Source::new(of(1));
            assert_eq!(desk.whole(&new), (1, of(1)), "{way:?}, {many}");
            producing.for_each(drop);
            desk.assert_hit(&of(1), &format!("{way:?}, {many}"));
        }
    }
}

/// A refresh joins nobody, and its items are those that are stored.
#[test]
fn a_refresh_does_not_follow_who_began_before() {
    for way in Way::all() {
        for many in 1..=COUNT {
            let (desk, case) = (way.desk(150), format!("{way:?}, {many}"));
            let mut producing = desk.read(Source::new(of(0)).body());
            producing.by_ref().take(many).for_each(drop);
            assert_eq!(Vec::from_iter(write(&desk, 1)), of(1), "{case}");
            let rest = Vec::from_iter(producing);
            assert_eq!(rest, of(0)[many..], "{case}");
            desk.assert_hit(&of(1), &case);
        }
    }
}

/// Chosen by the machine, checked by what must hold for all: sequences are whole, and no two writes share a chunk's name.
#[test]
fn threads_of_three_programs_see_whole_sequences_only() {
    for way in Way::at(&[Place::Bare, Place::Able]) {
        let one = way.desk(150);
        let desks = [one.beside(), one.beside(), one.clone()];
        thread::scope(|scope| {
            for (who, desk) in (1..).zip(&desks) {
                scope.spawn(move || (0..60).for_each(|round| act(desk, who, round)));
            }
        });
        assert_no_name_twice(&one.shelf);
    }
}

fn act(desk: &Desk, who: u32, round: u32) {
    let case = format!("{who} in round {round}");
    let (known, body) = ([1, 2, 3, 5], Source::new(of(who)).body());
    match (round + who) % 5 {
        0 => write(desk, who).for_each(drop),
        1 => drop(desk.invalidate()),
        2 => {
            // Between two sequences that differ it may fail to go on; then it says so.
            let items = desk.attempt(OnTorn::Error, || body().map(Ok));
            let items: Vec<_> = items.collect();
            let sound = Vec::from_iter(items.iter().flatten().cloned());
            let is_known = known.map(of).iter().any(|all| match items.last() {
                Some(Err(_)) => all.starts_with(&sound),
                _ => *all == sound,
            });
            assert!(is_known, "{case}: {items:?}");
        }
        3 => write(desk, who).take(round as usize % COUNT).for_each(drop),
        _ => drop(desk.read(body).next()),
    }
}

fn assert_no_name_twice(shelf: &Shelf) {
    let mut names = HashSet::new();
    let log = shelf.store.log().into_iter();
    for logged in log.filter(|logged| logged.operation == Operation::Set) {
        for name in logged.names.into_iter().filter(|name| is_chunk(name)) {
            assert!(names.insert(name), "a name was written twice");
        }
    }
    assert!(names.len() > 100, "{}", names.len());
}
