//! Whether a value comes back from its own bytes, where the bytes have no names to tell by.
//!
//! A field that is written and not read, or a variant that is skipped and moves the numbers of those after it, makes another value of the bytes, not
//! an error. It shows when that value is encoded in its turn.

use super::blocks::Blocks;
use super::strict::Refusal;
use super::{Codec, postcard};
use crate::value::Portable;

/// What is to be said against the type of a value, in words for its author; `None` if nothing is.
pub(crate) fn objection<V: Portable>(value: &V, codec: Codec) -> Option<String> {
    if codec.is_self_describing() {
        return None;
    }
    let bytes = match written(value) {
        Ok(bytes) => bytes,
        Err(refusal @ (Refusal::SkippedField | Refusal::Miscounted)) => {
            return Some(refusal.to_string());
        }
        // There may be values that it writes.
        Err(Refusal::TooDeep | Refusal::Failed) => return None,
    };
    (!comes_back(value, &bytes)).then(|| {
        "`Serialize` and `Deserialize` do not agree (a field or variant with `skip`, `skip_serializing` or `skip_deserializing`, or code of its \
         own), and postcard has no names to tell by: choose `codec = \"msgpack\"` (memo's feature `msgpack`), mend the type, or say `local`"
            .to_owned()
    })
}

fn comes_back<V: Portable>(value: &V, bytes: &[u8]) -> bool {
    let Ok(back) = postcard::decode::<V>(bytes) else {
        return false;
    };
    match written(&back) {
        Ok(again) if census(&again) == census(bytes) => true,
        // Of a type that never writes the same twice, such as an age, nothing is known.
        _ => !written(value).is_ok_and(|second| second == bytes),
    }
}

/// How often each byte occurs: hashed collections have an order of their own in every value.
fn census(bytes: &[u8]) -> [usize; 256] {
    let mut counts = [0; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    counts
}

fn written<V: Portable>(value: &V) -> Result<Vec<u8>, Refusal> {
    let mut kept = Vec::new();
    let mut out = Blocks::new(1 << 10, &mut kept);
    postcard::write(value, &[], &mut out)?;
    out.finish().map_err(|_| Refusal::Failed)?;
    Ok(kept)
}
