//! Laws about lives that are cut short.

use std::slice;
use std::time::Duration;

use memo_core::Expiration;
use memo_core::backend::{Backend, Bytes};

use super::bench::{Bench, FOREVER};

pub(super) fn a_life_can_be_cut_short<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["finite", "for-ever", "other"].map(|text| bench.name(text));
    let [finite, for_ever, other] = &names;
    bench.set_for(finite, "A", bench.moments(60));
    bench.set(for_ever, "B");
    bench.set_for(other, "C", bench.moments(60));
    bench.expire(&names[..2], bench.moments(4));
    bench.advance(2);
    let whole = ["A", "B", "C"].map(|value| Some(Bytes::from(value)));
    assert_eq!(bench.get_many(&names), whole);
    bench.advance(3);
    assert_eq!(bench.get_many(&names), [None, None, Some("C".into())]);
}

pub(super) fn a_life_is_never_prolonged<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["short", "gone", "deleted"].map(|text| bench.name(text));
    let [short, gone, deleted] = &names;
    bench.set_for(short, "A", bench.moments(4));
    bench.set_for(gone, "B", bench.moments(2));
    bench.set(deleted, "C");
    bench.delete(deleted);
    bench.expire(&names, FOREVER);
    bench.advance(3);
    bench.expire(&names[1..], bench.moments(60));
    assert_eq!(bench.get_many(&names), [Some("A".into()), None, None]);
    bench.advance(2);
    assert_eq!(bench.get(short), None);
}

pub(super) fn cutting_short_counts_what_was_there<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["a", "never", "b", "gone"].map(|text| bench.name(text));
    let [a, never, b, gone] = &names;
    bench.set(a, "A");
    bench.set_for(b, "B", bench.moments(60));
    bench.set_for(gone, "C", bench.moments(2));
    bench.advance(3);
    assert_eq!(bench.expire(&names, bench.moments(30)), 2);
    assert_eq!(bench.expire(&names, FOREVER), 2);
    assert_eq!(bench.expire(slice::from_ref(never), bench.moments(30)), 0);
    let left = [Some("A".into()), None, Some("B".into()), None];
    assert_eq!(bench.get_many(&names), left);
}

pub(super) fn a_later_value_outlives_the_end_of_an_earlier<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["longer", "for-ever"].map(|text| bench.name(text));
    let [longer, for_ever] = &names;
    for name in &names {
        bench.set(name, "1");
    }
    bench.expire(&names, bench.moments(2));
    bench.set_for(longer, "2", bench.moments(60));
    bench.set(for_ever, "2");
    bench.advance(3);
    let second = Some(Bytes::from("2"));
    assert_eq!(bench.get_many(&names), [second.clone(), second]);
}

pub(super) fn a_life_cut_to_the_shortest_is_not_for_ever<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["zero", "millisecond"].map(|text| bench.name(text));
    for name in &names {
        bench.set(name, "A");
    }
    bench.expire(&names[..1], Duration::ZERO);
    bench.expire(&names[1..], Duration::from_millis(1));
    bench.advance(2);
    assert_eq!(bench.get_many(&names), [None, None]);
}

pub(super) fn a_life_cut_to_months_lasts_months<B: Backend>(bench: &Bench<'_, B>) {
    let days = |days: u64| Expiration::seconds(days * 24 * 60 * 60);
    for (place, time) in [days(30), days(31), days(365)].into_iter().enumerate() {
        let name = bench.name(&place.to_string());
        bench.set(&name, "A");
        bench.expire(slice::from_ref(&name), time);
        assert_eq!(bench.get(&name), Some("A".into()), "{time:?}");
    }
}
