//! How long a value would be, without writing it.

use core::fmt::{self, Write};

use serde::Serialize;

use super::encode::{Encoder, Faulty, Sink};
use crate::varint::Varint;

/// The length of a value's encoded form without the tags of numbers, in bytes: how much a value weighs in a cache.
///
/// Never fails: a value whose `Serialize` gives up counts as far as it came, and one that is nested too deeply to be measured is heavier than any store. Nothing is written and nothing is allocated,
/// except by the value's own `Serialize`. Numbers in a row are counted without being looked at one by one.
///
/// ```
/// assert_eq!(memo_core::key::encoded_len(&42u64), 8);
/// assert_eq!(memo_core::key::encoded_len("hello"), 7);
/// ```
pub fn encoded_len<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut counter = Counter::default();
    // A failure needs no answer: what was counted so far is the answer.
    let _ = value.serialize(Encoder::to(&mut counter));
    match counter.is_cut {
        true => usize::MAX,
        false => counter.bytes,
    }
}

#[derive(Default)]
struct Counter {
    bytes: usize,
    /// True if there is more that was not counted.
    is_cut: bool,
}

impl Sink for Counter {
    /// The order of entries does not change their length.
    type Marks = ();

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
    }

    /// A number weighs what it is; its tag would double the weight of a `Vec<u8>`.
    #[inline]
    fn put_fixed<const N: usize>(&mut self, _tag: u8, _number: [u8; N]) {
        self.bytes += N;
    }

    #[inline]
    fn put_short(&mut self, _tag: u8, _length: u8, bytes: &[u8]) {
        self.bytes += 2 + bytes.len();
    }

    fn put_text(&mut self, text: fmt::Arguments<'_>) -> Result<(), Faulty> {
        let start = self.bytes;
        self.write_fmt(text)?;
        let length = Varint::new((self.bytes - start) as u64);
        self.bytes += 1 + length.as_bytes().len();
        Ok(())
    }

    #[inline]
    fn mark(&self, _: &mut ()) {}

    #[inline]
    fn sort(&mut self, _: &()) {}

    fn is_too_deep(&mut self) {
        self.is_cut = true;
    }
}

impl Write for Counter {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::IpAddr;

    use serde::ser::{Error, SerializeSeq, Serializer};

    use super::super::Key;
    use super::*;

    /// Checks the weight of a value that has so many tags of numbers, `()` and `None`.
    fn weighs_what_a_key_takes<T: Serialize + ?Sized>(value: &T, tags: usize) {
        let mut key = Key::new();
        key.part(value);
        assert_eq!(encoded_len(value) + tags, key.bytes().len());
    }

    #[test]
    fn the_length_is_that_of_the_bytes_but_for_tags() {
        weighs_what_a_key_takes(&(1u8, -2i128, 1.5f32, 'x', true, ()), 6);
        weighs_what_a_key_takes(&"long ".repeat(100), 0);
        weighs_what_a_key_takes(&vec![Some("a"), None], 1);
        weighs_what_a_key_takes(&BTreeMap::from([("b", 1), ("a", 2)]), 2);
        weighs_what_a_key_takes(&IpAddr::from([127, 0, 0, 1]), 0);
        weighs_what_a_key_takes(&format_args!("{:>300}", 1), 0);
    }

    #[test]
    fn a_value_that_gives_up_counts_as_far_as_it_came() {
        struct GivesUp;
        impl Serialize for GivesUp {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_seq(None)?.serialize_element(&1u8)?;
                Err(S::Error::custom("no more"))
            }
        }
        assert_eq!(encoded_len(&GivesUp), 2);
    }

    #[test]
    fn a_value_that_is_nested_too_deep_is_heavier_than_any_store() {
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut items = serializer.serialize_seq(None)?;
                items.serialize_element(self)?;
                items.end()
            }
        }
        assert_eq!(encoded_len(&Endless), usize::MAX);
        assert_eq!(encoded_len(&[(Endless, 1u8)]), usize::MAX);
    }
}
