//! A server, the board, and the processes that are started.

use std::env;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use memo::with_cache;
use memo_testkit::servers::{MemcachedServer, RedisServer};

use crate::child::{BOARD, Board, JOB, Job, URL, WAY, cache};
use crate::jobs::{self, Way};

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Redis,
    Memcached,
}

/// Where one test takes place.
pub(crate) struct Stage {
    board: Board,
    way: Way,
    url: String,
    _server: Server,
}

enum Server {
    Redis(#[expect(dead_code, reason = "it runs until it is dropped")] RedisServer),
    Memcached(#[expect(dead_code, reason = "it runs until it is dropped")] MemcachedServer),
}

/// A process. It does not outlive the test.
pub(crate) struct Process(Child);

impl Stage {
    pub(crate) fn new(store: Store, way: Way) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let file = format!("memo-leases-{}-{number}", std::process::id());
        let (server, url) = match store {
            Store::Redis => {
                let server = RedisServer::start();
                let url = server.url();
                (Server::Redis(server), url)
            }
            Store::Memcached => {
                let server = MemcachedServer::start();
                let url = server.url();
                (Server::Memcached(server), url)
            }
        };
        Self {
            board: Board(env::temp_dir().join(file)),
            way,
            url,
            _server: server,
        }
    }

    pub(crate) fn start(&self, job: Job) -> Process {
        let program = env::current_exe().expect("this program has a path");
        let child = Command::new(program)
            .args(["child::child", "--exact"])
            .env(JOB, format!("{job:?}"))
            .env(WAY, format!("{:?}", self.way))
            .env(URL, &self.url)
            .env(BOARD, &self.board.0)
            .stdout(Stdio::null())
            .spawn();
        Process(child.expect("a process can be started"))
    }

    pub(crate) fn say(&self, line: &str) {
        self.board.say(line);
    }

    pub(crate) fn said(&self, line: &str) -> usize {
        self.board.said(line)
    }

    pub(crate) fn wait_for(&self, line: &str, times: usize) {
        self.board.wait_for(line, times);
    }

    /// Has this process drop what `read` has stored, or is about to store.
    pub(crate) fn invalidate(&self) {
        with_cache(&cache(&self.url), || {
            jobs::read::entry(&self.board).invalidate()
        });
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // If it stays, it is one file more in a directory for such files.
        let _ = fs::remove_file(&self.board.0);
    }
}

impl Process {
    /// Waits for its end.
    pub(crate) fn ends_well(mut self) {
        let status = self.0.wait().expect("it was started");
        assert!(status.success(), "{status}");
    }

    /// Has it hang: it runs no more, and nothing of it ends.
    pub(crate) fn stop(&self) {
        let number = self.0.id().to_string();
        let stopped = Command::new("kill").args(["-STOP", &number]).status();
        assert!(stopped.expect("there is such a program").success());
    }

    /// By a signal that it cannot notice.
    pub(crate) fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it was started");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended, or the test has failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
