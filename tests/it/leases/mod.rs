//! `lock`: of several processes that miss one value, one computes it. Two caches over one store are two processes.

mod changes;
mod faults;
mod flights;
mod making_way;
mod time;
mod turns;

use std::thread;

use memo::backend::Capability;
use memo::{Event, Unstored};
use memo_testkit::Recorder;

use crate::shelf::{Shelf, outside};
use crate::support::{Gate, poll, until};

fn leasing() -> Capability {
    let mut capability = outside(1 << 16);
    capability.leases = true;
    capability
}

fn shelf() -> Shelf {
    Shelf::with(leasing(), |cache| cache)
}

fn another(shelf: &Shelf) -> Shelf {
    shelf.beside(|cache| cache)
}

fn held(recorder: &Recorder) -> usize {
    recorder.count(|event| matches!(event, Event::LeaseHeld { .. }))
}

fn joined(recorder: &Recorder) -> usize {
    recorder.count(|event| matches!(event, Event::LeaseJoined { .. }))
}

fn leased(recorder: &Recorder) -> usize {
    recorder.count(|event| matches!(event, Event::Leased { .. }))
}

fn unstored(recorder: &Recorder, why: Unstored) -> usize {
    recorder.count(|event| matches!(event, Event::Unstored { reason, .. } if *reason == why))
}

/// A call in another process that gets the lease, and no further.
fn stuck(beside: &Shelf, call: impl Future) -> Shelf {
    let process = another(beside);
    {
        let mut call = Box::pin(process.run_async(call));
        assert!(poll(&mut call).is_pending());
        std::mem::forget(call);
    }
    assert_eq!(leased(&process.recorder), 1);
    process
}

/// Has two processes make a call, of which the second waits for the first, whose body waits at the gate; returns what each is given.
fn in_turn<T: Send>(
    [first, second]: [&Shelf; 2],
    gate: &Gate,
    call: impl Fn(&Shelf) -> T + Sync,
) -> [T; 2] {
    thread::scope(|scope| {
        let holder = scope.spawn(|| call(first));
        until(|| leased(&first.recorder) == 1);
        let waiting = scope.spawn(|| call(second));
        until(|| held(&second.recorder) == 1);
        gate.open();
        [holder, waiting].map(|call| call.join().expect("no panic"))
    })
}

/// Has the others make a call that the first one has a lease for, and goes on once all of them have met it.
fn all_wait_for_the_first(
    first: &Shelf,
    others: &[Shelf],
    call: impl Fn(&Shelf) + Sync,
    go_on: impl FnOnce(),
) {
    thread::scope(|scope| {
        scope.spawn(|| call(first));
        until(|| leased(&first.recorder) == 1);
        for other in others {
            scope.spawn(|| call(other));
        }
        until(|| others.iter().all(|other| held(&other.recorder) == 1));
        go_on();
    });
}

/// Makes a change while a call has a lease and its body waits at the gate; returns what the call is given.
fn overtaken<T: Send>(
    process: &Shelf,
    call: impl FnOnce() -> T + Send,
    change: impl FnOnce(),
    gate: &Gate,
) -> T {
    thread::scope(|scope| {
        let older = scope.spawn(|| process.run(call));
        until(|| leased(&process.recorder) == 1);
        change();
        gate.open();
        older.join().expect("no panic")
    })
}
