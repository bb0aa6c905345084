//! The inside of a container that is being traced: hands out its parts.

use std::any::TypeId;

use serde::de::value::{StrDeserializer, U32Deserializer};
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::graph::{Cause, Content, Kind};
use super::trace::{Recorder, Step, Stop, Tracer};

/// A container that is being made in one of its ways.
pub(super) struct Inside<'r> {
    recorder: &'r mut Recorder,
    container: usize,
    pub(super) way: usize,
    attempt: usize,
    part: usize,
    /// How many elements or entries are still to come.
    left: usize,
    /// The fields that come by name.
    names: Option<&'static [&'static str]>,
}

impl<'r> Inside<'r> {
    pub(super) fn new(
        recorder: &'r mut Recorder,
        container: usize,
        way: usize,
        attempt: usize,
    ) -> Self {
        Self {
            recorder,
            container,
            way,
            attempt,
            part: 0,
            left: 0,
            names: None,
        }
    }

    /// Holds fields: one after the other or, where one takes nothing, those behind it by name.
    pub(super) fn fields<'de, V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        match self.recorder.graph.containers[self.container].ways[self.way].named {
            None => visitor.visit_seq(self.with(fields.len())),
            Some(part) => visitor.visit_map(Self {
                part,
                names: Some(fields),
                ..self
            }),
        }
    }

    /// Holds so many elements.
    pub(super) fn with(self, left: usize) -> Self {
        Self { left, ..self }
    }

    /// Holds as many elements as its way says: one at first, more for types that want more; or none.
    pub(super) fn with_some(self) -> Self {
        let left = match self.way {
            0 => 1 + self.attempt % 4,
            _ => 0,
        };
        self.with(left)
    }

    /// Makes what the container is around.
    pub(super) fn only<T>(
        self,
        who: TypeId,
        make: impl FnOnce(Tracer<'_>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let (step, attempt) = (self.step(0), self.attempt);
        self.recorder
            .within(step, |recorder| recorder.attempt(who, attempt, make))
    }

    fn step(&self, part: usize) -> Step {
        Step {
            container: self.container,
            way: self.way,
            part,
        }
    }

    fn make<'de, S: DeserializeSeed<'de>>(
        &mut self,
        part: usize,
        seed: S,
    ) -> Result<S::Value, Stop> {
        let step = self.step(part);
        self.recorder.part(step, seed, self.attempt)
    }

    fn hold(&mut self, content: Content) {
        self.recorder.graph.hold(self.container, self.way, content);
    }

    fn kind(&self) -> Kind {
        self.recorder.graph.containers[self.container].kind
    }
}

impl<'de> SeqAccess<'de> for Inside<'_> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stop> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        // The elements of a sequence are all of one type.
        let part = match self.kind() {
            Kind::Seq => 0,
            _ => self.part,
        };
        self.part += 1;
        self.make(part, seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Inside<'_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stop> {
        if let Some(names) = self.names {
            let Some(name) = names.get(self.part) else {
                return Ok(None);
            };
            let name: StrDeserializer<'_, Stop> = name.into_deserializer();
            return seed.deserialize(name).map(Some);
        }
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.make(0, seed).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        if self.names.is_none() {
            return self.make(1, seed);
        }
        let value = self.make(self.part, seed);
        match &value {
            Ok(_) => self.part += 1,
            // Closing the container goes on behind it.
            Err(_) => self
                .recorder
                .graph
                .reach(self.container, self.way, self.part),
        }
        value
    }
}

impl<'de> EnumAccess<'de> for Inside<'_> {
    type Error = Stop;
    type Variant = Self;

    /// As the codec would: by number or by name.
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        let variant = match self.kind() {
            Kind::Enum(_, variants) if self.recorder.codec.is_self_describing() => {
                let name: StrDeserializer<'_, Stop> = variants[self.way].into_deserializer();
                seed.deserialize(name)
            }
            _ => {
                let number: U32Deserializer<Stop> = (self.way as u32).into_deserializer();
                seed.deserialize(number)
            }
        };
        match variant {
            Ok(variant) => Ok((variant, self)),
            // The list of variants has aliases as well: this number is none.
            Err(_) => Err(self.recorder.stop(Cause::Dead)),
        }
    }
}

impl<'de> VariantAccess<'de> for Inside<'_> {
    type Error = Stop;

    fn unit_variant(mut self) -> Result<(), Stop> {
        self.hold(Content::Unit);
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value, Stop> {
        self.hold(Content::Newtype);
        self.make(0, seed)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.hold(Content::Tuple(len));
        visitor.visit_seq(self.with(len))
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.hold(Content::Struct(fields));
        self.fields(fields, visitor)
    }
}
