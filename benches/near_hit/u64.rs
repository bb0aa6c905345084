//! `u64` to `u64`: the smallest key and value there are.

use crate::case::{Case, computed};
use crate::rivals::{Moka, Quick};

#[memo::memoize]
fn memoized(x: u64) -> u64 {
    body(x)
}

#[cached::macros::cached(max_size = 16_384, ttl_secs = 2_592_000)]
fn cached_ttl(x: u64) -> u64 {
    body(x)
}

#[cached::macros::cached]
fn cached_unbound(x: u64) -> u64 {
    body(x)
}

fn body(x: u64) -> u64 {
    computed(x * 3)
}

/// The ways to cache it.
pub(crate) fn case() -> Case {
    let (quick, moka) = (Quick::new(), Moka::new());
    Case::new("u64")
        .with("memo", |n| memoized(n as u64))
        .with("quick_cache", move |n| {
            quick.get_or(&(n as u64), |&x| x, || body(n as u64))
        })
        .with("cached_ttl", |n| cached_ttl(n as u64))
        .with("cached_unbound", |n| cached_unbound(n as u64))
        .with("moka", move |n| {
            moka.get_or(&(n as u64), |&x| x, || body(n as u64))
        })
}
