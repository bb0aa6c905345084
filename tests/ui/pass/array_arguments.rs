//! Arrays of any length are arguments, though serde knows those of up to 32 items alone.

#[path = "../support.rs"]
mod support;

use memo::{memoize, memoize_iter};

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

#[memoize]
fn first(signature: [u8; 64]) -> u8 {
    RUNS.count();
    signature[0]
}

#[memoize(key = [signature, at])]
fn nth(signature: &[u8; 64], at: usize) -> u8 {
    RUNS.count();
    signature[at]
}

#[memoize]
async fn sum<T: Copy + Into<u64> + serde::Serialize, const N: usize>(items: &&[T; N]) -> u64 {
    RUNS.count();
    items.iter().copied().map(Into::into).sum()
}

#[memoize(key = "{signature:?}")]
fn last(signature: &[u8; 64]) -> u8 {
    RUNS.count();
    signature[63]
}

#[memoize]
fn both([one, two]: [u8; 2], whole @ [_, _]: [u8; 2]) -> u8 {
    RUNS.count();
    one + two + whole[0]
}

#[memoize_iter]
fn bytes(signature: [u8; 64]) -> impl Iterator<Item = u8> {
    RUNS.count();
    signature.into_iter()
}

fn main() {
    let (ones, mut other) = ([1; 64], [1; 64]);
    other[63] = 2;
    assert_eq!([first(ones), first(ones), first(other)], [1, 1, 1]);
    RUNS.assert(2);
    assert_eq!([nth(&ones, 0), nth(&ones, 0), nth(&other, 63)], [1, 1, 2]);
    RUNS.assert(2);
    assert_eq!([block_on(sum(&&ones)), block_on(sum(&&ones))], [64, 64]);
    assert_eq!(block_on(sum(&&[1u32, 2])), 3);
    RUNS.assert(2);
    assert_eq!([last(&ones), last(&ones), last(&other)], [1, 1, 2]);
    RUNS.assert(2);
    assert_eq!([both([1, 2], [3, 4]), both([1, 2], [3, 4])], [6, 6]);
    RUNS.assert(1);
    assert_eq!((bytes(ones).count(), bytes(ones).count()), (64, 64));
    RUNS.assert(1);
}
