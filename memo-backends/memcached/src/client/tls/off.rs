//! Without the feature `tls` there is no TLS, and the compiler knows it: these types have no values.

use std::io::{self, Read, Write};

use memo_core::backend::{Fault, FaultKind};
use tokio::net::TcpStream;

use crate::client::socket::Socket;
use crate::config::{Address, MemcachedTls};

#[derive(Clone, Debug)]
pub(in crate::client) enum Tls {}

#[derive(Debug)]
pub(in crate::client) enum Sealed {}

impl Tls {
    pub(in crate::client) fn new(_: &MemcachedTls) -> Result<Self, Fault> {
        let message = "TLS to memcached needs memo's feature `memcached-tls`";
        Err(Fault::new(FaultKind::Unsupported, message))
    }

    pub(in crate::client) fn seal(&self, _: &Address, _: Socket) -> io::Result<Sealed> {
        match *self {}
    }

    pub(in crate::client) async fn seal_async(
        &self,
        _: &Address,
        _: TcpStream,
    ) -> io::Result<TcpStream> {
        match *self {}
    }
}

impl Sealed {
    pub(in crate::client) fn socket(&mut self) -> &mut Socket {
        match *self {}
    }
}

impl Read for Sealed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}

impl Write for Sealed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match *self {}
    }
}
