//! A connection for one who blocks.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;
use std::time::Instant;

use memo_core::backend::Answer;
use memo_net::{Connection, Stream};

use super::origin::Origin;
use crate::error;
use crate::protocol::{Inbox, Outbox, Reply, Request, SLICES};

/// A connection. After a fault it is good for nothing.
#[derive(Debug)]
pub(super) struct Wire {
    server: Arc<str>,
    stream: Stream,
    inbox: Inbox,
    outbox: Outbox,
}

impl Wire {
    pub(super) fn connect(origin: &Origin, until: Instant) -> Answer<Self> {
        let stream = Stream::connect(&origin.address, origin.tls.as_ref(), until);
        Ok(Self {
            stream: stream.map_err(|failed| error::io(&origin.label, &failed))?,
            server: origin.label.clone(),
            inbox: Inbox::up_to(origin.longest),
            outbox: Outbox::default(),
        })
    }

    /// Sends a request, and waits for its answers.
    pub(super) fn exchange(&mut self, request: &Request, until: Instant) -> Answer<Vec<Reply>> {
        self.send(request, until)?;
        self.receive(request.replies(), until)
    }

    pub(super) fn send(&mut self, request: &Request, until: Instant) -> Answer<()> {
        self.stream.until(until);
        self.outbox.push(request);
        let written = self.write();
        written.map_err(|failed| error::io(&self.server, &failed))
    }

    pub(super) fn receive(&mut self, count: usize, until: Instant) -> Answer<Vec<Reply>> {
        self.stream.until(until);
        let mut replies = Vec::with_capacity(count);
        while replies.len() < count {
            replies.push(self.reply()?);
        }
        match self.inbox.is_empty() {
            true => Ok(replies),
            false => Err(error::unexpected(&self.server)),
        }
    }

    /// The size of the largest item that the server takes.
    pub(super) fn largest_item(&mut self, until: Instant) -> Answer<u64> {
        self.send(&Request::settings(), until)?;
        let mut largest = None;
        loop {
            match self.reply()? {
                Reply::LargestItem(bytes) => largest = Some(bytes),
                Reply::Stat => {}
                Reply::End => break,
                _ => return Err(error::unexpected(&self.server)),
            }
        }
        if !self.inbox.is_empty() {
            return Err(error::unexpected(&self.server));
        }
        largest.ok_or_else(|| error::unexpected(&self.server))
    }

    fn write(&mut self) -> io::Result<()> {
        while !self.outbox.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.outbox.slices(&mut slices);
            let slices = slices.get(..count).unwrap_or_default();
            let written = match slices {
                [one] => self.stream.write(one),
                several => self.stream.write_vectored(several),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(bytes) => self.outbox.advance(bytes),
                Err(error) => return Err(error),
            }
        }
        self.stream.flush()
    }

    fn reply(&mut self) -> Answer<Reply> {
        loop {
            let next = self.inbox.next();
            match next.map_err(|malformed| error::malformed(&self.server, malformed))? {
                Some(Reply::Refused(refusal)) if !refusal.leaves_order() => {
                    return Err(error::refused(&self.server, refusal));
                }
                Some(reply) => return Ok(reply),
                None => self.read()?,
            }
        }
    }

    fn read(&mut self) -> Answer<()> {
        match self.stream.read(self.inbox.space()) {
            Ok(0) => Err(error::cut(&self.server)),
            Ok(bytes) => {
                self.inbox.filled(bytes);
                Ok(())
            }
            Err(error) => Err(error::io(&self.server, &error)),
        }
    }
}

impl Connection for Wire {
    fn is_quiet(&mut self) -> bool {
        self.inbox.is_empty() && self.stream.is_quiet()
    }

    fn abort(&mut self) {
        self.stream.reset();
    }
}
