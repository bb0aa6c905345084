//! The servers of this run.

use std::sync::LazyLock;

use super::report;

/// Who keeps the values of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// The cache itself.
    Memory,
    /// A map in this process that says that it is outside, with its own time.
    Outside,
    Redis,
    Memcached,
}

impl Server {
    /// What `MEMO_TEST_STORE` says; memory where it says nothing.
    fn of_this_run() -> Self {
        static SERVER: LazyLock<Server> = LazyLock::new(|| {
            let said = std::env::var("MEMO_TEST_STORE").unwrap_or_default();
            match said.as_str() {
                "" | "memory" => Server::Memory,
                "outside" => Server::Outside,
                "redis" => Server::Redis,
                "memcached" => Server::Memcached,
                other => panic!("MEMO_TEST_STORE={other}: memory, outside, redis or memcached"),
            }
        });
        *SERVER
    }

    pub(crate) fn of_this_test() -> Self {
        match report::is_in_memory() {
            true => Self::Memory,
            false => Self::of_this_run(),
        }
    }
}
