//! A process that was started to call, and what the processes tell each other.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use memo::{Cache, Memcached, Redis, refresh, refresh_async, with_cache, with_cache_async};
use tokio::runtime::Runtime;

use crate::jobs::{self, Way};

/// What a child is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Job {
    Crowd,
    Hold,
    Follow,
    Read,
    Refresh,
    ReadAnew,
    FailFirst,
    Fail,
    Long,
}

pub(crate) const JOB: &str = "MEMO_LEASES_JOB";
pub(crate) const WAY: &str = "MEMO_LEASES_WAY";
pub(crate) const URL: &str = "MEMO_LEASES_URL";
pub(crate) const BOARD: &str = "MEMO_LEASES_BOARD";

/// A file to which every process appends lines.
#[derive(Clone, Debug)]
pub(crate) struct Board(pub(crate) PathBuf);

impl Board {
    pub(crate) fn say(&self, line: &str) {
        let file = OpenOptions::new().append(true).create(true).open(&self.0);
        let line = format!("{line}\n");
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .expect("the board can be written");
    }

    /// How often a line was said.
    pub(crate) fn said(&self, line: &str) -> usize {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().filter(|said| *said == line).count()
    }

    pub(crate) fn wait_for(&self, line: &str, times: usize) {
        let limit = Instant::now() + Duration::from_secs(120);
        while self.said(line) < times {
            assert!(Instant::now() < limit, "nobody says `{line}`");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The newest source.
    pub(crate) fn source(&self) -> u64 {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        let mut sources = text.lines().filter_map(|line| line.strip_prefix("source "));
        let newest = sources.next_back().and_then(|number| number.parse().ok());
        newest.expect("there is a source")
    }
}

/// A cache over the server at this URL. Its operations may take as long as a busy machine needs.
pub(crate) fn cache(url: &str) -> Cache {
    let builder = Cache::builder().deadline(Duration::from_secs(20));
    let builder = match url.starts_with("redis") {
        true => builder.backend(Redis::connect(url).expect("the URL is sound")),
        false => builder.backend(Memcached::connect(url).expect("the URL is sound")),
    };
    builder.build().expect("sound")
}

/// What a child is started for. Without a job it is a test that has nothing to do.
#[test]
fn child() {
    let Ok(job) = env::var(JOB) else { return };
    let given = |name: &str| env::var(name).expect("the parent says so");
    let (board, cache) = (Board(given(BOARD).into()), cache(&given(URL)));
    let way = match &*given(WAY) {
        "Async" => Way::Async,
        _ => Way::Blocking,
    };
    match &*job {
        "Crowd" => crowd(way, &board, &cache),
        "Hold" => call(
            way,
            &board,
            &cache,
            |board| jobs::hold(board, false),
            async |board| jobs::hold_async(board, false).await,
        ),
        "Follow" => {
            say_when_held_up(&board);
            call(
                way,
                &board,
                &cache,
                |board| jobs::hold(board, true),
                async |board| jobs::hold_async(board, true).await,
            );
        }
        "Read" => call(way, &board, &cache, jobs::read, async |board| {
            jobs::read_async(board).await
        }),
        "Refresh" => call(
            way,
            &board,
            &cache,
            |board| refresh(|| jobs::read(board)),
            async |board| refresh_async(jobs::read_async(board)).await,
        ),
        "ReadAnew" => call(way, &board, &cache, jobs::read_anew, async |board| {
            jobs::read_anew_async(board).await
        }),
        "FailFirst" => {
            fails(way, &board, &cache, true);
            // What an asynchronous call gives back it gives back in the background.
            board.wait_for("computed", jobs::FAILURES);
        }
        "Fail" => {
            say_when_held_up(&board);
            fails(way, &board, &cache, false);
        }
        "Long" => call(way, &board, &cache, jobs::long, async |board| {
            jobs::long_async(board).await
        }),
        other => panic!("there is no job `{other}`"),
    }
}

fn call(
    way: Way,
    board: &Board,
    cache: &Cache,
    blocking: impl FnOnce(&Board) -> u64,
    awaiting: impl AsyncFnOnce(&Board) -> u64,
) {
    let value = match way {
        Way::Blocking => with_cache(cache, || blocking(board)),
        Way::Async => {
            let runtime = Runtime::new().expect("a runtime can be started");
            runtime.block_on(with_cache_async(cache, awaiting(board)))
        }
    };
    board.say(&format!("got {value}"));
}

fn fails(way: Way, board: &Board, cache: &Cache, is_first: bool) {
    call(
        way,
        board,
        cache,
        |board| jobs::fail(board, is_first).unwrap_or(0),
        async |board| jobs::fail_async(board, is_first).await.unwrap_or(0),
    );
}

/// Says that this process has met the lease of another, once it has.
fn say_when_held_up(board: &Board) {
    let board = board.clone();
    thread::spawn(move || {
        let sites = [
            jobs::hold::site(),
            jobs::hold_async::site(),
            jobs::fail::site(),
            jobs::fail_async::site(),
        ];
        while sites.iter().all(|site| site.stats().lease_waits == 0) {
            thread::sleep(Duration::from_millis(10));
        }
        board.say("held up");
    });
}

/// Eight callers, all at once.
fn crowd(way: Way, board: &Board, cache: &Cache) {
    board.say("ready");
    board.wait_for("go", 1);
    match way {
        Way::Blocking => thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let value = with_cache(cache, || jobs::crowd(board));
                    board.say(&format!("got {value}"));
                });
            }
        }),
        Way::Async => Runtime::new()
            .expect("a runtime can be started")
            .block_on(async {
                let callers = Vec::from_iter((0..8).map(|_| {
                    let (board, cache) = (board.clone(), cache.clone());
                    tokio::spawn(async move {
                        let value = with_cache_async(&cache, jobs::crowd_async(&board)).await;
                        board.say(&format!("got {value}"));
                    })
                }));
                for caller in callers {
                    caller.await.expect("no caller panics");
                }
            }),
    }
}
