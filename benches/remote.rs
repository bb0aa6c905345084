//! What a hit from a server costs through memo, beside the bare client and beside `cached`, in the same run.
//!
//! `cargo bench --bench remote` starts a Redis and a memcached of its own, and prints microseconds per call, and lines
//! `RATIO remote/<redis|memcached>/<sync|async>_<100b|100k>_<1|64> memo/<raw|cached> <number>`: the median time per call of memo over that of the
//! other, below 1 is faster.
//!
//! - The values are a number and a text of 100 bytes or 100 kB; every call asks for one that is there, and has it whole. Each of 64 callers asks for one of
//!   its own, so that no two calls share a fetch.
//! - *raw* is what one would write by hand: a `GET` and postcard. For Redis by the crate `redis`: a connection for each thread, or one multiplexed connection.
//!   For memcached by the least that speaks its protocol: a connection for each thread, or one that tasks share. It has no deadline, no second
//!   connection after the first breaks, no checks.
//! - *cached* is the Redis store of that crate, with a pool as large as there are threads, or its asynchronous store.
//!
//! Everything takes turns, round by round. Server and callers share the machine.
//!
//! `cargo bench --bench remote -- redis/async` takes the roads that have this in their names.
#![expect(clippy::print_stdout, reason = "a benchmark reports on stdout")]

#[path = "remote/awaiting.rs"]
mod awaiting;
#[path = "remote/blocking.rs"]
mod blocking;
#[path = "remote/cached.rs"]
mod cached_stores;
#[path = "remote/memo.rs"]
mod memoized;
#[path = "remote/raw_memcached.rs"]
mod raw_memcached;
#[path = "remote/raw_redis.rs"]
mod raw_redis;
#[path = "remote/record.rs"]
mod record;
#[path = "remote/report.rs"]
mod report;

use std::error::Error;

use memo::{Memcached, MemcachedConfig, Redis, RedisConfig};
use memo_testkit::servers::{MemcachedServer, RedisServer};
use tokio::runtime::Runtime;

use crate::memoized::Memoized;
use crate::record::{MOST, SIZES};
use crate::report::Report;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// How many calls are made in a round, by value size and by how many are in flight at once.
const EARNEST: Load = Load {
    rounds: 31,
    small: [1_000, 10_000],
    large: [200, 800],
};
const TRIAL: Load = Load {
    rounds: 1,
    small: [64, 64],
    large: [64, 64],
};

#[derive(Clone, Copy)]
struct Load {
    rounds: usize,
    small: [usize; 2],
    large: [usize; 2],
}

fn main() -> Outcome {
    // Without `--bench`, cargo only asks whether the benchmarks run at all.
    let in_earnest = std::env::args().any(|arg| arg == "--bench");
    let load = if in_earnest { EARNEST } else { TRIAL };
    let runtime = Runtime::new()?;
    let mut report = Report::of(std::env::args().skip(1).find(|arg| !arg.starts_with('-')));
    redis(load, &runtime, &mut report)?;
    memcached(load, &runtime, &mut report)?;
    report.print();
    Ok(())
}

fn redis(load: Load, runtime: &Runtime, report: &mut Report) -> Outcome {
    let server = RedisServer::start();
    let config = RedisConfig {
        connections: MOST,
        ..server.url().parse()?
    };
    for size in SIZES {
        let memo = Memoized::over(Redis::new(config.clone())?, size)?;
        let raw = raw_redis::Blocking::connect(&server.url(), size)?;
        let cached = cached_stores::Blocking::connect(&server.url(), size)?;
        for (in_flight, calls) in load.of(size) {
            let road = format!("redis/sync_{}_{in_flight}", size.name);
            if !report.wants(&road) {
                continue;
            }
            let rivals: [(&'static str, &dyn blocking::Client); 2] =
                [("raw", &raw), ("cached", &cached)];
            let measured = blocking::measure(&memo, &rivals, in_flight, calls, load.rounds);
            report.add(road, measured);
        }
        runtime.block_on(async {
            let raw = raw_redis::Awaiting::connect(&server.url()).await?;
            let cached = cached_stores::Awaiting::connect(&server.url(), size).await?;
            for (in_flight, calls) in load.of(size) {
                let road = format!("redis/async_{}_{in_flight}", size.name);
                if !report.wants(&road) {
                    continue;
                }
                let mut rounds = awaiting::Rounds::new(in_flight, calls);
                for turn in turns(load.rounds, 3) {
                    match turn {
                        0 => rounds.take("memo", &memo).await,
                        1 => rounds.take("raw", &raw).await,
                        _ => rounds.take("cached", &cached).await,
                    }
                }
                report.add(road, rounds.medians());
            }
            Ok::<(), Box<dyn Error>>(())
        })?;
    }
    Ok(())
}

fn memcached(load: Load, runtime: &Runtime, report: &mut Report) -> Outcome {
    // One thread, so that no connection is served by a luckier one than the others.
    let server = MemcachedServer::with(&["-t", "1"]);
    let config = MemcachedConfig {
        connections: MOST,
        ..server.url().parse()?
    };
    for size in SIZES {
        let memo = Memoized::over(Memcached::new(config.clone())?, size)?;
        let raw = raw_memcached::Blocking::connect(server.address(), size)?;
        for (in_flight, calls) in load.of(size) {
            let road = format!("memcached/sync_{}_{in_flight}", size.name);
            if !report.wants(&road) {
                continue;
            }
            let rivals: [(&'static str, &dyn blocking::Client); 1] = [("raw", &raw)];
            let measured = blocking::measure(&memo, &rivals, in_flight, calls, load.rounds);
            report.add(road, measured);
        }
        runtime.block_on(async {
            let raw = raw_memcached::Awaiting::connect(server.address()).await?;
            for (in_flight, calls) in load.of(size) {
                let road = format!("memcached/async_{}_{in_flight}", size.name);
                if !report.wants(&road) {
                    continue;
                }
                let mut rounds = awaiting::Rounds::new(in_flight, calls);
                for turn in turns(load.rounds, 2) {
                    match turn {
                        0 => rounds.take("memo", &memo).await,
                        _ => rounds.take("raw", &raw).await,
                    }
                }
                report.add(road, rounds.medians());
            }
            Ok::<(), Box<dyn Error>>(())
        })?;
    }
    Ok(())
}

/// Whose turn it is, in some rounds and one to warm up. Each round begins with another one: a turn leaves the machine to the next as it was used.
fn turns(rounds: usize, many: usize) -> impl Iterator<Item = usize> {
    (0..=rounds).flat_map(move |round| (0..many).map(move |turn| (round + turn) % many))
}

impl Load {
    fn of(&self, size: record::Size) -> [(usize, usize); 2] {
        let calls = if size.bytes > 1000 {
            self.large
        } else {
            self.small
        };
        [(1, calls[0]), (MOST, calls[1])]
    }
}
