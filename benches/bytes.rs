//! What a value costs that lives as bytes, beside bare postcard on the same value in the same run.
//!
//! `cargo bench --bench bytes` prints milliseconds, where they go, and lines
//! `RATIO bytes/<store|hit>_<manner> memo/postcard <number>`: the median time of memo's call over the median time of
//! `postcard::to_allocvec` (store) or `postcard::from_bytes` (hit), below 1 is faster.
//!
//! The value is a vector of 170,000 records of six strings. All that is measured takes turns, round by round. A store is a
//! `memo::refresh` whose body hands over a vector that was made before and returns to us with the call, so that nobody clones or drops
//! one while the clock runs; it includes the deletion of the value that was there. A hit is a call that is answered from the
//! bytes in this process. What postcard and memo give back is dropped after the clock was read, and the allocator has sorted what was
//! dropped before it is read again.
#![expect(clippy::print_stdout, reason = "a benchmark reports on stdout")]

#[path = "bytes/manners.rs"]
mod manners;
#[path = "bytes/parts.rs"]
mod parts;
#[path = "bytes/records.rs"]
mod records;
#[path = "bytes/report.rs"]
mod report;
#[path = "bytes/rounds.rs"]
mod rounds;
#[path = "bytes/timing.rs"]
mod timing;

use memo::{Cache, Keyring, Secret};
use std::error::Error;

/// Room for the values of all manners, of which there may be two while one replaces the other.
const MEMORY: usize = 512 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    Cache::builder()
        .memory_budget(MEMORY)
        .keyring(Keyring::single(&Secret::random()?))
        .install()?;
    // Without `--bench`, cargo only asks whether the benchmarks run at all.
    let in_earnest = std::env::args().any(|arg| arg == "--bench");
    let (records, rounds) = if in_earnest {
        (170_000, 15)
    } else {
        (2_000, 1)
    };
    let records = records::generate(records).collect();
    let parts = parts::measure(&records, rounds)?;
    let times = rounds::measure(records, rounds)?;
    report::print(&times, &parts);
    Ok(())
}
