//! Every memoized function can be seen.

use memo::memoize;

use crate::store::Isolated;

#[memoize]
fn observed(id: u64) -> Result<u64, String> {
    if id == 0 { Err("zero".into()) } else { Ok(id) }
}

#[test]
fn the_registry_knows_each_function_and_its_figures() {
    let test = Isolated::new();
    test.run(|| {
        let _ = (observed(1), observed(1), observed(1), observed(0));
    });
    let site = memo::functions()
        .into_iter()
        .find(|site| site.name() == "it::registry::observed");
    let site = site.expect("a function that was called is registered");
    assert!(std::ptr::eq(site, observed::site()));
    let stats = site.stats();
    assert_eq!((stats.calls, stats.hits, stats.misses), (4, 2, 2));
    assert_eq!((stats.computed, stats.stored, stats.unstored), (2, 1, 1));
    assert!(site.location().file().ends_with("registry.rs"));
}

#[test]
fn bypassed_calls_are_nobody_s_business() {
    #[memoize]
    fn unseen(id: u64) -> u64 {
        id
    }
    memo::bypass(|| unseen(1));
    assert_eq!(unseen::site().stats().calls, 0);
}
