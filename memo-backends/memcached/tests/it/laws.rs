//! All laws at once: they sleep for most of their time, and a test for each would wait for its turn on a machine with few cores.

use std::thread;
use std::time::Duration;

use memo_core::Waits;
use memo_core::backend::{Backend, Terms};
use memo_memcached::Memcached;
use memo_testkit::conformance::{Subject, check, laws};

use crate::common::LIMIT;

/// Memcached counts whole seconds, and drops what has `n` of them left after `n - 1` to `n`. With this, a law's first value that is to be there
/// or gone has been so for a second when it looks.
const MOMENT: Duration = Duration::from_secs(2);

pub(crate) fn keep(subject: impl Fn() -> Memcached + Sync, waits: Waits) {
    let broken: Vec<&str> = thread::scope(|scope| {
        let threads = laws().iter().map(|law| {
            let subject = &subject;
            let enforce = move || {
                // All at once is much for a busy machine, and deadlines are not what this is about.
                let mut memcached = subject();
                memcached.accept(&Terms::within(LIMIT));
                let subject = Subject::in_real_time(memcached, MOMENT);
                check(law.name, &subject, waits);
            };
            let thread = thread::Builder::new().name(law.name.into());
            let thread = thread.spawn_scoped(scope, enforce);
            (law.name, thread.expect("there are threads"))
        });
        let threads: Vec<_> = threads.collect();
        let ended = threads
            .into_iter()
            .map(|(name, thread)| (name, thread.join()));
        ended
            .filter_map(|(name, end)| end.is_err().then_some(name))
            .collect()
    });
    assert!(broken.is_empty(), "{waits:?}: {broken:?}");
}
