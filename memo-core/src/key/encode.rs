//! The canonical binary form of a value, written by serde.
//!
//! Every value begins with a tag and delimits itself, so a list of values needs no separators and no two lists have the same bytes.
//! What serde cannot tell apart is the same value here too: a newtype struct is what it wraps, `usize` is `u64`, an enum and a
//! struct are known by their variants and fields, not by their own name.

use core::fmt::{self, Display};

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::tag;
use crate::varint::Varint;

/// Where encoded bytes go: a key's buffer, or a mere counter.
pub(super) trait Sink {
    /// Where the entries of a map begin, for a sink that brings them into order.
    type Marks: Default;

    fn put(&mut self, bytes: &[u8]);

    /// Puts a tag and a number of at most 16 bytes.
    fn put_fixed<const N: usize>(&mut self, tag: u8, number: [u8; N]);

    /// Puts a tag, a length of one byte, and that many bytes.
    fn put_short(&mut self, tag: u8, length: u8, bytes: &[u8]);

    /// Puts formatted text as a framed string, as `serialize_str` would.
    fn put_text(&mut self, text: fmt::Arguments<'_>) -> Result<(), Faulty>;

    /// An entry of a map begins here.
    fn mark(&self, marks: &mut Self::Marks);

    /// The map has ended: puts its entries into the order of their bytes.
    fn sort(&mut self, marks: &Self::Marks);

    /// Notes that the value is nested deeper than is written, and is given up.
    fn is_too_deep(&mut self) {}
}

/// Values within values. Deeper ones are not written: their own recursion would exhaust the stack of a call that goes without it where nothing is cached.
const DEEPEST: u32 = 1024;

/// A user's `Serialize` or `Display` failed, or nests too deeply. Its message is dropped: a call without a key runs its body, and nobody reads it.
#[derive(Debug)]
pub(super) struct Faulty;

/// Writes one value to a sink.
pub(super) struct Encoder<'a, S> {
    sink: &'a mut S,
    /// The number of levels that may follow.
    left: u32,
}

impl<'a, S: Sink> Encoder<'a, S> {
    /// Writes a whole value.
    #[inline]
    pub(super) fn to(sink: &'a mut S) -> Self {
        let left = DEEPEST;
        Self { sink, left }
    }

    /// Goes down a level, if there is one left.
    #[inline]
    fn deeper(self) -> Result<Self, Faulty> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left, ..self }),
            None => {
                self.sink.is_too_deep();
                Err(Faulty)
            }
        }
    }
}

impl<S: Sink> Encoder<'_, S> {
    /// Writes one more value to the same place.
    #[inline]
    fn again(&mut self) -> Encoder<'_, S> {
        Encoder {
            sink: &mut *self.sink,
            left: self.left,
        }
    }

    #[inline]
    fn fixed<const N: usize>(self, tag: u8, payload: [u8; N]) -> Result<(), Faulty> {
        self.sink.put_fixed(tag, payload);
        Ok(())
    }

    /// Tag, length, bytes.
    #[inline]
    pub(super) fn framed(&mut self, tag: u8, bytes: &[u8]) {
        if bytes.len() < 0x80 {
            self.sink.put_short(tag, bytes.len() as u8, bytes);
        } else {
            self.frame_long(tag, bytes.len());
            self.sink.put(bytes);
        }
    }

    #[cold]
    fn frame_long(&mut self, tag: u8, length: usize) {
        self.sink.put(&[tag]);
        self.sink.put(Varint::new(length as u64).as_bytes());
    }
}

impl<'a, S: Sink> Encoder<'a, S> {
    #[inline]
    fn items(self, tag: u8) -> Result<Items<'a, S>, Faulty> {
        self.sink.put(&[tag]);
        Ok(Items(self.deeper()?))
    }

    #[inline]
    fn variant_items(mut self, tag: u8, variant: &str) -> Result<Items<'a, S>, Faulty> {
        self.framed(tag, variant.as_bytes());
        Ok(Items(self.deeper()?))
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty) => $tag:ident;)*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Faulty> {
            self.fixed(tag::$tag, value.to_le_bytes())
        }
    )*};
}

impl<'a, S: Sink> Serializer for Encoder<'a, S> {
    type Ok = ();
    type Error = Faulty;
    type SerializeSeq = Items<'a, S>;
    type SerializeTuple = Items<'a, S>;
    type SerializeTupleStruct = Items<'a, S>;
    type SerializeTupleVariant = Items<'a, S>;
    type SerializeMap = Entries<'a, S>;
    type SerializeStruct = Items<'a, S>;
    type SerializeStructVariant = Items<'a, S>;

    numbers! {
        serialize_i8(i8) => I8;
        serialize_i16(i16) => I16;
        serialize_i32(i32) => I32;
        serialize_i64(i64) => I64;
        serialize_i128(i128) => I128;
        serialize_u8(u8) => U8;
        serialize_u16(u16) => U16;
        serialize_u32(u32) => U32;
        serialize_u64(u64) => U64;
        serialize_u128(u128) => U128;
        serialize_f32(f32) => F32;
        serialize_f64(f64) => F64;
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Faulty> {
        self.fixed(if value { tag::TRUE } else { tag::FALSE }, [])
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result<(), Faulty> {
        self.fixed(tag::CHAR, u32::from(value).to_le_bytes())
    }

    #[inline]
    fn serialize_str(mut self, value: &str) -> Result<(), Faulty> {
        self.framed(tag::STR, value.as_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_bytes(mut self, value: &[u8]) -> Result<(), Faulty> {
        self.framed(tag::BYTES, value);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Faulty> {
        self.sink.put_text(format_args!("{value}"))
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Faulty> {
        self.fixed(tag::NONE, [])
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Faulty> {
        self.sink.put(&[tag::SOME]);
        value.serialize(self.deeper()?)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Faulty> {
        self.fixed(tag::UNIT, [])
    }

    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Faulty> {
        self.fixed(tag::UNIT_STRUCT, [])
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Faulty> {
        value.serialize(self.deeper()?)
    }

    #[inline]
    fn serialize_seq(self, _len: Option<usize>) -> Result<Items<'a, S>, Faulty> {
        self.items(tag::SEQ)
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Items<'a, S>, Faulty> {
        self.items(tag::TUPLE)
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Items<'a, S>, Faulty> {
        self.items(tag::TUPLE_STRUCT)
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Items<'a, S>, Faulty> {
        self.items(tag::STRUCT)
    }

    #[inline]
    fn serialize_map(self, _len: Option<usize>) -> Result<Entries<'a, S>, Faulty> {
        self.sink.put(&[tag::MAP]);
        Ok(Entries {
            inner: self.deeper()?,
            marks: S::Marks::default(),
        })
    }

    #[inline]
    fn serialize_unit_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Faulty> {
        self.framed(tag::UNIT_VARIANT, variant.as_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Faulty> {
        self.framed(tag::NEWTYPE_VARIANT, variant.as_bytes());
        value.serialize(self.deeper()?)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Items<'a, S>, Faulty> {
        self.variant_items(tag::TUPLE_VARIANT, variant)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Items<'a, S>, Faulty> {
        self.variant_items(tag::STRUCT_VARIANT, variant)
    }
}

/// Values up to an end mark. A length that is known beforehand is not used, so that it cannot make a difference.
pub(super) struct Items<'a, S>(Encoder<'a, S>);

impl<S: Sink> Items<'_, S> {
    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Faulty> {
        value.serialize(self.0.again())
    }

    /// Fields carry their names: without them, two structs that skip different fields would meet.
    #[inline]
    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Faulty> {
        self.0.framed(tag::STR, name.as_bytes());
        self.item(value)
    }

    #[inline]
    fn close(self) -> Result<(), Faulty> {
        self.0.sink.put(&[tag::END]);
        Ok(())
    }
}

macro_rules! items {
    ($($trait:ident::$method:ident;)*) => {$(
        impl<S: Sink> $trait for Items<'_, S> {
            type Ok = ();
            type Error = Faulty;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Faulty> {
                self.item(value)
            }

            #[inline]
            fn end(self) -> Result<(), Faulty> {
                self.close()
            }
        }
    )*};
}

items! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl<S: Sink> $trait for Items<'_, S> {
            type Ok = ();
            type Error = Faulty;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Faulty> {
                self.field(name, value)
            }

            #[inline]
            fn end(self) -> Result<(), Faulty> {
                self.close()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

/// The entries of a map, sorted at its end: a `HashMap` has no order that could be part of a key.
pub(super) struct Entries<'a, S: Sink> {
    inner: Encoder<'a, S>,
    marks: S::Marks,
}

impl<S: Sink> SerializeMap for Entries<'_, S> {
    type Ok = ();
    type Error = Faulty;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Faulty> {
        self.inner.sink.mark(&mut self.marks);
        key.serialize(self.inner.again())
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Faulty> {
        value.serialize(self.inner.again())
    }

    #[inline]
    fn end(self) -> Result<(), Faulty> {
        self.inner.sink.sort(&self.marks);
        self.inner.sink.put(&[tag::END]);
        Ok(())
    }
}

impl serde::ser::Error for Faulty {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl core::error::Error for Faulty {}

impl Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value refused to be part of a key, or nests too deeply")
    }
}

impl From<fmt::Error> for Faulty {
    fn from(_: fmt::Error) -> Self {
        Self
    }
}
