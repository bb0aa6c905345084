//! Caching without an attribute.

use futures::executor::block_on;
use memo::{Expiration, Jitter, Policy};

use crate::store;

#[test]
fn a_policy_does_what_the_attribute_does() {
    let cache = store::builder().namespace("adhoc").build().expect("sound");
    let policy = Policy::named("adhoc-users")
        .expiration(60)
        .jitter(Jitter::fraction(0.1));
    assert_eq!(cache.get_or_compute(&("acme", 1), &policy, || 10), 10);
    assert_eq!(cache.get_or_compute(&("acme", 1), &policy, || 20), 10);
    assert_eq!(cache.get_or_compute(&("acme", 2), &policy, || 20), 20);
    assert!(cache.key(&("acme", 1), &policy).starts_with("adhoc:"));
    assert!(cache.invalidate::<i32>(&("acme", 1), &policy));
    assert_eq!(cache.get_or_compute(&("acme", 1), &policy, || 30), 30);
    assert_eq!(cache.invalidate_all(policy.site()), 2);
}

#[test]
fn errors_are_returned_and_not_stored() {
    let cache = store::cache();
    let policy = Policy::named("adhoc-fallible").expiration(Expiration::never());
    let fail = || cache.try_get_or_compute(&1, &policy, || Err::<u8, _>("no"));
    assert_eq!((fail(), fail()), (Err("no"), Err("no")));
    assert_eq!(
        cache.try_get_or_compute(&1, &policy, || Ok::<u8, &str>(1)),
        Ok(1)
    );
    assert_eq!(fail(), Ok(1));
}

#[test]
fn futures_are_polled_on_a_miss_only() {
    let cache = store::cache();
    let policy = Policy::named("adhoc-async");
    block_on(async {
        assert_eq!(
            cache.get_or_compute_async(&1, &policy, async { 1 }).await,
            1
        );
        assert_eq!(
            cache.get_or_compute_async(&1, &policy, async { 2 }).await,
            1
        );
        let failed = cache
            .try_get_or_compute_async(&2, &policy, async { Err::<i32, _>("no") })
            .await;
        assert_eq!(failed, Err("no"));
    });
}

#[test]
fn names_do_not_share() {
    let cache = store::cache();
    let (one, two) = (Policy::named("adhoc-one"), Policy::named("adhoc-two"));
    assert_eq!(cache.get_or_compute(&1, &one, || 11), 11);
    assert_eq!(cache.get_or_compute(&1, &two, || 22), 22);
}
