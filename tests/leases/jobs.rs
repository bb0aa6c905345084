//! The functions that all processes share, once for those who block and once for those who await.

use std::thread;
use std::time::Duration;

use memo::memoize;

use crate::child::Board;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Blocking,
    /// In a runtime of tokio's.
    Async,
}

/// How many processes fail.
pub(crate) const FAILURES: usize = 6;

/// That of `hold` and `long`, which are about its end: so long that a holder on a busy machine, which extends it every third of that, is not too late.
pub(crate) const SHORT_LEASE: Duration = Duration::from_secs(6);

#[memoize(name = "crowd", skip(board), lock = "10m")]
pub(crate) fn crowd(board: &Board) -> u64 {
    computing(board, Duration::from_millis(300))
}

#[memoize(name = "crowd", skip(board), lock = "10m")]
pub(crate) async fn crowd_async(board: &Board) -> u64 {
    computing_async(board, Duration::from_millis(300)).await
}

/// The first one never ends.
#[memoize(name = "hold", skip(board, ends), lock = "6s")]
pub(crate) fn hold(board: &Board, ends: bool) -> u64 {
    computing(board, how_long(ends))
}

#[memoize(name = "hold", skip(board, ends), lock = "6s")]
pub(crate) async fn hold_async(board: &Board, ends: bool) -> u64 {
    computing_async(board, how_long(ends)).await
}

#[memoize(name = "read", skip(board), lock = "10m")]
pub(crate) fn read(board: &Board) -> u64 {
    let value = board.source();
    board.say("computed");
    board.wait_for("go", 1);
    value
}

#[memoize(name = "read", skip(board), lock = "10m")]
pub(crate) async fn read_async(board: &Board) -> u64 {
    let value = board.source();
    board.say("computed");
    while board.said("go") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    value
}

/// [`read`], whatever is stored.
#[memoize(name = "read", skip(board), lock = "10m", force_overwrite = true)]
pub(crate) fn read_anew(board: &Board) -> u64 {
    let value = board.source();
    board.say("computed");
    board.wait_for("go", 1);
    value
}

/// [`read_async`], whatever is stored.
#[memoize(name = "read", skip(board), lock = "10m", force_overwrite = true)]
pub(crate) async fn read_anew_async(board: &Board) -> u64 {
    let value = board.source();
    board.say("computed");
    while board.said("go") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    value
}

/// Fails: the first one when it is told to, the others when so many have begun.
#[memoize(name = "fail", skip(board, is_first), lock = "10m")]
pub(crate) fn fail(board: &Board, is_first: bool) -> Result<u64, String> {
    board.say("computed");
    match is_first {
        true => board.wait_for("go", 1),
        false => board.wait_for("computed", FAILURES),
    }
    Err("as planned".to_owned())
}

#[memoize(name = "fail", skip(board, is_first), lock = "10m")]
pub(crate) async fn fail_async(board: &Board, is_first: bool) -> Result<u64, String> {
    board.say("computed");
    let (line, times) = match is_first {
        true => ("go", 1),
        false => ("computed", FAILURES),
    };
    while board.said(line) < times {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("as planned".to_owned())
}

#[memoize(name = "long", skip(board), lock = "6s")]
pub(crate) fn long(board: &Board) -> u64 {
    computing(board, SHORT_LEASE * 3 / 2)
}

#[memoize(name = "long", skip(board), lock = "6s")]
pub(crate) async fn long_async(board: &Board) -> u64 {
    computing_async(board, SHORT_LEASE * 3 / 2).await
}

fn how_long(ends: bool) -> Duration {
    Duration::from_secs(if ends { 0 } else { 3600 })
}

fn computing(board: &Board, time: Duration) -> u64 {
    board.say("computed");
    thread::sleep(time);
    7
}

async fn computing_async(board: &Board, time: Duration) -> u64 {
    board.say("computed");
    tokio::time::sleep(time).await;
    7
}
