//! What a memoized iterator costs, beside its body and beside postcard on the same records in the same run.
//!
//! `cargo bench --bench iter` prints milliseconds, nanoseconds per item, how soon a hit gives its first item, and lines
//! `RATIO iter/<cold|warm>_<manner> memo/<postcard|bare> <number>`: the median time of memo over the median time of the other, below 1
//! is faster.
//!
//! The items are 170,000 records of six strings, and in every time each of them is consumed: counted and dropped. All that is measured
//! takes turns, round by round; memo has a key of its own in each.
//!
//! - cold: memo on a miss; *bare* is the body alone; *postcard* collects the items, encodes the vector and then hands out the items.
//! - warm: memo on a hit; *bare* is the body once more; *postcard* decodes the vector and then hands out the items.
//!
//! *item by item* is stricter than what most people would write: postcard on each item as it passes, into one vector of bytes and out of it
//! again. It has no blocks, no checksum, no store, and it believes its bytes.
//!
//! The body gives clones of records that were made before: six allocations, the least that a body can do which gives away six strings. *made
//! anew* is a body that makes the same records as it goes. It takes about six times as long, and beside it memo's own work would hardly show.
#![expect(clippy::print_stdout, reason = "a benchmark reports on stdout")]

#[path = "iter/first.rs"]
mod first;
#[path = "iter/manners.rs"]
mod manners;
#[path = "bytes/records.rs"]
mod records;
#[path = "iter/report.rs"]
mod report;
#[path = "iter/rivals.rs"]
mod rivals;
#[path = "iter/rounds.rs"]
mod rounds;
#[path = "bytes/timing.rs"]
mod timing;

use memo::{Cache, Keyring, Secret};
use std::error::Error;

/// Room for the sequences of all manners and lengths, and for as much again that is on its way out.
const MEMORY: usize = 512 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let cache = Cache::builder()
        .memory_budget(MEMORY)
        .keyring(Keyring::single(&Secret::random()?))
        .build()?;
    // Without `--bench`, cargo only asks whether the benchmarks run at all.
    let in_earnest = std::env::args().any(|arg| arg == "--bench");
    let (records, rounds) = if in_earnest {
        (170_000, 15)
    } else {
        (2_000, 1)
    };
    let records: Vec<_> = records::generate(records).collect();
    let times = rounds::measure(&cache, &records, rounds)?;
    let firsts = first::measure(&cache, &records, rounds)?;
    report::print(&records, &times, &firsts)?;
    Ok(())
}
