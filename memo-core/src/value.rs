//! What a value must be to be cached, and what it weighs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::key::encoded_len;

/// A value that can be kept in the process: owned, cloneable, shareable between threads.
///
/// Implemented for every type that is; there is nothing to implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "a cached value is cloned on each hit and shared between threads: it must be `Clone + Send + Sync + 'static`",
    note = "if `Clone` is missing: derive it, or return `Arc<{Self}>`",
    note = "if `Send` or `Sync` is missing: write `Arc<T>` for `Rc<T>` (`Arc<str>` for `Rc<str>`), and `T` for `Cell<T>` or `RefCell<T>`",
    note = "if it borrows: return an owned value, for example `String` or `Arc<str>` for `&str`"
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
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, or say `#[memoize(local)]` to keep it in the process",
    note = "serde stops at arrays of 32 items: return a `Vec` in place of a longer one"
)]
pub trait Portable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Portable for T {}

/// The weight of a value that can leave the process: its own size and its serialized size, in bytes.
///
/// A value is not lost because its own `Serialize` panics: then it weighs its size.
pub(crate) fn serialised_weight<V: Portable>(value: &V) -> usize {
    let length = catch_unwind(AssertUnwindSafe(|| encoded_len(value)));
    size_of::<V>().saturating_add(length.unwrap_or(0))
}

/// The weight of a value that cannot: its own size alone.
pub(crate) fn own_weight<V>(_: &V) -> usize {
    size_of::<V>()
}
