//! `refresh`, `bypass`, disabled and bound caches.

use memo::{Cache, memoize};
use memo_testkit::{Isolated, assert_computed, with_cache_disabled};

use crate::Runs;

static OUTER: Runs = Runs::new();
static INNER: Runs = Runs::new();

#[memoize]
fn inner(id: u64) -> u64 {
    INNER.add() * 1000 + id
}

#[memoize]
fn outer(id: u64) -> u64 {
    OUTER.add();
    inner(id)
}

#[test]
fn refresh_is_for_the_calls_it_makes_and_bypass_for_all_below() {
    let test = Isolated::new();
    test.run(|| {
        let first = outer(1);
        let (outers, inners) = (OUTER.get(), INNER.get());
        assert_eq!(
            memo::refresh(|| outer(1)),
            first,
            "the inner call is served from the cache"
        );
        assert_eq!((OUTER.get(), INNER.get()), (outers + 1, inners));
        assert_ne!(memo::bypass(|| outer(1)), first);
        assert_eq!((OUTER.get(), INNER.get()), (outers + 2, inners + 1));
        assert_eq!(outer(1), first, "bypass has stored nothing");
        assert_computed!(2, memo::refresh(|| (outer(1), inner(1))));
    });
}

#[test]
fn a_scope_ends_with_its_panic() {
    let test = Isolated::new();
    test.run(|| {
        let caught = std::panic::catch_unwind(|| memo::bypass(|| panic!("as planned")));
        caught.expect_err("the panic arrives");
        assert_computed!(1, inner(7));
        assert_computed!(0, inner(7));
    });
}

#[test]
fn a_disabled_cache_is_no_cache() {
    let runs = INNER.get();
    with_cache_disabled(|| assert_ne!(inner(9), inner(9)));
    assert!(INNER.get() >= runs + 2);
}

#[test]
fn a_bound_cache_goes_before_the_scope() {
    static OWN: std::sync::LazyLock<Cache> =
        std::sync::LazyLock::new(|| Cache::builder().build().expect("sound"));

    #[memoize(cache = OWN)]
    fn bound(id: u64) -> u64 {
        id
    }
    Isolated::new().run(|| assert_computed!(0, bound(1)));
    assert_eq!(OWN.stats().entries, 1);
    assert!(bound::entry(1).invalidate());
}

#[test]
fn scopes_nest() {
    let (one, two) = (Isolated::new(), Isolated::new());
    one.run(|| {
        assert_computed!(1, inner(3));
        two.run(|| assert_computed!(1, inner(3)));
        assert_computed!(0, inner(3));
    });
}
