//! Functions whose values are out of date as soon as their source is added to, for tests of what must not be served any more.

use memo::{memoize, memoize_iter};
use memo_testkit::block_on;

use crate::store::Isolated;
use crate::support::{Runs, Scripted};

#[memoize(key = "outdated:{n}", skip(source))]
pub(crate) fn read(n: u32, source: &Runs) -> u64 {
    source.get()
}

#[memoize(key = "outdated-async:{n}", skip(source))]
pub(crate) async fn read_async(n: u32, source: &Runs) -> u64 {
    source.get()
}

#[memoize(key = "outdated-large:{n}", large_data, skip(source))]
fn read_large(n: u32, source: &Runs) -> Vec<u64> {
    vec![source.get(); 2000]
}

#[memoize_iter(key = "outdated-items:{n}", skip(source))]
pub(crate) fn read_items(n: u32, source: &Runs) -> impl Iterator<Item = u64> {
    std::iter::once(source.get())
}

#[cfg(feature = "encrypt")]
#[memoize(key = "outdated-sealed:{n}", encrypt, skip(source))]
fn read_sealed(n: u32, source: &Runs) -> u64 {
    source.get()
}

/// One of these functions: how it is called, and how its entry is looked at and invalidated, which says whether that was acknowledged.
pub(crate) struct Function {
    pub(crate) call: fn(&Runs) -> u64,
    pub(crate) invalidate: fn(&Runs) -> bool,
    pub(crate) peek: fn(&Runs) -> Option<u64>,
}

impl Function {
    /// Returns whether the value of a call outlives a change of the source. One that is stored between a look in the background and the deletion that
    /// follows it is deleted with the older one, so where there may be such a deletion not every value does.
    pub(crate) fn is_stored(&self, source: &Runs) -> bool {
        let value = (self.call)(source);
        source.add();
        (self.call)(source) == value
    }
}

/// One of each kind.
pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function {
            call: |source| read(1, source),
            invalidate: |source| read::entry(1, source).try_invalidate().is_ok(),
            peek: |source| read::entry(1, source).peek(),
        },
        Function {
            call: |source| block_on(read_async(1, source)),
            invalidate: |source| block_on(read_async::entry(1, source).try_invalidate()).is_ok(),
            peek: |source| block_on(read_async::entry(1, source).peek()),
        },
        Function {
            call: |source| read_large(1, source)[0],
            invalidate: |source| read_large::entry(1, source).try_invalidate().is_ok(),
            peek: |source| read_large::entry(1, source).peek().map(|value| value[0]),
        },
        Function {
            call: |source| read_items(1, source).sum(),
            invalidate: |source| read_items::entry(1, source).try_invalidate().is_ok(),
            peek: |source| read_items::entry(1, source).peek().map(|items| items[0]),
        },
        #[cfg(feature = "encrypt")]
        Function {
            call: |source| read_sealed(1, source),
            invalidate: |source| read_sealed::entry(1, source).try_invalidate().is_ok(),
            peek: |source| read_sealed::entry(1, source).peek(),
        },
    ]
}

/// A test's own cache in front of this store, which can seal.
pub(crate) fn isolated(store: &Scripted) -> Isolated {
    let test = Isolated::with(|cache| {
        #[cfg(feature = "encrypt")]
        let cache = cache.keyring(crate::shelf::ring(1));
        cache.backend(store.clone())
    });
    test.expect("its names are long enough")
}
