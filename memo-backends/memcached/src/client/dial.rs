//! Connecting, for those who await.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use super::origin::Origin;
use crate::config::Address;

/// A stream to a server, whatever it goes over.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// Connects to a server.
pub(super) async fn dial(origin: &Origin) -> io::Result<Box<dyn Duplex>> {
    let (host, port) = match &origin.address {
        Address::Tcp(host, port) => (host.as_str(), *port),
        #[cfg(unix)]
        Address::Unix(path) => return Ok(Box::new(UnixStream::connect(path).await?)),
        #[cfg(not(unix))]
        Address::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
    };
    let tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    Ok(match &origin.tls {
        Some(tls) => Box::new(tls.seal_async(&origin.address, tcp).await?),
        None => Box::new(tcp),
    })
}
