//! The memoized functions.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use futures::{Stream, stream};
use memo::{memoize, memoize_iter};

/// What the body of [`locked`] takes.
pub(crate) const BODY: Duration = Duration::from_millis(100);

/// A short text.
#[memoize]
pub(crate) fn short(test: u64, n: u64) -> String {
    run(test, n);
    text(test, n)
}

/// [`short`], asynchronous.
#[memoize]
pub(crate) async fn short_async(test: u64, n: u64) -> String {
    run(test, n);
    text(test, n)
}

/// [`short`], computed by one process at a time, and not in a moment.
#[memoize(lock)]
pub(crate) fn locked(test: u64, n: u64) -> String {
    run(test, n);
    thread::sleep(BODY);
    text(test, n)
}

/// [`locked`], asynchronous.
#[memoize(lock)]
pub(crate) async fn locked_async(test: u64, n: u64) -> String {
    run(test, n);
    thread::sleep(BODY);
    text(test, n)
}

/// So many bytes that nothing compresses.
#[memoize]
pub(crate) fn bytes(test: u64, n: u64, len: usize) -> Vec<u8> {
    run(test, n);
    noise(test, n, len)
}

/// [`bytes`], asynchronous.
#[memoize]
pub(crate) async fn bytes_async(test: u64, n: u64, len: usize) -> Vec<u8> {
    run(test, n);
    noise(test, n, len)
}

/// [`bytes`], in chunks.
#[memoize(large_data)]
pub(crate) fn chunks(test: u64, n: u64, len: usize) -> Vec<u8> {
    run(test, n);
    noise(test, n, len)
}

/// [`chunks`], asynchronous.
#[memoize(large_data)]
pub(crate) async fn chunks_async(test: u64, n: u64, len: usize) -> Vec<u8> {
    run(test, n);
    noise(test, n, len)
}

/// So many pieces of such bytes, one after the other.
#[memoize_iter]
pub(crate) fn pieces(test: u64, n: u64, count: u64, len: usize) -> impl Iterator<Item = Vec<u8>> {
    run(test, n);
    (0..count).map(move |piece| noise(test, n + piece, len))
}

/// [`pieces`], asynchronous.
#[memoize_iter]
pub(crate) fn pieces_async(
    test: u64,
    n: u64,
    count: u64,
    len: usize,
) -> impl Stream<Item = Vec<u8>> {
    run(test, n);
    stream::iter((0..count).map(move |piece| noise(test, n + piece, len)))
}

/// What [`short`] returns.
pub(crate) fn text(test: u64, n: u64) -> String {
    format!("value {n} of test {test}")
}

/// What [`bytes`] returns: xorshift64*.
pub(crate) fn noise(test: u64, n: u64, len: usize) -> Vec<u8> {
    let mut state = (test << 32 | n).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = vec![0; len];
    for word in bytes.chunks_mut(8) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let noise = state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes();
        word.copy_from_slice(&noise[..word.len()]);
    }
    bytes
}

/// How often the body of a call ran.
pub(crate) fn runs(test: u64, n: u64) -> u64 {
    counts().get(&(test, n)).copied().unwrap_or(0)
}

fn run(test: u64, n: u64) {
    *counts().entry((test, n)).or_default() += 1;
}

fn counts() -> MutexGuard<'static, HashMap<(u64, u64), u64>> {
    static RUNS: LazyLock<Mutex<HashMap<(u64, u64), u64>>> = LazyLock::new(Mutex::default);
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}
