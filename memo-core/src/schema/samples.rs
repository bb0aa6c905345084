//! What a traced type is given to read. A type that validates refuses some of it, and is given the next.

use serde::de::Visitor;

use super::trace::Stop;

/// How many samples a type may refuse before it is given up: each list is tried to its end.
pub(super) const SAMPLES: usize = 48;

/// The first is one that careless code takes as well: it indexes, and divides.
const STRINGS: [&str; 47] = [
    "a",
    "",
    "0",
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
    // Codes: of a country, a currency, a language, an airport, a color.
    "AA",
    "US",
    "en",
    "USD",
    "eng",
    "EUR",
    "en-US",
    "en_US",
    "JFK",
    "#000000",
    "A0",
    "A",
    "AAAA",
    // Identifiers, digests and keys.
    "00000000",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "00000000000000000000000000000000",
    "0000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0x0000000000000000000000000000000000000000",
    "000000000000000000000000",
    "AAAAAAAAAAA",
    "AAAA=",
    // Numbers as text.
    "1",
    "1.5",
    "100",
    "0001",
    "1 USD",
    "1%",
    // Names of things.
    "+14155552671",
    "example.com",
    "UTC",
    "Europe/Paris",
    "00:00:00:00:00:00",
];

const BYTES: [usize; 12] = [16, 0, 32, 4, 8, 64, 1, 2, 12, 20, 24, 48];

/// The first is one that careless code divides by, or takes for a day, a month, a length or an index. The next ones ascend.
const NUMBERS: [u8; 8] = [1, 2, 3, 100, 0, 10, 50, 200];

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

/// A number of a kind that holds years, and thousands.
pub(super) fn large_number(attempt: usize) -> u16 {
    match attempt % (NUMBERS.len() + 2) {
        8 => 2000,
        9 => 1000,
        attempt => number(attempt).into(),
    }
}

pub(super) fn character(attempt: usize) -> char {
    pick(&['a', '0', 'A', ' ', '1', '_'], attempt)
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
