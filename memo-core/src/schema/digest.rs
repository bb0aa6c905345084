//! What was found of a type, as bytes that mean one thing only, and as a tag.

use sha2::{Digest, Sha256};

use super::graph::{Content, Format, Graph, Kind};
use crate::codec::Codec;

/// Containers that are written before repeated ones are only referred to.
const IN_FULL: usize = 10_000;

/// The tag of a type. `stopped` is the name of a type that could not be seen to its end.
pub(super) fn tag(codec: Codec, graph: &Graph, root: Format, stopped: Option<&str>) -> [u8; 4] {
    let mut writer = Writer {
        graph,
        out: Vec::new(),
        open: Vec::new(),
        seen: vec![false; graph.containers.len()],
        written: 0,
    };
    writer.format(root);
    let mut digest = begin(codec);
    digest.update(&writer.out);
    if let Some(name) = stopped {
        digest.update([0xFF]);
        digest.update(name);
    }
    head(digest)
}

/// The tag of all types that are not traced.
pub(super) fn untraced(codec: Codec) -> [u8; 4] {
    let mut digest = begin(codec);
    digest.update([0xFE]);
    head(digest)
}

fn begin(codec: Codec) -> Sha256 {
    let mut digest = Sha256::new();
    digest.update(b"memo/schema/v1");
    digest.update([codec.id()]);
    digest
}

fn head(digest: Sha256) -> [u8; 4] {
    let [a, b, c, d, ..]: [u8; 32] = digest.finalize().into();
    [a, b, c, d]
}

struct Writer<'g> {
    graph: &'g Graph,
    out: Vec<u8>,
    /// The containers around, outermost first.
    open: Vec<usize>,
    seen: Vec<bool>,
    written: usize,
}

/// Leaves have the numbers below 32. The others are here; they stay what they are for ever.
mod code {
    pub(super) const NOTHING: u8 = 0;
    pub(super) const UNIT_STRUCT: u8 = 32;
    pub(super) const OPTION: u8 = 33;
    pub(super) const SEQ: u8 = 34;
    pub(super) const MAP: u8 = 35;
    pub(super) const TUPLE: u8 = 36;
    pub(super) const NEWTYPE: u8 = 37;
    pub(super) const TUPLE_STRUCT: u8 = 38;
    pub(super) const STRUCT: u8 = 39;
    pub(super) const ENUM: u8 = 40;
    /// The container so many levels above.
    pub(super) const ABOVE: u8 = 41;
    /// A container that was written before.
    pub(super) const AGAIN: u8 = 42;
}

impl Writer<'_> {
    fn format(&mut self, format: Format) {
        match format {
            Format::Nothing => self.out.push(code::NOTHING),
            Format::Leaf(leaf) => self.out.push(leaf as u8),
            Format::UnitStruct(name) => {
                self.out.push(code::UNIT_STRUCT);
                self.text(name);
            }
            Format::Container(container) => self.container(container),
        }
    }

    /// Writes in full what is not its own part, so that two types of one structure are one.
    fn container(&mut self, container: usize) {
        let above = self.open.iter().rev().position(|open| *open == container);
        if let Some(levels) = above {
            self.out.push(code::ABOVE);
            return self.number(levels);
        }
        self.written += 1;
        if self.written > IN_FULL && self.seen[container] {
            self.out.push(code::AGAIN);
            return self.number(container);
        }
        self.seen[container] = true;
        self.open.push(container);
        self.header(self.graph.containers[container].kind);
        self.ways(container);
        self.open.pop();
    }

    fn header(&mut self, kind: Kind) {
        match kind {
            Kind::Option => self.out.push(code::OPTION),
            Kind::Seq => self.out.push(code::SEQ),
            Kind::Map => self.out.push(code::MAP),
            Kind::Tuple(len) => {
                self.out.push(code::TUPLE);
                self.number(len);
            }
            Kind::Newtype(name) => {
                self.out.push(code::NEWTYPE);
                self.text(name);
            }
            Kind::TupleStruct(name, len) => {
                self.out.push(code::TUPLE_STRUCT);
                self.text(name);
                self.number(len);
            }
            Kind::Struct(name, fields) => self.names(code::STRUCT, name, fields),
            Kind::Enum(name, variants) => self.names(code::ENUM, name, variants),
        }
    }

    fn ways(&mut self, container: usize) {
        let graph = self.graph;
        for way in &graph.containers[container].ways {
            self.content(way.content);
            self.number(way.parts.len());
            for formats in &way.parts {
                self.number(formats.len());
                for format in formats {
                    self.format(*format);
                }
            }
        }
    }

    fn content(&mut self, content: Content) {
        match content {
            Content::Unknown => self.out.push(0),
            Content::Unit => self.out.push(1),
            Content::Newtype => self.out.push(2),
            Content::Tuple(len) => {
                self.out.push(3);
                self.number(len);
            }
            Content::Struct(fields) => self.names(4, "", fields),
        }
    }

    fn names(&mut self, code: u8, name: &str, parts: &[&str]) {
        self.out.push(code);
        self.text(name);
        self.number(parts.len());
        for part in parts {
            self.text(part);
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.out.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: usize) {
        self.out.extend_from_slice(&(number as u64).to_le_bytes());
    }
}
