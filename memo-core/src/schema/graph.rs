//! What a trace has found: the containers of a type, each with what is in it, and which of them are worth another look.

use std::any::TypeId;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Tuple;
use super::trace::Step;

/// A type as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Nothing was asked.
    Nothing,
    Leaf(Leaf),
    UnitStruct(&'static str),
    Container(usize),
}

/// What holds no other types. The numbers are in the tags, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Leaf {
    Any = 1,
    Ignored,
    Identifier,
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    Bytes,
}

/// What kind of container was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Option,
    Seq,
    Map,
    Tuple(usize),
    Newtype(&'static str),
    TupleStruct(&'static str, usize),
    Struct(&'static str, &'static [&'static str]),
    Enum(&'static str, &'static [&'static str]),
}

impl Kind {
    /// In how many ways a value can be made: `Some` and `None`, one element or none, each variant.
    fn ways(self) -> usize {
        match self {
            Self::Option | Self::Seq | Self::Map => 2,
            Self::Enum(_, variants) => variants.len(),
            _ => 1,
        }
    }
}

/// One way of making a value of a container.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// What each part was; several formats where a part's type depends on another part's value.
    pub(super) parts: Vec<Vec<Format>>,
    /// How a variant's content was asked for.
    pub(super) content: Content,
    state: State,
    /// The field to go on with by name, where one before it takes nothing.
    pub(super) named: Option<usize>,
}

impl Way {
    /// Whether a value was made this way.
    pub(super) fn was_made(&self) -> bool {
        matches!(self.state, State::Made(_))
    }

    /// Whether no value can be made this way.
    pub(super) fn has_failed(&self) -> bool {
        self.state == State::Failed
    }
}

/// The content of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Unknown,
    Unit,
    Newtype,
    Tuple(usize),
    Struct(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Untried,
    /// It only led deeper and deeper; worth another try once the container has an end.
    Endless,
    /// It was made, with so many requests.
    Made(usize),
    /// It cannot be made.
    Failed,
}

/// Why making a value stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Another sample may do.
    Retry,
    /// No end was in sight.
    Endless,
    /// There is nothing left to try.
    Dead,
}

#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) kind: Kind,
    pub(super) ways: Vec<Way>,
    /// How often it is being made just now.
    open: usize,
    /// How many containers further in there is something untried, as of the start of the pass.
    distance: Option<usize>,
}

/// How often a container without an end may be inside itself before another way is tried.
const RECURSION: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) containers: Vec<Container>,
    index: HashMap<(TypeId, Kind), usize, RandomState>,
    /// Whether anything was learnt in this pass.
    pub(super) progress: bool,
}

impl Graph {
    /// The container that a visitor asks for.
    pub(super) fn container(&mut self, visitor: TypeId, kind: Kind) -> usize {
        if let Some(&found) = self.index.get(&(visitor, kind)) {
            return found;
        }
        let way = Way {
            parts: Vec::new(),
            content: Content::Unknown,
            state: State::Untried,
            named: None,
        };
        let mut ways = vec![way; kind.ways()];
        if matches!(kind, Kind::Option | Kind::Seq | Kind::Map) {
            ways[1].state = State::Made(0);
        }
        self.containers.push(Container {
            kind,
            ways,
            open: 0,
            distance: Some(0),
        });
        self.progress = true;
        let new = self.containers.len() - 1;
        self.index.insert((visitor, kind), new);
        new
    }

    /// Opens a container: answers the way to make it.
    pub(super) fn open(&mut self, container: usize) -> Result<usize, Cause> {
        let way = self.choose(container)?;
        self.containers[container].open += 1;
        Ok(way)
    }

    fn choose(&self, container: usize) -> Result<usize, Cause> {
        let this = &self.containers[container];
        let first = |state| this.ways.iter().position(|way| way.state == state);
        let end = this.shortest();
        let way = if this.open == 0 {
            first(State::Untried)
                .or_else(|| end.and(first(State::Endless)))
                .or_else(|| self.nearest(this))
                .or(end)
        } else if end.is_some() || this.open < RECURSION {
            end.or_else(|| first(State::Untried))
        } else {
            return Err(Cause::Endless);
        };
        way.ok_or(Cause::Dead)
    }

    /// Closes a container after an attempt. Answers why the attempt failed, as it looks from around this container.
    pub(super) fn close(
        &mut self,
        container: usize,
        way: usize,
        result: Result<usize, Cause>,
    ) -> Option<Cause> {
        if result == Err(Cause::Dead) && self.skip(container, way) {
            self.containers[container].open -= 1;
            return Some(Cause::Retry);
        }
        let this = &mut self.containers[container];
        this.open -= 1;
        let has_ways = this.ways.len() > 1;
        let state = &mut this.ways[way].state;
        let learnt = match (*state, result) {
            (State::Made(before), Ok(requests)) => State::Made(before.min(requests)),
            (_, Ok(requests)) => State::Made(requests),
            (State::Untried, Err(Cause::Endless)) if has_ways => State::Endless,
            (_, Err(Cause::Dead)) => State::Failed,
            (before, Err(_)) => before,
        };
        self.progress |=
            !matches!((*state, learnt), (State::Made(_), State::Made(_))) && *state != learnt;
        *state = learnt;
        let cause = result.err()?;
        let has_another = match cause {
            Cause::Retry => true,
            Cause::Endless => this.open == 0 && this.has_untried(),
            Cause::Dead => this.has_untried() || this.shortest().is_some(),
        };
        Some(if has_another { Cause::Retry } else { cause })
    }

    /// Takes down which field came last by name.
    pub(super) fn reach(&mut self, container: usize, way: usize, part: usize) {
        self.containers[container].ways[way].named = Some(part);
    }

    /// Goes on behind a field that takes nothing; answers whether there are more. Fields that come by name need no others before them.
    fn skip(&mut self, container: usize, way: usize) -> bool {
        let this = &mut self.containers[container];
        let kind = this.kind;
        let way = &mut this.ways[way];
        let fields = match (kind, way.content) {
            (Kind::Struct(_, fields), _) | (Kind::Enum(..), Content::Struct(fields)) => fields,
            _ => return false,
        };
        let next = way.named.map_or(way.parts.len().max(1), |dead| dead + 1);
        way.named = Some(next);
        self.progress = true;
        next < fields.len()
    }

    /// Whether something in a part of this way is untried, as of the start of the pass.
    pub(super) fn is_way_open(&self, container: usize, way: usize) -> bool {
        let parts = &self.containers[container].ways[way].parts;
        parts.iter().flatten().any(|format| self.is_open(*format))
    }

    /// Takes down what a variant holds.
    pub(super) fn hold(&mut self, container: usize, way: usize, content: Content) {
        self.containers[container].ways[way].content = content;
    }

    /// Takes down that a part of a container was of a format.
    pub(super) fn note(&mut self, container: usize, way: usize, part: usize, format: Format) {
        let parts = &mut self.containers[container].ways[way].parts;
        if parts.len() <= part {
            parts.resize(part + 1, Vec::new());
        }
        if !parts[part].contains(&format) {
            parts[part].push(format);
            self.progress = true;
        }
    }

    /// Whether a tuple, which may be an array, is asked for an element like the one before it, which holds no others.
    pub(super) fn is_repetition(&self, step: Step, format: Format) -> bool {
        let this = &self.containers[step.container];
        let (Kind::Tuple(_), Format::Leaf(_)) = (this.kind, format) else {
            return false;
        };
        let before = step.part.checked_sub(1);
        let before = before.and_then(|part| this.ways[step.way].parts.get(part));
        before.is_some_and(|formats| formats.contains(&format))
    }

    /// Begins a pass: measures how far it is to whatever is untried.
    pub(super) fn begin(&mut self) {
        self.progress = false;
        for this in &mut self.containers {
            this.open = 0;
            this.distance = this.has_untried().then_some(0);
        }
        loop {
            let mut changed = false;
            for at in 0..self.containers.len() {
                let near = self.containers[at]
                    .passable()
                    .filter_map(|(_, way)| self.way_distance(way))
                    .min();
                let this = &mut self.containers[at];
                if let Some(near) = near
                    && this.distance.is_none_or(|distance| near < distance)
                {
                    this.distance = Some(near);
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Whether a type that is made of this has anything untried, as of the start of the pass.
    pub(super) fn is_open(&self, format: Format) -> bool {
        match format {
            Format::Container(at) => self.containers[at].distance.is_some(),
            _ => false,
        }
    }

    /// Gives up everything that is being made: it panicked.
    pub(super) fn abandon(&mut self) {
        for this in self.containers.iter_mut().filter(|this| this.open > 0) {
            let untried = this.ways.iter_mut().find(|way| way.state == State::Untried);
            if let Some(way) = untried {
                way.state = State::Failed;
                self.progress = true;
            }
        }
    }

    /// The tuples with names that were asked for.
    pub(super) fn tuples(&self) -> Vec<Tuple> {
        let mut tuples = Vec::new();
        for this in &self.containers {
            match this.kind {
                Kind::TupleStruct(name, len) => tuples.push(Tuple {
                    name,
                    variant: None,
                    len,
                }),
                Kind::Enum(name, _) => tuples.extend(this.tuple_variants(name)),
                _ => {}
            }
        }
        tuples
    }

    fn nearest(&self, this: &Container) -> Option<usize> {
        this.passable()
            .filter_map(|(at, way)| Some((self.way_distance(way)?, at)))
            .min()
            .map(|(_, at)| at)
    }

    fn way_distance(&self, way: &Way) -> Option<usize> {
        let formats = way.parts.iter().flatten();
        let distances = formats.filter_map(|format| match format {
            Format::Container(inner) => self.containers[*inner].distance,
            _ => None,
        });
        distances.min().map(|distance| distance + 1)
    }
}

impl Container {
    fn tuple_variants(&self, name: &'static str) -> impl Iterator<Item = Tuple> {
        (0..)
            .zip(&self.ways)
            .filter_map(move |(number, way)| match way.content {
                Content::Tuple(len) => Some(Tuple {
                    name,
                    variant: Some(number),
                    len,
                }),
                _ => None,
            })
    }

    fn has_untried(&self) -> bool {
        let has_end = self.shortest().is_some();
        self.ways.iter().any(|way| match way.state {
            State::Untried => true,
            State::Endless => has_end,
            _ => false,
        })
    }

    /// The ways that are known to lead through.
    fn passable(&self) -> impl Iterator<Item = (usize, &Way)> {
        let ways = self.ways.iter().enumerate();
        ways.filter(|(_, way)| matches!(way.state, State::Made(_)))
    }

    /// The way that took the fewest requests. Whoever takes it inside itself comes to an end: what it led to took fewer.
    fn shortest(&self) -> Option<usize> {
        let made = self.ways.iter().enumerate();
        made.filter_map(|(at, way)| match way.state {
            State::Made(requests) => Some((requests, at)),
            _ => None,
        })
        .min()
        .map(|(_, at)| at)
    }
}
