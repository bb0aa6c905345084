//! The shape of a type as serde sees it, so that bytes of another shape are never taken for it.
//!
//! A type's `Deserialize` is run against a deserializer that has no bytes but writes down what it is asked for (`trace`), once for each variant
//! that is still unknown (`graph`); values are made up (`samples`). No derive is needed, so foreign types are seen as well. Meaning is not seen: a
//! number that was seconds and is milliseconds has the shape it had.

mod access;
mod digest;
mod gaps;
mod graph;
mod problem;
mod proof;
mod samples;
mod trace;

#[cfg(test)]
mod tests;

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use foldhash::fast::RandomState;

use self::proof::Proof;
use crate::codec::{self, Codec};
use crate::context::{Mode, Surroundings};
use crate::value::Portable;

/// What is known of a type before one of its values is met.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Four bytes of a digest of the shape and the codec.
    pub(crate) tag: [u8; 4],
    /// How long its tuples are.
    pub(crate) tuples: Vec<Tuple>,
    /// Why the codec can never carry the type, in words for its author; `None` if nothing is known against it.
    pub(crate) problem: Option<String>,
    /// Why not all of the type was seen, in words for its author: one that differs where nothing was seen has this tag as well. `None` if all was.
    pub(crate) gap: Option<String>,
    /// Why bytes of one value may be read as another one, in words for its author; `None` if nothing speaks for that.
    pub(crate) ambiguity: Option<String>,
    /// What the values that were read back said of the type.
    pub(crate) proof: Proof,
}

/// A tuple with a name: a struct's fields, or those of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tuple {
    /// Of the struct or the enum.
    pub(crate) name: &'static str,
    /// The number of the variant.
    pub(crate) variant: Option<u32>,
    pub(crate) len: usize,
}

/// Who finds out that a type has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Watch {
    /// The tag does: the type is traced.
    Tag,
    /// The function's author does, by its `version`: none of the type's code is run to look at it.
    Author,
}

type Shapes = RwLock<HashMap<(TypeId, Codec, Watch), &'static Shape, RandomState>>;

static SHAPES: LazyLock<Shapes> = LazyLock::new(Shapes::default);

/// The shape of `V` under a codec. Taken once for each type, then looked up.
pub(crate) fn shape<V: Portable + 'static>(codec: Codec, watch: Watch) -> &'static Shape {
    known::<V>(codec, watch, || match watch {
        Watch::Tag => trace::shape::<V>(codec, |value| codec::objection(value, codec)),
        Watch::Author => Shape::untraced(codec),
    })
}

impl Shape {
    /// That of any type of whose changes its author takes care.
    fn untraced(codec: Codec) -> Self {
        Self {
            tag: digest::untraced(codec),
            tuples: Vec::new(),
            problem: None,
            gap: None,
            ambiguity: None,
            proof: Proof::default(),
        }
    }
}

/// The shape of `V`, which is taken if this is the first question.
fn known<V: 'static>(codec: Codec, watch: Watch, take: impl FnOnce() -> Shape) -> &'static Shape {
    let key = (TypeId::of::<V>(), codec, watch);
    let known = SHAPES.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(shape) = known.get(&key) {
        return shape;
    }
    drop(known);
    // No lock is held around the type's own code, which may ask for a shape as well.
    // Nor is any function memoized in there: the shape of its values may be the one that is being taken.
    let shape = Surroundings::mode(Mode::Bypass).run(take);
    let mut known = SHAPES.write().unwrap_or_else(PoisonError::into_inner);
    known
        .entry(key)
        .or_insert_with(|| Box::leak(Box::new(shape)))
}
