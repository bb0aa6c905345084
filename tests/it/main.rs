//! The behaviour of memoized functions, as their users see it.

mod adhoc;
mod async_functions;
mod budget;
mod entries;
mod expiry;
mod keys;
mod methods;
mod outcomes;
mod registry;
mod scopes;
mod single_flight;
mod testkit;

/// A counter that says how often a body ran.
#[derive(Debug, Default)]
pub(crate) struct Runs(std::sync::atomic::AtomicU64);

impl Runs {
    pub(crate) const fn new() -> Self {
        Self(std::sync::atomic::AtomicU64::new(0))
    }

    pub(crate) fn add(&self) -> u64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}
