//! Whom to believe that he is the server, over TLS by rustls.

use std::io;
use std::sync::Arc;

use memo_core::backend::{Fault, FaultKind};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::socket::Socket;

/// TLS to servers. Made once for all connections; cloning shares it.
#[derive(Clone, Debug)]
pub struct Tls(Arc<ClientConfig>);

/// A socket under TLS.
pub(crate) type Sealed = StreamOwned<ClientConnection, Socket>;

impl Tls {
    /// TLS to servers for which these authorities speak, given as PEM, or those of the system. Reads them all.
    ///
    /// # Errors
    ///
    /// If there are no certificates among them.
    pub(super) fn believing(authorities: Option<&str>) -> Result<Self, Fault> {
        let believed = match authorities {
            Some(pem) => named(pem)?,
            None => of_the_system()?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| senseless("its versions"))?;
        let config = versions.with_root_certificates(believed);
        Ok(Self(Arc::new(config.with_no_client_auth())))
    }

    pub(crate) fn over(&self, socket: Socket, host: &str) -> io::Result<Sealed> {
        let connection = ClientConnection::new(self.0.clone(), server_name(host)?);
        let connection = connection.map_err(io::Error::other)?;
        Ok(StreamOwned::new(connection, socket))
    }

    pub(crate) async fn over_async(
        &self,
        socket: TcpStream,
        host: &str,
    ) -> io::Result<TlsStream<TcpStream>> {
        let connector = TlsConnector::from(self.0.clone());
        connector.connect(server_name(host)?, socket).await
    }
}

/// Who the server of this host has to be.
fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    let name = ServerName::try_from(host.to_owned());
    let nobody = "no certificate could be for a host of this name";
    name.map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, nobody))
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
            assert!(Tls::believing(Some(pem)).is_err(), "{pem}");
        }
    }

    #[test]
    fn a_host_that_has_no_name_is_nobody() {
        assert!(server_name("cache.example").is_ok() && server_name("127.0.0.1").is_ok());
        assert!(server_name("not a host").is_err());
    }
}
