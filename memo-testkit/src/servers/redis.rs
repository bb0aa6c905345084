//! A redis server of a test's own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::resp;
use super::server::{Kind, Place, Server};

pub(super) const REDIS: &Kind = &Kind {
    program: "redis-server",
    variable: "REDIS_SERVER",
    question: "INFO server\r\n",
    pid: "process_id:",
    refusal: "-NOAUTH",
};

/// A redis server on a free port, which writes nothing to a disk; killed when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct RedisServer(Server);

impl RedisServer {
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
        Self(Server::start(REDIS, |place| {
            [usual(place), owned(arguments)].concat()
        }))
    }

    /// Starts one that speaks TLS as well, at [`tls_address`](Self::tls_address); the arguments name its certificates.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn with_tls(arguments: &[&str]) -> Self {
        Self(Server::start(REDIS, |place| {
            let tls = ["--tls-port".to_owned(), place.other_port.to_string()];
            [usual(place), tls.to_vec(), owned(arguments)].concat()
        }))
    }

    /// One that can become part of a cluster.
    pub(super) fn of_a_cluster() -> Self {
        Self(Server::start(REDIS, |place| {
            let bus = place.other_port.to_string();
            let cluster = owned(&[
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                &bus,
                "--cluster-node-timeout",
                "2000",
            ]);
            [usual(place), cluster].concat()
        }))
    }

    /// Where the servers of a cluster talk to it.
    pub(super) fn bus_port(&self) -> u16 {
        self.0.place().other_port
    }

    /// One for the whole process, for tests that do not disturb it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Where it listens; the same after a restart.
    pub fn address(&self) -> SocketAddr {
        self.0.place().address
    }

    /// Where it speaks TLS, if it was started [so](Self::with_tls).
    pub fn tls_address(&self) -> SocketAddr {
        let mut address = self.address();
        address.set_port(self.0.place().other_port);
        address
    }

    /// The path of the Unix socket where it listens as well.
    pub fn socket_path(&self) -> PathBuf {
        self.0.place().socket()
    }

    /// Its URL, as memo takes it.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// What it answers to a command, such as `["CONFIG", "SET", "maxmemory", "2mb"]`: the parts, one a line. An error begins with `-`.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    pub fn ask(&self, command: &[&str]) -> String {
        resp::ask(self.address(), command).expect("the server answers")
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

/// Nothing on a disk, and no other machine's business.
fn usual(place: &Place) -> Vec<String> {
    let port = place.address.port().to_string();
    let (directory, socket) = (place.directory.to_string_lossy(), place.socket());
    owned(&[
        "--port",
        &port,
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        &directory,
        "--unixsocket",
        &socket.to_string_lossy(),
    ])
}

pub(super) fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.into()).collect()
}
