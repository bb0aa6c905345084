//! Laws about time.

use std::time::Duration;

use memo_core::Expiration;
use memo_core::backend::{Backend, Bytes};

use super::bench::{Bench, FOREVER};

pub(super) fn a_value_is_there_until_it_expires<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.set_for(&name, "A", bench.moments(4));
    assert_eq!(bench.get(&name), Some("A".into()));
    bench.advance(2);
    assert_eq!(bench.get(&name), Some("A".into()));
}

pub(super) fn a_value_is_gone_once_it_expired<B: Backend>(bench: &Bench<'_, B>) {
    let (short, long) = (bench.name("short"), bench.name("long"));
    bench.set_for(&short, "A", bench.moments(2));
    bench.set_for(&long, "B", bench.moments(60));
    bench.advance(3);
    assert_eq!(bench.get_many(&[short, long]), [None, Some("B".into())]);
}

pub(super) fn a_value_without_an_end_stays<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.set_for(&name, "A", FOREVER);
    bench.advance(3);
    assert_eq!(bench.get(&name), Some("A".into()));
}

pub(super) fn the_shortest_time_is_not_for_ever<B: Backend>(bench: &Bench<'_, B>) {
    let (zero, millisecond) = (bench.name("zero"), bench.name("millisecond"));
    bench.set_for(&zero, "A", Duration::ZERO);
    bench.set_for(&millisecond, "B", Duration::from_millis(1));
    bench.advance(2);
    assert_eq!(bench.get_many(&[zero, millisecond]), [None, None]);
}

pub(super) fn a_later_value_brings_its_own_time<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["longer", "for-ever", "shorter", "no-more"].map(|text| bench.name(text));
    let [longer, for_ever, shorter, no_more] = &names;
    bench.set_for(longer, "1", bench.moments(2));
    bench.set_for(for_ever, "1", bench.moments(2));
    bench.set_for(shorter, "1", bench.moments(60));
    bench.set_for(no_more, "1", FOREVER);
    bench.set_for(longer, "2", bench.moments(60));
    bench.set_for(for_ever, "2", FOREVER);
    bench.set_for(shorter, "2", bench.moments(2));
    bench.set_for(no_more, "2", bench.moments(2));
    bench.advance(3);
    let second = Some(Bytes::from("2"));
    assert_eq!(bench.get_many(&names), [second.clone(), second, None, None]);
}

pub(super) fn months_and_ages_are_times_to_live<B: Backend>(bench: &Bench<'_, B>) {
    let days = |days: u64| Expiration::seconds(days * 24 * 60 * 60);
    let times = [
        days(30),
        days(31),
        days(365),
        days(100 * 365),
        Duration::MAX.into(),
    ];
    for (place, time) in times.into_iter().enumerate() {
        let name = bench.name(&place.to_string());
        bench.set_for(&name, "A", time);
        assert_eq!(bench.get(&name), Some("A".into()), "{time:?}");
    }
}

pub(super) fn what_has_expired_is_not_counted<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.set_for(&name, "A", bench.moments(2));
    bench.advance(3);
    assert_eq!(bench.delete(&name), 0);
}
