//! The codec postcard.

use std::slice::Iter;

use postcard::{Deserializer, Error, Result, Serializer, de_flavors, ser_flavors};

use super::guard::{Claims, Guarded, MAX_DEPTH};
use super::strict::{Refusal, Strict};
use super::{Blocks, Undecodable, Unencodable};
use crate::schema::Tuple;
use crate::value::Portable;

pub(super) fn encode<V: Portable>(
    value: &V,
    tuples: &[Tuple],
    out: &mut Blocks<'_>,
) -> std::result::Result<(), Unencodable> {
    match write(value, tuples, out) {
        _ if out.overflowed() => Err(Unencodable::Overflow),
        Ok(()) => Ok(()),
        Err(refusal) => Err(Unencodable::Refused(refusal.to_string())),
    }
}

/// Encodes a value whose tuples must be those that are read, as far as these are known. A refusal may come of an output that overflowed.
pub(super) fn write<V: Portable>(
    value: &V,
    tuples: &[Tuple],
    out: &mut Blocks<'_>,
) -> std::result::Result<(), Refusal> {
    let mut serializer = Serializer {
        output: Output { out, tuples },
    };
    value.serialize(Strict::new(&mut serializer))
}

pub(super) fn decode<V: Portable>(bytes: &[u8]) -> std::result::Result<V, Undecodable> {
    let claims = Claims::of(bytes);
    let mut deserializer = Deserializer::from_flavor(Input(bytes.iter()));
    let value = V::deserialize(Guarded::new(&mut deserializer, &claims, MAX_DEPTH));
    match (value, deserializer.finalize()) {
        (Ok(value), Ok([])) => Ok(value),
        _ => Err(Undecodable),
    }
}

/// Where the bytes go, and what is known of the type: here it is not copied for every part of the value.
pub(super) struct Output<'a, 's> {
    out: &'a mut Blocks<'s>,
    pub(super) tuples: &'a [Tuple],
}

impl ser_flavors::Flavor for Output<'_, '_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> Result<()> {
        self.out.put(data).map_err(|_| Error::SerializeBufferFull)
    }

    #[inline]
    fn try_push(&mut self, data: u8) -> Result<()> {
        self.out
            .put_byte(data)
            .map_err(|_| Error::SerializeBufferFull)
    }

    fn finalize(self) -> Result<()> {
        Ok(())
    }
}

/// A slice that does not say how much of it is left: else postcard keeps from the guard how many elements a sequence claims, just where that is too many.
struct Input<'de>(Iter<'de, u8>);

impl<'de> de_flavors::Flavor<'de> for Input<'de> {
    type Remainder = &'de [u8];
    type Source = &'de [u8];

    #[inline]
    fn pop(&mut self) -> Result<u8> {
        let next = self.0.next();
        next.copied().ok_or(Error::DeserializeUnexpectedEnd)
    }

    #[inline]
    fn try_take_n(&mut self, len: usize) -> Result<&'de [u8]> {
        let split = self.0.as_slice().split_at_checked(len);
        let (taken, rest) = split.ok_or(Error::DeserializeUnexpectedEnd)?;
        self.0 = rest.iter();
        Ok(taken)
    }

    fn finalize(self) -> Result<&'de [u8]> {
        Ok(self.0.as_slice())
    }
}
