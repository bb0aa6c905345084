//! Keys, values and words that the tests share.

use std::any::{Any, TypeId};
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use memo_memory::{Insert, KeyRef, Lookup, Store, Tick};

pub(crate) const NEVER: Tick = Tick::MAX;
pub(crate) const OVERHEAD: usize = Store::ENTRY_OVERHEAD;

/// A key of scope 0.
pub(crate) fn key(bytes: &[u8]) -> KeyRef<'_> {
    in_scope(0, bytes)
}

pub(crate) fn in_scope(scope: u32, bytes: &[u8]) -> KeyRef<'_> {
    let mut hasher = DefaultHasher::new();
    hasher.write_u32(scope);
    hasher.write(bytes);
    let (value_type, instance) = (TypeId::of::<u64>(), TypeId::of::<()>());
    KeyRef {
        hash: hasher.finish(),
        scope,
        value_type,
        instance,
        bytes,
    }
}

/// Stores a value of no weight that never expires.
pub(crate) fn put(store: &Store, key: &KeyRef<'_>, value: impl Any + Send + Sync) -> Insert {
    store.insert(key, Box::new(value), 0, NEVER, 0)
}

/// The value that a read finds at time 0.
pub(crate) fn get<V: Any + Clone>(store: &Store, key: &KeyRef<'_>) -> Option<V> {
    match store.read(key, 0, V::clone) {
        Lookup::Hit(value) => Some(value),
        Lookup::Expired | Lookup::Absent => None,
    }
}

/// Counts how many of its tokens are alive.
#[derive(Clone, Default)]
pub(crate) struct Census(Arc<AtomicUsize>);

/// A value that is counted, and taken off the count exactly once.
pub(crate) struct Token(Census);

impl Census {
    pub(crate) fn token(&self) -> Token {
        self.0.fetch_add(1, Ordering::SeqCst);
        Token(self.clone())
    }

    pub(crate) fn alive(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let before = self.0.0.fetch_sub(1, Ordering::SeqCst);
        assert_ne!(before, 0, "a value was dropped twice");
    }
}

/// Runs when dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Ignores what an operation answers.
pub(crate) fn no_matter<T>(_: T) {}
