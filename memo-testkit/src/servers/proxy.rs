//! A proxy that breaks what passes through it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::shake::{Luck, Shake};

/// What a [`Proxy`] does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Break {
    /// Nothing: all passes.
    Nothing,
    /// Everything the server says comes so much later.
    Delay(Duration),
    /// Connections are reset: new ones and idle ones as soon as the client says something, those that wait for an answer at once.
    Reset,
    /// The server's side of each connection is closed, and ours stays open.
    HalfClose,
    /// Nothing passes, in either direction, and no connection ends. What is said meanwhile passes afterwards.
    BlackHole,
    /// Each connection is cut after so many bytes of the server's from now on.
    CutAfter(usize),
    /// The server's words are replaced by these bytes.
    Garbage(Vec<u8>),
    /// What the client says is held back, slowed down and cut, on each connection in another way.
    Shake(Shake),
}

/// A proxy in front of a server, on a free port.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// A proxy in front of this address, which lets all pass at first.
    ///
    /// # Panics
    ///
    /// If no port is free.
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared::default());
        let host = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, server, &host));
        Self { address, shared }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does this from now on, to connections that are open as well.
    pub fn set(&self, how: Break) {
        let mut state = self.shared.lock();
        state.how = how;
        state.changes += 1;
        state.open.retain(|open| open.strong_count() > 0);
        for connection in state.open.iter().filter_map(Weak::upgrade) {
            match &state.how {
                Break::HalfClose => connection.close_half(),
                Break::Reset if connection.is_asked() => connection.cut(),
                _ => {}
            }
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// How many connections were opened so far.
    pub fn connections(&self) -> usize {
        self.shared.lock().opened
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.over = true;
        for connection in state.open.iter().filter_map(Weak::upgrade) {
            connection.cut();
        }
        drop(state);
        self.shared.changed.notify_all();
        // So that the one who accepts sees it.
        let _ = TcpStream::connect(self.address);
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    how: Break,
    /// How often `how` was set.
    changes: usize,
    opened: usize,
    open: Vec<Weak<Connection>>,
    over: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            how: Break::Nothing,
            changes: 0,
            opened: 0,
            open: Vec::new(),
            over: false,
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be done, once that is not to wait.
    fn how(&self) -> Option<(Break, usize)> {
        let state = self.lock();
        let waits = |state: &mut State| matches!(state.how, Break::BlackHole) && !state.over;
        let state = self
            .changed
            .wait_while(state, waits)
            .unwrap_or_else(PoisonError::into_inner);
        (!state.over).then(|| (state.how.clone(), state.changes))
    }

    /// Waits for so long, or until something else is to be done.
    fn wait(&self, time: Duration, change: usize) {
        let waits = |state: &mut State| state.changes == change && !state.over;
        let _ = self.changed.wait_timeout_while(self.lock(), time, waits);
    }

    /// Takes up a new connection, unless the proxy is gone.
    fn open(&self, client: TcpStream, server: TcpStream) -> Option<Arc<Connection>> {
        let mut state = self.lock();
        let connection = Arc::new(Connection {
            client,
            server,
            number: state.opened,
            asked: Mutex::new(false),
        });
        state.open.push(Arc::downgrade(&connection));
        if matches!(state.how, Break::HalfClose) {
            connection.close_half();
        }
        (!state.over).then_some(connection)
    }
}

/// A client's connection, and the one to the server that belongs to it.
#[derive(Debug)]
struct Connection {
    client: TcpStream,
    server: TcpStream,
    number: usize,
    /// Whether the client said something since the server did.
    asked: Mutex<bool>,
}

impl Connection {
    fn close_half(&self) {
        let _ = self.client.shutdown(Shutdown::Write);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    fn cut(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }

    fn is_asked(&self) -> bool {
        *self.asked()
    }

    fn asked(&self) -> MutexGuard<'_, bool> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, server: SocketAddr, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        {
            let mut state = shared.lock();
            if state.over {
                return;
            }
            state.opened += 1;
        }
        // Where the server is not there, the client is let in and shown out.
        let (Ok(client), Ok(server)) = (client, TcpStream::connect(server)) else {
            continue;
        };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        if let Some(connection) = shared.open(client, server) {
            for pump in [questions, answers] {
                let (shared, connection) = (Arc::clone(shared), Arc::clone(&connection));
                thread::spawn(move || pump(&connection, &shared));
            }
        }
    }
}

/// Passes on what the client says, until either side is done.
fn questions(connection: &Connection, shared: &Shared) {
    if pass_questions(connection, shared).is_err() {
        connection.cut();
    }
    let _ = connection.server.shutdown(Shutdown::Both);
}

/// An error cuts the connection; after anything else it is closed, which is a reset if something of the client's was not read.
fn pass_questions(connection: &Connection, shared: &Shared) -> io::Result<()> {
    let (mut client, mut server) = (&connection.client, &connection.server);
    let mut buffer = vec![0; 64 << 10];
    let mut shaken = None;
    loop {
        if client.peek(&mut buffer[..1])? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((how, change)) = shared.how() else {
            return Ok(());
        };
        if matches!(how, Break::Reset) {
            return Ok(());
        }
        let read = client.read(&mut buffer)?;
        *connection.asked() = true;
        let passed = match how {
            Break::Shake(shake) => {
                let luck = luck(&mut shaken, shake, change, connection);
                pass_shaken(&buffer[..read], (shake, luck), change, connection, shared)
            }
            _ => server.write_all(&buffer[..read]),
        };
        if !matches!(how, Break::HalfClose) {
            passed?;
        }
    }
}

/// The luck of a connection, since its network was last changed.
fn luck<'l>(
    shaken: &'l mut Option<(usize, Luck)>,
    shake: Shake,
    change: usize,
    connection: &Connection,
) -> &'l mut Luck {
    let anew = || (change, Luck::of(shake, connection.number));
    let known = shaken.take().filter(|(since, _)| *since == change);
    &mut shaken.insert(known.unwrap_or_else(anew)).1
}

/// Passes on one piece through a bad network. What was taken in arrives, also where the client has hung up meanwhile.
fn pass_shaken(
    piece: &[u8],
    (shake, luck): (Shake, &mut Luck),
    change: usize,
    connection: &Connection,
    shared: &Shared,
) -> io::Result<()> {
    shared.wait(luck.delay(), change);
    let cut = luck.cut(piece.len());
    let piece = &piece[..cut.unwrap_or(piece.len())];
    for slice in piece.chunks(shake.slice()) {
        (&connection.server).write_all(slice)?;
        shared.wait(shake.time_for(slice.len()), change);
    }
    match cut {
        Some(_) => Err(io::ErrorKind::ConnectionAborted.into()),
        None => Ok(()),
    }
}

/// Passes on what the server says, or what it is to have said.
fn answers(connection: &Connection, shared: &Shared) {
    let mut buffer = vec![0; 64 << 10];
    let mut passed = Passed::default();
    loop {
        let read = (&connection.server).read(&mut buffer).unwrap_or(0);
        let Some((how, change)) = shared.how() else {
            return;
        };
        let is_shaken = matches!(how, Break::Shake(_));
        let done = match how {
            // Nothing is closed here, so that it is a reset when the other pump lets go.
            Break::Reset | Break::HalfClose => return,
            _ if read == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            how => passed.pass(&buffer[..read], how, change, connection, shared),
        };
        if done.is_err() {
            // What is on its way to the server arrives all the same, as in any network.
            return match is_shaken && read > 0 {
                true => drop(connection.client.shutdown(Shutdown::Both)),
                false => connection.cut(),
            };
        }
    }
}

/// How much of a server's words has passed since the last change.
#[derive(Default)]
struct Passed {
    change: usize,
    bytes: usize,
}

impl Passed {
    fn pass(
        &mut self,
        words: &[u8],
        how: Break,
        change: usize,
        connection: &Connection,
        shared: &Shared,
    ) -> io::Result<()> {
        if self.change != change {
            *self = Self { change, bytes: 0 };
        }
        let first = std::mem::take(&mut *connection.asked());
        let mut client = &connection.client;
        match how {
            // The first words of an answer hold up all of it.
            Break::Delay(time) if first => shared.wait(time, change),
            Break::Garbage(garbage) => return client.write_all(&garbage),
            Break::CutAfter(most) => {
                let rest = words.len().min(most - self.bytes);
                self.bytes += rest;
                client.write_all(&words[..rest])?;
                return if self.bytes == most {
                    Err(io::ErrorKind::ConnectionAborted.into())
                } else {
                    Ok(())
                };
            }
            _ => {}
        }
        client.write_all(words)
    }
}
