//! `(&str, &str)` to `Arc<str>`: a borrowed key of two parts, a value that clones without copying.

use crate::case::{Case, KEYS, computed};
use crate::rivals::{Moka, Quick};
use equivalent::Equivalent;
use std::sync::Arc;

type Owned = (Box<str>, Box<str>);

#[memo::memoize]
fn memoized(org: &str, name: &str) -> Arc<str> {
    body(org, name)
}

#[cached::macros::cached(max_size = 16_384, ttl_secs = 2_592_000)]
fn cached_ttl(org: &str, name: &str) -> Arc<str> {
    body(org, name)
}

#[cached::macros::cached]
fn cached_unbound(org: &str, name: &str) -> Arc<str> {
    body(org, name)
}

fn body(org: &str, name: &str) -> Arc<str> {
    computed(format!("{name} of {org}").into())
}

/// The key as a caller has it. It hashes as the owned pair does: part by part.
#[derive(Hash)]
struct Borrowed<'a>(&'a str, &'a str);

impl Equivalent<Owned> for Borrowed<'_> {
    fn equivalent(&self, key: &Owned) -> bool {
        *self.0 == *key.0 && *self.1 == *key.1
    }
}

impl Borrowed<'_> {
    fn own(&self) -> Owned {
        (self.0.into(), self.1.into())
    }

    fn body(&self) -> Arc<str> {
        body(self.0, self.1)
    }
}

/// The ways to cache it.
pub(crate) fn case() -> Case {
    let arguments: &'static [_] = (0..KEYS).map(arguments).collect::<Vec<_>>().leak();
    let pair = |n: usize| (arguments[n].0.as_str(), arguments[n].1.as_str());
    let borrowed = move |n| Borrowed(pair(n).0, pair(n).1);
    let (quick, moka) = (Quick::new(), Moka::new());
    Case::new("two_strs")
        .with("memo", move |n| memoized(pair(n).0, pair(n).1))
        .with("quick_cache", move |n| {
            quick.get_or(&borrowed(n), Borrowed::own, || borrowed(n).body())
        })
        .with("cached_ttl", move |n| cached_ttl(pair(n).0, pair(n).1))
        .with("cached_unbound", move |n| {
            cached_unbound(pair(n).0, pair(n).1)
        })
        .with("moka", move |n| {
            moka.get_or(&borrowed(n), Borrowed::own, || borrowed(n).body())
        })
}

fn arguments(n: usize) -> (String, String) {
    (
        format!("organisation-{}", n % 32),
        format!("member-number-{n}"),
    )
}
