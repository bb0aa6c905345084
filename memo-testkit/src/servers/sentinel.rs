//! A Redis sentinel of a test's own.

use std::fs;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::RedisServer;
use super::redis::REDIS;
use super::resp;
use super::server::Server;

/// So long may servers take to find each other, or to take over.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two redis servers, one the replica of the other, and a sentinel that watches them; killed when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct RedisSentinel {
    servers: [RedisServer; 2],
    sentinel: Server,
}

impl RedisSentinel {
    /// The name of the master, for which clients ask the sentinel.
    pub const MASTER: &str = "memo";

    /// Starts the three, and waits until the sentinel knows both servers.
    ///
    /// # Panics
    ///
    /// If there is no such server on this machine (says what to install), or they do not find each other.
    pub fn start() -> Self {
        let master = RedisServer::start();
        let port = master.address().port().to_string();
        // At once, or the replica waits five seconds for others to come.
        master.ask(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
        let replica = RedisServer::with(&["--replicaof", "127.0.0.1", &port]);
        wait_until("the replica has its copy", || {
            let info = master.ask(&["INFO", "replication"]);
            info.contains("state=online")
        });

        let this = Self {
            servers: [master, replica],
            sentinel: start_sentinel(),
        };
        this.ask(&["SENTINEL", "MONITOR", Self::MASTER, "127.0.0.1", &port, "1"]);
        for (option, value) in [
            ("down-after-milliseconds", "500"),
            ("failover-timeout", "2000"),
        ] {
            this.ask(&["SENTINEL", "SET", Self::MASTER, option, value]);
        }
        wait_until("the sentinel knows both", || {
            this.ask(&["INFO", "sentinel"])
                .contains("status=ok,address=127.0.0.1:")
                && this.ask(&["INFO", "sentinel"]).contains("slaves=1")
        });
        this
    }

    /// Where the sentinel listens.
    pub fn address(&self) -> SocketAddr {
        self.sentinel.place().address
    }

    /// The server that the sentinel calls the master now.
    ///
    /// # Panics
    ///
    /// If the sentinel does not answer.
    pub fn master(&self) -> &RedisServer {
        let answer = self.ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self::MASTER]);
        let address = answer.replace('\n', ":");
        self.servers
            .iter()
            .find(|server| server.address().to_string() == address)
            .expect("the master is one of the servers")
    }

    /// The server that is not the master now.
    pub fn replica(&self) -> &RedisServer {
        let master = self.master().address();
        let [one, other] = &self.servers;
        if one.address() == master { other } else { one }
    }

    /// Kills the master, and waits until the replica has taken over.
    ///
    /// # Panics
    ///
    /// If it does not within half a minute.
    pub fn fail_over(&self) {
        let (master, replica) = (self.master(), self.replica());
        master.kill();
        wait_until("the replica takes over", || {
            self.master().address() == replica.address()
                && replica.ask(&["ROLE"]).starts_with("master")
        });
    }

    fn ask(&self, command: &[&str]) -> String {
        resp::ask(self.address(), command).expect("the sentinel answers")
    }
}

// Its configuration is written by itself, and must be in a file.
fn start_sentinel() -> Server {
    Server::start(REDIS, |place| {
        let configuration = place.directory.join("sentinel.conf");
        fs::write(&configuration, "").expect("a directory of our own can be written to");
        let port = place.address.port().to_string();
        super::redis::owned(&[
            &configuration.to_string_lossy(),
            "--sentinel",
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
        ])
    })
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
