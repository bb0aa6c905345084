//! `?`, `return` and labelled loops mean what they mean without the attribute.

#[path = "../support.rs"]
mod support;

use std::num::ParseIntError;

use memo::memoize;

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

type Parsed = Result<Option<u32>, ParseIntError>;

#[memoize(local)]
fn first_even(text: &str) -> Parsed {
    RUNS.count();
    'words: for word in text.split(' ') {
        for part in word.split('-') {
            let n: u32 = part.parse()?;
            if n == 0 {
                break 'words;
            }
            if n > 9 {
                continue 'words;
            }
            if n % 2 == 0 {
                return Ok(Some(n));
            }
        }
    }
    Ok(None)
}

#[memoize]
async fn half(n: Option<u32>) -> Option<u32> {
    RUNS.count();
    let n = std::future::ready(n).await?;
    if n % 2 == 1 {
        return None;
    }
    Some(n / 2)
}

#[memoize]
fn nothing(id: u32) {
    RUNS.count();
    if id == 0 {
        return;
    }
}

fn main() {
    assert_eq!(first_even("1 33-2 3-4"), Ok(Some(4)));
    assert_eq!(first_even("1 33-2 3-4"), Ok(Some(4)));
    RUNS.assert(1);
    assert_eq!(first_even("1 0 2"), Ok(None));
    RUNS.assert(1);
    // An `Err` is not kept, not even behind an alias.
    assert!(first_even("x").is_err());
    assert!(first_even("x").is_err());
    RUNS.assert(2);
    assert_eq!(
        [
            block_on(half(Some(4))),
            block_on(half(Some(4))),
            block_on(half(Some(3)))
        ],
        [Some(2), Some(2), None]
    );
    RUNS.assert(2);
    nothing(0);
    nothing(0);
    nothing(1);
    RUNS.assert(2);
}
