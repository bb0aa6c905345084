//! Ends in unusual places: threads that end, calls within calls, observers that call back.

use std::cell::RefCell;
use std::thread;

use memo::{Cache, Policy};

use crate::shelf::{Shelf, noise};
use crate::store::Isolated;
use crate::support::in_time;

fn policy() -> Policy {
    Policy::named("sequence-order").expiration(3600)
}

/// More than a store takes at once.
fn items() -> impl Iterator<Item = String> + Send {
    (0..30).map(|n| noise(n, 30))
}

type Items = Box<dyn Iterator<Item = String>>;

thread_local!(static LAST: RefCell<Option<Rest>> = const { RefCell::new(None) });

/// Reads on when its thread ends.
struct Rest {
    items: Items,
    more: usize,
}

impl Drop for Rest {
    fn drop(&mut self) {
        assert_eq!(self.items.by_ref().take(self.more).count(), self.more);
    }
}

#[test]
fn a_sequence_may_go_on_or_be_given_up_while_its_thread_ends() {
    for more in [0, 5, 29] {
        let shelf = Shelf::new(200);
        let cache = shelf.cache.clone();
        let ended = thread::spawn(move || {
            // The thread-local of the test is there before those of the cache, and goes after them.
            LAST.with_borrow_mut(|last| *last = None);
            let mut items: Items = Box::new(cache.iter(&1, &policy(), items));
            assert_eq!(items.next(), Some(noise(0, 30)));
            LAST.with_borrow_mut(|last| *last = Some(Rest { items, more }));
        });
        ended.join().expect("it ends well");
        assert_eq!(shelf.names(), [""; 0], "{more}: it was given up");
        assert!(shelf.cache.iter(&1, &policy(), items).eq(items()));
        assert!(!shelf.names().is_empty(), "{more}: the key is free");
    }
}

#[test]
fn a_body_that_asks_for_its_own_sequence_runs_once_more_and_that_is_all() {
    fn nested(cache: &Cache, depth: u32) -> Vec<String> {
        let inner = cache.clone();
        let body = move || {
            items().enumerate().map(move |(at, item)| {
                if depth > 0 && at == 17 {
                    assert!(nested(&inner, depth - 1).into_iter().eq(items()));
                }
                item
            })
        };
        cache.iter(&1, &policy(), body).collect()
    }
    in_time(|| {
        let shelf = Shelf::new(200);
        assert!(nested(&shelf.cache, 1).into_iter().eq(items()));
        let computed = shelf.cache.stats().computed;
        assert_eq!(computed, 2);
        assert!(nested(&shelf.cache, 1).into_iter().eq(items()));
        assert_eq!(shelf.cache.stats().computed, computed);
    });
}

/// The cache of a body is that of its call, whatever its consumer binds.
#[test]
fn calls_in_a_body_do_not_see_the_cache_that_its_consumer_is_bound_to() {
    #[memo::memoize(key = "sequence-order-nested")]
    fn nested() -> u32 {
        1
    }
    let (test, consumers) = (Isolated::new(), Isolated::new());
    let rows = test
        .cache()
        .iter(&1, &policy(), || (0..3).map(|n| n + nested()));
    let got: Vec<_> = consumers.run(|| rows.collect());
    assert_eq!(got, [1, 2, 3]);
    assert_eq!(consumers.cache().stats().computed, 0);
}

#[cfg(feature = "stream")]
mod streams {
    use std::pin::Pin;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, OnceLock};
    use std::task::{Context, Poll, Wake, Waker};
    use std::time::Duration;

    use futures::{Stream, StreamExt, stream};
    use memo::{Event, Observer};

    use super::*;
    use crate::support::{Act, Gate, Scripted, Step, until};

    struct Counted;

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {}
    }

    fn poll<S: Stream + Unpin>(stream: &mut S, waker: &Waker) -> Poll<Option<S::Item>> {
        Pin::new(stream).poll_next(&mut Context::from_waker(waker))
    }

    /// Whatever is kept of a waker keeps its task.
    #[test]
    fn a_follower_who_waits_for_many_items_sets_one_alarm_at_a_time() {
        crate::store::at_once();
        let test = Isolated::with(|cache| cache.patience(Duration::from_secs(3600)));
        let test = test.expect("sound");
        let call = || test.cache().stream(&1, &policy(), || stream::iter(0..1000));
        let (mut producer, mut follower) = (call(), call());
        let counted = Arc::new(Counted);
        let waker = Waker::from(Arc::clone(&counted));
        for n in 0..1000 {
            assert_eq!(poll(&mut producer, Waker::noop()), Poll::Ready(Some(n)));
            assert_eq!(poll(&mut follower, &waker), Poll::Ready(Some(n)));
            assert_eq!(poll(&mut follower, &waker), Poll::Pending);
        }
        let kept = Arc::strong_count(&counted);
        assert!(kept < 10, "{kept}");
    }

    #[test]
    fn a_follower_who_is_dropped_leaves_nothing_with_the_producer() {
        crate::store::at_once();
        let test = Isolated::with(|cache| cache.patience(Duration::ZERO)).expect("sound");
        let call = || {
            test.cache().stream(&1, &policy(), || {
                stream::iter(0..9).chain(stream::pending())
            })
        };
        let mut producer = call();
        assert_eq!(poll(&mut producer, Waker::noop()), Poll::Ready(Some(0)));
        let counted = Arc::new(Counted);
        let waker = Waker::from(Arc::clone(&counted));
        for _ in 0..9 {
            let _ = poll(&mut producer, Waker::noop());
        }
        let mut follower = call();
        for _ in 0..9 {
            assert!(poll(&mut follower, &waker).is_ready());
        }
        assert!(poll(&mut follower, &waker).is_pending());
        drop(follower);
        drop(waker);
        // One may be with the alarm.
        assert!(Arc::strong_count(&counted) <= 2);
    }

    /// Invalidates the other key when it hears that one was stored.
    #[derive(Debug, Default)]
    struct Invalidates {
        cache: OnceLock<Cache>,
        has: AtomicBool,
    }

    impl Observer for Invalidates {
        fn on(&self, event: &Event) {
            if matches!(event, Event::Stored { .. }) && !self.has.load(Ordering::SeqCst) {
                let cache = self.cache.get().expect("it is set first");
                cache.invalidate_items::<u32>(&2, &policy());
                self.has.store(true, Ordering::SeqCst);
            }
        }
    }

    #[test]
    fn an_observer_in_the_background_does_not_wait_for_what_comes_after_it() {
        let (store, gate) = (Scripted::new(), Arc::new(Gate::new()));
        let observer = Arc::new(Invalidates::default());
        let held = Arc::clone(&gate);
        store.script(move |at| {
            if at == Step::BeforeSet {
                held.pass();
            }
            Act::Go
        });
        let cache = Cache::builder()
            .observer(observer.clone())
            .backend(store)
            .build()
            .expect("sound");
        observer.cache.set(cache.clone()).expect("once");
        for key in [1, 2] {
            let mut kept = cache
                .stream(&key, &policy(), || stream::iter(0..9_u32))
                .keep_on_drop();
            assert_eq!(memo_testkit::block_on(kept.next()), Some(0));
        }
        gate.open();
        in_time(move || until(|| observer.has.load(Ordering::SeqCst)));
    }
}
