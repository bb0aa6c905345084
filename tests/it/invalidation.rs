//! A value from before an invalidation is not served after it, wherever the writer stood.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::thread;

use futures::executor::block_on;
use futures::{FutureExt, poll};
use memo::{Event, Unstored, Verdict, memoize};
use memo_testkit::{Operation, Trouble};

use crate::shelf::{Shelf, noise};

/// Seven chunks, in two windows, where values have 200 bytes at most.
#[memoize(key = "report:{n}", expiration = 60, large_data, skip(edition))]
fn report(n: u32, edition: u32) -> String {
    noise(n * 1000 + edition, 900)
}

#[memoize(key = "report-async:{n}", expiration = 60, large_data, skip(edition))]
async fn report_async(n: u32, edition: u32) -> String {
    noise(n * 1000 + edition, 900)
}

fn edition(edition: u32) -> String {
    noise(1000 + edition, 900)
}

/// Two windows of chunks, and the manifest.
const SETS: usize = 3;
const HELD: [Trouble; 2] = [Trouble::Delay, Trouble::DelayReply];

/// The next set but so many goes like this.
fn hold_set(shelf: &Shelf, place: usize, held: Trouble) {
    let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
    shelf.store.script(passed.chain([(Operation::Set, held)]));
}

/// Polls a future, and lets go of what it waits for, until it is ready.
async fn released<F: Future>(shelf: &Shelf, mut future: Pin<&mut F>) -> F::Output {
    loop {
        shelf.store.release();
        if let Poll::Ready(output) = poll!(&mut future) {
            return output;
        }
    }
}

fn until(reached: impl Fn() -> bool) {
    while !reached() {
        thread::yield_now();
    }
}

fn voided(shelf: &Shelf) -> usize {
    shelf.recorder.count(|event| {
        matches!(
            event,
            Event::Unstored {
                reason: Unstored::Voided,
                ..
            }
        )
    })
}

/// Waits until the edition that is being written is voided: then it is no longer being computed.
fn until_voided(shelf: &Shelf) {
    until(|| {
        let verdict = shelf.run(|| report::entry(1, 0).explain().verdict);
        verdict != Verdict::Computing
    });
}

/// Nothing is there, and the next call computes the edition that is current.
fn is_gone(shelf: &Shelf, case: &str) {
    assert_eq!(shelf.names(), [""; 0], "{case}");
    assert_eq!(shelf.computed(|| report(1, 2)), (1, edition(2)), "{case}");
    assert_eq!(shelf.computed(|| report(1, 3)), (0, edition(2)), "{case}");
}

#[test]
fn an_invalidation_waits_for_the_writer_and_deletes_what_it_wrote() {
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = Shelf::new(200);
        hold_set(&shelf, place, held);
        thread::scope(|scope| {
            let writer = scope.spawn(|| shelf.run(|| report(1, 1)));
            shelf.store.wait_until_held(1);
            let invalidator = scope.spawn(|| shelf.run(|| report::entry(1, 0).invalidate()));
            // The invalidation has begun, and cannot end.
            until_voided(&shelf);
            assert!(!invalidator.is_finished());
            assert_eq!(shelf.store.deletes(), 0);
            shelf.store.release();
            assert_eq!(writer.join().expect("no panic"), edition(1));
            assert!(invalidator.join().expect("no panic"), "it was there");
        });
        is_gone(&shelf, &format!("{held:?} {place}"));
    }
}

#[test]
fn an_invalidation_of_all_waits_for_the_writer_too() {
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = with_groups();
        hold_set(&shelf, place, held);
        thread::scope(|scope| {
            let writer = scope.spawn(|| shelf.run(|| report(1, 1)));
            shelf.store.wait_until_held(1);
            let invalidator =
                scope.spawn(|| shelf.run(|| shelf.cache.invalidate_all(report::site())));
            until_voided(&shelf);
            assert!(!invalidator.is_finished());
            shelf.store.release();
            assert_eq!(writer.join().expect("no panic"), edition(1));
            invalidator.join().expect("no panic");
        });
        is_gone(&shelf, &format!("{held:?} {place}"));
    }
}

fn with_groups() -> Shelf {
    let mut capability = crate::shelf::outside(200);
    capability.groups = true;
    Shelf::with(capability, |cache| cache)
}

#[test]
fn a_put_outlives_what_was_being_written_before_it() {
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = Shelf::new(200);
        hold_set(&shelf, place, held);
        thread::scope(|scope| {
            let writer = scope.spawn(|| shelf.run(|| report(1, 1)));
            shelf.store.wait_until_held(1);
            let putter = scope.spawn(|| shelf.run(|| report::entry(1, 0).put(edition(9))));
            until_voided(&shelf);
            assert!(!putter.is_finished());
            shelf.store.release();
            assert_eq!(writer.join().expect("no panic"), edition(1));
            putter.join().expect("no panic");
        });
        assert_eq!(
            shelf.computed(|| report(1, 2)),
            (0, edition(9)),
            "{held:?} {place}"
        );
        assert_eq!(shelf.names().len(), 1 + shelf.chunks().len());
    }
}

#[test]
fn a_refresh_outlives_what_was_being_written_before_it() {
    crate::store::at_once();
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = Shelf::new(200);
        hold_set(&shelf, place, held);
        block_on(shelf.run_async(async {
            let mut writer = pin!(report_async(1, 1));
            assert!(poll!(&mut writer).is_pending(), "it is held");
            let mut refresher = pin!(memo::refresh_async(report_async(1, 2)).fuse());
            let early = poll!(&mut refresher);
            shelf.store.release();
            assert_eq!(writer.await, edition(1));
            let refreshed = match early {
                Poll::Ready(value) => value,
                Poll::Pending => refresher.await,
            };
            assert_eq!(refreshed, edition(2));
            // The older value is gone. So may the newer one be, where the two were written side by side.
            assert_ne!(report_async(1, 3).await, edition(1), "{held:?} {place}");
            assert_ne!(report_async(1, 4).await, edition(1), "{held:?} {place}");
            assert_eq!(shelf.names().len(), 1 + shelf.chunks().len());
        }));
    }
}

#[test]
fn a_blocking_refresh_outlives_what_a_task_was_writing_before_it() {
    crate::store::at_once();
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = with_groups();
        hold_set(&shelf, place, held);
        block_on(shelf.run_async(async {
            let mut writer = pin!(both::task(1, 1));
            assert!(poll!(&mut writer).is_pending(), "it is held");
            assert_eq!(memo::refresh(|| both::thread(1, 2)), edition(2));
            shelf.store.release();
            assert_eq!(writer.await, edition(1));
            assert_ne!(both::thread(1, 3), edition(1), "{held:?} {place}");
        }));
    }
}

/// One name: a blocking function and an asynchronous one that share entries.
mod both {
    use super::*;

    #[memoize(
        name = "report-both",
        key = "{n}",
        expiration = 60,
        large_data,
        skip(edition)
    )]
    pub(super) fn thread(n: u32, edition: u32) -> String {
        noise(n * 1000 + edition, 900)
    }

    #[memoize(
        name = "report-both",
        key = "{n}",
        expiration = 60,
        large_data,
        skip(edition)
    )]
    pub(super) async fn task(n: u32, edition: u32) -> String {
        noise(n * 1000 + edition, 900)
    }
}

#[test]
fn a_blocking_put_outlives_what_a_task_was_writing_before_it() {
    crate::store::at_once();
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = with_groups();
        hold_set(&shelf, place, held);
        block_on(shelf.run_async(async {
            let mut writer = pin!(both::task(1, 1));
            assert!(poll!(&mut writer).is_pending(), "it is held");
            both::thread::entry(1, 0).put(edition(9));
            shelf.store.release();
            assert_eq!(writer.await, edition(1));
            assert_ne!(both::thread(1, 3), edition(1), "{held:?} {place}");
        }));
    }
}

/// The writer may be a future that nobody polls until the invalidation has returned: it is not waited for, and what it writes is not served.
#[test]
fn an_asynchronous_invalidation_revokes_what_an_asynchronous_writer_writes() {
    crate::store::at_once();
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = Shelf::new(200);
        hold_set(&shelf, place, held);
        block_on(shelf.run_async(async {
            let mut writer = pin!(report_async(1, 1));
            assert!(poll!(&mut writer).is_pending(), "it is held");
            report_async::entry(1, 0).invalidate().await;
            assert_eq!(report_async(1, 2).await, edition(2), "it is not served");
            shelf.store.release();
            assert_eq!(writer.await, edition(1));
            assert_ne!(report_async(1, 3).await, edition(1), "{held:?} {place}");
            assert!(voided(&shelf) >= 1);
        }));
    }
}

/// As above, while the revoked writer stands between its last set and its deletion.
#[test]
fn what_was_revoked_is_not_served_before_it_is_deleted() {
    crate::store::at_once();
    let shelf = Shelf::new(200);
    hold_set(&shelf, SETS - 1, Trouble::Delay);
    block_on(shelf.run_async(async {
        let mut writer = pin!(report_async(1, 1));
        assert!(poll!(&mut writer).is_pending(), "its manifest is held");
        report_async::entry(1, 0).invalidate().await;
        shelf.store.next(Operation::Delete, Trouble::Delay);
        shelf.store.release();
        assert!(poll!(&mut writer).is_pending(), "its deletion is held");
        assert!(!shelf.names().is_empty(), "its value is there");
        assert_eq!(report_async::entry(1, 0).peek().await, None);
        assert_eq!(report_async(1, 2).await, edition(2));
        shelf.store.release();
        assert_eq!(writer.await, edition(1));
        assert_ne!(report_async(1, 3).await, edition(1));
    }));
}

#[test]
fn an_asynchronous_invalidation_waits_for_a_blocking_writer() {
    crate::store::at_once();
    let shelf = Shelf::new(200);
    hold_set(&shelf, 2, Trouble::Delay);
    thread::scope(|scope| {
        let writer = scope.spawn(|| shelf.run(|| report(1, 1)));
        shelf.store.wait_until_held(1);
        block_on(shelf.run_async(async {
            let mut invalidator = pin!(shelf.cache.invalidate_all_async(report::site()));
            assert!(poll!(&mut invalidator).is_pending(), "it waits");
            shelf.store.release();
            invalidator.await;
        }));
        writer.join().expect("no panic");
    });
}

/// A thread that blocks for a future which it would have to poll itself would wait for ever.
#[test]
fn a_blocking_invalidation_revokes_what_an_asynchronous_writer_writes() {
    crate::store::at_once();
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = with_groups();
        hold_set(&shelf, place, held);
        block_on(shelf.run_async(async {
            let mut writer = pin!(report_async(1, 1));
            assert!(poll!(&mut writer).is_pending(), "it is held");
            shelf.cache.invalidate_all(report_async::site());
            shelf.store.release();
            assert_eq!(writer.await, edition(1));
            assert_eq!(shelf.names(), [""; 0], "{held:?} {place}");
            assert_eq!(voided(&shelf), 1);
        }));
    }
}

#[test]
fn what_was_revoked_is_deleted_also_where_its_reply_was_lost() {
    crate::store::at_once();
    let shelf = with_groups();
    hold_set(&shelf, 0, Trouble::Delay);
    shelf.store.script([
        (Operation::Set, Trouble::None),
        (Operation::Set, Trouble::FailAfter),
    ]);
    block_on(shelf.run_async(async {
        let mut writer = pin!(report_async(1, 1));
        assert!(poll!(&mut writer).is_pending(), "it is held");
        shelf.cache.invalidate_all(report_async::site());
        shelf.store.release();
        assert_eq!(writer.await, edition(1));
        assert_eq!(shelf.names(), [""; 0]);
    }));
}

#[test]
fn a_blocking_invalidation_revokes_an_asynchronous_put() {
    crate::store::at_once();
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = with_groups();
        hold_set(&shelf, place, held);
        block_on(shelf.run_async(async {
            let entry = report_async::entry(1, 0);
            let mut putter = pin!(entry.put(edition(1)));
            assert!(poll!(&mut putter).is_pending(), "it is held");
            shelf.cache.invalidate_all(report_async::site());
            shelf.store.release();
            putter.await;
            assert_eq!(shelf.names(), [""; 0], "{held:?} {place}");
        }));
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing_that_was_invalidated() {
    crate::store::at_once();
    for (place, held) in (0..SETS).flat_map(|place| HELD.map(|held| (place, held))) {
        let shelf = Shelf::new(200);
        hold_set(&shelf, place, held);
        block_on(shelf.run_async(async {
            let mut writer: Pin<Box<dyn Future<Output = String>>> = Box::pin(report_async(1, 1));
            assert!(poll!(&mut writer).is_pending());
            report_async::entry(1, 0).invalidate().await;
            drop(writer);
            assert_eq!(report_async(1, 2).await, edition(2), "{held:?} {place}");
            assert_eq!(report_async(1, 3).await, edition(2), "{held:?} {place}");
        }));
    }
}

#[test]
fn who_calls_after_an_invalidation_does_not_join_who_read_before_it() {
    crate::store::at_once();
    let shelf = Shelf::new(200);
    block_on(shelf.run_async(async {
        report_async(1, 1).await;
        let entry = report_async::entry(1, 0);
        // The invalidation has begun and has deleted nothing when the reader comes.
        shelf.store.next(Operation::Delete, Trouble::Delay);
        let mut invalidator = pin!(entry.invalidate());
        assert!(poll!(&mut invalidator).is_pending());
        let passed = [(Operation::Get, Trouble::None); 2];
        shelf.store.script(passed);
        shelf.store.next(Operation::Get, Trouble::DelayReply);
        let mut reader = pin!(report_async(1, 2));
        assert!(poll!(&mut reader).is_pending(), "it has read the old value");
        shelf.store.release();
        assert!(invalidator.await);
        let mut later = pin!(report_async(1, 3).fuse());
        let early = poll!(&mut later);
        shelf.store.release();
        let before = reader.await;
        let after = match early {
            Poll::Ready(value) => value,
            Poll::Pending => later.await,
        };
        assert_eq!((before, after), (edition(1), edition(3)));
    }));
}

#[test]
fn what_is_computed_while_an_entry_is_put_does_not_overwrite_it() {
    crate::store::at_once();
    let shelf = Shelf::new(200);
    block_on(shelf.run_async(async {
        let entry = report_async::entry(1, 0);
        hold_set(&shelf, 0, Trouble::Delay);
        shelf.store.next(Operation::Set, Trouble::Delay);
        let mut putter = pin!(entry.put(edition(9)));
        assert!(poll!(&mut putter).is_pending());
        let mut caller = pin!(report_async(1, 1));
        assert!(poll!(&mut caller).is_pending(), "it writes, or waits to");
        released(&shelf, putter).await;
        assert_eq!(released(&shelf, caller).await, edition(1));
        // The put's value, or none.
        assert_ne!(report_async(1, 2).await, edition(1));
    }));
}

/// Everything that can happen to one key, one backend operation at a time, in an order that a seed draws.
mod simulated {
    use super::*;

    static EDITION: AtomicU32 = AtomicU32::new(0);

    #[memoize(key = "simulated:{n}", expiration = 60, large_data)]
    async fn current(n: u32) -> String {
        let now = EDITION.load(Ordering::SeqCst);
        noise(n, 300) + &format!(" {now}")
    }

    fn edition_of(value: &str) -> u32 {
        let (rest, edition) = value.rsplit_once(' ').expect("an edition");
        assert_eq!(rest, noise(1, 300), "it is whole");
        edition.parse().expect("a number")
    }

    type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

    async fn reads(acknowledged: &AtomicU32, case: &str) {
        for _ in 0..3 {
            let least = acknowledged.load(Ordering::SeqCst);
            let value = edition_of(&current(1).await);
            assert!(value >= least, "{case}: {value} after {least}");
        }
    }

    async fn refreshes() {
        let least = EDITION.load(Ordering::SeqCst);
        let value = edition_of(&memo::refresh_async(current(1)).await);
        assert!(value >= least);
    }

    async fn invalidates(acknowledged: &AtomicU32) {
        for _ in 0..2 {
            let new = EDITION.fetch_add(1, Ordering::SeqCst) + 1;
            current::entry(1).invalidate().await;
            acknowledged.fetch_max(new, Ordering::SeqCst);
        }
    }

    async fn puts(acknowledged: &AtomicU32) {
        let new = EDITION.fetch_add(1, Ordering::SeqCst) + 1;
        current::entry(1)
            .put(noise(1, 300) + &format!(" {new}"))
            .await;
        acknowledged.fetch_max(new, Ordering::SeqCst);
    }

    fn next(state: &mut u64) -> usize {
        *state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (*state >> 33) as usize
    }

    fn simulate(seed: u64, with_puts: bool) {
        let case = format!("seed {seed}");
        let shelf = Shelf::new(200);
        for operation in [Operation::Get, Operation::Set, Operation::Delete] {
            shelf.store.script([(operation, Trouble::Delay); 400]);
        }
        EDITION.store(0, Ordering::SeqCst);
        let acknowledged = AtomicU32::new(0);
        let mut tasks: Vec<Task<'_>> = Vec::new();
        for _ in 0..3 {
            tasks.push(Box::pin(shelf.run_async(reads(&acknowledged, &case))));
        }
        tasks.push(Box::pin(shelf.run_async(invalidates(&acknowledged))));
        tasks.push(Box::pin(shelf.run_async(refreshes())));
        if with_puts {
            tasks.push(Box::pin(shelf.run_async(puts(&acknowledged))));
        }
        let mut luck = seed;
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        for _ in 0..20_000 {
            if tasks.is_empty() {
                return;
            }
            let chosen = next(&mut luck) % tasks.len();
            shelf.store.release();
            if tasks[chosen].as_mut().poll(&mut context).is_ready() {
                drop(tasks.swap_remove(chosen));
            }
        }
        panic!("{case}: {} tasks wait for ever", tasks.len());
    }

    // One test: the current edition is a static.
    #[test]
    fn no_order_of_operations_serves_a_value_from_before_an_invalidation() {
        crate::store::at_once();
        for seed in crate::store::some(0..600) {
            simulate(seed, false);
            simulate(seed, true);
        }
    }
}
