//! Without the feature `tls` there is no TLS, and the compiler knows it: the type has no values.

use memo_core::backend::{Fault, FaultKind};

/// TLS to servers. There is none without the feature `tls`.
#[derive(Clone, Debug)]
pub enum Tls {}

impl Tls {
    /// There is none: the fault names the feature.
    pub(super) fn believing(_: Option<&str>) -> Result<Self, Fault> {
        let message = "TLS needs memo's feature `redis-tls` or `memcached-tls`";
        Err(Fault::new(FaultKind::Unsupported, message))
    }
}
