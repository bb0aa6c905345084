//! A connection of one who blocks. Nothing on it takes longer than its deadline, however slowly the server speaks.

use std::io::{Read, Write};
use std::time::Instant;

use memo_core::backend::Answer;
use memo_net::{Connection, Stream};
use redis::Value;

use super::question::Question;
use super::resp::{self, LONGEST_LINE, Source};
use super::target::Target;
use crate::error;

pub(crate) struct Wire {
    stream: Stream,
    buffer: Box<[u8]>,
    /// What of the buffer was received and not taken yet.
    start: usize,
    end: usize,
}

const BUFFER: usize = 16 << 10;

impl Wire {
    /// Connects, and has the server let us in.
    pub(super) fn connect(target: &Target, until: Instant) -> Answer<Self> {
        let until = target.connected_by(until);
        let address = target.locate(until)?;
        let stream = Stream::connect(&address, target.tls.as_ref(), until);
        let mut wire = Self {
            stream: stream.map_err(|error| error::of_connecting(&address.to_string(), &error))?,
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
        self.stream.until(until);
        self.send(&question.packed())?;
        let reply = question.fitting(question.receive(self)?)?;
        match self.received().is_empty() {
            true => Ok(reply),
            // Nobody asked for what is left: one who talks out of turn may have answered something else before.
            false => Err(error::senseless()),
        }
    }

    pub(super) fn read_value(&mut self) -> Answer<Value> {
        resp::read_value(self)
    }

    fn send(&mut self, bytes: &[u8]) -> Answer<()> {
        let sent = self.stream.write_all(bytes);
        let sent = sent.and_then(|()| self.stream.flush());
        sent.map_err(|error| error::of_io(&error))
    }

    /// Receives into what is given: at least one byte.
    fn receive(&mut self, into: &mut [u8]) -> Answer<usize> {
        match self.stream.read(into) {
            Ok(0) => Err(error::cut()),
            Ok(received) => Ok(received),
            Err(error) => Err(error::of_io(&error)),
        }
    }

    fn refill(&mut self) -> Answer<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let received = self.receive(&mut buffer);
        self.buffer = buffer;
        (self.start, self.end) = (0, received?);
        Ok(())
    }

    fn received(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }
}

impl Connection for Wire {
    fn is_quiet(&mut self) -> bool {
        self.received().is_empty() && self.stream.is_quiet()
    }

    fn abort(&mut self) {
        self.stream.reset();
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
