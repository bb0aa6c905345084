//! What a value must be to be cached, and what it weighs.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be kept in the process: owned, cloneable, shareable between threads.
///
/// Implemented for every type that is; there is nothing to implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "a cached value is cloned on each hit and shared between threads: it must be `Clone + Send + Sync + 'static`",
    note = "derive `Clone`, or return `Arc<{Self}>`; a borrowed value becomes an owned one (`Arc<str>` for `&str`)"
)]
pub trait Cacheable: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Cacheable for T {}

/// A value that can leave the process: one that serde can write and read.
///
/// Implemented for every type that is; there is nothing to implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot leave the process: it is not both `Serialize` and `DeserializeOwned`",
    label = "every backend but the process's own memory stores bytes",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, or say `#[memoize(local)]` to keep it in the process"
)]
pub trait Portable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Portable for T {}

/// How the weight of a value is found.
pub trait Weigh<V> {
    /// Bytes, of the value and what it holds.
    fn weigh(&self, value: &V) -> usize;
}

/// Its own size and its serialised size, for values that can leave the process.
#[derive(Clone, Copy, Debug)]
pub struct Serialised;

/// Its own size alone, for values that cannot.
#[derive(Clone, Copy, Debug)]
pub struct OwnSize;

/// As the user says, for values that can leave the process.
#[derive(Clone, Copy, Debug)]
pub struct Said<F>(pub F);

/// As the user says, for values that cannot leave the process.
#[derive(Clone, Copy, Debug)]
pub struct SaidLocally<F>(pub F);

impl<V: Portable> Weigh<V> for Serialised {
    fn weigh(&self, value: &V) -> usize {
        size_of::<V>().saturating_add(crate::key::encoded_len(value))
    }
}

impl<V> Weigh<V> for OwnSize {
    fn weigh(&self, _: &V) -> usize {
        size_of::<V>()
    }
}

impl<V: Portable, F: Fn(&V) -> usize> Weigh<V> for Said<F> {
    fn weigh(&self, value: &V) -> usize {
        self.0(value)
    }
}

impl<V, F: Fn(&V) -> usize> Weigh<V> for SaidLocally<F> {
    fn weigh(&self, value: &V) -> usize {
        self.0(value)
    }
}
