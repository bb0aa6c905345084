//! The bytes that a store's entries hold, living or dead.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// One store's account.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    held: AtomicUsize,
}

impl Ledger {
    /// The bytes of all charges that are still alive.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Relaxed)
    }
}

/// Tells one store from another. As long as an entry has a charge on this ledger, no other store can
/// be given the same address.
#[inline]
pub(crate) fn address(ledger: &Arc<Ledger>) -> usize {
    Arc::as_ptr(ledger).addr()
}

/// An amount on a ledger, taken off it on drop.
pub(crate) struct Charge {
    ledger: Arc<Ledger>,
    bytes: usize,
}

impl Charge {
    pub(crate) fn new(ledger: &Arc<Ledger>, bytes: usize) -> Self {
        ledger.held.fetch_add(bytes, Relaxed);
        Charge {
            ledger: Arc::clone(ledger),
            bytes,
        }
    }

    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn ledger_address(&self) -> usize {
        address(&self.ledger)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.ledger.held.fetch_sub(self.bytes, Relaxed);
    }
}
