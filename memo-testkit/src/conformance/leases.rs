//! Laws about leases.

use std::sync::Barrier;
use std::thread;

use memo_core::backend::{Backend, Lease, Token};

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
