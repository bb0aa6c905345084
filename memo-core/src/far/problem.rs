//! Why a function's values cannot be cached as it asks.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

/// Why the values of a function are not cached, though its attribute says so. Told once for each function: to the cache's
/// [`Observer`](crate::Observer) or, where there is none, on standard error.
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
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKeyring => f.write_str(
                "it says `encrypt` and there is no keyring: give the cache one with `Cache::builder().keyring(..)`, or the function with \
                 `encryption_key = ..`",
            ),
            Self::Unportable(why) => f.write_str(why),
            Self::DoesNotSurvive => f.write_str(
                "a value was encoded, and its bytes decode to no such value, or to another one (a field with `skip` or `skip_serializing`, \
                 `skip_serializing_if`, or `Serialize` and `Deserialize` that disagree): mend the type, or say `local`; names of fields in the bytes, \
                 which `codec = \"msgpack\"` writes, mend `skip_serializing_if`",
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
pub(crate) struct Told(AtomicU8);

impl Told {
    /// Whether this is the first time.
    pub(crate) fn is_news(&self, problem: &Problem) -> bool {
        let bit = bit(problem);
        self.0.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    /// Whether this is the first time that the function blocks a runtime.
    pub(crate) fn blocks_first(&self) -> bool {
        self.0.fetch_or(BLOCKED, Ordering::Relaxed) & BLOCKED == 0
    }

    /// Whether the function is known to block a runtime.
    pub(crate) fn has_blocked(&self) -> bool {
        self.0.load(Ordering::Relaxed) & BLOCKED != 0
    }

    /// Whether the function knows already that its keys meet another's.
    pub(crate) fn has_shared_key(&self) -> bool {
        self.0.load(Ordering::Relaxed) & bit(&Problem::SharedKey { with: "" }) != 0
    }
}

const BLOCKED: u8 = 128;

fn bit(problem: &Problem) -> u8 {
    match problem {
        Problem::NoKeyring => 1,
        Problem::Unportable(_) => 2,
        Problem::DoesNotSurvive => 4,
        Problem::SharedPath => 8,
        Problem::SharedKey { .. } => 16,
        Problem::IncompleteSchema(_) => 32,
        Problem::OutsideScope => 64,
        Problem::NoLeases(_) => 128,
    }
}
