//! What is stored.

use serde::{Deserialize, Serialize};

/// A value: a number and a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) number: usize,
    pub(crate) text: String,
}

/// How large values are.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) bytes: usize,
}

pub(crate) const SIZES: [Size; 2] = [
    Size {
        name: "100b",
        bytes: 100,
    },
    Size {
        name: "100k",
        bytes: 100_000,
    },
];

/// The most calls in flight, and how many values there are.
pub(crate) const MOST: usize = 64;

impl Record {
    pub(crate) fn new(number: usize, size: Size) -> Self {
        let text = (0..size.bytes).map(|at| char::from(b'a' + ((at * 7 + number) % 26) as u8));
        Self {
            number,
            text: text.collect(),
        }
    }
}
