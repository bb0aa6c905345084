//! Laws about names.

use memo_core::backend::{Backend, Name};

use super::bench::{Bench, FOREVER, item};

/// Stores with a longer limit are believed.
const LONGEST_TESTED: usize = 8192;

pub(super) fn the_longest_name_is_a_name<B: Backend>(bench: &Bench<'_, B>) {
    each_has_its_own_value(bench, &[bench.name_of_length(longest(bench), 'a')]);
}

pub(super) fn long_names_that_differ_at_their_end_are_different<B: Backend>(bench: &Bench<'_, B>) {
    let ends = ['a', 'b', 'c'];
    each_has_its_own_value(
        bench,
        &ends.map(|end| bench.name_of_length(longest(bench), end)),
    );
}

pub(super) fn every_printable_character_may_be_in_a_name<B: Backend>(bench: &Bench<'_, B>) {
    let characters = (b'!'..=b'~').map(char::from);
    let names: Vec<Name> = characters
        .flat_map(|c| [format!("a{c}"), format!("a{c}{c}b")])
        .chain(["../a", "a/../b", "%00", "a\\0", "${a}", "*", "a?[b]", "-1"].map(String::from))
        .map(|text| bench.name(&text))
        .collect();
    each_has_its_own_value(bench, &names);
}

pub(super) fn names_that_differ_in_one_character_are_different<B: Backend>(bench: &Bench<'_, B>) {
    let texts = [
        "abc", "abd", "Abc", "ABC", "aBc", "ab", "abcc", "abc.", "abc:", "abc_", "0abc", "bac",
    ];
    each_has_its_own_value(bench, &texts.map(|text| bench.name(text)));
}

pub(super) fn a_name_that_begins_another_is_another<B: Backend>(bench: &Bench<'_, B>) {
    let texts = [
        "a", "a/", "a/b", "a/b/c", "a:", "a:b", "a:b:c", "a.b", "a.b.1",
    ];
    let names = texts.map(|text| bench.name(text));
    each_has_its_own_value(bench, &names);
    for name in &names {
        assert_eq!(bench.delete(name), 1);
        assert_eq!(bench.get(name), None);
    }
}

fn longest<B: Backend>(bench: &Bench<'_, B>) -> usize {
    bench.capability().max_name_bytes.min(LONGEST_TESTED)
}

fn each_has_its_own_value<B: Backend>(bench: &Bench<'_, B>, names: &[Name]) {
    let value = |place: usize| format!("value {place}");
    let items = names.iter().enumerate();
    bench.set_many(
        items
            .map(|(place, name)| item(name, value(place), FOREVER))
            .collect(),
    );
    for (place, name) in names.iter().enumerate() {
        assert_eq!(bench.get(name), Some(value(place).into()), "name {place}");
    }
}
