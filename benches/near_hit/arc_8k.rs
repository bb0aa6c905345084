//! `u64` to 8 kB behind an `Arc`: a hit must not touch the value's bytes.

use crate::case::{Case, computed};
use crate::rivals::{Moka, Quick};
use std::sync::Arc;

#[memo::memoize]
fn memoized(x: u64) -> Arc<[u8]> {
    body(x)
}

#[cached::macros::cached(max_size = 16_384, ttl_secs = 2_592_000)]
fn cached_ttl(x: u64) -> Arc<[u8]> {
    body(x)
}

#[cached::macros::cached]
fn cached_unbound(x: u64) -> Arc<[u8]> {
    body(x)
}

fn body(x: u64) -> Arc<[u8]> {
    computed(vec![x as u8; 8 * 1024].into())
}

/// The ways to cache it.
pub(crate) fn case() -> Case {
    let (quick, moka) = (Quick::new(), Moka::new());
    Case::new("arc_8k")
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
