//! What is on its way to a server.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;

use super::request::{Piece, Request};

/// Requests, as pieces to be written.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    parts: VecDeque<Bytes>,
    /// What comes after the parts.
    text: Vec<u8>,
    /// How much of the first part, or of the text where there are no parts, was written.
    written: usize,
}

/// How many pieces are written at once.
pub(crate) const SLICES: usize = 32;

impl Outbox {
    /// Adds a request.
    pub(crate) fn push(&mut self, request: &Request) {
        for piece in request.pieces() {
            match piece {
                Piece::Text(text) => self.text.extend_from_slice(text),
                Piece::Value(value) => {
                    let text = std::mem::take(&mut self.text);
                    if !text.is_empty() {
                        self.parts.push_back(text.into());
                    }
                    self.parts.push_back(value.clone());
                }
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.text.is_empty()
    }

    /// What is to be written next; fills the front of `slices`, and answers how many.
    pub(crate) fn slices<'o>(&'o self, slices: &mut [IoSlice<'o>; SLICES]) -> usize {
        let mut skip = self.written;
        let parts = self.parts.iter().map(|part| &part[..]);
        let pieces = parts.chain([&self.text[..]]);
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(pieces) {
            *slice = IoSlice::new(piece.get(skip..).unwrap_or_default());
            skip = 0;
            count += 1;
        }
        count
    }

    /// So many bytes were written.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.written += bytes;
        while let Some(first) = self.parts.front()
            && self.written >= first.len()
        {
            self.written -= first.len();
            self.parts.pop_front();
        }
        if self.parts.is_empty() && self.written >= self.text.len() {
            self.text.clear();
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_comes_out_in_order_however_little_is_written_at_once() {
        let long = |byte: u8| Bytes::from(vec![byte; 10_000]);
        let mut request = Request::default();
        request.set("a", &long(b'a'), 0);
        request.get("b");
        let mut more = Request::default();
        for byte in b'c'..b'z' {
            more.set("c", &long(byte), 0);
        }
        let whole: Vec<u8> = [&request, &more, &request]
            .into_iter()
            .flat_map(Request::pieces)
            .flat_map(|piece| match piece {
                Piece::Text(text) => text.to_vec(),
                Piece::Value(value) => value.to_vec(),
            })
            .collect();
        for most in [1, 7, 9_999, 10_001, usize::MAX] {
            let mut outbox = Outbox::default();
            outbox.push(&request);
            outbox.push(&more);
            let mut out = Vec::new();
            take(&mut outbox, most, &mut out);
            outbox.push(&request);
            while !outbox.is_empty() {
                take(&mut outbox, most, &mut out);
            }
            assert!(out == whole, "{most} at once");
        }
    }

    fn take(outbox: &mut Outbox, most: usize, out: &mut Vec<u8>) {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let count = outbox.slices(&mut slices);
        let before = out.len();
        for slice in &slices[..count] {
            let bytes = slice.len().min(most - (out.len() - before));
            out.extend_from_slice(&slice[..bytes]);
        }
        let bytes = out.len() - before;
        assert!(bytes > 0);
        outbox.advance(bytes);
    }
}
