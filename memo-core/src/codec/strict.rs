//! A serializer around postcard's, which refuses what postcard would write and could not read back as the same value.
//!
//! Fields have no names in the bytes: one that is left out moves all that follows it into other fields. Sequences and maps say first how many
//! elements come: an element more or less moves the rest as well. And nothing is written that is nested deeper than [`MAX_DEPTH`], which the guard
//! of reading refuses. What a level is, is the same here and there.

use std::fmt;

use postcard::Serializer as Postcard;
use serde::ser::{self, Serialize, Serializer};

use super::guard::{MAX_DEPTH, TOO_DEEP};
use super::postcard::Output;

/// Why a value is not written.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A field was left out.
    SkippedField,
    /// A sequence or map has another number of elements than it said, or did not say it.
    Miscounted,
    /// It is nested deeper than what is read.
    TooDeep,
    /// Its own code, or the output, refused.
    Failed,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SkippedField => {
                "a field was left out (as with `skip_serializing_if`), which moves the fields after it in postcard: choose \
                 `codec = \"msgpack\"` (memo's feature `msgpack`), or `local`"
            }
            Self::Miscounted => {
                "a sequence or map does not know its length beforehand (as with `flatten`), which postcard must: choose \
                 `codec = \"msgpack\"` (memo's feature `msgpack`), or `local`"
            }
            Self::TooDeep => TOO_DEEP,
            Self::Failed => "its `Serialize` refused",
        })
    }
}

impl std::error::Error for Refusal {}

impl ser::Error for Refusal {
    // The words of the type may have its data in them.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Failed
    }
}

impl From<postcard::Error> for Refusal {
    fn from(error: postcard::Error) -> Self {
        match error {
            postcard::Error::SerializeSeqLengthUnknown => Self::Miscounted,
            _ => Self::Failed,
        }
    }
}

/// Postcard's serializer, with the depth that is left at this place of the value.
pub(super) struct Strict<'p, 'a, 's> {
    postcard: &'p mut Postcard<Output<'a, 's>>,
    depth: u32,
}

impl<'p, 'a, 's> Strict<'p, 'a, 's> {
    /// The serializer of a whole value.
    pub(super) fn new(postcard: &'p mut Postcard<Output<'a, 's>>) -> Self {
        Self {
            postcard,
            depth: MAX_DEPTH,
        }
    }

    #[inline]
    fn deeper(self) -> Result<Self, Refusal> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(Refusal::TooDeep),
        }
    }

    /// Writes a part of this value: postcard has nothing before, between or after parts.
    #[inline]
    fn part<T: Serialize + ?Sized>(&mut self, part: &T) -> Result<(), Refusal> {
        part.serialize(Strict {
            postcard: &mut *self.postcard,
            depth: self.depth,
        })
    }
}

/// A sequence or map whose length is written already.
pub(super) struct Counted<'p, 'a, 's> {
    inside: Strict<'p, 'a, 's>,
    left: usize,
}

impl<'p, 'a, 's> Counted<'p, 'a, 's> {
    #[inline]
    fn new(around: Strict<'p, 'a, 's>, len: Option<usize>) -> Result<Self, Refusal> {
        let inside = around.deeper()?;
        // The length alone.
        inside.postcard.serialize_seq(len)?;
        let left = len.ok_or(Refusal::Miscounted)?;
        Ok(Self { inside, left })
    }

    #[inline]
    fn count(&mut self) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(1).ok_or(Refusal::Miscounted)?;
        Ok(())
    }

    #[inline]
    fn end(self) -> Result<(), Refusal> {
        match self.left {
            0 => Ok(()),
            _ => Err(Refusal::Miscounted),
        }
    }
}

macro_rules! forward {
    ($($serialize:ident($value:ty))*) => {$(
        #[inline]
        fn $serialize(self, value: $value) -> Result<(), Refusal> {
            Ok(self.postcard.$serialize(value)?)
        }
    )*};
}

impl<'p, 'a, 's> Serializer for Strict<'p, 'a, 's> {
    type Ok = ();
    type Error = Refusal;
    type SerializeSeq = Counted<'p, 'a, 's>;
    type SerializeMap = Counted<'p, 'a, 's>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    forward! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_f32(f32) serialize_f64(f64) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_unit_struct(&'static str)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        Ok(self.postcard.collect_str(value)?)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Refusal> {
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Refusal> {
        Ok(self.deeper()?.postcard.serialize_none()?)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        let mut inside = self.deeper()?;
        inside.postcard.serialize_some(&())?;
        inside.part(value)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        self.deeper()?.part(value)
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Refusal> {
        let inside = self.deeper()?;
        Ok(inside
            .postcard
            .serialize_unit_variant(name, index, variant)?)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        self.variant(name, index, variant)?.part(value)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Counted<'p, 'a, 's>, Refusal> {
        Counted::new(self, len)
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Counted<'p, 'a, 's>, Refusal> {
        Counted::new(self, len)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, Refusal> {
        self.deeper()
    }

    #[inline]
    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self, Refusal> {
        self.check_tuple(name, None, len)?;
        self.deeper()
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refusal> {
        self.deeper()
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self, Refusal> {
        self.check_tuple(name, Some(index), len)?;
        self.variant(name, index, variant)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Refusal> {
        self.variant(name, index, variant)
    }
}

impl Strict<'_, '_, '_> {
    /// Derived code says of a tuple that a field is left out by the number of those that come, and by nothing else.
    #[inline]
    fn check_tuple(
        &self,
        name: &'static str,
        variant: Option<u32>,
        len: usize,
    ) -> Result<(), Refusal> {
        let mut lengths = (self.postcard.output.tuples.iter())
            .filter(|tuple| (tuple.name, tuple.variant) == (name, variant))
            .map(|tuple| tuple.len)
            .peekable();
        // Nothing is known of a type that is read under another name.
        if lengths.peek().is_none() || lengths.any(|known| known == len) {
            Ok(())
        } else {
            Err(Refusal::SkippedField)
        }
    }

    /// Writes which variant it is, and goes inside.
    #[inline]
    fn variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<Self, Refusal> {
        let inside = self.deeper()?;
        inside
            .postcard
            .serialize_unit_variant(name, index, variant)?;
        Ok(inside)
    }
}

impl ser::SerializeSeq for Counted<'_, '_, '_> {
    type Ok = ();
    type Error = Refusal;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Refusal> {
        self.count()?;
        self.inside.part(element)
    }

    #[inline]
    fn end(self) -> Result<(), Refusal> {
        self.end()
    }
}

impl ser::SerializeMap for Counted<'_, '_, '_> {
    type Ok = ();
    type Error = Refusal;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refusal> {
        self.count()?;
        self.inside.part(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        self.inside.part(value)
    }

    #[inline]
    fn end(self) -> Result<(), Refusal> {
        self.end()
    }
}

macro_rules! parts {
    ($($container:ident $part:ident($($key:ty)?) $(, $skip:ident)?;)*) => {$(
        impl ser::$container for Strict<'_, '_, '_> {
            type Ok = ();
            type Error = Refusal;

            #[inline]
            fn $part<T: Serialize + ?Sized>(&mut self, $(_: $key,)? part: &T) -> Result<(), Refusal> {
                self.part(part)
            }

            $(fn $skip(&mut self, _: &'static str) -> Result<(), Refusal> {
                Err(Refusal::SkippedField)
            })?

            #[inline]
            fn end(self) -> Result<(), Refusal> {
                Ok(())
            }
        }
    )*};
}

parts! {
    SerializeTuple serialize_element();
    SerializeTupleStruct serialize_field();
    SerializeTupleVariant serialize_field();
    SerializeStruct serialize_field(&'static str), skip_field;
    SerializeStructVariant serialize_field(&'static str), skip_field;
}
