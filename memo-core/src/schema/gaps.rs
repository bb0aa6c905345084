//! What of a type was never asked for, so that nothing is known of it.
//!
//! A type that refuses all samples is not a gap by itself: what it asked for is known. What would come after it is one: the other fields of its tuple,
//! the value of a map whose key it is.

use super::graph::{Container, Content, Graph, Kind, Way};

impl Graph {
    /// Returns the first container of which a part was never asked for.
    pub(super) fn first_gap(&self) -> Option<usize> {
        self.containers.iter().position(Container::has_gap)
    }
}

impl Container {
    fn has_gap(&self) -> bool {
        let kind = self.kind;
        self.ways
            .iter()
            .any(|way| !way.was_made() && way.lacks(kind))
    }
}

impl Way {
    /// Whether a value that was never made this way has parts that nobody has seen. A visitor that was given all it wanted has shown them all.
    fn lacks(&self, kind: Kind) -> bool {
        match kind {
            Kind::Option | Kind::Seq | Kind::Newtype(_) => self.lacks_parts(1),
            Kind::Map => self.lacks_parts(2),
            Kind::Tuple(len) | Kind::TupleStruct(_, len) => self.lacks_parts(len),
            Kind::Struct(_, fields) => self.lacks_fields(fields),
            Kind::Enum(..) => match self.content {
                // The number of an alias, which is that of no variant.
                Content::Unknown => !self.has_failed(),
                Content::Unit => false,
                Content::Newtype => self.lacks_parts(1),
                Content::Tuple(len) => self.lacks_parts(len),
                Content::Struct(fields) => self.lacks_fields(fields),
            },
        }
    }

    fn lacks_parts(&self, count: usize) -> bool {
        (0..count).any(|part| self.parts.get(part).is_none_or(Vec::is_empty))
    }

    /// Fields that were asked for by name were all tried.
    fn lacks_fields(&self, fields: &[&str]) -> bool {
        let all_were_tried = self.named.is_some_and(|next| next >= fields.len());
        !all_were_tried && self.lacks_parts(fields.len())
    }
}
