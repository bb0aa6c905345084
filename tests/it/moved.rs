//! Entries that stand where they were not written: refused, whole or in parts.

use memo::{Reject, memoize};

use crate::shelf::{Shelf, index, is_chunk, noise, outside};

#[memoize(key = "moved-name:{n}", expiration = 60)]
pub(crate) fn name(n: u32) -> String {
    format!("name {n}")
}

#[memoize(key = "moved-street:{n}", expiration = 60)]
fn street(n: u32) -> String {
    format!("street {n}")
}

#[memoize(key = "moved-age:{n}", expiration = 60)]
fn age(n: u32) -> u64 {
    u64::from(n)
}

#[memoize(key = "moved-book:{n}", expiration = 60, large_data, skip(edition))]
pub(crate) fn book(n: u32, edition: u32) -> String {
    noise(n * 1000 + edition, 900)
}

/// What a call finds where the bytes of another were put.
pub(crate) fn meets(shelf: &Shelf, from: &str, to: &str, call: impl Fn() -> String) -> Vec<Reject> {
    let expected = shelf.run(&call);
    shelf.store.copy(from, to);
    shelf.recorder.clear();
    let (computed, value) = shelf.computed(&call);
    assert_eq!(value, expected);
    assert_eq!(computed, 1);
    shelf.rejects()
}

#[test]
fn an_entry_under_the_name_of_another_key_is_refused() {
    let shelf = Shelf::new(200);
    let (one, two) = shelf.run(|| {
        name(1);
        (name::entry(1).key(), name::entry(2).key())
    });
    assert_eq!(meets(&shelf, &one, &two, || name(2)), [Reject::Checksum]);
}

#[test]
fn an_entry_under_the_name_of_another_function_is_refused() {
    let shelf = Shelf::new(200);
    let (name_key, street_key, age_key) = shelf.run(|| {
        name(1);
        age(1);
        (
            name::entry(1).key(),
            street::entry(1).key(),
            age::entry(1).key(),
        )
    });
    assert_eq!(
        meets(&shelf, &name_key, &street_key, || street(1)),
        [Reject::Checksum]
    );
    assert_eq!(
        meets(&shelf, &age_key, &street_key, || street(1)),
        [Reject::Schema]
    );
}

#[test]
fn an_entry_under_the_name_of_another_namespace_is_refused() {
    let one = Shelf::with(outside(200), |cache| cache.namespace("one"));
    let two = one.beside(|cache| cache.namespace("two"));
    one.run(|| name(1));
    let names = (
        one.run(|| name::entry(1).key()),
        two.run(|| name::entry(1).key()),
    );
    assert_ne!(names.0, names.1);
    let rejects = meets(&two, &names.0, &names.1, || name(1));
    assert_eq!(rejects, [Reject::Checksum]);
}

#[test]
fn a_chunk_where_an_entry_should_be_is_refused_and_the_reverse() {
    for reverse in [false, true] {
        let shelf = Shelf::new(200);
        let entry = shelf.run(|| {
            book(1, 1);
            book::entry(1, 1).key()
        });
        let chunk = shelf.chunks()[0].clone();
        let rejects = match reverse {
            false => meets(&shelf, &chunk, &entry, || book(1, 1)),
            true => meets(&shelf, &entry, &chunk, || book(1, 1)),
        };
        assert_eq!(rejects, [Reject::Format]);
    }
}

#[test]
fn parts_of_two_writes_are_no_value() {
    two_writes(Shelf::new(200), book, |n| book::entry(n, 1).key());
}

#[test]
fn chunks_in_another_order_are_no_value() {
    other_order(Shelf::new(200), book);
}

#[test]
fn an_old_entry_is_served_for_as_long_as_it_would_have_lived_and_no_longer() {
    replayed(Shelf::new(200), book, |n| book::entry(n, 1).key());
}

/// Chunks of an older edition, and of another book, among those of this one; and the manifest of an older edition.
pub(crate) fn two_writes(shelf: Shelf, book: fn(u32, u32) -> String, key: fn(u32) -> String) {
    let refresh = |edition| memo::refresh(|| book(1, edition));
    let older = shelf.run(|| {
        refresh(1);
        (key(1), shelf.bytes(&key(1)), shelf.chunks())
    });
    let other = Vec::from_iter(older.2.iter().map(|name| shelf.bytes(name)));
    for (place, stray) in other.iter().enumerate() {
        shelf.run(|| refresh(2));
        let chunk = shelf.chunks()[place].clone();
        shelf.plant(&chunk, stray);
        let (computed, value) = shelf.computed(|| book(1, 2));
        assert_eq!((computed, value), (1, noise(1002, 900)), "chunk {place}");
        assert_eq!(shelf.rejects(), [Reject::Torn], "chunk {place}");
    }
    shelf.run(|| book(2, 1));
    let strangers = shelf.chunks();
    let strangers = strangers
        .iter()
        .filter(|name| name.contains(&key_of(&shelf, key, 2)));
    let stranger = shelf.bytes(strangers.clone().next().expect("the other book's chunk"));
    let own = shelf.chunks();
    let own = own
        .iter()
        .find(|name| name.contains(&key_of(&shelf, key, 1)));
    shelf.plant(own.expect("this book's chunk"), &stranger);
    shelf.recorder.clear();
    let (computed, value) = shelf.computed(|| book(1, 2));
    assert_eq!((computed, value), (1, noise(1002, 900)));
    assert_eq!(shelf.rejects(), [Reject::Torn]);

    shelf.run(|| refresh(2));
    shelf.plant(&older.0, &older.1);
    shelf.recorder.clear();
    let (computed, value) = shelf.computed(|| book(1, 2));
    assert_eq!((computed, value), (1, noise(1002, 900)));
    assert_eq!(shelf.rejects(), [Reject::MissingChunk]);
}

fn key_of(shelf: &Shelf, key: fn(u32) -> String, n: u32) -> String {
    shelf.run(|| key(n))
}

pub(crate) fn other_order(shelf: Shelf, book: fn(u32, u32) -> String) {
    shelf.run(|| book(1, 1));
    let many = shelf.chunks().len();
    assert!(many >= 5, "{many} chunks");
    for (one, two) in [(0, 1), (0, many - 1), (many - 2, many - 1)] {
        let chunks = shelf.chunks();
        assert_eq!(index(&chunks[one]), one as u32);
        let bytes = (shelf.bytes(&chunks[one]), shelf.bytes(&chunks[two]));
        shelf.plant(&chunks[one], &bytes.1);
        shelf.plant(&chunks[two], &bytes.0);
        shelf.recorder.clear();
        let (computed, value) = shelf.computed(|| book(1, 1));
        assert_eq!((computed, value), (1, noise(1001, 900)));
        assert_eq!(shelf.rejects(), [Reject::Torn], "{one} and {two}");
    }
}

/// Whoever can write into the store can put an old value back: that is a documented limit, and its own time bounds it.
pub(crate) fn replayed(shelf: Shelf, book: fn(u32, u32) -> String, key: fn(u32) -> String) {
    shelf.run(|| book(1, 1));
    let old = shelf.store.entries();
    shelf.advance(30);
    shelf.run(|| memo::refresh(|| book(1, 2)));
    for (name, bytes) in &old {
        shelf.plant(name, bytes);
    }
    let (computed, value) = shelf.computed(|| book(1, 2));
    assert_eq!((computed, value), (0, noise(1001, 900)), "the old one");

    // The store counts its time from the planting.
    shelf.advance(33);
    assert_eq!(shelf.bytes(&shelf.run(|| key(1))), old_head(&old));
    shelf.recorder.clear();
    let (computed, value) = shelf.computed(|| book(1, 2));
    assert_eq!((computed, value), (1, noise(1002, 900)));
    assert_eq!(shelf.rejects(), [Reject::Expired]);
}

fn old_head(old: &[(String, memo::backend::Bytes)]) -> Vec<u8> {
    let mut heads = old.iter().filter(|(name, _)| !is_chunk(name));
    heads.next().expect("a manifest").1.to_vec()
}
