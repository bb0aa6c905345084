//! TLS by rustls, for those who block and for those who await.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use memo_core::backend::Fault;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::socket::Socket;
use crate::config::{Address, MemcachedTls};
use crate::error;

/// Whom to trust. Cloning shares it.
#[derive(Clone, Debug)]
pub(in crate::client) struct Tls(Arc<ClientConfig>);

/// A blocking socket under TLS.
#[derive(Debug)]
pub(in crate::client) struct Sealed(StreamOwned<ClientConnection, Socket>);

impl Tls {
    pub(in crate::client) fn new(config: &MemcachedTls) -> Result<Self, Fault> {
        let roots = match &config.root_ca {
            Some(pem) => given(pem)?,
            None => systems()?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| error::config("TLS cannot be set up"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(in crate::client) fn seal(&self, address: &Address, socket: Socket) -> io::Result<Sealed> {
        let connection = ClientConnection::new(self.0.clone(), server_name(address)?);
        let connection = connection.map_err(io::Error::other)?;
        Ok(Sealed(StreamOwned::new(connection, socket)))
    }

    pub(in crate::client) async fn seal_async(
        &self,
        address: &Address,
        socket: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let connector = TlsConnector::from(self.0.clone());
        connector.connect(server_name(address)?, socket).await
    }
}

impl Sealed {
    pub(in crate::client) fn socket(&mut self) -> &mut Socket {
        &mut self.0.sock
    }
}

impl Read for Sealed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Sealed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn given(pem: &str) -> Result<RootCertStore, Fault> {
    let nonsense = || error::config("root_ca is not a certificate as PEM text");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let added = roots.add(certificate.map_err(|_| nonsense())?);
        added.map_err(|_| nonsense())?;
    }
    match roots.is_empty() {
        true => Err(nonsense()),
        false => Ok(roots),
    }
}

/// Those that can be read and understood; a system has many.
fn systems() -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match roots.is_empty() {
        true => Err(error::config(
            "the system has no certificates: TLS needs root_ca",
        )),
        false => Ok(roots),
    }
}

fn server_name(address: &Address) -> io::Result<ServerName<'static>> {
    let name = match address {
        Address::Tcp(host, _) => ServerName::try_from(host.clone()).ok(),
        Address::Unix(_) => None,
    };
    name.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_that_are_none_are_refused() {
        let header = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in ["", "certificate", header] {
            let config = MemcachedTls {
                root_ca: Some(pem.into()),
            };
            assert!(Tls::new(&config).is_err(), "{pem}");
        }
    }
}
