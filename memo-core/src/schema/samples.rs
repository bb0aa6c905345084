//! What a traced type is given to read. A type that validates refuses some of it, and is given the next.

use serde::de::Visitor;

use super::trace::Stop;

/// How many samples a type may refuse before it is given up: each list is tried to its end.
pub(super) const SAMPLES: usize = 16;

const STRINGS: [&str; 14] = [
    "",
    "0",
    "a",
    "http://a/",
    "2020-01-01T00:00:00Z",
    "67e55044-10b1-426f-9247-bb680e5fe0c8",
    "127.0.0.1",
    "1.0.0",
    "2020-01-01",
    "00:00:00",
    "2020-01-01T00:00:00",
    "a@a.aa",
    "127.0.0.1:80",
    "true",
];

const BYTES: [usize; 6] = [0, 16, 32, 4, 8, 64];

const NUMBERS: [u8; 4] = [0, 1, 2, 100];

fn pick<T: Copy, const N: usize>(samples: &[T; N], attempt: usize) -> T {
    samples[attempt % N]
}

pub(super) fn string(attempt: usize) -> &'static str {
    pick(&STRINGS, attempt)
}

pub(super) fn bytes(attempt: usize) -> &'static [u8] {
    &[0; 64][..pick(&BYTES, attempt)]
}

pub(super) fn number(attempt: usize) -> u8 {
    pick(&NUMBERS, attempt)
}

pub(super) fn character(attempt: usize) -> char {
    pick(&['a', '0', 'A', ' '], attempt)
}

/// For a visitor that takes whatever comes.
pub(super) fn anything<'de, V: Visitor<'de>>(attempt: usize, visitor: V) -> Result<V::Value, Stop> {
    match attempt % 7 {
        0 => visitor.visit_unit(),
        1 => visitor.visit_u64(1),
        2 => visitor.visit_str("a"),
        3 => visitor.visit_bool(true),
        4 => visitor.visit_f64(0.5),
        5 => visitor.visit_seq(Empty),
        _ => visitor.visit_map(Empty),
    }
}

struct Empty;

impl<'de> serde::de::SeqAccess<'de> for Empty {
    type Error = Stop;

    fn next_element_seed<T: serde::de::DeserializeSeed<'de>>(
        &mut self,
        _: T,
    ) -> Result<Option<T::Value>, Stop> {
        Ok(None)
    }
}

impl<'de> serde::de::MapAccess<'de> for Empty {
    type Error = Stop;

    fn next_key_seed<K: serde::de::DeserializeSeed<'de>>(
        &mut self,
        _: K,
    ) -> Result<Option<K::Value>, Stop> {
        Ok(None)
    }

    fn next_value_seed<T: serde::de::DeserializeSeed<'de>>(
        &mut self,
        _: T,
    ) -> Result<T::Value, Stop> {
        Err(Stop)
    }
}
