//! A key template, `"user:{org}:{id}"`, and what people write by hand in its place.
//!
//! In `cached` and `moka` the key is the formatted string, as their documentation has it. In `quick_cache` it is the
//! pair of arguments: nobody who counts nanoseconds would format there.

use crate::case::{Case, KEYS, computed};
use crate::rivals::{Moka, Quick};
use equivalent::Equivalent;

type Owned = (Box<str>, u64);

#[memo::memoize(key = "user:{org}:{id}")]
fn memoized(org: &str, id: u64) -> u64 {
    body(org, id)
}

#[cached::macros::cached(
    max_size = 16_384,
    ttl_secs = 2_592_000,
    key = "String",
    convert = { format!("user:{org}:{id}") }
)]
fn cached_ttl(org: &str, id: u64) -> u64 {
    body(org, id)
}

#[cached::macros::cached(key = "String", convert = { format!("user:{org}:{id}") })]
fn cached_unbound(org: &str, id: u64) -> u64 {
    body(org, id)
}

fn body(org: &str, id: u64) -> u64 {
    computed(id + org.len() as u64)
}

/// The key as a caller has it. It hashes as the owned pair does: part by part.
#[derive(Hash)]
struct Borrowed<'a>(&'a str, u64);

impl Equivalent<Owned> for Borrowed<'_> {
    fn equivalent(&self, key: &Owned) -> bool {
        *self.0 == *key.0 && self.1 == key.1
    }
}

impl Borrowed<'_> {
    fn own(&self) -> Owned {
        (self.0.into(), self.1)
    }
}

/// The ways to cache it.
pub(crate) fn case() -> Case {
    let arguments: &'static [_] = (0..KEYS).map(arguments).collect::<Vec<_>>().leak();
    let org = |n: usize| arguments[n].0.as_str();
    let id = |n: usize| arguments[n].1;
    let (quick, moka) = (Quick::new(), Moka::new());
    Case::new("template")
        .with("memo", move |n| memoized(org(n), id(n)))
        .with("quick_cache", move |n| {
            quick.get_or(&Borrowed(org(n), id(n)), Borrowed::own, || {
                body(org(n), id(n))
            })
        })
        .with("cached_ttl", move |n| cached_ttl(org(n), id(n)))
        .with("cached_unbound", move |n| cached_unbound(org(n), id(n)))
        .with("moka", move |n| formatted(&moka, org(n), id(n)))
}

fn formatted(moka: &Moka<String, u64>, org: &str, id: u64) -> u64 {
    moka.get_or(&format!("user:{org}:{id}"), String::clone, || body(org, id))
}

fn arguments(n: usize) -> (String, u64) {
    (format!("organisation-{}", n % 32), 1_000_000 + n as u64)
}
