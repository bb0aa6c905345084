//! The value may be made of the type parameter.

#[path = "../support.rs"]
mod support;

use std::fmt::Debug;
use std::str::FromStr;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize(local)]
fn numbers<T>(text: &str) -> Vec<T>
where
    T: FromStr<Err: Debug> + Clone + Send + Sync + 'static,
{
    RUNS.count();
    text.split(' ').map(|word| word.parse().unwrap()).collect()
}

fn main() {
    assert_eq!(numbers::<u8>("1 2"), [1_u8, 2]);
    assert_eq!(numbers::<u8>("1 2"), [1_u8, 2]);
    RUNS.assert(1);
    assert_eq!(numbers::<String>("1 2"), ["1", "2"]);
    assert_eq!(numbers::<f32>("1 2"), [1.0, 2.0]);
    RUNS.assert(2);
}
