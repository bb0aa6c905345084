//! TLS by rustls, for those who block and for those who await.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use memo_core::backend::Fault;
use memo_net::tls::client;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::socket::Socket;
use crate::config::{Address, MemcachedTls};

/// Whom to trust. Cloning shares it.
#[derive(Clone, Debug)]
pub(in crate::client) struct Tls(Arc<ClientConfig>);

/// A blocking socket under TLS.
#[derive(Debug)]
pub(in crate::client) struct Sealed(StreamOwned<ClientConnection, Socket>);

impl Tls {
    pub(in crate::client) fn new(config: &MemcachedTls) -> Result<Self, Fault> {
        Ok(Self(client(config.root_ca.as_deref())?))
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

fn server_name(address: &Address) -> io::Result<ServerName<'static>> {
    let name = match address {
        Address::Tcp(host, _) => memo_net::tls::server_name(host).ok(),
        Address::Unix(_) => None,
    };
    name.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}
