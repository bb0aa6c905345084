//! The codec MessagePack, with field names.

use std::cell::Cell;
use std::io;

use rmp_serde::decode::{self, ReadRefReader};
use rmp_serde::{Deserializer, Serializer};
use serde::Deserialize;

use super::depth::Bounded;
use super::guard::{Claims, Guarded, MAX_DEPTH, TOO_DEEP};
use super::{Blocks, Undecodable, Unencodable};
use crate::value::Portable;

/// How deep a value may be nested to be read: deeper than what is written, since a scalar is a level as well where a type asks for whatever is there.
const MOST_READ: u32 = MAX_DEPTH + 1;

pub(super) fn encode<V: Portable>(value: &V, out: &mut Blocks<'_>) -> Result<(), Unencodable> {
    let is_too_deep = Cell::new(false);
    let mut serializer = Serializer::new(Output(out)).with_struct_map();
    let result = value.serialize(Bounded::new(&mut serializer, MAX_DEPTH, &is_too_deep));
    let refused = match result {
        _ if out.overflowed() => return Err(Unencodable::Overflow),
        // Also where its own code went on without what was refused.
        _ if is_too_deep.get() => TOO_DEEP,
        Ok(()) => return Ok(()),
        Err(_) => "its `Serialize` refused",
    };
    Err(Unencodable::Refused(refused.to_owned()))
}

pub(super) fn decode<V: Portable>(bytes: &[u8]) -> Result<V, Undecodable> {
    let claims = Claims::of(bytes);
    let mut deserializer = Deserializer::from_read_ref(bytes);
    // It counts containers alone, and what it is asked as a scalar and answers as a container is not seen by the guard.
    deserializer.set_max_depth(MOST_READ as usize + 1);
    let value = V::deserialize(Guarded::new(&mut deserializer, &claims, MOST_READ));
    match value {
        Ok(value) if is_at_the_end(&mut deserializer) => Ok(value),
        _ => Err(Undecodable),
    }
}

/// Asks for one value more, since the deserializer does not say what is left.
fn is_at_the_end(deserializer: &mut Deserializer<ReadRefReader<'_, [u8]>>) -> bool {
    matches!(
        bool::deserialize(deserializer),
        Err(decode::Error::InvalidMarkerRead(_))
    )
}

struct Output<'a, 's>(&'a mut Blocks<'s>);

impl io::Write for Output<'_, '_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0
            .put(bytes)
            .map_err(|_| io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
