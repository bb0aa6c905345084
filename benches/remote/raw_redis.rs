//! `GET` by the crate `redis`, and postcard.

use std::sync::{Arc, Mutex, PoisonError};

use redis::aio::MultiplexedConnection;
use redis::{Client, Connection, cmd};

use crate::record::{MOST, Record, Size};
use crate::{Outcome, awaiting, blocking};

/// A connection for each number, and so for each thread.
pub(crate) struct Blocking {
    connections: Vec<Mutex<Connection>>,
    names: [String; MOST],
}

/// One connection for all.
#[derive(Clone)]
pub(crate) struct Awaiting {
    connection: MultiplexedConnection,
    names: Arc<[String; MOST]>,
}

impl Blocking {
    pub(crate) fn connect(url: &str, size: Size) -> Outcome<Self> {
        let client = Client::open(url)?;
        let names = names();
        let mut connections = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let mut connection = client.get_connection()?;
            let bytes = postcard::to_allocvec(&Record::new(number, size))?;
            cmd("SET").arg(name).arg(bytes).exec(&mut connection)?;
            connections.push(Mutex::new(connection));
        }
        Ok(Self { connections, names })
    }
}

impl blocking::Client for Blocking {
    fn get(&self, number: usize) -> Record {
        let connection = self.connections[number].lock();
        let mut connection = connection.unwrap_or_else(PoisonError::into_inner);
        let asked = cmd("GET").arg(&self.names[number]).query(&mut *connection);
        decoded(asked.expect("the server is there"))
    }
}

impl Awaiting {
    /// To values that [`Blocking`] has stored.
    pub(crate) async fn connect(url: &str) -> Outcome<Self> {
        let client = Client::open(url)?;
        Ok(Self {
            connection: client.get_multiplexed_async_connection().await?,
            names: Arc::new(names()),
        })
    }
}

impl awaiting::Client for Awaiting {
    async fn get(&self, number: usize) -> Record {
        let mut connection = self.connection.clone();
        let mut get = cmd("GET");
        get.arg(&self.names[number]);
        let asked = get.query_async(&mut connection).await;
        decoded(asked.expect("the server is there"))
    }
}

fn names() -> [String; MOST] {
    std::array::from_fn(|number| format!("raw:record:{number}"))
}

fn decoded(bytes: Vec<u8>) -> Record {
    postcard::from_bytes(&bytes).expect("it was encoded")
}
