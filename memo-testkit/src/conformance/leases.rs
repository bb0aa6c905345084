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
    let held = leases.iter().filter(|lease| **lease == Lease::Held);
    assert_eq!(held.count(), CALLERS - 1);
    assert!(
        leases
            .iter()
            .any(|lease| matches!(lease, Lease::Granted(_)))
    );
}

pub(super) fn a_filled_value_is_found<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let token = bench.granted(&name);
    assert_eq!(bench.lease(&name), Lease::Held);
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
    let Lease::Granted(late) = bench.lease_for(&name, bench.moments(2)) else {
        panic!("no lease was granted");
    };
    assert_eq!(bench.lease(&name), Lease::Held);
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
    assert_eq!(bench.lease(&name), Lease::Held);
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
    assert!(
        bench
            .extend(&names[0], token, bench.moments(3600))
            .is_some()
    );
    looks_absent();
}

pub(super) fn an_extended_lease_goes_on<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let Lease::Granted(first) = bench.lease_for(&name, bench.moments(4)) else {
        panic!("no lease was granted");
    };
    bench.advance(1);
    let second = bench.extend(&name, first, bench.moments(3600));
    let second = second.expect("the lease is not over");
    bench.advance(4);
    assert_eq!(bench.lease(&name), Lease::Held);
    let third = bench.extend(&name, second, bench.moments(3600));
    let third = third.expect("the lease is not over");
    assert!(bench.fill(&name, "A", third));
    assert_eq!(bench.get(&name), Some("A".into()));
}

pub(super) fn an_extended_lease_is_over_after_its_time<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let token = bench.granted(&name);
    let late = bench.extend(&name, token, bench.moments(2));
    let late = late.expect("the lease is not over");
    bench.advance(3);
    assert!(!bench.fill(&name, "late", late));
    let next = bench.granted(&name);
    assert!(bench.fill(&name, "in time", next));
    assert_eq!(bench.get(&name), Some("in time".into()));
}

pub(super) fn an_extended_lease_goes_to_the_next<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let token = bench.granted(&name);
    let first = bench.extend(&name, token, bench.moments(3600));
    bench.release(&name, first.expect("the lease is not over"));
    let second = bench.granted(&name);
    assert!(bench.fill(&name, "second", second));
}

pub(super) fn a_lease_that_is_over_is_not_extended<B: Backend>(bench: &Bench<'_, B>) {
    let endings: [fn(&Bench<'_, B>, &Name, Token); 4] = [
        |bench, name, _| assert!(bench.delete(name) <= 1),
        |bench, name, _| bench.set(name, "set"),
        |bench, name, token| assert!(bench.fill(name, "filled", token)),
        |bench, name, token| bench.release(name, token),
    ];
    for (ending, end) in endings.into_iter().enumerate() {
        let name = bench.name(&ending.to_string());
        let token = bench.granted(&name);
        end(bench, &name, token);
        let before = bench.get(&name);
        let extended = bench.extend(&name, token, bench.moments(3600));
        assert_eq!(extended, None, "ending {ending}");
        assert_eq!(bench.get(&name), before, "ending {ending}");
        assert_ne!(bench.lease(&name), Lease::Held, "ending {ending}");
    }
}

pub(super) fn a_lease_that_timed_out_is_not_extended<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let Lease::Granted(late) = bench.lease_for(&name, bench.moments(2)) else {
        panic!("no lease was granted");
    };
    bench.advance(3);
    assert_eq!(bench.extend(&name, late, bench.moments(3600)), None);
    bench.granted(&name);
}

pub(super) fn a_lease_is_extended_by_its_holder_alone<B: Backend>(bench: &Bench<'_, B>) {
    // Of one name: each of several servers may count the tokens that it gives.
    let name = bench.name("a");
    let first = bench.granted(&name);
    bench.delete(&name);
    let second = bench.granted(&name);
    assert_eq!(bench.extend(&name, first, bench.moments(3600)), None);
    assert!(bench.fill(&name, "second", second));
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
