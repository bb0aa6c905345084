//! A backend that is not there costs a call one deadline, and its caller nothing else; who wants to know of it learns of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use memo::backend::{Availability, Capability, Fault, FaultKind, Memory, ServerStats, Terms};
use memo::{Cache, Event, Miss, Unstored, Waits, memoize, memoize_iter, with_cache};
use memo_testkit::{Chaos, Operation, Recorder, Trouble, block_on};

use crate::shelf::{Shelf, noise, outside};
use crate::store::Isolated;
use crate::support::{Act, Gate, Runs, Scripted, Step, in_time, until, until_waiting};

#[derive(Clone, Debug, PartialEq)]
enum Failure {
    Body,
    Cache(FaultKind),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Cache(fault.kind())
    }
}

/// An error that cannot be shared.
#[derive(Debug)]
struct Unique(FaultKind);

impl From<Fault> for Unique {
    fn from(fault: Fault) -> Self {
        Self(fault.kind())
    }
}

fn shelf() -> Shelf {
    Shelf::new(1 << 20)
}

/// What was reported, in order: faults by operation, and what was not stored.
fn told(recorder: &Recorder) -> Vec<String> {
    let told = recorder.events().into_iter().filter_map(|event| {
        Some(match event {
            Event::Faulty { operation, .. } => format!("{operation:?}"),
            Event::Unstored { reason, .. } => format!("{reason:?}"),
            _ => return None,
        })
    });
    told.collect()
}

mod values {
    use super::*;

    #[memoize(key = "out:{n}")]
    fn plain(n: u32) -> u32 {
        n
    }

    #[memoize(key = "out-async:{n}")]
    async fn plain_async(n: u32) -> u32 {
        n
    }

    #[memoize(key = "out-large:{n}", large_data)]
    fn large(n: u32) -> String {
        noise(n, 900)
    }

    #[test]
    fn a_call_that_met_an_outage_does_not_try_to_store() {
        let calls: [fn() -> u32; 2] = [|| plain(1), || block_on(plain_async(1))];
        for call in calls {
            let shelf = shelf();
            shelf.store.next(Operation::Get, Trouble::FailBefore);
            assert_eq!(shelf.run(call), 1);
            assert_eq!((shelf.store.gets(), shelf.store.sets()), (1, 0));
            assert_eq!(told(&shelf.recorder), ["Get", "Fault"]);
            assert_eq!(shelf.computed(call), (1, 1), "it was not stored");
            assert_eq!(shelf.computed(call), (0, 1), "now it was");
        }
    }

    #[test]
    fn a_refresh_that_met_an_outage_does_not_try_to_store() {
        let shelf = Shelf::new(200);
        shelf.run(|| large(1));
        shelf.store.clear_log();
        shelf.store.next(Operation::Get, Trouble::FailBefore);
        shelf.run(|| memo::refresh(|| large(1)));
        assert_eq!((shelf.store.gets(), shelf.store.sets()), (1, 0));
        assert_eq!(
            told(&shelf.recorder).last_chunk(),
            Some(&["Set".into(), "Fault".into()])
        );
    }

    #[test]
    fn a_store_that_met_an_outage_is_not_tried_further() {
        for place in 0..3 {
            let shelf = Shelf::new(200);
            let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
            let script = passed.chain([(Operation::Set, Trouble::FailBefore)]);
            shelf.store.script(script);
            assert_eq!(shelf.run(|| large(1)), noise(1, 900), "the value is there");
            assert_eq!(shelf.store.sets(), place + 1);
            assert_eq!(told(&shelf.recorder), ["Set", "Fault"]);
        }
    }

    #[test]
    fn a_removal_that_fails_is_told_as_one() {
        #[memoize(key = "out-filtered:{n}", cache_if = |n: &u32| *n > 1)]
        fn filtered(n: u32) -> u32 {
            n
        }
        let shelf = shelf();
        shelf.store.next(Operation::Delete, Trouble::FailBefore);
        shelf.run(|| filtered(1));
        assert_eq!(told(&shelf.recorder), ["Delete", "Filtered"]);
    }

    #[test]
    fn bytes_are_counted_where_values_leave_the_process() {
        #[memoize(key = "out-bytes:{n}", large_data, compress = false)]
        fn bytes(n: u32) -> String {
            noise(n, 900)
        }
        let shelf = Shelf::new(200);
        let stats = || bytes::site().stats();
        shelf.run(|| bytes(1));
        let written = stats().bytes_written;
        assert_eq!(stats().bytes_read, 0);
        let stored: usize = shelf
            .store
            .entries()
            .iter()
            .map(|(_, value)| value.len())
            .sum();
        assert_eq!(written, stored as u64);
        shelf.run(|| bytes(1));
        assert_eq!(
            (stats().bytes_read, stats().bytes_written),
            (written, written)
        );
    }
}

mod strict {
    use super::*;

    #[memoize(key = "strict:{n}", strict)]
    fn answer(n: u32) -> Result<u32, Failure> {
        if n == 0 { Err(Failure::Body) } else { Ok(n) }
    }

    #[memoize(key = "strict-async:{n}", strict)]
    async fn answer_async(n: u32) -> Result<u32, Failure> {
        Ok(n)
    }

    #[test]
    fn a_strict_call_returns_the_fault_and_runs_no_body() {
        static RUNS: Runs = Runs::new();
        #[memoize(key = "strict-alone:{n}", strict)]
        fn alone(n: u32) -> Result<u32, Failure> {
            RUNS.add();
            Ok(n)
        }
        let shelf = shelf();
        shelf.store.next(Operation::Get, Trouble::FailBefore);
        let failed = shelf.run(|| alone(7));
        assert_eq!(failed, Err(Failure::Cache(FaultKind::Connect)));
        assert_eq!(RUNS.get(), 0);
        assert_eq!(shelf.run(|| alone(7)), Ok(7), "the next call asks again");
        let stats = alone::site().stats();
        assert_eq!((stats.failed, stats.calls, stats.misses), (1, 2, 2));
    }

    #[test]
    fn an_asynchronous_strict_call_returns_the_fault_as_well() {
        let shelf = shelf();
        shelf.store.next(Operation::Get, Trouble::FailAfter);
        let failed = shelf.run(|| block_on(answer_async(7)));
        assert_eq!(failed, Err(Failure::Cache(FaultKind::Timeout)));
        let missed = |event: &Event| {
            matches!(
                event,
                Event::Miss {
                    reason: Miss::Fault,
                    ..
                }
            )
        };
        assert_eq!(shelf.recorder.count(missed), 1);
    }

    #[test]
    fn a_strict_call_returns_a_value_that_could_not_be_stored() {
        let shelf = shelf();
        shelf.store.next(Operation::Set, Trouble::FailBefore);
        assert_eq!(shelf.run(|| answer(8)), Ok(8));
        assert_eq!(told(&shelf.recorder), ["Set", "Fault"]);
    }

    #[test]
    fn errors_of_the_body_are_the_bodys_own() {
        let shelf = shelf();
        assert_eq!(shelf.run(|| answer(0)), Err(Failure::Body));
        assert_eq!(answer::entry(0).key(), ":strict:0");
    }

    /// A leader whose fetch fails while this many calls wait for it.
    fn one_fails_for_all<R: Send + 'static>(
        followers: usize,
        call: fn() -> R,
    ) -> (Vec<R>, Chaos<Memory>) {
        let store = Chaos::limited(Memory::with_budget(1 << 20), outside(1 << 20));
        let test = Isolated::with(|cache| cache.backend(store.clone())).expect("sound");
        store.next(Operation::Get, Trouble::Hang);
        let outcomes = std::thread::scope(|scope| {
            let calls = Vec::from_iter((0..=followers).map(|_| scope.spawn(|| test.run(call))));
            until_waiting(&test, followers);
            store.release();
            let outcomes = calls
                .into_iter()
                .map(|call| call.join().expect("it ends well"));
            outcomes.collect()
        });
        (outcomes, store)
    }

    #[test]
    fn those_who_wait_for_a_strict_call_get_its_fault_and_do_not_ask_again() {
        in_time(|| {
            let (outcomes, store) = one_fails_for_all(3, || answer(9));
            assert_eq!(outcomes, vec![Err(Failure::Cache(FaultKind::Timeout)); 4]);
            assert_eq!(store.gets(), 1);
        });
    }

    #[memoize(key = "strict-unique:{n}", strict)]
    fn unique(n: u32) -> Result<u32, Unique> {
        Ok(n)
    }

    #[test]
    fn the_fault_is_shared_where_the_error_cannot_be() {
        in_time(|| {
            let (outcomes, store) = one_fails_for_all(3, || unique(9));
            for outcome in outcomes {
                assert_eq!(outcome.expect_err("it failed").0, FaultKind::Timeout);
            }
            assert_eq!(store.gets(), 1);
        });
    }

    /// The same entry as `lenient`'s.
    #[memoize(name = "strict-or-not", key = "{n}", strict)]
    fn severe(n: u32) -> Result<u32, Failure> {
        Ok(n)
    }

    #[memoize(name = "strict-or-not", key = "{n}")]
    fn lenient(n: u32) -> Result<u32, Failure> {
        Ok(n)
    }

    #[test]
    fn who_is_not_strict_runs_his_body_when_a_strict_call_fails_before_him() {
        in_time(|| {
            let store = Chaos::limited(Memory::with_budget(1 << 20), outside(1 << 20));
            let test = Isolated::with(|cache| cache.backend(store.clone())).expect("sound");
            store.next(Operation::Get, Trouble::Hang);
            std::thread::scope(|scope| {
                let leader = scope.spawn(|| test.run(|| severe(1)));
                store.wait_until_held(1);
                let follower = scope.spawn(|| test.run(|| lenient(1)));
                until_waiting(&test, 1);
                store.release();
                assert!(leader.join().expect("it ends well").is_err());
                assert_eq!(follower.join().expect("it ends well"), Ok(1));
            });
            assert_eq!((store.gets(), store.sets()), (1, 0));
        });
    }
}

mod sequences {
    use super::*;

    #[memoize_iter(key = "out-rows:{n}")]
    fn rows(n: u32) -> impl Iterator<Item = String> {
        (0..n).map(|n| noise(n, 20_000))
    }

    fn expected(n: u32) -> Vec<String> {
        (0..n).map(|n| noise(n, 20_000)).collect()
    }

    #[test]
    fn a_producer_that_met_an_outage_stores_nothing_and_asks_no_more() {
        for n in [2, 40] {
            let shelf = shelf();
            shelf.store.next(Operation::Get, Trouble::FailBefore);
            assert_eq!(shelf.run(|| Vec::from_iter(rows(n))), expected(n));
            assert_eq!(shelf.store.log().len(), 1, "{:?}", shelf.store.log());
            assert_eq!(told(&shelf.recorder), ["Get", "Fault"]);
            assert_eq!(shelf.computed(|| rows(n).count()).0, 1);
            assert_eq!(shelf.computed(|| rows(n).count()).0, 0, "{n}");
        }
    }

    #[test]
    fn a_producer_whose_chunk_meets_an_outage_stops_storing() {
        let shelf = shelf();
        shelf.store.next(Operation::Set, Trouble::FailAfter);
        assert_eq!(shelf.run(|| Vec::from_iter(rows(40))), expected(40));
        assert_eq!(shelf.store.sets(), 1);
        assert_eq!(told(&shelf.recorder), ["Set", "Fault"]);
        in_time(move || until(|| shelf.names().is_empty()));
    }

    #[test]
    fn a_reader_that_met_an_outage_goes_on_with_the_body_and_asks_no_more() {
        let shelf = shelf();
        shelf.run(|| rows(200).count());
        shelf.store.clear_log();
        let gets = [Trouble::None, Trouble::None, Trouble::FailBefore];
        shelf
            .store
            .script(gets.map(|trouble| (Operation::Get, trouble)));
        assert_eq!(shelf.run(|| Vec::from_iter(rows(200))), expected(200));
        assert_eq!((shelf.store.gets(), shelf.store.sets()), (3, 0));
    }

    #[test]
    fn calls_during_an_outage_share_a_short_sequence() {
        in_time(|| {
            static RUNS: Runs = Runs::new();
            static GATE: Gate = Gate::new();
            #[memoize_iter(key = "out-shared", expiration = 60)]
            fn shared() -> impl Iterator<Item = u32> {
                RUNS.add();
                GATE.pass();
                0..9
            }
            let store = Chaos::limited(Memory::with_budget(1 << 20), outside(1 << 20));
            let test = Isolated::with(|cache| cache.backend(store.clone())).expect("sound");
            store.script([(Operation::Get, Trouble::FailBefore); 4]);
            std::thread::scope(|scope| {
                let calls = [(); 4].map(|()| scope.spawn(|| test.run(|| shared().sum::<u32>())));
                until_waiting(&test, 3);
                GATE.open();
                for call in calls {
                    assert_eq!(call.join().expect("it ends well"), 36);
                }
            });
            assert_eq!(RUNS.get(), 1);
        });
    }
}

mod invalidations {
    use super::*;

    #[memoize(key = "out-kept:{n}")]
    fn kept(n: u32) -> u32 {
        n
    }

    #[memoize(key = "out-kept-async:{n}")]
    async fn kept_async(n: u32) -> u32 {
        n
    }

    #[test]
    fn an_invalidation_says_whether_it_was_acknowledged() {
        let store = Scripted::new();
        let test = store.isolated();
        test.run(|| {
            kept(1);
            let entry = kept::entry(1);
            store.script(|step| match step {
                Step::BeforeDelete => Act::Fail,
                _ => Act::Go,
            });
            let failed = entry.try_invalidate().expect_err("it failed");
            assert_eq!(failed.kind(), FaultKind::Timeout);
            assert_eq!(store.len(), 1, "it is there still");
            store.behave();
            // Whether it finds it: the deletion is owed, and may have been done in the background by now.
            assert!(entry.try_invalidate().is_ok());
            assert_eq!(store.len(), 0);
            assert_eq!(entry.try_invalidate(), Ok(false));
        });
        assert_eq!(told(test.recorder()), ["Delete"]);
    }

    #[test]
    fn an_asynchronous_invalidation_says_so_as_well() {
        let shelf = shelf();
        block_on(shelf.run_async(async {
            kept_async(1).await;
            let entry = kept_async::entry(1);
            shelf.store.next(Operation::Delete, Trouble::FailAfter);
            let failed = entry.try_invalidate().await;
            assert_eq!(failed.expect_err("it failed").kind(), FaultKind::Timeout);
            assert_eq!(entry.try_invalidate().await, Ok(false));
        }));
    }

    #[test]
    fn in_this_process_an_invalidation_is_acknowledged_always() {
        let test = Isolated::new();
        test.run(|| {
            kept(1);
            assert_eq!(kept::entry(1).try_invalidate(), Ok(true));
            assert_eq!(kept::entry(1).try_invalidate(), Ok(false));
        });
    }
}

mod deadlines {
    use super::*;

    const SHORT: Duration = Duration::from_millis(30);

    #[memoize(key = "late:{n}")]
    async fn late(n: u32) -> u32 {
        n
    }

    /// A cache with a short deadline over a store that hangs.
    fn hanging(capability: Capability) -> (Isolated, Chaos<Memory>) {
        let store = Chaos::limited(Memory::with_budget(1 << 20), capability);
        let test = Isolated::with(|cache| cache.backend(store.clone()).deadline(SHORT));
        (test.expect("sound"), store)
    }

    #[test]
    fn an_asynchronous_operation_that_hangs_is_given_up() {
        in_time(|| {
            let (test, store) = hanging(outside(1 << 20));
            store.next(Operation::Get, Trouble::Hang);
            let start = Instant::now();
            assert_eq!(block_on(test.run_async(late(1))), 1);
            assert!(start.elapsed() >= SHORT);
            assert_eq!(told(test.recorder()), ["Get", "Fault"]);
            let timeout = |event: &Event| matches!(event, Event::Faulty { fault, .. } if fault.kind() == FaultKind::Timeout);
            assert_eq!(test.recorder().count(timeout), 1);
            assert_eq!(store.sets(), 0);
        });
    }

    #[test]
    fn a_backend_that_keeps_deadlines_is_trusted() {
        in_time(|| {
            let mut capability = outside(1 << 20);
            capability.keeps_deadlines = true;
            let (test, store) = hanging(capability);
            store.next(Operation::Get, Trouble::Delay);
            std::thread::scope(|scope| {
                let call = scope.spawn(|| block_on(test.run_async(late(2))));
                store.wait_until_held(1);
                std::thread::sleep(3 * SHORT);
                assert!(!call.is_finished(), "it was given up");
                store.release();
                assert_eq!(call.join().expect("it ends well"), 2);
            });
            assert_eq!(told(test.recorder()), [""; 0]);
        });
    }
}

mod servers {
    use std::sync::Mutex;

    use memo::backend::{Answer, Backend, Bytes, Item, Name};

    use super::*;

    /// Remembers its terms, which outlive it in the test's hands.
    #[derive(Clone, Debug, Default)]
    struct Told(Arc<Mutex<Option<Terms>>>);

    impl Told {
        fn terms(&self) -> Terms {
            let terms = self.0.lock().expect("no panic holds it");
            terms.clone().expect("the cache is built")
        }
    }

    impl Backend for Told {
        fn kind(&self) -> &'static str {
            "told"
        }

        fn capability(&self) -> Capability {
            Capability::of(250, 1 << 20)
        }

        fn accept(&mut self, terms: &Terms) {
            *self.0.lock().expect("no panic holds it") = Some(terms.clone());
        }

        fn servers(&self) -> Vec<ServerStats> {
            vec![ServerStats::of("a:1".into()), ServerStats::of("b:2".into())]
        }

        async fn get_many(&self, names: &[Name], _: Waits) -> Answer<Vec<Option<Bytes>>> {
            Ok(vec![None; names.len()])
        }

        async fn set_many(&self, _: Vec<Item>, _: Waits) -> Answer<()> {
            Ok(())
        }

        async fn delete_many(&self, _: &[Name], _: Waits) -> Answer<usize> {
            Ok(0)
        }
    }

    #[test]
    fn a_backend_is_told_its_deadline() {
        let (usual, own) = (Told::default(), Told::default());
        let _usual = Cache::builder().backend(usual.clone()).build();
        assert_eq!(usual.terms().deadline, Duration::from_millis(250));
        let deadline = Duration::from_secs(1);
        let _own = Cache::builder()
            .backend(own.clone())
            .deadline(deadline)
            .build();
        assert_eq!(own.terms().deadline, deadline);
    }

    #[test]
    fn what_a_server_does_is_an_event_of_no_function() {
        let told = Told::default();
        let test = Isolated::with(|cache| cache.backend(told.clone())).expect("sound");
        let server: Arc<str> = "a:1".into();
        told.terms().alerts.tell(&server, Availability::Down);
        let event = test.recorder().events().pop().expect("it was told");
        assert_eq!(event.function(), None);
        let Event::Server {
            backend,
            server,
            availability,
        } = event
        else {
            panic!("{event:?}");
        };
        assert_eq!((backend, &*server), ("told", "a:1"));
        assert_eq!(availability, Availability::Down);
    }

    #[test]
    fn a_cache_shows_the_servers_behind_it() {
        let cache = Cache::builder().backend(Told::default()).build();
        let servers = cache.expect("sound").servers();
        assert_eq!(
            servers
                .iter()
                .map(|server| &*server.server)
                .collect::<Vec<_>>(),
            ["a:1", "b:2"]
        );
        assert_eq!(Cache::disabled().servers(), []);
    }

    #[test]
    fn what_tells_of_servers_keeps_no_cache_alive() {
        #[derive(Debug)]
        struct Nobody;
        impl memo::Observer for Nobody {
            fn on(&self, _: &Event) {}
        }
        let (told, observer) = (Told::default(), Arc::new(Nobody));
        let held = Arc::downgrade(&observer);
        let cache = Cache::builder()
            .observer(observer)
            .backend(told.clone())
            .build();
        with_cache(&cache.expect("sound"), || {});
        assert!(
            held.upgrade().is_some(),
            "the backend's terms hold the observer"
        );
        drop(told);
        assert!(held.upgrade().is_none(), "something else does");
    }
}

#[test]
fn a_fault_that_is_no_outage_does_not_keep_a_call_from_storing() {
    #[memoize(key = "out-other:{n}")]
    fn other(n: u32) -> u32 {
        n
    }
    let shelf = shelf();
    // Too few answers: a protocol fault, and so an outage; too large a value is none.
    shelf.store.next(Operation::Get, Trouble::TooFew(1));
    shelf.run(|| other(1));
    assert_eq!(shelf.store.sets(), 0);
    let small = Shelf::new(300);
    #[memoize(key = "out-too-large:{n}")]
    fn too_large(n: u32) -> String {
        noise(n, 900)
    }
    assert_eq!(small.run(|| too_large(1)), noise(1, 900));
    let unstored = |event: &Event| matches!(event, Event::Unstored { reason, .. } if *reason != Unstored::Fault);
    assert_eq!(small.recorder.count(unstored), 1);
}
