//! What users test their own code with.

use std::panic::catch_unwind;

use memo::memoize;
use memo_testkit::assert_computed;

use crate::store::Isolated;

#[memoize]
fn double(n: u64) -> u64 {
    n * 2
}

#[test]
fn assert_computed_fails_when_it_should() {
    let test = Isolated::new();
    test.run(|| {
        assert_eq!(assert_computed!(1, double(4)), 8);
        let failed = catch_unwind(|| assert_computed!(1, double(4))).expect_err("it was a hit");
        let words = failed.downcast_ref::<String>().expect("a message");
        assert!(words.contains("`double(4)` ran 0 bodies, not 1"), "{words}");
    });
}

#[test]
fn isolated_caches_share_nothing() {
    let (one, two) = (Isolated::new(), Isolated::new());
    one.run(|| assert_computed!(1, double(5)));
    two.run(|| assert_computed!(1, double(5)));
}
