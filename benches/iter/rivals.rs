//! What one would do without memo.

use crate::records::Record;
use postcard::Result;
use std::hint::black_box;

/// Counts items and drops them.
pub(crate) fn consume(items: impl IntoIterator<Item = Record>) -> usize {
    let mut count = 0;
    for item in items {
        black_box(&item);
        count += 1;
    }
    count
}

/// All items as one vector, encoded, and then handed out.
pub(crate) fn encode(items: impl Iterator<Item = Record>) -> Result<(usize, Vec<u8>)> {
    let items: Vec<_> = items.collect();
    let bytes = postcard::to_allocvec(&items)?;
    Ok((consume(items), bytes))
}

/// The vector, decoded, and then handed out.
pub(crate) fn decode(bytes: &[u8]) -> Result<usize> {
    Ok(consume(postcard::from_bytes::<Vec<Record>>(bytes)?))
}

/// Each item encoded as it passes.
pub(crate) fn encode_each(items: impl Iterator<Item = Record>) -> Result<(usize, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut count = 0;
    for item in items {
        bytes = postcard::to_extend(&item, bytes)?;
        black_box(&item);
        count += 1;
    }
    Ok((count, bytes))
}

/// Each item decoded as it is asked for.
pub(crate) fn decode_each(mut bytes: &[u8]) -> Result<usize> {
    let mut count = 0;
    while !bytes.is_empty() {
        let (item, rest) = postcard::take_from_bytes::<Record>(bytes)?;
        black_box(&item);
        bytes = rest;
        count += 1;
    }
    Ok(count)
}
