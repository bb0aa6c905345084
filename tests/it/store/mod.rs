//! Where the caches of this suite keep their values: in this process, or where `MEMO_TEST_STORE` says.
//!
//! Every test runs with every store. One whose subject is this process's memory says so by [`in_memory`], and has its caches there in every
//! run; `runs` holds the list of these, and fails if any other test asked no server for anything.

mod any;
mod book;
mod isolated;
mod report;
mod runs;
mod server;
mod telltale;

use std::cell::Cell;
use std::time::Duration;

use memo::backend::Backend;
use memo::{Cache, CacheBuilder};
use memo_testkit::ManualClock;

pub(crate) use self::any::AnyStore;
pub(crate) use self::isolated::Isolated;
pub(crate) use self::report::{Why, at_once, in_memory, is_scripted, test};
pub(crate) use self::server::Server;
pub(crate) use self::telltale::Telltale;

/// Long enough for a busy machine: what a server does within its deadline is tested elsewhere.
const DEADLINE: Duration = Duration::from_secs(20);

/// The description of a cache whose values are where this run keeps them.
pub(crate) fn builder() -> CacheBuilder {
    apart(Cache::builder(), None)
}

/// A cache like the default one.
pub(crate) fn cache() -> Cache {
    builder().build().expect("the default description is sound")
}

/// Has a cache use a store as it is.
pub(crate) fn over(cache: CacheBuilder, store: impl Backend) -> CacheBuilder {
    cache.backend(store).deadline(DEADLINE)
}

/// Whether the values of this test are outside of the process, or so says their store.
pub(crate) fn is_outside() -> bool {
    Server::of_this_test() != Server::Memory
}

/// Whether what has ended leaves no trace, as on a server; a store in this process still knows of it.
pub(crate) fn forgets_what_ended() -> bool {
    is_outside()
}

/// So many repetitions; a quarter of them on a server.
///
/// What goes wrong in such tests goes wrong in front of the server, whichever it is: all cases are tried in memory.
pub(crate) fn fewer(repetitions: u64) -> u64 {
    match is_outside() {
        true => repetitions.div_ceil(6),
        false => repetitions,
    }
}

/// All cases; on a server each seventh of them, as with [`fewer`], and others the next time that this test asks.
pub(crate) fn some<C: IntoIterator>(cases: C) -> impl Iterator<Item = C::Item> {
    thread_local! {
        static ASKED: Cell<usize> = const { Cell::new(0) };
    }
    let (first, step) = match is_outside() {
        true => (ASKED.replace(ASKED.get() + 1) % 7, 7),
        false => (0, 1),
    };
    cases.into_iter().skip(first).step_by(step)
}

/// Has a cache keep its values in a store of its own, where this run keeps them.
fn apart(cache: CacheBuilder, clock: Option<ManualClock>) -> CacheBuilder {
    match Server::of_this_test() {
        Server::Memory => cache,
        server => over(cache, AnyStore::on(server, clock)),
    }
}
