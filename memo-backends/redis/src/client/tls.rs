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
    use memo_net::tls::{client, server_name};
    use rustls::{ClientConfig, ClientConnection, StreamOwned};
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
            Ok(Some(Self(client(config.tls_authorities.as_deref())?)))
        }

        /// The handshake comes with the first bytes, within their deadline.
        pub(crate) fn over(&self, stream: TcpStream, host: &str) -> Answer<TlsStream> {
            let connection = ClientConnection::new(Arc::clone(&self.0), server_name(host)?);
            let connection = connection.map_err(|_| {
                Fault::new(FaultKind::Other, "TLS cannot be used: what it is to do")
            })?;
            Ok(StreamOwned::new(connection, stream))
        }

        pub(crate) async fn over_async(
            &self,
            stream: tokio::net::TcpStream,
            host: &str,
        ) -> Answer<tokio_rustls::client::TlsStream<tokio::net::TcpStream>> {
            let connector = TlsConnector::from(Arc::clone(&self.0));
            let connected = connector.connect(server_name(host)?, stream).await;
            connected.map_err(|error| error::of_connecting(host, &error))
        }
    }
}
