//! What changes a tag, what does not, and what a codec cannot carry.

mod drift;
mod problems;
mod types;

use serde::de::DeserializeOwned;

use super::*;

/// The shape of a type that may be read only.
fn shape<V: DeserializeOwned + 'static>(codec: Codec) -> &'static Shape {
    known::<V>(codec, Watch::Tag, || trace::shape::<V>(codec, |_| None))
}

fn tag<V: DeserializeOwned + 'static>() -> [u8; 4] {
    shape::<V>(Codec::Postcard).tag
}

/// Checks that the type was seen to its end: its name is not in the tag.
fn is_seen_whole<V: DeserializeOwned + 'static>() {
    assert!(trace::is_complete::<V>(), "{}", std::any::type_name::<V>());
}
