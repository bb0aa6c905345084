//! Why a function's values cannot be cached as it asks.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::threads::lock;

/// Why the values of a function are not cached, though its attribute says so. Told once for each function: to the cache's
/// [`Observer`](crate::Observer) or, where there is none, on standard error. [`Site::problems`](crate::Site::problems) has them all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It says `encrypt`, and there is no keyring.
    NoKeyring,
    /// The codec cannot carry the type. In words for its author.
    Unportable(String),
    /// A value was encoded, and its bytes do not decode to such a value, or to one that does not equal it.
    DoesNotSurvive,
    /// Not all of the value's type can be seen, so that a program in which the rest has changed would read these bytes as something else. In words for
    /// its author.
    IncompleteSchema(String),
    /// It says `lock`, and the store refuses to give leases: why, in words. Without one nothing is stored.
    NoLeases(String),
    /// Another function of this program has the same path, so that both would have the same names outside the process.
    SharedPath,
    /// It was called outside of every scope, where a scope is [required](crate::require_scope).
    OutsideScope,
    /// Another function of this program has entries of the same names outside the process, because their templates render alike. Neither is served
    /// what the other stored, and each replaces it.
    SharedKey {
        /// That function, as [`Site::name`](crate::Site::name) gives it.
        with: &'static str,
    },
    /// A value of it is larger than what is stored, and so is computed at each call; smaller ones are cached. In words for its author.
    TooLarge(&'static str),
}

impl Problem {
    /// Of a value that the memory budget has no room for.
    pub(crate) const OVER_BUDGET: Self = Self::TooLarge(
        "a value of it is larger than the memory budget has room for, so it is computed at each call: give the cache a larger `memory_budget`, or the \
         function a `weigh` that says what its values take",
    );

    /// Of a value that is not to be split, and is more than one entry takes.
    pub(crate) const OVER_ENTRY: Self = Self::TooLarge(
        "a value of it is larger than one entry of the store, so it is computed at each call: say `large_data`, which splits and compresses it",
    );

    /// Of a value that is more than is written or read at all.
    pub(crate) const OVER_LIMIT: Self = Self::TooLarge(
        "a value of it is larger than what is written to a store, so it is computed at each call: raise that with `Cache::builder().max_value_bytes(..)`, or \
         return less",
    );

    /// Of a value, or a piece of one, that a server has refused though it said nothing of such a limit.
    pub(crate) const OVER_SERVER: Self = Self::TooLarge(
        "a value of it is larger than what the server takes, so it is computed at each call: raise the server's limit (memcached: `-I`; Redis: \
         `proto-max-bulk-len`), or say `large_data`, which writes pieces of less than 1 MiB",
    );
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKeyring => f.write_str(
                "it says `encrypt` and there is no keyring: give the cache one with `Cache::builder().keyring(..)`, or the function with \
                 `encryption_key = ..`",
            ),
            Self::Unportable(why) => f.write_str(why),
            Self::TooLarge(why) => f.write_str(why),
            Self::DoesNotSurvive => f.write_str(
                "a value was encoded, and its bytes decode to no such value, or to another one (a field with `skip` or `skip_serializing`, \
                 `skip_serializing_if`, or `Serialize` and `Deserialize` that disagree): mend the type, or say `local`",
            ),
            Self::IncompleteSchema(gap) => write!(
                f,
                "{gap}, so a changed type could not be told from this one: say `version = 1`, and another number whenever the type of the values \
                 changes, or `codec = \"msgpack\"`, or `local` (of a `Policy`: `schema(false)`, and another name for another type)",
            ),
            Self::NoLeases(why) => write!(
                f,
                "it says `lock` and the store gives no leases ({why}), so that nothing is stored: let the store's user run scripts (on Redis: \
                 `+eval +evalsha`), or leave `lock` out",
            ),
            Self::SharedPath => f.write_str(
                "another memoized function has the same path, so outside the process their names would meet: give one of them `name = \"..\"`",
            ),
            Self::OutsideScope => f.write_str(
                "it was called in no scope, by a thread or task that left one perhaps, and a scope is required: start that with \
                 `memo::in_scope(..)` or `memo::in_scope_blocking(..)`, or bind a cache with `memo::with_cache`",
            ),
            Self::SharedKey { with } => write!(
                f,
                "its `key` makes the same names as that of `{with}`, and each replaces what the other stored: give one of them another `key`, or \
                 both one `name` and one `key` if they are to share",
            ),
        }
    }
}

/// Which problems of a function were told already.
#[derive(Debug, Default)]
pub(crate) struct Told {
    bits: AtomicU16,
    problems: Mutex<Vec<Problem>>,
}

impl Told {
    /// Notes a problem; returns whether this is the first time.
    pub(crate) fn is_news(&self, problem: &Problem) -> bool {
        let bit = bit(problem);
        let is_news = self.bits.fetch_or(bit, Ordering::Relaxed) & bit == 0;
        if is_news {
            lock(&self.problems).push(problem.clone());
        }
        is_news
    }

    /// The problems that were told, in their order.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        lock(&self.problems).clone()
    }

    /// Whether this is the first time that the function blocks a runtime.
    pub(crate) fn blocks_first(&self) -> bool {
        self.bits.fetch_or(BLOCKED, Ordering::Relaxed) & BLOCKED == 0
    }

    /// Whether the function is known to block a runtime.
    pub(crate) fn has_blocked(&self) -> bool {
        self.bits.load(Ordering::Relaxed) & BLOCKED != 0
    }

    /// Whether the function knows already that its keys meet another's.
    pub(crate) fn has_shared_key(&self) -> bool {
        self.bits.load(Ordering::Relaxed) & bit(&Problem::SharedKey { with: "" }) != 0
    }
}

const BLOCKED: u16 = 256;

fn bit(problem: &Problem) -> u16 {
    match problem {
        Problem::NoKeyring => 1,
        Problem::Unportable(_) => 2,
        Problem::DoesNotSurvive => 4,
        Problem::SharedPath => 8,
        Problem::SharedKey { .. } => 16,
        Problem::IncompleteSchema(_) => 32,
        Problem::OutsideScope => 64,
        Problem::NoLeases(_) => 128,
        Problem::TooLarge(_) => 512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_is_news_once_and_hides_no_other() {
        let problems = [
            Problem::NoKeyring,
            Problem::Unportable(String::new()),
            Problem::DoesNotSurvive,
            Problem::SharedPath,
            Problem::SharedKey { with: "" },
            Problem::IncompleteSchema(String::new()),
            Problem::OutsideScope,
            Problem::NoLeases(String::new()),
            Problem::TooLarge(""),
        ];
        let told = Told::default();
        for problem in &problems {
            assert!(told.is_news(problem), "{problem:?}");
            assert!(!told.is_news(problem), "{problem:?}");
        }
        assert!(!told.has_blocked());
        assert!(told.blocks_first() && !told.blocks_first());
    }
}
