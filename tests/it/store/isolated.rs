//! `memo_testkit::Isolated`, with its values where this run keeps them.

use std::ops::Deref;

use memo::{CacheBuilder, Error};
use memo_testkit::ManualClock;

use super::Telltale;

/// A cache of a test's own, as `memo_testkit` has it.
#[derive(Clone, Debug)]
pub(crate) struct Isolated {
    isolated: memo_testkit::Isolated,
    _telltale: Telltale,
}

impl Isolated {
    pub(crate) fn new() -> Self {
        Self::with(|cache| cache).expect("the default description is sound")
    }

    /// A cache described further by `describe`, which may bring a backend of its own.
    pub(crate) fn with(describe: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Result<Self, Error> {
        let clock = ManualClock::new();
        let isolated = memo_testkit::Isolated::at(clock.clone(), |cache| {
            describe(super::apart(cache, Some(clock)))
        });
        isolated.map(|isolated| {
            let _telltale = Telltale::of(isolated.recorder());
            Self {
                isolated,
                _telltale,
            }
        })
    }
}

impl Deref for Isolated {
    type Target = memo_testkit::Isolated;

    fn deref(&self) -> &Self::Target {
        &self.isolated
    }
}
