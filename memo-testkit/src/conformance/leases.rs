//! Laws about leases.

use std::sync::Barrier;
use std::thread;

use memo_core::backend::{Backend, Lease, Name, Token};

use super::bench::Bench;

pub(super) fn a_stored_value_needs_no_lease<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.set(&name, "A");
    assert_eq!(bench.lease(&name), Lease::Found("A".into()));
}

pub(super) fn one_of_many_callers_gets_the_lease<B: Backend>(bench: &Bench<'_, B>) {
    const CALLERS: usize = 8;
    let name = bench.name("a");
    let together = Barrier::new(CALLERS);
    let ask = || {
        together.wait();
        bench.lease(&name)
    };
    let leases: Vec<Lease> = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(ask)).collect();
        let answers = callers.into_iter().map(|caller| caller.join());
        answers
            .map(|answer| answer.expect("no caller panics"))
            .collect()
    });
    let held = leases
        .iter()
        .filter(|lease| matches!(lease, Lease::Held(_)));
    assert_eq!(held.count(), CALLERS - 1);
    assert!(leases.contains(&Lease::Granted));
}

pub(super) fn a_filled_value_is_found<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let token = bench.granted(&name);
    assert_eq!(bench.lease(&name), Lease::Held(token));
    assert_eq!(bench.get(&name), None);
    assert!(bench.fill(&name, "A", token));
    assert_eq!(bench.get(&name), Some("A".into()));
    assert_eq!(bench.lease(&name), Lease::Found("A".into()));
    assert!(!bench.fill(&name, "B", token));
    assert_eq!(bench.get(&name), Some("A".into()));
}

pub(super) fn a_filled_value_expires<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let token = bench.granted(&name);
    assert!(bench.fill_for(&name, "A", bench.moments(2), token));
    assert_eq!(bench.get(&name), Some("A".into()));
    bench.advance(3);
    assert_eq!(bench.get(&name), None);
    bench.granted(&name);
}

pub(super) fn a_released_lease_goes_to_the_next<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let first = bench.granted(&name);
    bench.release(&name, first);
    let second = bench.granted(&name);
    assert!(!bench.fill(&name, "first", first));
    assert!(bench.fill(&name, "second", second));
    assert_eq!(bench.get(&name), Some("second".into()));
}

pub(super) fn a_lease_is_over_after_its_time<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let late = bench.granted_for(&name, bench.moments(2));
    assert_eq!(bench.lease(&name), Lease::Held(late));
    bench.advance(3);
    assert!(!bench.fill(&name, "late", late));
    assert_eq!(bench.get(&name), None);
    let next = bench.granted(&name);
    assert!(!bench.fill(&name, "late", late));
    assert!(bench.fill(&name, "in time", next));
    assert_eq!(bench.get(&name), Some("in time".into()));
}

pub(super) fn a_lease_over_does_not_end_the_next<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let first = bench.granted(&name);
    bench.delete(&name);
    let second = bench.granted(&name);
    bench.release(&name, first);
    assert_eq!(bench.lease(&name), Lease::Held(second));
    assert!(bench.fill(&name, "second", second));
}

pub(super) fn a_lease_is_for_one_name<B: Backend>(bench: &Bench<'_, B>) {
    let (a, b) = (bench.name("a"), bench.name("b"));
    let of_a = bench.granted(&a);
    assert!(!bench.fill(&b, "B", of_a));
    let of_b = bench.granted(&b);
    assert!(bench.fill(&b, "B", of_b));
    assert!(bench.fill(&a, "A", of_a));
    assert_eq!(
        bench.get_many(&[a, b]),
        [Some("A".into()), Some("B".into())]
    );
}

pub(super) fn a_leased_name_looks_absent<B: Backend>(bench: &Bench<'_, B>) {
    let names = [bench.name("a"), bench.name("b")];
    bench.set(&names[1], "B");
    let token = bench.granted(&names[0]);
    let looks_absent = || {
        assert_eq!(bench.get_many(&names), [None, Some("B".into())]);
        if bench.capability().probes {
            assert_eq!(bench.probe(&names), [false, true]);
        }
    };
    looks_absent();
    assert!(bench.extend(&names[0], token, bench.moments(3600)));
    looks_absent();
}

pub(super) fn an_extended_lease_goes_on<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let token = bench.granted_for(&name, bench.moments(4));
    bench.advance(1);
    assert!(bench.extend(&name, token, bench.moments(3600)));
    bench.advance(4);
    assert_eq!(bench.lease(&name), Lease::Held(token));
    assert!(bench.extend(&name, token, bench.moments(3600)));
    assert!(bench.fill(&name, "A", token));
    assert_eq!(bench.get(&name), Some("A".into()));
}

pub(super) fn an_extended_lease_is_over_after_its_time<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let late = bench.granted(&name);
    assert!(bench.extend(&name, late, bench.moments(2)));
    bench.advance(3);
    assert!(!bench.fill(&name, "late", late));
    let next = bench.granted(&name);
    assert!(bench.fill(&name, "in time", next));
    assert_eq!(bench.get(&name), Some("in time".into()));
}

pub(super) fn an_extended_lease_goes_to_the_next<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let token = bench.granted(&name);
    assert!(bench.extend(&name, token, bench.moments(3600)));
    bench.release(&name, token);
    let second = bench.granted(&name);
    assert!(bench.fill(&name, "second", second));
}

pub(super) fn a_lease_that_is_over_is_not_extended<B: Backend>(bench: &Bench<'_, B>) {
    let endings: [fn(&Bench<'_, B>, &Name, Token); 4] = [
        |bench, name, _| assert!(bench.delete(name) <= 1),
        |bench, name, _| bench.set(name, "set"),
        |bench, name, token| assert!(bench.fill(name, "filled", token)),
        |bench, name, token| assert!(bench.release(name, token)),
    ];
    for (ending, end) in endings.into_iter().enumerate() {
        let name = bench.name(&ending.to_string());
        let token = bench.granted(&name);
        end(bench, &name, token);
        let before = bench.get(&name);
        let extended = bench.extend(&name, token, bench.moments(3600));
        assert!(!extended, "ending {ending}");
        assert_eq!(bench.get(&name), before, "ending {ending}");
        assert!(!bench.is_held(&name), "ending {ending}");
    }
}

pub(super) fn a_lease_that_timed_out_is_not_extended<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let late = bench.granted_for(&name, bench.moments(2));
    bench.advance(3);
    assert!(!bench.extend(&name, late, bench.moments(3600)));
    bench.granted(&name);
}

pub(super) fn a_lease_is_extended_by_its_holder_alone<B: Backend>(bench: &Bench<'_, B>) {
    // Of one name: each of several servers may count the tokens that it gives.
    let name = bench.name("a");
    let first = bench.granted(&name);
    bench.delete(&name);
    let second = bench.granted(&name);
    assert!(!bench.extend(&name, first, bench.moments(3600)));
    assert!(bench.fill(&name, "second", second));
}

pub(super) fn a_lease_is_granted_once_more_to_its_holder<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let token = bench.granted(&name);
    let again = bench.lease_by(&name, token, bench.moments(3600));
    assert_eq!(again, Lease::Granted);
    assert_eq!(bench.lease(&name), Lease::Held(token));
    assert!(bench.fill(&name, "A", token));
}

pub(super) fn a_release_says_whether_there_was_a_lease<B: Backend>(bench: &Bench<'_, B>) {
    let (name, other) = (bench.name("a"), bench.name("b"));
    let token = bench.granted(&name);
    assert!(!bench.release(&other, token), "nobody has leased it");
    assert!(bench.release(&name, token));
    assert!(!bench.release(&name, token), "it was given back");
    let next = bench.granted(&name);
    assert!(!bench.release(&name, token), "it is another's");
    assert!(bench.fill(&name, "A", next));
    assert!(!bench.release(&name, next), "there is a value");
    assert_eq!(bench.get(&name), Some("A".into()));
}

pub(super) fn a_seized_name_is_filled_by_nobody_else<B: Backend>(bench: &Bench<'_, B>) {
    let [absent, stored, leased] = ["a", "b", "c"].map(|text| bench.name(text));
    bench.set(&stored, "old");
    let earlier = bench.granted(&leased);
    for name in [&absent, &stored, &leased] {
        let token = bench.seize(name, bench.moments(3600));
        assert_eq!(bench.get(name), None);
        assert_eq!(bench.lease(name), Lease::Held(token));
        assert!(!bench.fill(name, "earlier", earlier));
        assert!(bench.extend(name, token, bench.moments(3600)));
        assert!(bench.fill(name, "new", token));
        assert_eq!(bench.get(name), Some("new".into()));
    }
}

pub(super) fn a_delete_ends_a_seized_lease<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.set(&name, "old");
    let before = bench.seize(&name, bench.moments(3600));
    bench.delete(&name);
    assert!(!bench.fill(&name, "before", before));
    assert_eq!(bench.get(&name), None);
    bench.granted(&name);
}

pub(super) fn a_seized_lease_is_over_after_its_time<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.set(&name, "old");
    let late = bench.seize(&name, bench.moments(2));
    bench.advance(3);
    assert!(!bench.fill(&name, "late", late));
    bench.granted(&name);
}

pub(super) fn whoever_joins_a_lease_may_fill_as_well<B: Backend>(bench: &Bench<'_, B>) {
    let long = bench.moments(3600);
    for who in 0..4 {
        let name = bench.name(&who.to_string());
        let mut holders = vec![bench.granted(&name)];
        for _ in 0..3 {
            let last = holders[holders.len() - 1];
            let joined = bench.join(&name, last, long);
            holders.push(joined.expect("the last one is joined"));
        }
        assert_eq!(bench.join(&name, holders[0], long), None);
        assert_eq!(bench.get(&name), None);
        assert_eq!(bench.lease(&name), Lease::Held(holders[3]));
        assert!(bench.extend(&name, holders[who], long));
        assert!(bench.fill(&name, "A", holders[who]));
        for holder in holders {
            assert!(!bench.fill(&name, "B", holder), "it is over for all");
        }
        assert_eq!(bench.get(&name), Some("A".into()));
    }
}

pub(super) fn one_of_many_callers_joins_a_holder<B: Backend>(bench: &Bench<'_, B>) {
    const CALLERS: usize = 8;
    let name = bench.name("a");
    let holder = bench.granted(&name);
    let together = Barrier::new(CALLERS);
    let join = || {
        together.wait();
        bench.join(&name, holder, bench.moments(3600))
    };
    let joined: Vec<Token> = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(join)).collect();
        let answers = callers.into_iter().map(|caller| caller.join());
        answers
            .filter_map(|answer| answer.expect("no caller panics"))
            .collect()
    });
    assert_eq!(joined.len(), 1);
    assert_eq!(bench.lease(&name), Lease::Held(joined[0]));
    let free = bench.name("b");
    assert_eq!(bench.join(&free, holder, bench.moments(3600)), None);
    bench.granted(&free);
}

pub(super) fn a_joined_lease_lasts_for_the_time_of_who_joined<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let first = bench.granted_for(&name, bench.moments(4));
    let second = bench.join(&name, first, bench.moments(3600));
    let second = second.expect("the last one is joined");
    bench.advance(5);
    assert_eq!(bench.lease(&name), Lease::Held(second));
    let third = bench.join(&name, second, bench.moments(2));
    let third = third.expect("the last one is joined");
    bench.advance(3);
    for late in [first, second, third] {
        assert!(!bench.fill(&name, "late", late));
    }
    bench.granted(&name);
}

pub(super) fn a_joined_lease_is_given_back_by_each<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let first = bench.granted(&name);
    let second = bench.join(&name, first, bench.moments(3600));
    let second = second.expect("the last one is joined");
    assert!(bench.release(&name, second));
    assert!(!bench.fill(&name, "second", second));
    assert_eq!(bench.lease(&name), Lease::Held(first));
    let third = bench.join(&name, first, bench.moments(3600));
    let third = third.expect("the last one is joined");
    assert!(bench.release(&name, first));
    assert_eq!(bench.lease(&name), Lease::Held(third));
    assert!(bench.release(&name, third));
    bench.granted(&name);
}

pub(super) fn a_set_and_a_delete_end_a_joined_lease<B: Backend>(bench: &Bench<'_, B>) {
    let endings: [fn(&Bench<'_, B>, &Name); 2] = [
        |bench, name| assert!(bench.delete(name) <= 1),
        |bench, name| bench.set(name, "set"),
    ];
    for (ending, end) in endings.into_iter().enumerate() {
        let name = bench.name(&ending.to_string());
        let first = bench.granted(&name);
        let second = bench.join(&name, first, bench.moments(3600));
        let second = second.expect("the last one is joined");
        end(bench, &name);
        let before = bench.get(&name);
        for holder in [first, second] {
            assert!(!bench.fill(&name, "late", holder), "ending {ending}");
            assert_eq!(bench.join(&name, holder, bench.moments(3600)), None);
        }
        assert_eq!(bench.get(&name), before, "ending {ending}");
    }
}

pub(super) fn a_delete_ends_the_lease<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let before = bench.granted(&name);
    bench.delete(&name);
    assert!(!bench.fill(&name, "before", before));
    assert_eq!(bench.get(&name), None);
    let behind = bench.granted(&name);
    assert!(bench.fill(&name, "behind", behind));
}

pub(super) fn a_set_ends_the_lease<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let token = bench.granted(&name);
    bench.set(&name, "set");
    assert!(!bench.fill(&name, "filled", token));
    assert_eq!(bench.get(&name), Some("set".into()));
}

pub(super) fn deleting_a_group_ends_its_leases<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let before = bench.granted(&name);
    bench.delete_group(bench.group);
    assert!(!bench.fill(&name, "before", before));
    assert_eq!(bench.get(&name), None);
    bench.granted(&name);
}

pub(super) fn a_fill_and_a_delete_leave_nothing<B: Backend>(bench: &Bench<'_, B>) {
    for round in 0..100 {
        let name = bench.name(&round.to_string());
        let token: Token = bench.granted(&name);
        let together = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                together.wait();
                bench.fill(&name, "A", token)
            });
            together.wait();
            bench.delete(&name);
        });
        assert_eq!(bench.get(&name), None, "round {round}");
    }
}
