//! TLS by rustls, or its absence.

use memo_core::backend::{Answer, Fault, FaultKind};

use crate::Address;

#[cfg(not(feature = "tls"))]
mod off;
#[cfg(feature = "tls")]
mod on;

#[cfg(not(feature = "tls"))]
pub use self::off::Tls;
#[cfg(feature = "tls")]
pub(crate) use self::on::Sealed;
#[cfg(feature = "tls")]
pub use self::on::Tls;

impl Tls {
    /// TLS to servers at these addresses, if it is wanted: with these authorities, as PEM, or those of the system.
    ///
    /// # Errors
    ///
    /// If there is a Unix socket among the addresses, no certificate among the authorities, or no feature `tls`.
    pub fn wanted(
        is_wanted: bool,
        authorities: Option<&str>,
        servers: &[Address],
    ) -> Answer<Option<Self>> {
        if !is_wanted {
            return Ok(None);
        }
        let is_socket = |server: &Address| matches!(server, Address::Unix(_));
        if servers.iter().any(is_socket) {
            let message = "TLS is for hosts, not for Unix sockets";
            return Err(Fault::new(FaultKind::Other, message));
        }
        Self::believing(authorities).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wanted_is_not_made() {
        let unused = Tls::wanted(false, Some("no certificate"), &[]);
        assert!(unused.is_ok_and(|tls| tls.is_none()));
    }

    #[test]
    fn a_unix_socket_has_no_name_that_a_certificate_could_be_for() {
        let servers = [Address::tcp("cache", 1), Address::Unix("/run/s".into())];
        let refused = Tls::wanted(true, None, &servers).expect_err("one is a socket");
        assert!(refused.to_string().contains("Unix sockets"), "{refused}");
    }
}
