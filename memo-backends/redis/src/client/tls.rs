//! TLS by rustls, where the feature `tls` is on.

#[cfg(feature = "tls")]
pub(crate) use self::on::*;

#[cfg(not(feature = "tls"))]
pub(crate) use self::off::*;

#[cfg(not(feature = "tls"))]
mod off {
    use memo_core::backend::{Answer, Fault, FaultKind};

    use crate::config::RedisConfig;

    /// There is none.
    #[derive(Clone, Debug)]
    pub(crate) enum Tls {}

    impl Tls {
        pub(crate) fn wanted(config: &RedisConfig) -> Answer<Option<Self>> {
            if config.tls {
                let message = "TLS needs the feature `redis-tls` of memo";
                return Err(Fault::new(FaultKind::Unsupported, message));
            }
            Ok(None)
        }
    }
}

#[cfg(feature = "tls")]
mod on {
    use std::net::TcpStream;
    use std::sync::Arc;

    use memo_core::backend::{Answer, Fault, FaultKind};
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
    use tokio_rustls::TlsConnector;

    use crate::config::RedisConfig;
    use crate::error;

    /// What is needed to be sure of a server; made once for all connections.
    #[derive(Clone, Debug)]
    pub(crate) struct Tls(Arc<ClientConfig>);

    pub(crate) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

    impl Tls {
        pub(crate) fn wanted(config: &RedisConfig) -> Answer<Option<Self>> {
            if !config.tls {
                return Ok(None);
            }
            let believed = match &config.tls_authorities {
                Some(pem) => named(pem)?,
                None => of_the_system()?,
            };
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let versions = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|_| senseless("the versions of TLS"))?;
            let config = versions
                .with_root_certificates(believed)
                .with_no_client_auth();
            Ok(Some(Self(Arc::new(config))))
        }

        /// The handshake comes with the first bytes, within their deadline.
        pub(crate) fn over(&self, stream: TcpStream, host: &str) -> Answer<TlsStream> {
            let connection = ClientConnection::new(Arc::clone(&self.0), name(host)?);
            let connection = connection.map_err(|_| senseless("what TLS is to do"))?;
            Ok(StreamOwned::new(connection, stream))
        }

        pub(crate) async fn over_async(
            &self,
            stream: tokio::net::TcpStream,
            host: &str,
        ) -> Answer<tokio_rustls::client::TlsStream<tokio::net::TcpStream>> {
            let connector = TlsConnector::from(Arc::clone(&self.0));
            let connected = connector.connect(name(host)?, stream).await;
            connected.map_err(|error| error::of_connecting(host, &error))
        }
    }

    fn name(host: &str) -> Answer<ServerName<'static>> {
        let name = ServerName::try_from(host.to_owned());
        name.map_err(|_| senseless("the name of the host"))
    }

    fn named(pem: &str) -> Answer<RootCertStore> {
        let mut believed = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|_| senseless("a certificate"))?;
            let added = believed.add(certificate);
            added.map_err(|_| senseless("a certificate"))?;
        }
        if believed.is_empty() {
            return Err(senseless("the list of certificates, which is empty"));
        }
        Ok(believed)
    }

    fn of_the_system() -> Answer<RootCertStore> {
        let mut believed = RootCertStore::empty();
        // Systems have some that nobody can read any more.
        believed.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if believed.is_empty() {
            return Err(senseless("the certificates of the system: there are none"));
        }
        Ok(believed)
    }

    fn senseless(what: &str) -> Fault {
        Fault::new(FaultKind::Other, format!("TLS cannot be used: {what}"))
    }
}
