//! A stream to a server, for those who block and for those who await.

use std::io::{self, IoSlice, Read, Write};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::Address;
use crate::socket::{Socket, forget_when_closed};
#[cfg(feature = "tls")]
use crate::tls::Sealed;
use crate::tls::Tls;

/// A stream for those who block: every operation is over by its deadline, or has failed.
#[derive(Debug)]
pub struct Stream(Kind);

#[derive(Debug)]
enum Kind {
    Plain(Socket),
    #[cfg(feature = "tls")]
    Sealed(Box<Sealed>),
}

impl Stream {
    /// Connects. Over TLS the handshake comes with the first bytes, within their deadline.
    ///
    /// # Errors
    ///
    /// As the system says; a timeout if it is not done by `until`.
    pub fn connect(address: &Address, tls: Option<&Tls>, until: Instant) -> io::Result<Self> {
        let socket = |address| Socket::connect(address, until);
        match (address, tls) {
            (_, None) => Ok(Self(Kind::Plain(socket(address)?))),
            #[cfg(feature = "tls")]
            (Address::Tcp { host, .. }, Some(tls)) => {
                let sealed = tls.over(socket(address)?, host)?;
                Ok(Self(Kind::Sealed(Box::new(sealed))))
            }
            #[cfg(feature = "tls")]
            (Address::Unix(_), Some(_)) => Err(io::ErrorKind::Unsupported.into()),
            #[cfg(not(feature = "tls"))]
            (_, Some(tls)) => match *tls {},
        }
    }

    /// Sets the deadline of what is done from now on.
    pub fn until(&mut self, until: Instant) {
        match &mut self.0 {
            Kind::Plain(socket) => socket.until(until),
            #[cfg(feature = "tls")]
            Kind::Sealed(sealed) => sealed.sock.until(until),
        }
    }
}

/// Between two questions.
impl Stream {
    /// Whether nothing has come that was not read, as far as can be told. Under TLS a server may have said something that is no answer.
    pub fn is_quiet(&mut self) -> bool {
        match &mut self.0 {
            Kind::Plain(socket) => socket.is_quiet(),
            #[cfg(feature = "tls")]
            Kind::Sealed(sealed) => {
                let state = sealed.conn.process_new_packets();
                state.is_ok_and(|state| state.plaintext_bytes_to_read() == 0)
            }
        }
    }

    /// Has nothing arrive any more that was not sent yet, once this is dropped: for a connection that is given up.
    pub fn reset(&self) {
        match &self.0 {
            Kind::Plain(socket) => socket.reset(),
            #[cfg(feature = "tls")]
            Kind::Sealed(sealed) => sealed.sock.reset(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(socket) => socket.read(buffer),
            #[cfg(feature = "tls")]
            Kind::Sealed(sealed) => sealed.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(socket) => socket.write(bytes),
            #[cfg(feature = "tls")]
            Kind::Sealed(sealed) => sealed.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(socket) => socket.write_vectored(slices),
            #[cfg(feature = "tls")]
            Kind::Sealed(sealed) => sealed.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Plain(socket) => socket.flush(),
            #[cfg(feature = "tls")]
            Kind::Sealed(sealed) => sealed.flush(),
        }
    }
}

/// A stream for those who await, whatever it goes over.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// Connects, without a deadline. What was not sent when the connection is dropped never arrives: nobody waits for its answer any more.
///
/// # Errors
///
/// As the system says; where there is TLS, also if the server is not whom it should be.
pub async fn dial(address: &Address, tls: Option<&Tls>) -> io::Result<Box<dyn Duplex>> {
    let (host, port) = match address {
        Address::Tcp { host, port } => (&**host, *port),
        #[cfg(unix)]
        Address::Unix(path) if tls.is_none() => {
            return Ok(Box::new(UnixStream::connect(path).await?));
        }
        Address::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
    };
    let tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    forget_when_closed(&tcp);
    match tls {
        None => Ok(Box::new(tcp)),
        #[cfg(feature = "tls")]
        Some(tls) => Ok(Box::new(tls.over_async(tcp, host).await?)),
        #[cfg(not(feature = "tls"))]
        Some(tls) => match *tls {},
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::pin::Pin;
    use std::task::Poll;

    use super::*;

    #[test]
    fn what_was_not_sent_when_a_dialed_stream_is_dropped_never_arrives() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has one").port();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let written = runtime.expect("it is made").block_on(async {
            let address = Address::tcp("127.0.0.1", port);
            let mut stream = dial(&address, None).await.expect("somebody listens");
            let mut written = 0;
            std::future::poll_fn(|context| {
                let block = [0; 1 << 16];
                while let Poll::Ready(done) = Pin::new(&mut stream).poll_write(context, &block) {
                    written += done.expect("it is open");
                }
                Poll::Ready(())
            })
            .await;
            written
        });
        let (mut other, _) = listener.accept().expect("it connected");
        let mut came = Vec::new();
        let end = other.read_to_end(&mut came).map_err(|error| error.kind());
        assert_eq!(end, Err(io::ErrorKind::ConnectionReset));
        assert!(came.len() < written);
    }
}
