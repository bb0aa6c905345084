//! One command, or several that are sent at once.

use memo_core::backend::{Answer, Fault};
use redis::aio::MultiplexedConnection;
use redis::{Arg, Cmd, Pipeline, RedisResult, ServerError, Value};

use super::shape;
use super::wire::Wire;
use crate::error;

/// What can be asked over either kind of connection. Errors that the server answers with are values.
pub(crate) trait Question: Sync {
    type Reply: Send;

    fn packed(&self) -> Vec<u8>;

    /// Receives what [`packed`](Self::packed) is answered with.
    fn receive(&self, wire: &mut Wire) -> Answer<Self::Reply>;

    fn send(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> impl Future<Output = RedisResult<Self::Reply>> + Send;

    /// Whether this can be an answer to it at all.
    fn fits(&self, reply: &Self::Reply) -> bool;

    /// The reply, if it can be one. One that cannot says of all that comes after it on the connection that it is for somebody else.
    fn fitting(&self, reply: Self::Reply) -> Answer<Self::Reply> {
        match self.fits(&reply) {
            true => Ok(reply),
            false => Err(error::senseless()),
        }
    }

    /// Asks for the lengths of the values that it asks for.
    fn lengths(&self) -> Pipeline;

    fn errors(reply: &Self::Reply) -> impl Iterator<Item = &ServerError>;

    /// What the server says about itself in this reply.
    fn complaint(reply: &Self::Reply) -> Option<Fault> {
        let about_itself = |error: &&ServerError| error::concerns_server(error);
        Self::errors(reply).find(about_itself).map(error::of_server)
    }

    /// Whether the server says that it is a replica, and has done nothing of it.
    fn is_replica(reply: &Self::Reply) -> bool {
        Self::errors(reply).any(|error| error.code() == "READONLY")
    }
}

impl Question for Cmd {
    type Reply = Value;

    fn packed(&self) -> Vec<u8> {
        self.get_packed_command()
    }

    fn receive(&self, wire: &mut Wire) -> Answer<Value> {
        wire.read_value()
    }

    async fn send(&self, connection: &mut MultiplexedConnection) -> RedisResult<Value> {
        connection.send_packed_command(self).await
    }

    fn fits(&self, reply: &Value) -> bool {
        shape::fits(self, reply)
    }

    fn lengths(&self) -> Pipeline {
        lengths([self])
    }

    fn errors(reply: &Value) -> impl Iterator<Item = &ServerError> {
        error_in(reply).into_iter()
    }
}

impl Question for Pipeline {
    type Reply = Vec<Value>;

    fn packed(&self) -> Vec<u8> {
        self.get_packed_pipeline()
    }

    fn receive(&self, wire: &mut Wire) -> Answer<Vec<Value>> {
        (0..self.len()).map(|_| wire.read_value()).collect()
    }

    async fn send(&self, connection: &mut MultiplexedConnection) -> RedisResult<Vec<Value>> {
        connection.send_packed_commands(self, 0, self.len()).await
    }

    fn fits(&self, replies: &Vec<Value>) -> bool {
        let each = self.cmd_iter().zip(replies);
        replies.len() == self.len() && each.into_iter().all(|(asked, reply)| asked.fits(reply))
    }

    fn lengths(&self) -> Pipeline {
        lengths(self.cmd_iter())
    }

    fn errors(reply: &Vec<Value>) -> impl Iterator<Item = &ServerError> {
        reply.iter().filter_map(error_in)
    }
}

fn lengths<'c>(commands: impl IntoIterator<Item = &'c Cmd>) -> Pipeline {
    let mut lengths = Pipeline::new();
    for command in commands {
        let mut words = command.args_iter();
        if !matches!(words.next(), Some(Arg::Simple(b"GET" | b"MGET"))) {
            continue;
        }
        for name in words {
            if let Arg::Simple(name) = name {
                lengths.cmd("STRLEN").arg(name);
            }
        }
    }
    lengths
}

fn error_in(value: &Value) -> Option<&ServerError> {
    match value {
        Value::ServerError(error) => Some(error),
        _ => None,
    }
}
