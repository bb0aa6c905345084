//! A blocking stream to a server: a socket, or TLS over it.

use std::io::{self, IoSlice, Read, Write};
use std::time::Instant;

use super::origin::Origin;
use super::socket::Socket;
use super::tls::Sealed;

/// A stream to a server.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Socket),
    Tls(Box<Sealed>),
}

impl Stream {
    pub(super) fn connect(origin: &Origin, until: Instant) -> io::Result<Self> {
        let socket = Socket::connect(&origin.address, until)?;
        Ok(match &origin.tls {
            Some(tls) => Self::Tls(Box::new(tls.seal(&origin.address, socket)?)),
            None => Self::Plain(socket),
        })
    }

    /// Sets the deadline.
    pub(super) fn until(&mut self, until: Instant) {
        match self {
            Self::Plain(socket) => socket.until(until),
            Self::Tls(sealed) => sealed.socket().until(until),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(sealed) => sealed.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(sealed) => sealed.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write_vectored(slices),
            Self::Tls(sealed) => sealed.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(sealed) => sealed.flush(),
        }
    }
}
