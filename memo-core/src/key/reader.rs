//! Reads encoded bytes back, one item at a time. Every method is `None` when the bytes are not ours, and panics on none.

use super::tag;
use crate::varint;

pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an end mark comes next; takes it.
    pub(super) fn ends(&mut self) -> bool {
        let ends = self.0.first() == Some(&tag::END);
        if ends {
            self.0 = &self.0[1..];
        }
        ends
    }

    pub(super) fn tag(&mut self) -> Option<u8> {
        self.array::<1>().map(|[tag]| tag)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// A length and as many bytes.
    pub(super) fn framed(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = varint::split(self.0)?;
        let (taken, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// A length and as many bytes of UTF-8.
    pub(super) fn framed_text(&mut self) -> Option<&'a str> {
        core::str::from_utf8(self.framed()?).ok()
    }

    /// A tagged string, and nothing else.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        match self.tag()? {
            tag::STR => self.framed_text(),
            _ => None,
        }
    }
}
