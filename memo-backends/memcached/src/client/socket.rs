//! A socket for those who block, with a deadline.

use std::io::{self, IoSlice, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::config::Address;

/// Every operation is over by the deadline, or has failed.
#[derive(Debug)]
pub(super) struct Socket {
    kind: Kind,
    until: Instant,
    /// The timeouts that the system was told last.
    armed: Duration,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// Timeouts that differ by less are left as they are: telling the system costs two calls to it, and most operations take far less.
const NEAR: Duration = Duration::from_millis(2);

impl Socket {
    pub(super) fn connect(address: &Address, until: Instant) -> io::Result<Self> {
        let kind = match address {
            Address::Tcp(host, port) => Kind::Tcp(tcp(host, *port, until)?),
            #[cfg(unix)]
            Address::Unix(path) => {
                // It waits while the server's queue is full, and knows no timeout.
                let path = path.clone();
                Kind::Unix(in_time(until, || UnixStream::connect(path))?)
            }
            #[cfg(not(unix))]
            Address::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(Self {
            kind,
            until,
            armed: Duration::MAX,
        })
    }

    /// Sets the deadline.
    pub(super) fn until(&mut self, until: Instant) {
        self.until = until;
    }

    fn arm(&mut self) -> io::Result<()> {
        let left = left(self.until)?;
        if left.abs_diff(self.armed) > NEAR {
            let time = Some(left);
            match &self.kind {
                Kind::Tcp(tcp) => tcp
                    .set_read_timeout(time)
                    .and_then(|()| tcp.set_write_timeout(time))?,
                #[cfg(unix)]
                Kind::Unix(unix) => unix
                    .set_read_timeout(time)
                    .and_then(|()| unix.set_write_timeout(time))?,
            }
            self.armed = left;
        }
        Ok(())
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.arm()?;
        match &mut self.kind {
            Kind::Tcp(tcp) => tcp.read(buffer),
            #[cfg(unix)]
            Kind::Unix(unix) => unix.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.arm()?;
        match &mut self.kind {
            Kind::Tcp(tcp) => tcp.write(bytes),
            #[cfg(unix)]
            Kind::Unix(unix) => unix.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.arm()?;
        match &mut self.kind {
            Kind::Tcp(tcp) => tcp.write_vectored(slices),
            #[cfg(unix)]
            Kind::Unix(unix) => unix.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A host may have several addresses, not all of which need be listened at: each is tried for its share of the time.
fn tcp(host: &str, port: u16, until: Instant) -> io::Result<TcpStream> {
    let addresses = resolve(host, port, until)?;
    let mut failed = io::ErrorKind::NotFound.into();
    for (place, address) in addresses.iter().enumerate() {
        let others = u32::try_from(addresses.len() - place).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(address, left(until)? / others) {
            Ok(tcp) => {
                tcp.set_nodelay(true)?;
                return Ok(tcp);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn resolve(host: &str, port: u16, until: Instant) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    // The system's resolver takes its time, seconds if a name server is not there.
    let host = host.to_owned();
    in_time(until, move || Ok((host, port).to_socket_addrs()?.collect()))
}

/// Does on another thread what knows no timeout, and waits no longer than `until`.
fn in_time<T: Send + 'static>(
    until: Instant,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (done, outcome) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("memo-connect".into())
        .spawn(move || drop(done.send(work())))?;
    let outcome = outcome.recv_timeout(left(until)?);
    outcome.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    match left.is_zero() {
        true => Err(io::ErrorKind::TimedOut.into()),
        false => Ok(left),
    }
}
