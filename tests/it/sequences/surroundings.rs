//! What stands around a call: refresh, bypass, scopes, time.

use memo::{Cache, Event, Miss};

use super::desk::{Desk, OnDrop, Way};
use super::source::{Source, lines};
use crate::shelf::noise;

const COUNT: usize = 12;

fn of(edition: u32) -> Vec<String> {
    lines(edition, COUNT, 30)
}

/// Reads all, with a body that yields this edition; says whether it ran.
fn whole(desk: &Desk, edition: u32) -> (u64, Vec<String>) {
    desk.whole(&Source::new(of(edition)))
}

fn for_each_way(test: impl Fn(&Desk, &str)) {
    for way in Way::all() {
        test(&way.desk(150), &format!("{way:?}"));
    }
}

#[test]
fn a_refresh_runs_the_body_and_stores_what_it_yields() {
    for_each_way(|desk, case| {
        assert_eq!(whole(desk, 1), (1, of(1)), "{case}");
        assert_eq!(memo::refresh(|| whole(desk, 2)), (1, of(2)), "{case}");
        assert_eq!(whole(desk, 3), (0, of(2)), "{case}");
        let forced = |event: &Event| {
            let reason = Miss::Forced;
            matches!(event, Event::Miss { reason: r, .. } if *r == reason)
        };
        assert_eq!(desk.count(forced), 1, "{case}");
    });
}

#[test]
fn a_bypass_runs_the_body_and_leaves_the_cache_alone() {
    for_each_way(|desk, case| {
        assert_eq!(memo::bypass(|| whole(desk, 1)), (1, of(1)), "{case}");
        assert_eq!(desk.shelf.store.log().len(), 0, "{case}");
        assert_eq!(whole(desk, 2), (1, of(2)), "{case}");
        assert_eq!(memo::bypass(|| whole(desk, 3)), (1, of(3)), "{case}");
        assert_eq!(whole(desk, 4), (0, of(2)), "{case}");
    });
}

/// What counts is where the call stands, not where its items are taken.
#[test]
fn a_scope_ends_with_the_call_and_not_with_the_items() {
    for_each_way(|desk, case| {
        whole(desk, 1);
        let new = Source::new(of(2));
        let items = memo::bypass(|| desk.read(new.body()));
        assert_eq!(Vec::from_iter(items), of(2), "{case}");
        let items = desk.read(Source::new(of(3)).body());
        let items = memo::bypass(|| Vec::from_iter(items));
        assert_eq!(items, of(1), "{case}");
        let items = memo::refresh(|| desk.read(new.body()));
        assert_eq!(Vec::from_iter(items), of(2), "{case}");
        assert_eq!(whole(desk, 4), (0, of(2)), "{case}");
    });
}

/// A body runs as if in its caller's place: what it calls is not refreshed with it.
#[test]
fn a_refresh_does_not_reach_into_the_body() {
    for_each_way(|desk, case| {
        let inner = Source::new(of(1));
        let calls_inner = |desk: &Desk| {
            let (desk, inner) = (desk.clone(), inner.clone());
            move || desk.read_key(2, OnDrop::Discard, inner.body())
        };
        for run in 1..3 {
            let items = memo::refresh(|| desk.read(calls_inner(desk)));
            assert_eq!(Vec::from_iter(items), of(1), "{case}");
            assert_eq!(inner.runs(), 1, "{case}, run {run}");
        }
    });
}

#[test]
fn a_disabled_cache_runs_every_body() {
    for way in Way::all() {
        let mut desk = way.desk(150);
        desk.shelf.cache = Cache::disabled();
        for edition in 1..3 {
            assert_eq!(whole(&desk, edition), (1, of(edition)), "{way:?}");
        }
    }
}

#[test]
fn a_sequence_expires_whole() {
    for_each_way(|desk, case| {
        whole(desk, 1);
        desk.shelf.advance(3599);
        assert_eq!(whole(desk, 2), (0, of(1)), "{case}");
        desk.shelf.advance(1);
        assert_eq!(whole(desk, 2), (1, of(2)), "{case}");
        assert_eq!(whole(desk, 3), (0, of(2)), "{case}");
    });
}

/// It began when the sequence was alive.
#[test]
fn a_reader_of_a_sequence_that_expires_gets_it_to_its_end() {
    for way in Way::all() {
        for many in 1..COUNT {
            let (desk, case) = (way.desk(150), format!("{way:?}, {many}"));
            whole(&desk, 1);
            desk.shelf.advance(3590);
            let mut reading = desk.read(Source::new(of(1)).body());
            let mut items: Vec<String> = reading.by_ref().take(many).collect();
            desk.shelf.advance(11);
            items.extend(reading);
            assert_eq!(items, of(1), "{case}");
        }
    }
}

/// Its time begins with its first chunk, or that one would be the first to die.
#[test]
fn a_sequence_that_takes_long_to_make_is_served_until_its_chunks_expire() {
    for_each_way(|desk, case| {
        let mut producing = desk.read(Source::new(of(1)).body());
        let mut items: Vec<String> = producing.by_ref().take(6).collect();
        desk.shelf.advance(3000);
        items.extend(producing);
        assert_eq!(items, of(1), "{case}");
        desk.shelf.advance(590);
        assert_eq!(whole(desk, 2), (0, of(1)), "{case}");
        desk.shelf.advance(11);
        assert_eq!(whole(desk, 2), (1, of(2)), "{case}");
        assert_eq!(desk.torn(), [0; 0], "{case}");
    });
}

#[test]
fn a_sequence_that_takes_longer_than_it_is_to_live_is_not_served() {
    for_each_way(|desk, case| {
        let mut producing = desk.read(Source::new(of(1)).body());
        let mut items: Vec<String> = producing.by_ref().take(6).collect();
        desk.shelf.advance(4000);
        items.extend(producing);
        assert_eq!(items, of(1), "{case}");
        assert_eq!(whole(desk, 2), (1, of(2)), "{case}");
    });
}

#[test]
fn names_of_policies_do_not_share() {
    for way in Way::all() {
        let one = way.desk(150);
        let mut two = one.clone();
        two.policy = way.policy("sequences-elsewhere");
        assert_eq!(whole(&one, 1), (1, of(1)), "{way:?}");
        assert_eq!(whole(&two, 2), (1, of(2)), "{way:?}");
        assert_eq!(whole(&one, 3), (0, of(1)), "{way:?}");
    }
}

#[test]
fn a_value_and_a_sequence_of_one_name_are_not_taken_for_each_other() {
    for_each_way(|desk, case| {
        let value = of(7);
        let call = |edition| {
            let (cache, policy) = (&desk.shelf.cache, &desk.policy);
            cache.get_or_compute(&1_usize, policy, || vec![noise(edition, 40)])
        };
        whole(desk, 1);
        assert_eq!(call(7), [noise(7, 40)], "{case}");
        assert_eq!(whole(desk, 7), (1, value), "{case}");
        assert_eq!(call(8), [noise(8, 40)], "{case}");
    });
}

#[test]
fn an_iterator_and_a_stream_of_one_name_share_what_is_stored() {
    for way in Way::all() {
        let desk = way.desk(150);
        whole(&desk, 1);
        for other in Way::all() {
            let other = Desk {
                way: other,
                ..desk.clone()
            };
            assert_eq!(whole(&other, 2), (0, of(1)), "{way:?}, {other:?}");
        }
    }
}
