//! One server: where it is and how it is reached.

use std::sync::Arc;

use memo_net::{Address, Tls};

/// Where a server is, and how it is reached.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) address: Address,
    /// What people call it.
    pub(super) label: Arc<str>,
    pub(super) tls: Option<Tls>,
}

impl Origin {
    pub(super) fn new(address: Address, tls: Option<Tls>) -> Self {
        Self {
            label: address.to_string().into(),
            address,
            tls,
        }
    }
}
