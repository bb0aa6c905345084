use proptest::prelude::*;
use proptest::sample::Index;

use super::sequences::stream;
use super::*;

/// What may happen to a write in a store.
#[derive(Clone, Debug)]
enum Mishap {
    Flip(Index, Index),
    Truncate(Index, Index),
    Insert(Index, Index, Vec<u8>),
    Cut(Index, Index, Index),
    /// Bytes of one entry over those of another.
    Splice(Index, Index, Index, Index),
    Swap(Index, Index),
    Lose(Index),
    Repeat(Index),
}

fn mishap() -> impl Strategy<Value = Mishap> {
    let any_at = any::<Index>;
    prop_oneof![
        (any_at(), any_at()).prop_map(|(entry, bit)| Mishap::Flip(entry, bit)),
        (any_at(), any_at()).prop_map(|(entry, len)| Mishap::Truncate(entry, len)),
        (any_at(), any_at(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(entry, at, bytes)| Mishap::Insert(entry, at, bytes)),
        (any_at(), any_at(), any_at()).prop_map(|(entry, from, to)| Mishap::Cut(entry, from, to)),
        (any_at(), any_at(), any_at(), any_at())
            .prop_map(|(from, to, at, len)| Mishap::Splice(from, to, at, len)),
        (any_at(), any_at()).prop_map(|(one, other)| Mishap::Swap(one, other)),
        any_at().prop_map(Mishap::Lose),
        any_at().prop_map(Mishap::Repeat),
    ]
}

fn befall(entries: &mut Vec<Vec<u8>>, mishap: &Mishap) {
    let count = entries.len();
    match mishap {
        Mishap::Flip(entry, bit) => {
            let entry = &mut entries[entry.index(count)];
            if !entry.is_empty() {
                let bit = bit.index(8 * entry.len());
                entry[bit / 8] ^= 1 << (bit % 8);
            }
        }
        Mishap::Truncate(entry, len) => {
            let entry = &mut entries[entry.index(count)];
            entry.truncate(len.index(entry.len() + 1));
        }
        Mishap::Insert(entry, at, bytes) => {
            let entry = &mut entries[entry.index(count)];
            let at = at.index(entry.len() + 1);
            entry.splice(at..at, bytes.iter().copied());
        }
        Mishap::Cut(entry, from, to) => {
            let entry = &mut entries[entry.index(count)];
            let (from, to) = (from.index(entry.len() + 1), to.index(entry.len() + 1));
            entry.drain(from.min(to)..from.max(to));
        }
        Mishap::Splice(from, to, at, len) => {
            let from = entries[from.index(count)].clone();
            let to = &mut entries[to.index(count)];
            let most = from.len().min(to.len());
            let at = at.index(most + 1);
            let end = at + len.index(most - at + 1);
            to[at..end].copy_from_slice(&from[at..end]);
        }
        Mishap::Swap(one, other) => entries.swap(one.index(count), other.index(count)),
        Mishap::Lose(entry) if count > 1 => drop(entries.remove(entry.index(count))),
        Mishap::Lose(_) => {}
        Mishap::Repeat(entry) => {
            let entry = entry.index(count);
            entries.insert(entry, entries[entry].clone());
        }
    }
}

fn road() -> impl Strategy<Value = Road> {
    (
        prop::sample::select(Road::all()),
        prop_oneof![130usize..300, 560usize..900],
        any::<bool>(),
    )
        .prop_map(|(road, max_entry, compress)| Road {
            max_entry,
            compress,
            ..road
        })
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![(0usize..800).prop_map(noise), (0usize..8000).prop_map(text),]
}

impl std::fmt::Debug for Road {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sealed = self.seals.is_some();
        write!(
            f,
            "sealed {sealed}, entries of {}, compress {}",
            self.max_entry, self.compress
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_happens_to_a_write_it_is_the_value_or_none(
        road in road(),
        value in value(),
        mishaps in prop::collection::vec(mishap(), 1..4),
    ) {
        let packed = road.packed(&value);
        let mut entries: Vec<_> =
            std::iter::once(&packed.head).chain(&packed.chunks).map(|entry| entry.to_vec()).collect();
        mishaps.iter().for_each(|mishap| befall(&mut entries, mishap));
        let chunks: Vec<_> = entries[1..].iter().map(|chunk| Bytes::from(chunk.clone())).collect();
        if let Ok(read) = road.read_parts(&entries[0], &chunks) {
            prop_assert_eq!(read, value);
        }
    }

    #[test]
    fn whatever_happens_to_the_write_of_a_sequence_it_is_all_of_it_or_none(
        road in road(),
        len in 0usize..3000,
        fill in prop::sample::select(vec![noise as fn(usize) -> Vec<u8>, text]),
        mishaps in prop::collection::vec(mishap(), 1..4),
    ) {
        let raw = stream(len, fill);
        let packed = road.packed_items(&raw);
        let mut entries: Vec<_> =
            std::iter::once(&packed.head).chain(&packed.chunks).map(|entry| entry.to_vec()).collect();
        mishaps.iter().for_each(|mishap| befall(&mut entries, mishap));
        let chunks: Vec<_> = entries[1..].iter().map(|chunk| Bytes::from(chunk.clone())).collect();
        if let Ok(read) = road.read_items_of(&entries[0], &chunks) {
            prop_assert_eq!(read, raw);
        }
    }

    #[test]
    fn every_value_comes_back(road in road(), value in value()) {
        let packed = road.packed(&value);
        prop_assert!(packed.head.len() <= road.max_entry);
        prop_assert!(packed.chunks.iter().all(|chunk| chunk.len() <= road.max_entry));
        prop_assert_eq!(road.read(&packed), Ok(value));
    }

    #[test]
    fn arbitrary_bytes_break_no_parser(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::header(&bytes);
        fuzzing::manifest(&bytes);
        fuzzing::block(&bytes);
        fuzzing::items(&bytes);
    }

    #[test]
    fn entries_that_are_nearly_right_break_no_parser(
        road in road(),
        value in value(),
        mishap in mishap(),
    ) {
        let packed = road.packed(&value);
        let mut entries = vec![packed.head.to_vec()];
        entries.extend(packed.chunks.iter().map(|chunk| chunk.to_vec()));
        befall(&mut entries, &mishap);
        for entry in entries {
            fuzzing::header(&entry);
            fuzzing::block(entry.get(26..).unwrap_or_default());
            fuzzing::manifest(entry.get(26..).unwrap_or_default());
        }
    }
}
