//! A connection of one who blocks. Nothing on it takes longer than its deadline, however slowly the server speaks.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use memo_core::backend::Answer;
use redis::Value;
use socket2::{Domain, SockAddr, Socket, Type};

use super::question::Question;
use super::resp::{self, LONGEST_LINE, Source};
use super::target::{Address, Target};
#[cfg(feature = "tls")]
use super::tls::TlsStream;
use crate::error;

pub(crate) struct Wire {
    stream: Stream,
    until: Instant,
    /// What the socket waits for at most, for reading and writing alike.
    armed: Option<Duration>,
    buffer: Box<[u8]>,
    /// What of the buffer was received and not taken yet.
    start: usize,
    end: usize,
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream>),
}

/// How much longer than what is left a socket may be set to wait: setting it for every operation would cost two calls of the system.
const SLACK: Duration = Duration::from_millis(2);

const BUFFER: usize = 16 << 10;

impl Wire {
    /// Connects, and has the server let us in.
    pub(super) fn connect(target: &Target, until: Instant) -> Answer<Self> {
        let until = target.connected_by(until);
        let address = target.locate(until)?;
        let stream = Stream::connect(&address, target, until)?;
        let mut wire = Self {
            stream,
            until,
            armed: None,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
        };
        let greeting = target.greeting();
        if !greeting.is_empty() {
            target.accepts(&wire.ask(&greeting, until)?)?;
        }
        Ok(wire)
    }

    /// Asks, and waits for the answer. After a fault the connection is of no use.
    pub(super) fn ask<Q: Question>(&mut self, question: &Q, until: Instant) -> Answer<Q::Reply> {
        self.until = until;
        self.send(&question.packed())?;
        question.receive(self)
    }

    pub(super) fn read_value(&mut self) -> Answer<Value> {
        resp::read_value(self)
    }

    fn send(&mut self, mut bytes: &[u8]) -> Answer<()> {
        while !bytes.is_empty() {
            self.arm()?;
            match self.stream.as_write().write(bytes) {
                Ok(0) => return Err(error::cut()),
                Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
                Err(error) => self.stumble(&error)?,
            }
        }
        Ok(())
    }

    /// Receives into what is given: at least one byte.
    fn receive(&mut self, into: &mut [u8]) -> Answer<usize> {
        loop {
            self.arm()?;
            match self.stream.as_read().read(into) {
                Ok(0) => return Err(error::cut()),
                Ok(received) => return Ok(received),
                Err(error) => self.stumble(&error)?,
            }
        }
    }

    fn refill(&mut self) -> Answer<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let received = self.receive(&mut buffer);
        self.buffer = buffer;
        (self.start, self.end) = (0, received?);
        Ok(())
    }

    /// Passes over an interruption, and over a wait that was shorter than the deadline.
    fn stumble(&self, error: &io::Error) -> Answer<()> {
        use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
        match error.kind() {
            Interrupted => Ok(()),
            TimedOut | WouldBlock if Instant::now() < self.until => Ok(()),
            _ => Err(error::of_io(error)),
        }
    }

    /// Has the socket wait for no longer than is left.
    fn arm(&mut self) -> Answer<()> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(error::late());
        }
        let fits = |armed: Duration| left <= armed && armed - left <= SLACK;
        if !self.armed.is_some_and(fits) {
            self.stream
                .set_timeouts(left)
                .map_err(|error| error::of_io(&error))?;
            self.armed = Some(left);
        }
        Ok(())
    }

    fn received(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }
}

impl Source for Wire {
    fn line(&mut self) -> Answer<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let received = self.received();
            let end = received.iter().position(|&byte| byte == b'\n');
            let taken = end.map_or(received.len(), |end| end + 1);
            line.extend_from_slice(received.get(..taken).unwrap_or_default());
            self.start += taken;
            if end.is_some() {
                return Ok(line);
            }
            if line.len() > LONGEST_LINE {
                return Err(error::senseless());
            }
            self.refill()?;
        }
    }

    fn bytes(&mut self, into: &mut Vec<u8>, many: usize) -> Answer<()> {
        let at_hand = self.received();
        let taken = at_hand.get(..many).unwrap_or(at_hand);
        into.reserve_exact(many);
        into.extend_from_slice(taken);
        let taken = taken.len();
        self.start += taken;
        let mut filled = into.len();
        into.resize(filled + many - taken, 0);
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            filled += self.receive(rest)?;
        }
        Ok(())
    }
}

impl Stream {
    fn connect(address: &Address, target: &Target, until: Instant) -> Answer<Self> {
        match address {
            Address::Unix(path) => {
                let stream = connect_unix(path, until);
                stream
                    .map(Self::Unix)
                    .map_err(|error| error::of_connecting(&address.to_string(), &error))
            }
            Address::Tcp { host, port } => {
                let stream = connect_tcp(address, host, *port, until)?;
                match &target.tls {
                    None => Ok(Self::Tcp(stream)),
                    #[cfg(feature = "tls")]
                    Some(tls) => Ok(Self::Tls(Box::new(tls.over(stream, host)?))),
                    #[cfg(not(feature = "tls"))]
                    Some(tls) => match *tls {},
                }
            }
        }
    }

    fn set_timeouts(&self, time: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => set_timeouts(stream, time),
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(time))?;
                stream.set_write_timeout(Some(time))
            }
            #[cfg(feature = "tls")]
            Self::Tls(stream) => set_timeouts(&stream.sock, time),
        }
    }

    fn as_read(&mut self) -> &mut dyn Read {
        match self {
            Self::Tcp(stream) => stream,
            Self::Unix(stream) => stream,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream,
        }
    }

    fn as_write(&mut self) -> &mut dyn Write {
        match self {
            Self::Tcp(stream) => stream,
            Self::Unix(stream) => stream,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream,
        }
    }
}

/// A server that hangs has a queue, and where that is full connecting waits.
fn connect_unix(path: &Path, until: Instant) -> io::Result<UnixStream> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_write_timeout(Some(left))?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(OwnedFd::from(socket).into())
}

/// Tries one address of the name after the other, each for its share of the time.
fn connect_tcp(address: &Address, host: &str, port: u16, until: Instant) -> Answer<TcpStream> {
    let found = address.resolve(host, port, until)?;
    let mut failure = error::late();
    for (place, socket) in found.iter().enumerate() {
        let left = until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(found.len() - place).unwrap_or(u32::MAX);
        if share.is_zero() {
            break;
        }
        let connected = TcpStream::connect_timeout(socket, share);
        match connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error::of_connecting(&address.to_string(), &error),
        }
    }
    Err(failure)
}

fn set_timeouts(stream: &TcpStream, time: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(time))?;
    stream.set_write_timeout(Some(time))
}
