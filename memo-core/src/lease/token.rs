//! Tokens, and what their two highest bits tell other callers. To a backend they are numbers.

use std::hash::{BuildHasher, RandomState};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::backend::Token;

/// Nobody computes: the holder before has failed, and left this for those who wait.
const FAILED: u64 = 1 << 63;
/// The holder before has failed. Those who waited for that one need not wait for this one.
const AFTER_FAILURE: u64 = 1 << 62;

/// A number that no other lease of a name has: random for each thread, and counted up in the process.
pub(crate) fn fresh() -> Token {
    static COUNTED: AtomicU64 = AtomicU64::new(0);
    let counted = COUNTED.fetch_add(1, Ordering::Relaxed);
    let number = (process::id(), counted);
    thread_local! {
        static RANDOM: RandomState = RandomState::new();
    }
    let random = RANDOM.try_with(|random| random.hash_one(number));
    // A thread that is ending has it no more.
    let random = random.unwrap_or_else(|_| RandomState::new().hash_one(number));
    Token(random & !(FAILED | AFTER_FAILURE))
}

/// The same for one who takes over from a holder that has failed.
pub(crate) fn fresh_after_failure() -> Token {
    Token(fresh().0 | AFTER_FAILURE)
}

/// What is left in the place of a lease under which nothing was stored.
pub(crate) fn failure() -> Token {
    Token(fresh().0 | FAILED)
}

pub(crate) fn is_failure(token: Token) -> bool {
    token.0 & FAILED != 0
}

pub(crate) fn is_after_failure(token: Token) -> bool {
    token.0 & AFTER_FAILURE != 0
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_differ_and_say_what_they_are() {
        let tokens: HashSet<_> = (0..1000).map(|_| fresh()).collect();
        assert_eq!(tokens.len(), 1000);
        let of = |token| (is_failure(token), is_after_failure(token));
        assert_eq!(of(fresh()), (false, false));
        assert_eq!(of(fresh_after_failure()), (false, true));
        assert_eq!(of(failure()), (true, false));
    }
}
