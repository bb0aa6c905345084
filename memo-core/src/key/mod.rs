//! Keys: which call is this?
//!
//! A [`Key`] is the list of a call's parts in a canonical binary form (`encode`); two different lists never have the same bytes.
//! In the process those bytes are the key. For a store outside, [`store_name`] reads them back (`render`) into a readable name
//! that says the same. FORMAT.md beside this file specifies both, byte by byte; both are kept for ever.

mod buffer;
mod encode;
mod escape;
mod hole;
mod instance;
mod measure;
mod name;
mod reader;
mod render;
mod tag;

use core::any::TypeId;
use core::fmt;

use serde::Serialize;
use serde::ser::{SerializeTuple, Serializer};

use self::buffer::Buffer;
use self::encode::{Encoder, Sink};
use self::instance::Instance;

pub(crate) use self::escape::push_escaped;
pub use self::hole::{DebugPart, Hole, Shown, TemplatePart};
pub use self::instance::{Around, Type, type_of};
pub(crate) use self::instance::{around_path, plain_name, self_name};
pub use self::measure::encoded_len;
pub(crate) use self::name::limit;
pub use self::name::{DIGEST_BYTES, INTERNAL, NameParts, Scope, store_name};

/// A call's key: its arguments, encoded so that two different calls never have the same bytes.
///
/// Up to 56 bytes live on the stack; a longer key allocates.
///
/// ```
/// use memo_core::key::Key;
///
/// let key = |a: &str, b: &str| {
///     let mut key = Key::new();
///     key.part(a);
///     key.part(b);
///     key
/// };
/// assert_eq!(key("a:b", "c").bytes(), key("a:b", "c").bytes());
/// assert_ne!(key("a:b", "c").bytes(), key("a", "b:c").bytes());
/// ```
#[derive(Clone, Default)]
pub struct Key {
    bytes: Buffer,
    instance: Instance,
    faulty: bool,
}

impl Key {
    /// A key without parts.
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a value, in its canonical form.
    ///
    /// The form tells kinds apart (`1i32` from `1u64`, `["a", "b"]` from `"a:b"`) and forgets the order of a map. It keeps the
    /// order of a set, which serde cannot tell from a list: a `HashSet` as an argument misses more than it should, and is never wrong.
    #[inline]
    pub fn part<T: KeyPart + ?Sized>(&mut self, value: &T) {
        self.faulty |= value.serialize(Encoder::to(&mut self.bytes)).is_err();
    }

    /// Appends an array as [`part`](Self::part) does, of any length: serde knows those of up to 32 items.
    #[inline]
    pub fn array<T: KeyPart, const N: usize>(&mut self, value: &[T; N]) {
        self.faulty |= encode_items(value, Encoder::to(&mut self.bytes)).is_err();
    }

    /// Sets the type that generics, `Self` and `impl Trait` bring into the call: the marker's own.
    ///
    /// A key has one instance; several types go into it as a tuple of [`Type`]s.
    #[inline]
    pub fn instance<I: ?Sized>(&mut self, _marker: &I) {
        debug_assert!(
            self.instance.is_none(),
            "a key has one instance: put the types into a tuple"
        );
        self.instance = Instance::of::<I>();
    }

    /// The parts, encoded.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// A hash of the parts and `scope`, the same for the same bytes, in this process only. It was taken as the parts came.
    #[inline]
    pub fn hash_in(&self, scope: u32) -> u64 {
        self.bytes.hash_in(scope)
    }

    /// The type of the instance, or that of `()` when there is none.
    #[inline]
    pub fn instance_id(&self) -> TypeId {
        self.instance.id
    }

    /// The name of the instance's type, as the compiler writes it.
    pub fn instance_name(&self) -> Option<&'static str> {
        (!self.instance.is_none()).then_some(self.instance.name)
    }

    /// Whether a part could not be encoded, because its own `Serialize` or `Display` failed: the call then bypasses the cache.
    #[inline]
    pub fn is_faulty(&self) -> bool {
        self.faulty
    }

    /// Appends what is formatted as one text part: the same bytes as [`part`](Self::part) with the text.
    fn text(&mut self, text: fmt::Arguments<'_>) {
        self.faulty |= self.bytes.put_text(text).is_err();
    }
}

/// Encodes `items` as serde does an array.
fn encode_items<E: Serializer, T: Serialize>(items: &[T], encoder: E) -> Result<E::Ok, E::Error> {
    let mut tuple = encoder.serialize_tuple(items.len())?;
    for item in items {
        tuple.serialize_element(item)?;
    }
    tuple.end()
}

/// Keys are made of arguments, and arguments are nobody's business.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// What can be a part of a key: everything that serde can serialize.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "needed to tell one call from another",
    note = "derive `serde::Serialize` for it (or bound a type parameter by it), name what identifies it in the key (`key = \"user:{{self.id}}\"`), \
            or leave it out with `skip(..)`",
    note = "serde stops at arrays of 32 items: where a longer one is inside of something, write it by its `Debug` (`key = \"{{x:?}}\"`), \
            or take a slice or a `Vec`"
)]
pub trait KeyPart: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> KeyPart for T {}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::ser::Error;

    use super::*;

    fn key_of<T: Serialize + ?Sized>(value: &T) -> Key {
        let mut key = Key::new();
        key.part(value);
        key
    }

    #[test]
    fn debug_shows_nothing_of_the_arguments() {
        assert_eq!(format!("{:?}", key_of("secret")), "Key { .. }");
        assert_eq!(format!("{:#?}", key_of("secret")), "Key { .. }");
    }

    #[test]
    fn the_kind_of_a_number_is_part_of_the_key() {
        assert_ne!(key_of(&1i32).bytes(), key_of(&1u64).bytes());
        assert_ne!(key_of(&1u64).bytes(), key_of("1").bytes());
    }

    #[test]
    fn a_list_is_not_its_items_joined() {
        assert_ne!(key_of(&["a", "b"]).bytes(), key_of("a:b").bytes());
        assert_ne!(
            key_of(&vec!["a", "b"]).bytes(),
            key_of(&vec!["a:b"]).bytes()
        );
    }

    #[test]
    fn an_array_is_the_part_that_serde_makes_of_it() {
        let key_of_array = |value: &[&str; 2]| {
            let mut key = Key::new();
            key.array(value);
            key
        };
        assert_eq!(
            key_of_array(&["a", "b"]).bytes(),
            key_of(&["a", "b"]).bytes()
        );
        let mut longer = Key::new();
        longer.array(&[7u8; 33]);
        assert!(!longer.is_faulty());
        assert!(longer.bytes().len() > 33);
    }

    #[test]
    fn borrowed_and_owned_text_are_the_same_part() {
        assert_eq!(key_of("a").bytes(), key_of(&"a".to_owned()).bytes());
        assert_eq!(
            key_of("a").bytes(),
            key_of(&std::sync::Arc::<str>::from("a")).bytes()
        );
    }

    #[test]
    fn the_order_of_a_map_is_no_part_of_the_key() {
        let forward: HashMap<u32, u32> = (0..100).map(|n| (n, n)).collect();
        let backward: HashMap<u32, u32> = (0..100).rev().map(|n| (n, n)).collect();
        assert_eq!(key_of(&forward).bytes(), key_of(&backward).bytes());
    }

    #[test]
    fn a_skipped_field_does_not_let_two_structs_meet() {
        #[derive(Serialize)]
        struct Filter {
            #[serde(skip_serializing_if = "Option::is_none")]
            from: Option<u8>,
            #[serde(skip_serializing_if = "Option::is_none")]
            to: Option<u8>,
        }
        let from = Filter {
            from: Some(1),
            to: None,
        };
        let to = Filter {
            from: None,
            to: Some(1),
        };
        assert_ne!(key_of(&from).bytes(), key_of(&to).bytes());
    }

    #[test]
    fn a_newtype_is_what_it_wraps() {
        #[derive(Serialize)]
        struct UserId(u64);
        assert_eq!(key_of(&UserId(42)).bytes(), key_of(&42u64).bytes());
    }

    #[test]
    fn a_part_that_fails_makes_the_key_faulty() {
        struct Refuses;
        impl Serialize for Refuses {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(S::Error::custom("no"))
            }
        }
        let mut key = key_of(&1u8);
        assert!(!key.is_faulty());
        key.part(&Refuses);
        key.part(&2u8);
        assert!(key.is_faulty());
    }

    #[test]
    fn a_short_key_stays_on_the_stack() {
        let mut key = key_of("a text of thirty characters ...");
        key.part(&u64::MAX);
        key.part(&u64::MAX);
        let start = core::ptr::from_ref(&key).addr();
        assert!((start..start + size_of::<Key>()).contains(&key.bytes().as_ptr().addr()));
    }
}
