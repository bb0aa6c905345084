//! Whatever is done to what is stored, it is refused for a reason and computed anew.

use memo::{Reject, Site};

#[cfg(feature = "encrypt")]
use crate::shelf::sealed;
use crate::shelf::{Shelf, index, is_chunk, noise, refused, refused_in_all};

struct Subject {
    call: fn(u32) -> String,
    site: fn() -> &'static Site,
    body: fn(u32) -> String,
    shelf: fn() -> Shelf,
    sealed: bool,
}

impl Subject {
    /// Why what is neither in the header nor too short is refused.
    fn broken(&self) -> Reject {
        if self.sealed {
            Reject::Tag
        } else {
            Reject::Checksum
        }
    }
}

fn small(n: u32) -> String {
    format!("value {n}")
}

fn long(n: u32) -> String {
    noise(n, 90)
}

macro_rules! subject {
    ($name:ident, $body:ident, $shelf:expr, sealed: $sealed:literal, [$($options:tt)*]) => {
        mod $name {
            use super::*;

            #[memo::memoize(expiration = 60, $($options)*)]
            fn call(n: u32) -> String {
                $body(n)
            }

            const SUBJECT: Subject = Subject {
                call: |n| call(n),
                site: call::site,
                body: $body,
                shelf: || $shelf,
                sealed: $sealed,
            };

            // One test, since both ask the counters of one function.
            #[test]
            fn every_flipped_bit_and_every_truncation_is_refused() {
                every_flipped_bit(&SUBJECT);
                every_truncation(&SUBJECT);
                every_addition(&SUBJECT);
            }
        }
    };
}

subject!(inline_plain, small, Shelf::new(200), sealed: false, []);
subject!(chunked_plain, long, Shelf::new(66), sealed: false, [large_data]);
#[cfg(feature = "encrypt")]
subject!(inline_sealed, small, sealed(200), sealed: true, [encrypt]);
#[cfg(feature = "encrypt")]
subject!(chunked_sealed, long, sealed(90), sealed: true, [encrypt, large_data]);

fn every_flipped_bit(subject: &Subject) {
    on_every_entry(subject, |place, name, bytes| {
        for bit in 0..bytes.len() * 8 {
            let flip = |value: &mut Vec<u8>| value[bit / 8] ^= 1 << (bit % 8);
            let why = flipped(subject, name, bit);
            is_refused(subject, place, flip, &why, &format!("bit {bit}"));
        }
    });
}

fn every_truncation(subject: &Subject) {
    on_every_entry(subject, |place, _, bytes| {
        for length in 0..bytes.len() {
            let why = [Reject::Format, subject.broken()];
            let cut = |value: &mut Vec<u8>| value.truncate(length);
            is_refused(subject, place, cut, &why, &format!("{length} bytes"));
        }
    });
}

fn every_addition(subject: &Subject) {
    on_every_entry(subject, |place, _, bytes| {
        for more in [&[0][..], &[0xff], &[0; 16], bytes] {
            let add = |value: &mut Vec<u8>| value.extend_from_slice(more);
            is_refused(subject, place, add, &[subject.broken()], "more");
        }
    });
}

/// Has `test` change each entry of a value: its place, its name, its bytes.
fn on_every_entry(subject: &Subject, test: impl Fn(usize, &str, &[u8])) {
    for (place, (name, bytes)) in stored(subject).1.iter().enumerate() {
        test(place, name, bytes);
    }
}

/// A store with one value; names differ from one to the next, places do not.
fn stored(subject: &Subject) -> (Shelf, Vec<(String, memo::backend::Bytes)>) {
    let shelf = (subject.shelf)();
    shelf.run(|| (subject.call)(1));
    let mut entries = shelf.store.entries();
    entries.sort_by_key(|(name, _)| is_chunk(name).then(|| index(name)));
    (shelf, entries)
}

/// Puts changed bytes in the place of sound ones, and calls.
fn is_refused(
    subject: &Subject,
    place: usize,
    change: impl FnOnce(&mut Vec<u8>),
    why: &[Reject],
    case: &str,
) {
    let (shelf, entries) = stored(subject);
    let name = &entries[place].0;
    shelf.store.edit(name, change);
    let site = (subject.site)();
    let before = (site.stats(), refused_in_all(site));
    let (computed, value) = shelf.computed(|| (subject.call)(1));
    assert_eq!(value, (subject.body)(1), "{name}, {case}");
    let rejects = shelf.rejects();
    assert_eq!(computed, 1, "{name}, {case}: {rejects:?}");
    assert!(
        matches!(rejects[..], [reject] if why.contains(&reject)),
        "{name}, {case}: {rejects:?}, not {why:?}"
    );
    let counted = refused(&site.stats(), rejects[0]) - refused(&before.0, rejects[0]);
    let in_all = refused_in_all(site) - before.1;
    assert_eq!((counted, in_all), (1, 1), "{name}, {case}");
    let (computed, value) = shelf.computed(|| (subject.call)(1));
    assert_eq!((computed, value), (0, (subject.body)(1)), "{name}, {case}");
}

/// Why an entry with this bit flipped is refused: docs/envelope.md, sections 1 and 6.
fn flipped(subject: &Subject, name: &str, bit: usize) -> Vec<Reject> {
    let broken = subject.broken();
    let why = match (is_chunk(name), bit / 8, subject.sealed) {
        (_, 0, _) => Reject::Format,
        (_, 1, _) => return flipped_flag(bit % 8, broken),
        (true, 2..22, _) => Reject::Torn,
        (false, 2..6, _) => Reject::Schema,
        (false, 6..10, true) => Reject::UnknownKey,
        (false, 10..42, true) => Reject::Commit,
        _ => broken,
    };
    vec![why]
}

fn flipped_flag(bit: usize, broken: Reject) -> Vec<Reject> {
    match bit {
        // An entry of another length may be too short for the other kind.
        2 => vec![Reject::Downgrade, Reject::Format],
        3 => vec![broken, Reject::Format],
        _ => vec![Reject::Format, broken],
    }
}
