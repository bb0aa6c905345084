//! The stores: a server, and a proxy before it.

use crate::trouble::Trouble;
use memo::{Cache, Memcached, Redis};
use memo_testkit::servers::{Break, MemcachedServer, Proxy, RedisServer};
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Redis,
    Memcached,
}

pub(crate) struct Store {
    server: Server,
    proxy: Proxy,
    /// Whether the proxy is left out: it would let clients in where no server is.
    is_direct: bool,
}

enum Server {
    Redis(RedisServer),
    Memcached(MemcachedServer),
}

impl Store {
    /// Starts a store that can come into this trouble; those that are in it from the start are.
    pub(crate) fn start(kind: Kind, trouble: Trouble) -> Result<Self, Box<dyn Error>> {
        let server = match (kind, trouble) {
            (Kind::Redis, Trouble::Full) => {
                Server::Redis(RedisServer::with(&["--maxmemory", "1kb"]))
            }
            (Kind::Redis, Trouble::WrongPassword) => {
                Server::Redis(RedisServer::with(&["--requirepass", "right"]))
            }
            (Kind::Redis, _) => Server::Redis(RedisServer::start()),
            (Kind::Memcached, Trouble::Full) => {
                Server::Memcached(MemcachedServer::with(&["-M", "-m", "2"]))
            }
            (Kind::Memcached, _) => Server::Memcached(MemcachedServer::start()),
        };
        let store = Self {
            proxy: Proxy::before(Server::address(&server)),
            server,
            is_direct: matches!(
                trouble,
                Trouble::Absent | Trouble::Dead | Trouble::Restarted
            ),
        };
        match (&store.server, trouble) {
            (server, Trouble::Absent) => server.kill(),
            (Server::Memcached(server), Trouble::Full) => fill(server.address())?,
            _ => {}
        }
        Ok(store)
    }

    /// A cache before it.
    pub(crate) fn cache(&self, trouble: Trouble) -> Result<Cache, Box<dyn Error>> {
        let address = if self.is_direct {
            self.server.address()
        } else {
            self.proxy.address()
        };
        let builder = match (&self.server, trouble) {
            (Server::Redis(_), Trouble::WrongPassword) => {
                Cache::builder().backend(Redis::connect(&format!("redis://:wrong@{address}"))?)
            }
            (Server::Redis(_), _) => {
                Cache::builder().backend(Redis::connect(&format!("redis://{address}"))?)
            }
            (Server::Memcached(_), _) => {
                Cache::builder().backend(Memcached::connect(&format!("memcached://{address}"))?)
            }
        };
        Ok(builder.build()?)
    }

    /// Brings it into this trouble.
    pub(crate) fn afflict(&self, trouble: Trouble) {
        match trouble {
            Trouble::Absent | Trouble::Full | Trouble::WrongPassword => {}
            Trouble::Dead => self.server.kill(),
            Trouble::Restarted => self.server.restart(),
            Trouble::Hanging => self.server.pause(),
            Trouble::Nonsense => self.proxy.set(Break::Garbage(b"nonsense\r\n".to_vec())),
            Trouble::BlackHole => self.proxy.set(Break::BlackHole),
            Trouble::Reset => self.proxy.set(Break::Reset),
            Trouble::HalfClosed => self.proxy.set(Break::HalfClose),
            Trouble::TooSlow => self.proxy.set(Break::Delay(Duration::from_millis(400))),
            Trouble::CutShort => self.proxy.set(Break::CutAfter(3)),
        }
    }

    /// Ends this trouble.
    pub(crate) fn mend(&self, trouble: Trouble) -> io::Result<()> {
        match (trouble, &self.server) {
            (Trouble::Absent | Trouble::Dead, server) => server.restart(),
            (Trouble::Hanging, server) => server.resume(),
            (Trouble::Full, Server::Redis(server)) => {
                server.ask(&["CONFIG", "SET", "maxmemory", "0"]);
            }
            (Trouble::Full, Server::Memcached(server)) => {
                say(server.address(), "flush_all\r\nquit\r\n")?;
            }
            (Trouble::WrongPassword, server) => {
                let change = "AUTH right\r\nCONFIG SET requirepass wrong\r\nQUIT\r\n";
                say(server.address(), change)?;
            }
            _ => self.proxy.set(Break::Nothing),
        }
        Ok(())
    }
}

impl Server {
    fn address(&self) -> SocketAddr {
        match self {
            Self::Redis(server) => server.address(),
            Self::Memcached(server) => server.address(),
        }
    }

    fn kill(&self) {
        match self {
            Self::Redis(server) => server.kill(),
            Self::Memcached(server) => server.kill(),
        }
    }

    fn restart(&self) {
        match self {
            Self::Redis(server) => server.restart(),
            Self::Memcached(server) => server.restart(),
        }
    }

    fn pause(&self) {
        match self {
            Self::Redis(server) => server.pause(),
            Self::Memcached(server) => server.pause(),
        }
    }

    fn resume(&self) {
        match self {
            Self::Redis(server) => server.resume(),
            Self::Memcached(server) => server.resume(),
        }
    }
}

/// Fills memcached with small values of all sizes: it keeps values of different sizes in different places.
fn fill(server: SocketAddr) -> io::Result<()> {
    let mut words = String::new();
    for size in (20..800).step_by(20) {
        let value = "x".repeat(size);
        for number in 0..(2_400_000 / size) {
            words.push_str(&format!(
                "set {size}-{number} 0 0 {size} noreply\r\n{value}\r\n"
            ));
        }
        words.push_str("mn\r\n");
    }
    words.push_str("quit\r\n");
    say(server, &words)
}

/// Says this, and waits until the server has hung up.
fn say(server: SocketAddr, words: &str) -> io::Result<()> {
    let mut connection = TcpStream::connect(server)?;
    let mut answers = connection.try_clone()?;
    let reader = std::thread::spawn(move || answers.read_to_end(&mut Vec::new()));
    connection.write_all(words.as_bytes())?;
    reader.join().map_err(|_| io::ErrorKind::Other)??;
    Ok(())
}
