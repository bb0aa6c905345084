//! The codec MessagePack, with field names.

use std::io;

use rmp_serde::decode::{self, ReadRefReader};
use rmp_serde::encode::Error;
use rmp_serde::{Deserializer, Serializer};
use serde::Deserialize;

use super::guard::{Claims, Guarded, MAX_DEPTH};
use super::{Blocks, Undecodable, Unencodable};
use crate::value::Portable;

pub(super) fn encode<V: Portable>(value: &V, out: &mut Blocks<'_>) -> Result<(), Unencodable> {
    let result = value.serialize(&mut Serializer::new(Output(out)).with_struct_map());
    let refused = match result {
        _ if out.overflowed() => return Err(Unencodable::Overflow),
        Ok(()) => return Ok(()),
        Err(Error::DepthLimitExceeded) => "it is nested too deep",
        Err(_) => "its `Serialize` refused",
    };
    Err(Unencodable::Refused(refused.to_owned()))
}

pub(super) fn decode<V: Portable>(bytes: &[u8]) -> Result<V, Undecodable> {
    let claims = Claims::of(bytes);
    let mut deserializer = Deserializer::from_read_ref(bytes);
    // It counts containers alone, and what it is asked as a scalar and answers as a container is not seen by the guard.
    deserializer.set_max_depth(MAX_DEPTH as usize + 1);
    let value = V::deserialize(Guarded::new(&mut deserializer, &claims));
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
