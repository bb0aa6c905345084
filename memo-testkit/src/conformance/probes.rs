//! Laws about looking without reading.

use memo_core::backend::{Backend, Item, Name};

use super::bench::{Bench, FOREVER, item};

pub(super) fn a_probe_says_what_is_there<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["c", "a", "missing", "empty", "a", "gone"].map(|text| bench.name(text));
    let [c, a, _, empty, _, gone] = &names;
    for (name, value) in [(a, "A"), (c, "C"), (empty, ""), (gone, "D")] {
        bench.set(name, value);
    }
    bench.delete(gone);
    assert_eq!(bench.probe(&names), [true, true, false, true, true, false]);
    assert_eq!(bench.get(a), Some("A".into()));
}

pub(super) fn a_probe_answers_to_each_of_many_names<B: Backend>(bench: &Bench<'_, B>) {
    let names: Vec<Name> = (0..300).map(|n| bench.name(&n.to_string())).collect();
    let all = names.iter().map(|name| item(name, "A", FOREVER));
    bench.set_many(all.collect::<Vec<Item>>());
    bench.delete_many(&[names[7].clone(), names[299].clone()]);
    let there = (0..300).map(|place| place != 7 && place != 299);
    assert_eq!(bench.probe(&names), there.collect::<Vec<bool>>());
}

pub(super) fn a_probe_does_not_find_what_has_expired<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["short", "long"].map(|text| bench.name(text));
    let [short, long] = &names;
    bench.set_for(short, "A", bench.moments(3));
    bench.set_for(long, "B", bench.moments(60));
    bench.advance(1);
    assert_eq!(bench.probe(&names), [true, true]);
    bench.advance(3);
    assert_eq!(bench.probe(&names), [false, true]);
}
