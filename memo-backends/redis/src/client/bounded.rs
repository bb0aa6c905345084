//! A stream of answers that ends where one is announced that is too long.
//!
//! The driver reads whatever a server says it will send. On a connection that all share, they would wait for the end of it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::resp::{LONGEST_BULK, LONGEST_SENSIBLE};

/// A stream whose reading fails as soon as too long a piece is announced.
#[derive(Debug)]
pub(super) struct Bounded<S> {
    stream: S,
    scan: Scan,
    is_exceeded: Exceeded,
}

/// Whether a stream has failed because of what may be stored in Redis, and not because of nonsense. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct Exceeded(Arc<AtomicBool>);

/// Where in the answers the bytes that came have ended (redis.io, "Redis serialization protocol specification", version 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scan {
    /// Before the first byte of a line.
    Start,
    /// In a line that announces nothing.
    Line,
    /// In a line that announces so many bytes, as far as it came.
    Length(usize),
    /// In a piece, of which so many bytes are to come.
    Piece(usize),
}

/// A piece of so many bytes was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TooLong(usize);

impl Exceeded {
    pub(super) fn is_so(&self) -> bool {
        self.0.load(Relaxed)
    }
}

impl<S> Bounded<S> {
    pub(super) fn over(stream: S, is_exceeded: Exceeded) -> Self {
        Self {
            stream,
            scan: Scan::Start,
            is_exceeded,
        }
    }
}

impl Scan {
    /// After these bytes.
    fn after(mut self, mut bytes: &[u8]) -> Result<Self, TooLong> {
        while let Some((&first, rest)) = bytes.split_first() {
            (self, bytes) = match self {
                Self::Piece(left) => {
                    let taken = left.min(bytes.len());
                    let next = match left - taken {
                        0 => Self::Start,
                        left => Self::Piece(left),
                    };
                    (next, bytes.get(taken..).unwrap_or_default())
                }
                Self::Line => match bytes.iter().position(|&byte| byte == b'\n') {
                    Some(end) => (Self::Start, bytes.get(end + 1..).unwrap_or_default()),
                    None => (Self::Line, &[][..]),
                },
                Self::Start if first == b'$' => (Self::Length(0), rest),
                Self::Start if first == b'\n' => (Self::Start, rest),
                Self::Start => (Self::Line, rest),
                Self::Length(length) => (Self::in_length(length, first)?, rest),
            };
        }
        Ok(self)
    }

    fn in_length(length: usize, byte: u8) -> Result<Self, TooLong> {
        Ok(match byte {
            b'0'..=b'9' => {
                let longer = length.saturating_mul(10);
                Self::Length(longer.saturating_add(usize::from(byte - b'0')))
            }
            b'\r' => Self::Length(length),
            b'\n' if length > LONGEST_BULK => return Err(TooLong(length)),
            // With its end.
            b'\n' => Self::Piece(length + 2),
            // Of nothing, or nonsense.
            _ => Self::Line,
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = space.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, space))?;
        let came = space.filled().get(before..).unwrap_or_default();
        match self.scan.after(came) {
            Ok(scan) => self.scan = scan,
            Err(TooLong(length)) => {
                let may_be_stored = length <= LONGEST_SENSIBLE;
                self.is_exceeded.0.store(may_be_stored, Relaxed);
                let why = "too long an answer was announced";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of all forms, in which values look like announcements.
    const SOUND: &[u8] = b"+OK\r\n-ERR $99999999999\r\n:-12\r\n$-1\r\n$0\r\n\r\n$14\r\n$99999999999\r\n\r\n*2\r\n$1\r\nx\r\n*-1\r\n";

    #[test]
    fn answers_pass_in_whatever_pieces_they_come() {
        for size in 1..SOUND.len() {
            let mut pieces = SOUND.chunks(size);
            let end = pieces.try_fold(Scan::Start, Scan::after);
            assert_eq!(end, Ok(Scan::Start), "in pieces of {size}");
        }
        let long = [b"$70000\r\n", &[b'$'; 70_000][..], b"\r\n$1\r\n"].concat();
        let end = long.chunks(16_384).try_fold(Scan::Start, Scan::after);
        assert_eq!(end, Ok(Scan::Piece(3)));
    }

    #[test]
    fn too_long_an_announcement_ends_them_wherever_it_comes() {
        for length in [LONGEST_BULK + 1, 300 << 20, usize::MAX] {
            let announced = format!("${length}\r\n");
            let came = [SOUND, announced.as_bytes()].concat();
            for size in 1..came.len() {
                let end = came.chunks(size).try_fold(Scan::Start, Scan::after);
                assert_eq!(end, Err(TooLong(length)), "{length} in pieces of {size}");
            }
        }
        let longest = format!("${LONGEST_BULK}\r\n");
        let end = Scan::Start.after(longest.as_bytes());
        assert_eq!(end, Ok(Scan::Piece(LONGEST_BULK + 2)));
        let digits = format!("${}\r\n", "9".repeat(100));
        let end = Scan::Start.after(digits.as_bytes());
        assert_eq!(end, Err(TooLong(usize::MAX)));
    }
}
