//! A socket for those who block, with a deadline.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
#[cfg(unix)]
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::Address;

/// A socket. Reading and writing are over by the deadline, or have failed, however slowly the other side speaks.
#[derive(Debug)]
pub(crate) struct Socket {
    kind: Kind,
    until: Instant,
    /// How long the system was told to wait at most, for reading and writing alike.
    armed: Option<Duration>,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// How much longer than what is left the system may be told to wait. Telling it costs two calls, and most operations take far less.
const SLACK: Duration = Duration::from_millis(2);

impl Socket {
    pub(crate) fn connect(address: &Address, until: Instant) -> io::Result<Self> {
        let kind = match address {
            Address::Tcp { host, port } => Kind::Tcp(connect_tcp(host, *port, until)?),
            #[cfg(unix)]
            Address::Unix(path) => Kind::Unix(connect_unix(path, until)?),
            #[cfg(not(unix))]
            Address::Unix(_) => return Err(ErrorKind::Unsupported.into()),
        };
        Ok(Self {
            kind,
            until,
            armed: None,
        })
    }

    /// Sets the deadline.
    pub(crate) fn until(&mut self, until: Instant) {
        self.until = until;
    }

    /// Has the system forget what it has not sent when this is closed, and tell the other side. Over a Unix socket what was written has arrived.
    pub(crate) fn reset(&self) {
        match &self.kind {
            Kind::Tcp(tcp) => forget_when_closed(tcp),
            #[cfg(unix)]
            Kind::Unix(_) => {}
        }
    }

    /// Whether nothing has arrived that was not read. Where the system cannot tell without waiting, it is taken to be so.
    pub(crate) fn is_quiet(&self) -> bool {
        match &self.kind {
            Kind::Tcp(tcp) => has_nothing(&SockRef::from(tcp)),
            #[cfg(unix)]
            Kind::Unix(unix) => has_nothing(&SockRef::from(unix)),
        }
    }

    /// Has the system wait for no longer than is left.
    fn arm(&mut self) -> io::Result<()> {
        let left = left(self.until)?;
        let fits = |armed: Duration| left <= armed && armed - left <= SLACK;
        if !self.armed.is_some_and(fits) {
            self.kind.set_timeouts(left)?;
            self.armed = Some(left);
        }
        Ok(())
    }
}

impl Kind {
    fn set_timeouts(&self, time: Duration) -> io::Result<()> {
        let time = Some(time);
        match self {
            Self::Tcp(tcp) => tcp
                .set_read_timeout(time)
                .and_then(|()| tcp.set_write_timeout(time)),
            #[cfg(unix)]
            Self::Unix(unix) => unix
                .set_read_timeout(time)
                .and_then(|()| unix.set_write_timeout(time)),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        passing(|| {
            self.arm()?;
            match &mut self.kind {
                Kind::Tcp(tcp) => tcp.read(buffer),
                #[cfg(unix)]
                Kind::Unix(unix) => unix.read(buffer),
            }
        })
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        passing(|| {
            self.arm()?;
            match &mut self.kind {
                Kind::Tcp(tcp) => tcp.write(bytes),
                #[cfg(unix)]
                Kind::Unix(unix) => unix.write(bytes),
            }
        })
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        passing(|| {
            self.arm()?;
            match &mut self.kind {
                Kind::Tcp(tcp) => tcp.write_vectored(slices),
                #[cfg(unix)]
                Kind::Unix(unix) => unix.write_vectored(slices),
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Has the system not send what was not sent yet when this socket is closed, and tell the other side: after the last word of a write that was given
/// up, the next one would be taken for its end.
pub(crate) fn forget_when_closed<'s>(socket: impl Into<SockRef<'s>>) {
    // Where it cannot be done, it is closed as always.
    let _ = socket.into().set_linger(Some(Duration::ZERO));
}

#[cfg(unix)]
fn has_nothing(socket: &SockRef<'_>) -> bool {
    let looks = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    let came = socket.recv_with_flags(&mut [MaybeUninit::uninit()], looks);
    // The end of the connection is for the next question to find.
    !matches!(came, Ok(1..))
}

#[cfg(not(unix))]
fn has_nothing(_: &SockRef<'_>) -> bool {
    true
}

/// Does it again after an interruption, and after a wait of the system's: whether there is time for another is found out there.
fn passing(mut work: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match work() {
            Err(error)
                if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            done => return done,
        }
    }
}

/// Tries one address of the name after the other, each for its share of the time: not all of them need be listened at.
fn connect_tcp(host: &str, port: u16, until: Instant) -> io::Result<TcpStream> {
    let addresses = resolve(host, port, until)?;
    let mut failed = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for (place, address) in addresses.iter().enumerate() {
        let others = u32::try_from(addresses.len() - place).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(address, share(until, others)?) {
            Ok(tcp) => {
                tcp.set_nodelay(true)?;
                return Ok(tcp);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Where a name leads. The system cannot be told how long that may take, which is seconds if a name server is not there; so a thread waits for it.
fn resolve(host: &str, port: u16, until: Instant) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let host = host.to_owned();
    let (tell, told) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("memo-dns".into())
        .spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs();
            // Nobody may be waiting any more.
            let _ = tell.send(found.map(Vec::from_iter));
        })?;
    let found = told.recv_timeout(left(until)?);
    found.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
}

/// A server that hangs has a queue, and where that is full connecting waits: for as long as writing may.
#[cfg(unix)]
fn connect_unix(path: &std::path::Path, until: Instant) -> io::Result<UnixStream> {
    use socket2::{Domain, SockAddr, Socket, Type};
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_write_timeout(Some(left(until)?))?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(std::os::fd::OwnedFd::from(socket).into())
}

/// The time for the first of so many.
fn share(until: Instant, many: u32) -> io::Result<Duration> {
    // Nothing is no time: it would be refused as nonsense.
    Ok((left(until)? / many.max(1)).max(Duration::from_nanos(1)))
}

/// The time that is left.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    match left.is_zero() {
        true => Err(ErrorKind::TimedOut.into()),
        false => Ok(left),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LIMIT: Duration = Duration::from_secs(30);

    fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has one").port();
        (listener, port)
    }

    fn connected(host: &str, port: u16) -> Socket {
        let until = Instant::now() + LIMIT;
        Socket::connect(&Address::tcp(host, port), until).expect("somebody listens")
    }

    #[test]
    fn one_who_says_nothing_is_waited_for_until_the_deadline() {
        let (_listener, port) = listener();
        let mut socket = connected("127.0.0.1", port);
        let until = Instant::now() + SOON;
        socket.until(until);
        let read = socket.read(&mut [0]).expect_err("nothing came");
        assert_eq!(read.kind(), ErrorKind::TimedOut);
        assert!(Instant::now() >= until);
    }

    #[test]
    fn one_who_takes_nothing_is_waited_for_until_the_deadline() {
        let (_listener, port) = listener();
        let mut socket = connected("127.0.0.1", port);
        let until = Instant::now() + SOON;
        socket.until(until);
        let written = socket.write_all(&vec![0; 64 << 20]);
        assert_eq!(
            written.map_err(|error| error.kind()),
            Err(ErrorKind::TimedOut)
        );
        assert!(Instant::now() >= until);
    }

    #[test]
    fn after_the_deadline_nothing_is_done_until_there_is_another() {
        let (listener, port) = listener();
        let mut socket = connected("127.0.0.1", port);
        let (mut other, _) = listener.accept().expect("it connected");
        other.write_all(b"ab").expect("it is read");
        socket.until(Instant::now());
        let read = socket.read(&mut [0]).expect_err("it is late");
        assert_eq!(read.kind(), ErrorKind::TimedOut);
        socket.until(Instant::now() + LIMIT);
        let mut bytes = [0; 2];
        socket.read_exact(&mut bytes).expect("it is there");
        assert_eq!(&bytes, b"ab");
    }

    #[test]
    fn a_deadline_that_is_nearer_than_the_one_before_holds() {
        let (_listener, port) = listener();
        let mut socket = connected("127.0.0.1", port);
        for time in [LIMIT, LIMIT / 2] {
            socket.until(Instant::now() + time);
            socket.arm().expect("there is time");
        }
        let Kind::Tcp(tcp) = &socket.kind else {
            unreachable!("it is TCP");
        };
        for armed in [tcp.read_timeout(), tcp.write_timeout()] {
            let armed = armed.expect("it can be asked").expect("it is set");
            assert!(armed < LIMIT * 3 / 4, "{armed:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_crowd_before_a_unix_socket_is_waited_for_until_the_deadline() {
        use socket2::{Domain, SockAddr, Type};
        let path = std::env::temp_dir().join(format!("memo-crowd-{}", std::process::id()));
        let door = socket2::Socket::new(Domain::UNIX, Type::STREAM, None).expect("it is made");
        let address = SockAddr::unix(&path).expect("it is short");
        door.bind(&address).expect("nobody has this path");
        door.listen(0).expect("it is bound");
        let (tell, told) = mpsc::channel();
        let there = Address::Unix(path.clone());
        thread::spawn(move || {
            let mut waiting = Vec::new();
            let failed = loop {
                match Socket::connect(&there, Instant::now() + SOON) {
                    Ok(socket) => waiting.push(socket),
                    Err(failed) => break failed,
                }
            };
            let _ = tell.send(failed.kind());
        });
        let failed = told.recv_timeout(LIMIT);
        std::fs::remove_file(&path).expect("it is there");
        assert_eq!(failed, Ok(ErrorKind::WouldBlock));
    }

    #[test]
    fn what_was_not_sent_when_it_is_reset_never_arrives() {
        let (listener, port) = listener();
        let mut socket = connected("127.0.0.1", port);
        let (mut other, _) = listener.accept().expect("it connected");
        socket.until(Instant::now() + SOON);
        let written = socket.write_all(&vec![0; 64 << 20]);
        assert!(written.is_err(), "nobody takes it");
        socket.reset();
        drop(socket);
        let mut came = Vec::new();
        let end = other.read_to_end(&mut came).map_err(|error| error.kind());
        assert_eq!(end, Err(ErrorKind::ConnectionReset));
        assert!(came.len() < 64 << 20);
    }

    #[cfg(unix)]
    #[test]
    fn what_came_unasked_is_noticed_without_taking_it() {
        let (listener, port) = listener();
        let mut socket = connected("127.0.0.1", port);
        let (mut other, _) = listener.accept().expect("it connected");
        assert!(socket.is_quiet());
        other.write_all(b"a").expect("it is read");
        while socket.is_quiet() {
            thread::yield_now();
        }
        socket.until(Instant::now() + LIMIT);
        socket.read_exact(&mut [0]).expect("it is there");
        assert!(socket.is_quiet());
        drop(other);
        assert_eq!(socket.read(&mut [0]).ok(), Some(0));
        assert!(socket.is_quiet(), "the end is found when it is used");
    }

    #[test]
    fn a_name_is_reached_where_somebody_listens() {
        // It may have an address of the other kind as well, where nobody does.
        let (_listener, port) = listener();
        drop(connected("localhost", port));
    }

    #[test]
    fn where_nobody_listens_connecting_fails_at_once() {
        let (listener, port) = listener();
        drop(listener);
        let until = Instant::now() + LIMIT;
        let failed = Socket::connect(&Address::tcp("127.0.0.1", port), until);
        assert!(failed.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused));
        assert!(Instant::now() < until);
    }
}
