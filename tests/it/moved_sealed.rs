//! Sealed entries that stand where they were not written.

use memo::{Reject, memoize};

use crate::moved::{meets, other_order, replayed, two_writes};
use crate::shelf::{Shelf, noise, outside, sealed};

#[memoize(key = "moved-sealed:{n}", expiration = 60, encrypt)]
fn name(n: u32) -> String {
    format!("name {n}")
}

#[memoize(key = "moved-sealed-street:{n}", expiration = 60, encrypt)]
fn street(n: u32) -> String {
    format!("street {n}")
}

#[memoize(
    key = "moved-sealed-book:{n}",
    expiration = 60,
    encrypt,
    large_data,
    skip(edition)
)]
fn book(n: u32, edition: u32) -> String {
    noise(n * 1000 + edition, 900)
}

#[test]
fn a_sealed_entry_under_the_name_of_another_key_is_refused() {
    let shelf = sealed(200);
    let (one, two) = shelf.run(|| {
        name(1);
        (name::entry(1).key(), name::entry(2).key())
    });
    assert_eq!(meets(&shelf, &one, &two, || name(2)), [Reject::Commit]);
}

#[test]
fn a_sealed_entry_under_the_name_of_another_function_is_refused() {
    let shelf = sealed(200);
    let (one, two) = shelf.run(|| {
        name(1);
        (name::entry(1).key(), street::entry(1).key())
    });
    assert_eq!(meets(&shelf, &one, &two, || street(1)), [Reject::Commit]);
}

#[test]
fn a_sealed_entry_under_the_name_of_another_namespace_is_refused() {
    let ring = || crate::shelf::ring(1);
    let one = Shelf::with(outside(200), |cache| cache.keyring(ring()).namespace("one"));
    let two = one.beside(|cache| cache.keyring(ring()).namespace("two"));
    one.run(|| name(1));
    let names = (
        one.run(|| name::entry(1).key()),
        two.run(|| name::entry(1).key()),
    );
    let rejects = meets(&two, &names.0, &names.1, || name(1));
    assert_eq!(rejects, [Reject::Commit]);
}

#[test]
fn plain_where_sealed_is_wanted_is_refused_and_the_reverse() {
    let shelf = sealed(200);
    let (plain, own) = shelf.run(|| {
        crate::moved::name(1);
        (crate::moved::name::entry(1).key(), name::entry(1).key())
    });
    assert_eq!(meets(&shelf, &plain, &own, || name(1)), [Reject::Downgrade]);
    let rejects = meets(&shelf, &own, &plain, || crate::moved::name(1));
    assert_eq!(rejects, [Reject::Downgrade]);
}

#[test]
fn a_plain_chunk_among_sealed_ones_is_refused() {
    let shelf = sealed(200);
    shelf.run(|| crate::moved::book(1, 1));
    let plain = shelf.bytes(&shelf.chunks()[0]);
    let before = shelf.names();
    shelf.run(|| book(1, 1));
    let mut sealed = shelf.chunks();
    sealed.retain(|name| !before.contains(name));
    shelf.plant(&sealed[0], &plain);
    shelf.recorder.clear();
    let (computed, value) = shelf.computed(|| book(1, 1));
    assert_eq!((computed, value), (1, noise(1001, 900)));
    assert_eq!(shelf.rejects(), [Reject::Downgrade]);
}

#[test]
fn parts_of_two_sealed_writes_are_no_value() {
    two_writes(sealed(200), book, |n| book::entry(n, 1).key());
}

#[test]
fn sealed_chunks_in_another_order_are_no_value() {
    other_order(sealed(200), book);
}

#[test]
fn an_old_sealed_entry_is_served_for_as_long_as_it_would_have_lived_and_no_longer() {
    replayed(sealed(200), book, |n| book::entry(n, 1).key());
}
