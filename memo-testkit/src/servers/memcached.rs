//! A memcached server of a test's own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::redis::owned;
use super::server::{Kind, Place, Server};

const MEMCACHED: &Kind = &Kind {
    program: "memcached",
    variable: "MEMCACHED",
    question: "stats\r\n",
    pid: "STAT pid ",
    refusal: "CLIENT_ERROR",
};

/// A memcached server on a free port; killed when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct MemcachedServer(Server);

impl MemcachedServer {
    /// Starts one, and waits until it answers.
    ///
    /// # Panics
    ///
    /// If there is no such server on this machine; says what to install.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one with further arguments of its command line.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn with(arguments: &[&str]) -> Self {
        Self(Server::start(MEMCACHED, |place| {
            let port = place.address.port().to_string();
            let usual = owned(&["-l", "127.0.0.1", "-p", &port, "-U", "0"]);
            [usual, of_anybody(), owned(arguments)].concat()
        }))
    }

    /// Starts one at a Unix socket, [`socket_path`](Self::socket_path), and at no port.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn on_socket() -> Self {
        Self(Server::start_at(MEMCACHED, Place::on_socket, |place| {
            let socket = place.socket();
            let usual = owned(&["-s", &socket.to_string_lossy()]);
            [usual, of_anybody()].concat()
        }))
    }

    /// One for the whole process, for tests that do not disturb it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<MemcachedServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Where it listens; the same after a restart.
    pub fn address(&self) -> SocketAddr {
        self.0.place().address
    }

    /// The path of the Unix socket where it listens, if it was started [so](Self::on_socket).
    pub fn socket_path(&self) -> PathBuf {
        self.0.place().socket()
    }

    /// Its URL, as memo takes it.
    pub fn url(&self) -> String {
        format!("memcached://{}", self.address())
    }

    /// Kills it, as a crash would.
    pub fn kill(&self) {
        self.0.kill();
    }

    /// Starts it again, empty, at the same address, and waits until it answers.
    pub fn restart(&self) {
        self.0.restart();
    }

    /// Has it hang: connections stand, and nothing answers.
    pub fn pause(&self) {
        self.0.pause();
    }

    /// Has it go on.
    pub fn resume(&self) {
        self.0.resume();
    }
}

/// It refuses to run as root unless root is named; anybody else may name whom he likes.
fn of_anybody() -> Vec<String> {
    owned(&["-u", "root"])
}
