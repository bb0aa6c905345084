//! One server: where it is and how it is reached.

use std::sync::Arc;

use memo_core::backend::Fault;

use super::tls::Tls;
use crate::config::Address;
use crate::error;

/// Where a server is, and how it is reached.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) address: Address,
    /// What people call it.
    pub(super) label: Arc<str>,
    pub(super) tls: Option<Tls>,
}

impl Origin {
    pub(super) fn new(address: Address, tls: Option<Tls>) -> Result<Self, Fault> {
        if tls.is_some() && matches!(address, Address::Unix(_)) {
            return Err(error::config("TLS is for hosts, not for Unix sockets"));
        }
        Ok(Self {
            label: address.label().into(),
            address,
            tls,
        })
    }
}
