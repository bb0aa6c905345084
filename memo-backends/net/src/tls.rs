//! Whom to believe that he is the server, over TLS by rustls.

use std::sync::Arc;

use memo_core::backend::{Fault, FaultKind};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

/// A client that believes these authorities, given as PEM, or those of the system. Reads them all: made once for all connections.
///
/// # Errors
///
/// If there are no certificates among them.
pub fn client(authorities: Option<&str>) -> Result<Arc<ClientConfig>, Fault> {
    let believed = match authorities {
        Some(pem) => named(pem)?,
        None => of_the_system()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| senseless("its versions"))?;
    let config = versions.with_root_certificates(believed);
    Ok(Arc::new(config.with_no_client_auth()))
}

/// Who the server of this host has to be.
///
/// # Errors
///
/// If no certificate could be for such a host.
pub fn server_name(host: &str) -> Result<ServerName<'static>, Fault> {
    let name = ServerName::try_from(host.to_owned());
    name.map_err(|_| senseless("the name of the host"))
}

fn named(pem: &str) -> Result<RootCertStore, Fault> {
    let nonsense = || senseless("the authorities, which are to be certificates as PEM");
    let mut believed = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let added = believed.add(certificate.map_err(|_| nonsense())?);
        added.map_err(|_| nonsense())?;
    }
    match believed.is_empty() {
        true => Err(nonsense()),
        false => Ok(believed),
    }
}

fn of_the_system() -> Result<RootCertStore, Fault> {
    let mut believed = RootCertStore::empty();
    // Systems have some that nobody can read any more.
    believed.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match believed.is_empty() {
        true => Err(senseless("the system's authorities: there are none")),
        false => Ok(believed),
    }
}

fn senseless(what: &str) -> Fault {
    Fault::new(FaultKind::Other, format!("TLS cannot be used: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_that_are_none_are_refused() {
        let header = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in ["", "certificate", header] {
            assert!(client(Some(pem)).is_err(), "{pem}");
        }
    }

    #[test]
    fn a_host_that_has_no_name_is_nobody() {
        assert!(server_name("cache.example").is_ok() && server_name("127.0.0.1").is_ok());
        assert!(server_name("not a host").is_err());
    }
}
