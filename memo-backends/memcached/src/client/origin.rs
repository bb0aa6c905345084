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
    /// The longest value that is read.
    pub(super) longest: usize,
}

/// Values of other processes may be longer than ours, where they are told of larger items. Beyond this they are a stranger's, and reading one would
/// cost all who use the connection their time.
const LONGEST: usize = 16 << 20;

impl Origin {
    pub(super) fn new(address: Address, tls: Option<Tls>, max_item: Option<usize>) -> Self {
        Self {
            label: address.to_string().into(),
            address,
            tls,
            longest: max_item.unwrap_or(0).max(LONGEST),
        }
    }
}
