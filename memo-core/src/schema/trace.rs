//! The deserializer that has nothing to read, and writes down what it is asked for.

use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::mem::replace;
use std::panic::{AssertUnwindSafe, catch_unwind};

use foldhash::fast::RandomState;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, Visitor};

use super::access::Inside;
use super::graph::{Cause, Format, Graph, Kind, Leaf};
use super::proof::Proof;
use super::{Shape, digest, problem, samples};
use crate::codec::Codec;

/// How often a type is asked for one of its values. Each pass learns something, or is the last.
const PASSES: usize = 5_000;

/// How many questions a type may ask in all: some milliseconds.
const REQUESTS: usize = 100_000;

/// How many further questions may be for elements like the one before: an array is long, and teaches nothing.
const REPETITIONS: usize = 5_000_000;

/// How deep a made-up value may be nested.
const DEPTH: usize = 100;

/// Traces a type. Its own code may panic: that is where the trace stops. `judge` sees each value that is made, and says what speaks against the type.
pub(super) fn shape<V: DeserializeOwned + 'static>(
    codec: Codec,
    judge: impl Fn(&V) -> Option<String>,
) -> Shape {
    let mut recorder = Recorder::new(codec);
    recorder.run::<V>(&judge);
    let gap = recorder.gap();
    let stopped = gap.is_some().then(type_name::<V>);
    Shape {
        tag: digest::tag(codec, &recorder.graph, recorder.root, stopped),
        tuples: recorder.graph.tuples(),
        problem: recorder.problem,
        gap,
        ambiguity: recorder.ambiguity,
        proof: Proof::default(),
    }
}

/// A value was not made. Why is in [`Recorder::cause`].
#[derive(Debug)]
pub(super) struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the trace stops here")
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A part of a container, on the way from the root to what is asked for.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) container: usize,
    pub(super) way: usize,
    pub(super) part: usize,
}

/// What a trace remembers.
pub(super) struct Recorder {
    pub(super) codec: Codec,
    pub(super) graph: Graph,
    pub(super) path: Vec<Step>,
    pub(super) problem: Option<String>,
    pub(super) ambiguity: Option<String>,
    /// The seed that is being satisfied.
    asking: &'static str,
    root: Format,
    /// What the last type asked for.
    found: Format,
    /// Why the value that is being made cannot be; `None` while that is not known.
    cause: Option<Cause>,
    /// How many samples a type has refused: known by its seed, or by the visitor of the option or newtype around it.
    refused: HashMap<TypeId, usize, RandomState>,
    /// The types that were never satisfied: the container that each is in, and its place in words.
    given_up: Vec<(Option<usize>, String)>,
    /// Where the type's own code panicked.
    panicked: Option<String>,
    /// Whether a value was made.
    made: bool,
    requests: usize,
    repetitions: usize,
}

impl Recorder {
    fn new(codec: Codec) -> Self {
        Self {
            codec,
            graph: Graph::default(),
            path: Vec::new(),
            problem: None,
            ambiguity: None,
            asking: "",
            root: Format::Nothing,
            found: Format::Nothing,
            cause: None,
            refused: HashMap::default(),
            given_up: Vec::new(),
            panicked: None,
            made: false,
            requests: 0,
            repetitions: 0,
        }
    }

    /// Makes values until nothing new is learnt.
    fn run<V: DeserializeOwned>(&mut self, judge: &impl Fn(&V) -> Option<String>) {
        for _ in 0..PASSES {
            let made = self.pass::<V>();
            if let (Some(value), None) = (&made, &self.problem) {
                // Where it panics nothing is known.
                let verdict = catch_unwind(AssertUnwindSafe(|| judge(value)));
                self.problem = verdict.ok().flatten();
            }
            let progress = self.graph.progress;
            self.graph.begin();
            self.made |= made.is_some();
            let is_seen = made.is_some() && !self.graph.is_open(self.root);
            if is_seen || !progress || self.is_spent() {
                return;
            }
        }
    }

    /// Returns why not all of the type was seen, in words for its author; `None` if it was.
    fn gap(&self) -> Option<String> {
        if self.is_spent() {
            return Some("the type has too many parts to see them all".to_owned());
        }
        if let Some(place) = &self.panicked {
            return Some(format!(
                "{place} panicked when it was given a made-up value"
            ));
        }
        let container = self.graph.first_gap();
        if container.is_none() && (self.made || self.root != Format::Nothing) {
            return None;
        }
        let mut refusals = self.given_up.iter();
        let refusal = refusals.find(|(around, _)| *around == container);
        Some(match refusal.or(self.given_up.first()) {
            Some((_, place)) => format!("{place} accepts none of the values that memo makes up"),
            None => "the type is nested too deep to see all of it".to_owned(),
        })
    }

    fn pass<V: DeserializeOwned>(&mut self) -> Option<V> {
        self.path.clear();
        self.cause = None;
        let run = AssertUnwindSafe(|| self.seed(PhantomData::<V>, 0).ok());
        match catch_unwind(run) {
            Ok(made) => {
                self.root = self.found;
                made
            }
            Err(_) => {
                let place = problem::place(self);
                self.panicked.get_or_insert(place);
                self.graph.abandon();
                None
            }
        }
    }

    /// Has a part of a container made. `attempt` says which sample the container as a whole is at.
    pub(super) fn part<'de, S: DeserializeSeed<'de>>(
        &mut self,
        step: Step,
        seed: S,
        attempt: usize,
    ) -> Result<S::Value, Stop> {
        // Not all parts the same, for the sake of those that must differ or ascend.
        let attempt = if attempt == 0 { 0 } else { attempt + step.part };
        self.within(step, |recorder| recorder.seed(seed, attempt))
    }

    /// Takes down what is asked for while a part of a container is made.
    pub(super) fn within<T>(
        &mut self,
        step: Step,
        make: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.path.push(step);
        self.found = Format::Nothing;
        let result = make(self);
        self.path.pop();
        if result.is_ok() || self.found != Format::Nothing {
            self.graph
                .note(step.container, step.way, step.part, self.found);
        }
        result
    }

    fn seed<'de, S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
        around: usize,
    ) -> Result<S::Value, Stop> {
        let outer = replace(&mut self.asking, type_name::<S>());
        let made = self.attempt(typeid::of::<S>(), around, |tracer| seed.deserialize(tracer));
        self.asking = outer;
        made
    }

    /// Has a type make a value of its own. One that refuses gets another sample in the next pass.
    pub(super) fn attempt<T>(
        &mut self,
        who: TypeId,
        around: usize,
        make: impl FnOnce(Tracer<'_>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let attempt = self.refused.get(&who).copied().unwrap_or(around);
        let result = make(Tracer {
            recorder: self,
            attempt,
        });
        match result {
            Ok(_) => self.cause = None,
            Err(_) => self.blame(who),
        }
        result
    }

    fn blame(&mut self, who: TypeId) {
        if self.cause.is_some() {
            return;
        }
        let refused = self.refused.entry(who).or_default();
        *refused += 1;
        if *refused < samples::SAMPLES {
            self.graph.progress = true;
            self.cause = Some(Cause::Retry);
        } else {
            let around = self.path.last().map(|step| step.container);
            self.given_up.push((around, problem::place(self)));
            self.cause = Some(Cause::Dead);
        }
    }

    pub(super) fn stop(&mut self, cause: Cause) -> Stop {
        self.cause = Some(cause);
        Stop
    }

    /// Counts a question.
    fn ask(&mut self, format: Format) -> Result<(), Stop> {
        match self.path.last() {
            Some(step) if self.graph.is_repetition(*step, format) => self.repetitions += 1,
            _ => self.requests += 1,
        }
        self.found = format;
        if self.path.is_empty() {
            self.root = format;
        }
        if self.is_spent() {
            return Err(self.stop(Cause::Dead));
        }
        Ok(())
    }

    fn is_spent(&self) -> bool {
        self.requests > REQUESTS || self.repetitions > REPETITIONS
    }

    fn open(&mut self, container: usize) -> Result<usize, Stop> {
        self.ask(Format::Container(container))?;
        if self.path.len() > DEPTH {
            return Err(self.stop(Cause::Endless));
        }
        let way = self.graph.open(container);
        way.map_err(|cause| self.stop(cause))
    }

    fn close(&mut self, container: usize, way: usize, made: bool, before: usize) {
        let result = match made {
            true => Ok(self.requests - before),
            false => Err(self.cause.unwrap_or(Cause::Retry)),
        };
        let cause = self.graph.close(container, way, result);
        // A failure that nobody was blamed for is that of the type around.
        self.cause = self.cause.and(cause);
        self.found = Format::Container(container);
    }
}

/// The deserializer of one value.
pub(super) struct Tracer<'r> {
    pub(super) recorder: &'r mut Recorder,
    /// Which sample is due.
    pub(super) attempt: usize,
}

impl<'r> Tracer<'r> {
    fn leaf(&mut self, leaf: Leaf) -> Result<(), Stop> {
        self.recorder.ask(Format::Leaf(leaf))
    }

    /// A type that wants to be told what there is.
    fn untyped<'de, V: Visitor<'de>>(mut self, leaf: Leaf, visitor: V) -> Result<V::Value, Stop> {
        self.leaf(leaf)?;
        problem::untyped(self.recorder);
        let asking = self.recorder.asking;
        problem::untagged(self.recorder, asking, type_name::<V>());
        samples::anything(self.attempt, visitor)
    }

    fn container<'de, V: Visitor<'de>>(
        self,
        kind: Kind,
        visitor: V,
        make: impl FnOnce(V, Inside<'_>) -> Result<V::Value, Stop>,
    ) -> Result<V::Value, Stop> {
        let Self { recorder, attempt } = self;
        let container = recorder.graph.container(typeid::of::<V>(), kind);
        let way = recorder.open(container)?;
        let before = recorder.requests - 1;
        let inside = Inside::new(recorder, container, way, attempt);
        let result = make(visitor, inside);
        let by_name = recorder.graph.containers[container].ways[way].named;
        if by_name.is_some()
            && recorder.cause.is_none()
            && recorder.graph.is_way_open(container, way)
        {
            // It wants the fields that were left out, and there is more to see in the others.
            recorder.cause = Some(Cause::Retry);
        }
        recorder.close(container, way, result.is_ok(), before);
        problem::nested_option(recorder, container);
        result
    }

    fn elements<'de, V: Visitor<'de>>(
        self,
        kind: Kind,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.container(kind, visitor, |visitor, inside| {
            visitor.visit_seq(inside.with(len))
        })
    }
}

macro_rules! leaves {
    ($($request:ident $leaf:ident |$visitor:ident, $attempt:ident| $make:expr;)*) => {$(
        fn $request<V: Visitor<'de>>(mut self, $visitor: V) -> Result<V::Value, Stop> {
            self.leaf(Leaf::$leaf)?;
            let $attempt = self.attempt;
            $make
        }
    )*};
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Stop;

    leaves! {
        deserialize_bool Bool |v, n| v.visit_bool(n % 2 == 1);
        deserialize_i8 I8 |v, n| v.visit_i8((samples::number(n) & 127) as i8);
        deserialize_i16 I16 |v, n| v.visit_i16(samples::large_number(n) as i16);
        deserialize_i32 I32 |v, n| v.visit_i32(samples::large_number(n).into());
        deserialize_i64 I64 |v, n| v.visit_i64(samples::large_number(n).into());
        deserialize_i128 I128 |v, n| v.visit_i128(samples::large_number(n).into());
        deserialize_u8 U8 |v, n| v.visit_u8(samples::number(n));
        deserialize_u16 U16 |v, n| v.visit_u16(samples::large_number(n));
        deserialize_u32 U32 |v, n| v.visit_u32(samples::large_number(n).into());
        deserialize_u64 U64 |v, n| v.visit_u64(samples::large_number(n).into());
        deserialize_u128 U128 |v, n| v.visit_u128(samples::large_number(n).into());
        deserialize_f32 F32 |v, n| v.visit_f32(samples::large_number(n).into());
        deserialize_f64 F64 |v, n| v.visit_f64(samples::large_number(n).into());
        deserialize_char Char |v, n| v.visit_char(samples::character(n));
        deserialize_str Str |v, n| v.visit_borrowed_str(samples::string(n));
        deserialize_string Str |v, n| v.visit_str(samples::string(n));
        deserialize_bytes Bytes |v, n| v.visit_borrowed_bytes(samples::bytes(n));
        deserialize_byte_buf Bytes |v, n| v.visit_bytes(samples::bytes(n));
        deserialize_unit Unit |v, _n| v.visit_unit();
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.untyped(Leaf::Any, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.untyped(Leaf::Ignored, visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.untyped(Leaf::Identifier, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.recorder.ask(Format::UnitStruct(name))?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.container(Kind::Option, visitor, |visitor, inside| match inside.way {
            0 => inside.only(typeid::of::<V>(), |tracer| visitor.visit_some(tracer)),
            _ => visitor.visit_none(),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.container(Kind::Newtype(name), visitor, |visitor, inside| {
            inside.only(typeid::of::<V>(), |tracer| {
                visitor.visit_newtype_struct(tracer)
            })
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.container(Kind::Seq, visitor, |visitor, inside| {
            visitor.visit_seq(inside.with_some())
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.container(Kind::Map, visitor, |visitor, inside| {
            visitor.visit_map(inside.with_some())
        })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.elements(Kind::Tuple(len), len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.elements(Kind::TupleStruct(name, len), len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.container(Kind::Struct(name, fields), visitor, |visitor, inside| {
            inside.fields(fields, visitor)
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.container(Kind::Enum(name, variants), visitor, |visitor, inside| {
            visitor.visit_enum(inside)
        })
    }
}

/// Whether a type is seen to its end.
#[cfg(test)]
pub(super) fn is_complete<V: DeserializeOwned + 'static>() -> bool {
    shape::<V>(Codec::Postcard, |_| None).gap.is_none()
}

/// What was seen of a type, without its name.
#[cfg(test)]
pub(super) fn seen<V: DeserializeOwned>() -> [u8; 4] {
    let mut recorder = Recorder::new(Codec::Postcard);
    recorder.run::<V>(&|_| None);
    digest::tag(recorder.codec, &recorder.graph, recorder.root, None)
}
