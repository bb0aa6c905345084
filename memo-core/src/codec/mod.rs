//! Values as bytes and back.

mod blocks;
#[cfg(feature = "msgpack")]
mod depth;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod guard;
#[cfg(feature = "msgpack")]
mod msgpack;
mod postcard;
mod strict;
mod survival;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) use self::blocks::{BlockSink, Blocks, Full, Overflow};
pub(crate) use self::survival::objection;
use crate::schema::{self, Shape, Watch};
use crate::value::Portable;

/// How values become bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// Compact, without field names: <https://postcard.jamesmunns.com/wire-format>.
    #[default]
    Postcard,
    /// MessagePack with field names, for types that describe themselves (`flatten`, a tag inside, `serde_json::Value`).
    #[cfg(feature = "msgpack")]
    Msgpack,
}

impl Codec {
    /// The codec's number in the tags of schemas: never given to another one.
    pub(crate) const fn id(self) -> u8 {
        match self {
            Self::Postcard => 1,
            #[cfg(feature = "msgpack")]
            Self::Msgpack => 2,
        }
    }

    /// Whether fields and variants have their names in the bytes, and values their kinds.
    pub(crate) const fn is_self_describing(self) -> bool {
        match self {
            Self::Postcard => false,
            #[cfg(feature = "msgpack")]
            Self::Msgpack => true,
        }
    }
}

/// Why a value could not be encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unencodable {
    /// There is more of it than the sink takes.
    Overflow,
    /// Its `Serialize`, or the codec, refused. In words, without data.
    Refused(String),
}

/// The bytes are not a value of the type, or not within the guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

/// Everything about a type that is needed to take its values out of the process: a few functions, and no type in the road that uses them.
pub struct Wire<V> {
    /// Of values of the shape that the type has under the codec.
    pub(crate) encode: fn(&V, Codec, &Shape, &mut Blocks<'_>) -> Result<(), Unencodable>,
    pub(crate) decode: fn(Codec, &[u8]) -> Result<V, Undecodable>,
    pub(crate) shape: fn(Codec, Watch) -> &'static Shape,
    /// What a value, written and read, has to say against its type.
    pub(crate) objection: fn(&V, Codec) -> Option<String>,
    /// Compares two values, where they can be.
    pub(crate) same: Option<fn(&V, &V) -> bool>,
}

impl<V> Clone for Wire<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Wire<V> {}

impl<V> fmt::Debug for Wire<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl<V: Portable + 'static> Wire<V> {
    /// The functions of `V`.
    pub(crate) const NEW: Self = Self {
        encode: encode::<V>,
        decode: decode::<V>,
        shape: schema::shape::<V>,
        objection: objection::<V>,
        same: None,
    };

    /// The functions of `V`, whose values `same` compares.
    pub(crate) const fn comparing(same: Option<fn(&V, &V) -> bool>) -> Self {
        Self { same, ..Self::NEW }
    }
}

impl<V> Wire<V> {
    /// Whether a value that was read back differs from what was written, as far as its type can tell. One that does not equal itself tells nothing.
    pub(crate) fn differ(&self, value: &V, back: &V) -> bool {
        let differ = |same: fn(&V, &V) -> bool| same(value, value) && !same(value, back);
        let compare = || self.same.is_some_and(differ);
        catch_unwind(AssertUnwindSafe(compare)).unwrap_or(false)
    }
}

/// A value is not lost because its own `Serialize` panics: then it is refused.
fn encode<V: Portable>(
    value: &V,
    codec: Codec,
    shape: &Shape,
    out: &mut Blocks<'_>,
) -> Result<(), Unencodable> {
    let encode = || match codec {
        Codec::Postcard => postcard::encode(value, &shape.tuples, out),
        #[cfg(feature = "msgpack")]
        Codec::Msgpack => msgpack::encode(value, out),
    };
    catch_unwind(AssertUnwindSafe(encode))
        .unwrap_or_else(|_| Err(Unencodable::Refused("its `Serialize` panicked".to_owned())))
}

/// The user's `Deserialize` sees bytes that somebody else may have written: should it panic, the value is refused.
fn decode<V: Portable>(codec: Codec, bytes: &[u8]) -> Result<V, Undecodable> {
    let decode = || match codec {
        Codec::Postcard => postcard::decode(bytes),
        #[cfg(feature = "msgpack")]
        Codec::Msgpack => msgpack::decode(bytes),
    };
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err(Undecodable))
}

#[cfg(test)]
mod tests;
