//! The expansion names nothing of the prelude, so users may.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[derive(::core::clone::Clone, Debug, PartialEq)]
enum Shadow {
    Value(u32),
}

#[allow(non_snake_case)]
fn Some(n: u32) -> Shadow {
    Shadow::Value(n)
}

#[allow(non_snake_case, dead_code)]
fn Ok(n: u32) -> Shadow {
    Shadow::Value(n)
}

#[allow(non_snake_case, dead_code)]
fn Err(n: u32) -> Shadow {
    Shadow::Value(n)
}

#[allow(non_upper_case_globals, dead_code)]
const None: u32 = 0;

#[allow(dead_code)]
mod core {}

#[allow(dead_code)]
mod std {}

#[allow(dead_code)]
trait Clone {}

#[allow(dead_code)]
struct Option;

#[allow(dead_code)]
struct Result;

#[memoize(local, expiration = "1h", jitter = 0.1)]
fn shadow(n: u32) -> Shadow {
    RUNS.count();
    Some(n)
}

fn main() {
    assert_eq!([shadow(1), shadow(1)], [Shadow::Value(1), Shadow::Value(1)]);
    RUNS.assert(1);
}
