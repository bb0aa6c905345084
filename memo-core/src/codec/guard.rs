//! A deserializer around another, which refuses what would not end or overflow the stack.
//!
//! Two limits, for bytes that anybody may have written. Claims: sequences and maps may announce, all together, as many elements as the input has
//! bytes, and [`CLAIM_SLACK`] more, for elements that take no bytes. A count is charged before the first element is read. Depth: a value may be
//! nested [`MAX_DEPTH`] levels deep; whatever is no scalar is a level.
//!
//! Scalars and text go straight to the inner deserializer. A self-describing format may answer such a request with a container; then its own limit
//! of depth holds, and each element takes a byte.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// How deep a value may be nested.
pub(super) const MAX_DEPTH: u32 = 128;

/// Why a deeper one is not written.
pub(super) const TOO_DEEP: &str = "a value of it is nested deeper than 128 levels, which nothing reads back, so such values are computed at each call: \
     make them flatter (an index in place of a chain of boxes), or say `local`";

/// How many elements may be claimed beyond the bytes of the input.
pub(super) const CLAIM_SLACK: usize = 1 << 16;

/// How many elements may still be claimed.
pub(super) struct Claims(Cell<usize>);

impl Claims {
    /// What an input of so many bytes may claim.
    pub(super) fn of(input: &[u8]) -> Self {
        Self(Cell::new(input.len().saturating_add(CLAIM_SLACK)))
    }

    #[inline]
    fn charge<E: Error>(&self, elements: usize) -> Result<(), E> {
        match self.0.get().checked_sub(elements) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(refusal("more elements than the input can hold")),
        }
    }
}

#[cold]
fn refusal<E: Error>(words: &str) -> E {
    E::custom(words)
}

/// What is left of both limits at one place of the value.
#[derive(Clone, Copy)]
struct Limits<'g> {
    depth: u32,
    claims: &'g Claims,
}

impl Limits<'_> {
    #[inline]
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(refusal("nested too deep")),
        }
    }
}

/// A part of the inner format (a deserializer, a visitor, an access, a seed) with the limits that hold for it.
pub(super) struct Guarded<'g, T> {
    inner: T,
    limits: Limits<'g>,
}

impl<'g, D> Guarded<'g, D> {
    /// The deserializer of a whole value, which may be nested so deep.
    #[inline]
    pub(super) fn new(inner: D, claims: &'g Claims, depth: u32) -> Self {
        Self {
            inner,
            limits: Limits { depth, claims },
        }
    }

    #[inline]
    fn inside<T>(&self, inner: T) -> Guarded<'g, T> {
        let limits = self.limits;
        Guarded { inner, limits }
    }
}

macro_rules! forward {
    ($($request:ident)*) => {$(
        #[inline]
        fn $request<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$request(visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Guarded<'_, D> {
    type Error = D::Error;

    forward! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string
        deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = Guest::claiming(visitor, self.limits)?;
        self.inner.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = Guest::claiming(visitor, self.limits)?;
        self.inner.deserialize_ignored_any(visitor)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = Guest::claiming(visitor, self.limits)?;
        self.inner.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = Guest::claiming(visitor, self.limits)?;
        self.inner.deserialize_map(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = Guest::new(visitor, self.limits)?;
        self.inner.deserialize_option(visitor)
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = Guest::new(visitor, self.limits)?;
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = Guest::new(visitor, self.limits)?;
        self.inner.deserialize_tuple(len, visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = Guest::new(visitor, self.limits)?;
        self.inner.deserialize_tuple_struct(name, len, visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = Guest::new(visitor, self.limits)?;
        self.inner.deserialize_struct(name, fields, visitor)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = Guest::new(visitor, self.limits)?;
        self.inner.deserialize_enum(name, variants, visitor)
    }
}

/// A visitor whose containers are guarded.
struct Guest<'g, V> {
    visitor: V,
    limits: Limits<'g>,
    /// Whether the number of elements comes from the input, and not from the type.
    claims: bool,
}

impl<'g, V> Guest<'g, V> {
    #[inline]
    fn new<E: Error>(visitor: V, limits: Limits<'g>) -> Result<Self, E> {
        Ok(Self {
            visitor,
            limits: limits.deeper()?,
            claims: false,
        })
    }

    #[inline]
    fn claiming<E: Error>(visitor: V, limits: Limits<'g>) -> Result<Self, E> {
        Ok(Self {
            claims: true,
            ..Self::new(visitor, limits)?
        })
    }

    /// Charges what a container claims.
    #[inline]
    fn charge<E: Error>(&self, elements: Option<usize>) -> Result<(), E> {
        match elements {
            Some(elements) if self.claims => self.limits.claims.charge(elements),
            _ => Ok(()),
        }
    }
}

macro_rules! visit {
    ($($visit:ident($value:ty))*) => {$(
        #[inline]
        fn $visit<E: Error>(self, value: $value) -> Result<V::Value, E> {
            self.visitor.$visit(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Guest<'_, V> {
    type Value = V::Value;

    visit! {
        visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128)
        visit_f32(f32) visit_f64(f64) visit_char(char)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let limits = self.limits;
        self.visitor.visit_some(Guarded { inner, limits })
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let limits = self.limits;
        self.visitor.visit_newtype_struct(Guarded { inner, limits })
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.charge(inner.size_hint())?;
        let limits = self.limits;
        self.visitor.visit_seq(Guarded { inner, limits })
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.charge(inner.size_hint())?;
        let limits = self.limits;
        self.visitor.visit_map(Guarded { inner, limits })
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let limits = self.limits;
        self.visitor.visit_enum(Guarded { inner, limits })
    }
}

impl<T> Guarded<'_, T> {
    /// Charges an element of a container that does not say how many it has. Of one that does, the compiler leaves nothing of this.
    #[inline]
    fn charge_singly<E: Error>(&self, hint: Option<usize>) -> Result<(), E> {
        match hint {
            Some(_) => Ok(()),
            None => self.limits.claims.charge(1),
        }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Guarded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        self.charge_singly(self.inner.size_hint())?;
        let seed = self.inside(seed);
        self.inner.next_element_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Guarded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.charge_singly(self.inner.size_hint())?;
        let seed = self.inside(seed);
        self.inner.next_key_seed(seed)
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        let seed = self.inside(seed);
        self.inner.next_value_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Guarded<'_, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        let limits = self.limits;
        self.inner.deserialize(Guarded { inner, limits })
    }
}

impl<'de, 'g, A: EnumAccess<'de>> EnumAccess<'de> for Guarded<'g, A> {
    type Error = A::Error;
    type Variant = Guarded<'g, A::Variant>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let limits = self.limits;
        let (value, inner) = self.inner.variant_seed(Guarded {
            inner: seed,
            limits,
        })?;
        Ok((value, Guarded { inner, limits }))
    }
}

/// The enum itself was the level: its variants are none.
impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Guarded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.inside(seed);
        self.inner.newtype_variant_seed(seed)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = Guest {
            visitor,
            limits: self.limits,
            claims: false,
        };
        self.inner.tuple_variant(len, visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = Guest {
            visitor,
            limits: self.limits,
            claims: false,
        };
        self.inner.struct_variant(fields, visitor)
    }
}
