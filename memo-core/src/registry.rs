//! Every memoized function that has been called, and the numbers that scopes go by in this process.

use std::any::TypeId;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use crate::site::Site;

/// A scope's number in this process.
pub(crate) type ScopeId = u32;

#[derive(Default)]
struct Registry {
    scopes: HashMap<(String, u32), ScopeId>,
    sites: Vec<&'static Site>,
    named: HashMap<&'static str, &'static Site>,
    paths: HashMap<String, &'static AtomicBool>,
}

/// The types of keys that stores outside the process know by their names: whose each name is, or `None` where several types have it.
type TypeNames = HashMap<&'static str, Option<TypeId>>;

/// Every memoized function that has been called or reached through its entry, in the order of their first use.
///
/// ```
/// # use memo_core as memo;
/// let cache = memo::Cache::builder().build()?;
/// cache.get_or_compute(&1, &memo::Policy::named("docs-functions"), || 10);
/// let site = memo::functions().into_iter().find(|site| site.name() == "docs-functions");
/// assert_eq!(site.map(|site| site.stats().computed), Some(1));
/// # Ok::<(), memo::Error>(())
/// ```
pub fn functions() -> Vec<&'static Site> {
    lock().sites.clone()
}

pub(crate) fn add(site: &'static Site) {
    lock().sites.push(site);
}

/// The number of a shared scope: the same for the same text and version.
pub(crate) fn shared_scope(text: &str, version: u32) -> ScopeId {
    *lock()
        .scopes
        .entry((text.to_owned(), version))
        .or_insert_with(own_scope)
}

/// Takes a path for a function; answers whether several functions have it, now or later.
pub(crate) fn claim_path(path: &str) -> &'static AtomicBool {
    let mut registry = lock();
    if let Some(shared) = registry.paths.get(path) {
        shared.store(true, Ordering::Relaxed);
        return shared;
    }
    let shared = Box::leak(Box::new(AtomicBool::new(false)));
    registry.paths.insert(path.to_owned(), shared);
    shared
}

/// Whether this name of types is known to be that of other types as well.
pub(crate) fn is_type_name_shared(name: &'static str, types: TypeId) -> bool {
    static NAMES: LazyLock<RwLock<TypeNames>> = LazyLock::new(RwLock::default);
    let known = NAMES.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(owner) = known.get(name)
        && owner.is_none_or(|owner| owner == types)
    {
        return owner.is_none();
    }
    drop(known);
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    let owner = names.entry(name).or_insert(Some(types));
    if *owner != Some(types) {
        *owner = None;
    }
    owner.is_none()
}

/// The number of a scope that nobody else has.
pub(crate) fn own_scope() -> ScopeId {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The site of calls without an attribute, one for each name, made at its first use and never freed.
pub(crate) fn named_site(name: &str, location: &'static Location<'static>) -> &'static Site {
    if let Some(site) = lock().named.get(name) {
        return site;
    }
    let name: &'static str = Box::leak(name.into());
    let site = Box::leak(Box::new(Site::of_name(name, location)));
    // Another thread may have been first: then its site stands, and this one is the price.
    lock().named.entry(name).or_insert(site)
}

fn lock() -> MutexGuard<'static, Registry> {
    static REGISTRY: OnceLock<Mutex<Registry>> = OnceLock::new();
    REGISTRY
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
