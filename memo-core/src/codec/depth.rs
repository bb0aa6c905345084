//! A serializer around another, which writes nothing that is nested deeper than what the guard of reading lets through.
//!
//! What a level is, is the same here and there.

use std::cell::Cell;

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// What is left of the depth at one place of a value.
#[derive(Clone, Copy)]
struct Limit<'e> {
    depth: u32,
    exceeded: &'e Cell<bool>,
}

impl<'e> Limit<'e> {
    #[inline]
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => {
                self.exceeded.set(true);
                Err(E::custom("nested too deep"))
            }
        }
    }

    #[inline]
    fn around<T>(self, inner: T) -> Bounded<'e, T> {
        Bounded { inner, limit: self }
    }
}

/// A part of the inner format (a serializer, a container that is being written) or of the value, with the depth that is left for it.
pub(super) struct Bounded<'e, T> {
    inner: T,
    limit: Limit<'e>,
}

impl<'e, S> Bounded<'e, S> {
    /// The serializer of a whole value, which notes whether it is nested deeper than this.
    #[inline]
    pub(super) fn new(inner: S, depth: u32, exceeded: &'e Cell<bool>) -> Self {
        Limit { depth, exceeded }.around(inner)
    }
}

impl<T: Serialize + ?Sized> Serialize for Bounded<'_, &T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(self.limit.around(serializer))
    }
}

macro_rules! forward {
    ($($serialize:ident($value:ty))*) => {$(
        #[inline]
        fn $serialize(self, value: $value) -> Result<S::Ok, S::Error> {
            self.inner.$serialize(value)
        }
    )*};
}

macro_rules! containers {
    ($($serialize:ident($($name:ident: $type:ty),*) -> $container:ident;)*) => {$(
        #[inline]
        fn $serialize(self, $($name: $type),*) -> Result<Bounded<'e, S::$container>, S::Error> {
            let inside = self.limit.deeper()?;
            Ok(inside.around(self.inner.$serialize($($name),*)?))
        }
    )*};
}

impl<'e, S: Serializer> Serializer for Bounded<'e, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Bounded<'e, S::SerializeSeq>;
    type SerializeTuple = Bounded<'e, S::SerializeTuple>;
    type SerializeTupleStruct = Bounded<'e, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Bounded<'e, S::SerializeTupleVariant>;
    type SerializeMap = Bounded<'e, S::SerializeMap>;
    type SerializeStruct = Bounded<'e, S::SerializeStruct>;
    type SerializeStructVariant = Bounded<'e, S::SerializeStructVariant>;

    forward! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_f32(f32) serialize_f64(f64) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_unit_struct(&'static str)
    }

    containers! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeStructVariant;
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }

    #[inline]
    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.limit.deeper()?;
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let inside = self.limit.deeper()?;
        self.inner.serialize_some(&inside.around(value))
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.limit.deeper()?;
        self.inner.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let inside = self.limit.deeper()?;
        self.inner
            .serialize_newtype_struct(name, &inside.around(value))
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let inside = self.limit.deeper()?;
        self.inner
            .serialize_newtype_variant(name, index, variant, &inside.around(value))
    }
}

macro_rules! parts {
    ($($container:ident { $($part:ident($($key:ident)?))* $(; $skip:ident)? })*) => {$(
        impl<S: $container> $container for Bounded<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            $(#[inline]
            fn $part<T: Serialize + ?Sized>(&mut self, $($key: &'static str,)? part: &T) -> Result<(), S::Error> {
                self.inner.$part($($key,)? &self.limit.around(part))
            })*

            $(#[inline]
            fn $skip(&mut self, key: &'static str) -> Result<(), S::Error> {
                self.inner.$skip(key)
            })?

            #[inline]
            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

parts! {
    SerializeSeq { serialize_element() }
    SerializeTuple { serialize_element() }
    SerializeTupleStruct { serialize_field() }
    SerializeTupleVariant { serialize_field() }
    SerializeMap { serialize_key() serialize_value() }
    SerializeStruct { serialize_field(key); skip_field }
    SerializeStructVariant { serialize_field(key); skip_field }
}
