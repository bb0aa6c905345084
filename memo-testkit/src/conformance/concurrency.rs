//! Laws about many threads at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use memo_core::backend::{Backend, Bytes};

use super::bench::Bench;

pub(super) fn readers_never_see_a_torn_value<B: Backend>(bench: &Bench<'_, B>) {
    const WRITES: usize = 200;
    let length = bench.capability().max_value_bytes.min(10_000);
    let values = [(b'a', length), (b'b', length / 2)];
    let is_whole = |value: &Bytes| {
        let uniform = |&(byte, length): &(u8, usize)| {
            value.len() == length && value.iter().all(|&other| other == byte)
        };
        values.iter().any(uniform)
    };
    let name = bench.name("a");
    let over = Over::default();
    thread::scope(|scope| {
        let readers = [(), ()].map(|()| {
            scope.spawn(|| {
                while !over.is() {
                    assert!(
                        bench.get(&name).as_ref().is_none_or(is_whole),
                        "a torn value"
                    );
                }
            })
        });
        let _over = over.at_the_end();
        let writers = values.map(|(byte, length)| {
            let (name, value) = (&name, Bytes::from(vec![byte; length]));
            scope.spawn(move || (0..WRITES).for_each(|_| bench.set(name, value.clone())))
        });
        for writer in writers {
            assert!(writer.join().is_ok(), "a writer panicked");
        }
        over.now();
        for reader in readers {
            assert!(reader.join().is_ok(), "a reader panicked");
        }
    });
    assert!(bench.get(&name).as_ref().is_some_and(is_whole));
}

pub(super) fn a_deleted_value_is_gone_on_every_thread<B: Backend>(bench: &Bench<'_, B>) {
    const THREADS: usize = 3;
    let name = bench.name("a");
    for round in 0..50 {
        bench.set(&name, "A");
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| bench.get(&name));
            }
            bench.delete(&name);
            for _ in 0..THREADS {
                scope.spawn(|| assert_eq!(bench.get(&name), None, "round {round}"));
            }
        });
    }
}

/// Says when readers stop, also where a panic is the end.
#[derive(Default)]
struct Over(AtomicBool);

struct AtTheEnd<'a>(&'a Over);

impl Over {
    fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn at_the_end(&self) -> AtTheEnd<'_> {
        AtTheEnd(self)
    }
}

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.now();
    }
}
