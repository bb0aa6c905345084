//! `refresh`, `bypass`, disabled and bound caches.

use memo::{Cache, memoize};
use memo_testkit::{assert_computed, with_cache_disabled};

use crate::Runs;
use crate::store::{self, Isolated};

static OUTER: Runs = Runs::new();
static INNER: Runs = Runs::new();

#[memoize]
fn inner(id: u64) -> u64 {
    INNER.add() * 1000 + id
}

/// Another number at each run, for the tests that do not count.
#[memoize]
fn numbered(id: u64) -> u64 {
    static NEXT: Runs = Runs::new();
    NEXT.add() * 1000 + id
}

#[memoize]
fn outer(id: u64) -> u64 {
    OUTER.add();
    inner(id)
}

#[test]
fn refresh_is_for_the_calls_it_makes_and_bypass_for_all_below() {
    let test = Isolated::new();
    test.run(|| {
        let first = outer(1);
        let (outers, inners) = (OUTER.get(), INNER.get());
        assert_eq!(
            memo::refresh(|| outer(1)),
            first,
            "the inner call is served from the cache"
        );
        assert_eq!((OUTER.get(), INNER.get()), (outers + 1, inners));
        assert_ne!(memo::bypass(|| outer(1)), first);
        assert_eq!((OUTER.get(), INNER.get()), (outers + 2, inners + 1));
        assert_eq!(outer(1), first, "bypass has stored nothing");
        assert_computed!(2, memo::refresh(|| (outer(1), inner(1))));
    });
}

#[test]
fn a_scope_ends_with_its_panic() {
    let test = Isolated::new();
    test.run(|| {
        let caught = std::panic::catch_unwind(|| memo::bypass(|| panic!("as planned")));
        caught.expect_err("the panic arrives");
        assert_computed!(1, numbered(7));
        assert_computed!(0, numbered(7));
    });
}

#[test]
fn a_disabled_cache_is_no_cache() {
    with_cache_disabled(|| assert_ne!(numbered(9), numbered(9)));
}

#[test]
fn a_bound_cache_goes_before_the_scope() {
    static OWN: std::sync::LazyLock<Cache> = std::sync::LazyLock::new(store::cache);

    #[memoize(cache = OWN)]
    fn bound(id: u64) -> u64 {
        id
    }
    Isolated::new().run(|| assert_computed!(0, bound(1)));
    assert_eq!(OWN.stats().computed, 1);
    assert!(bound::entry(1).invalidate());
}

#[test]
fn scopes_nest() {
    let (one, two) = (Isolated::new(), Isolated::new());
    one.run(|| {
        assert_computed!(1, numbered(3));
        two.run(|| assert_computed!(1, numbered(3)));
        assert_computed!(0, numbered(3));
    });
}

fn in_a_thread<R: Send>(body: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| scope.spawn(body).join().expect("no panic"))
}

#[test]
fn threads_that_are_taken_along_stay_in_the_scope() {
    Isolated::new().run(|| {
        let first = numbered(20);
        let taken = || in_a_thread(memo::in_scope_blocking(|| numbered(20)));
        assert_eq!(taken(), first, "the same cache");
        let second = memo::refresh(taken);
        assert_ne!(second, first, "refreshed");
        assert_ne!(memo::bypass(taken), second, "bypassed");
        assert_eq!(numbered(20), second, "and that left nothing");
    });
}

#[memoize]
async fn numbered_later(id: u64) -> u64 {
    static NEXT: Runs = Runs::new();
    NEXT.add() * 1000 + id
}

#[tokio::test]
async fn tasks_that_are_taken_along_stay_in_the_scope() {
    let taken = || async {
        let task = tokio::spawn(memo::in_scope(numbered_later(1)));
        task.await.expect("no panic")
    };
    Isolated::new()
        .run_async(async {
            let first = numbered_later(1).await;
            assert_eq!(taken().await, first, "the same cache");
            let second = memo::refresh_async(taken()).await;
            assert_ne!(second, first, "refreshed");
            assert_ne!(memo::bypass_async(taken()).await, second, "bypassed");
            assert_eq!(numbered_later(1).await, second, "and that left nothing");
            let blocking = memo::in_scope_blocking(|| numbered(21));
            let blocking = tokio::task::spawn_blocking(blocking).await;
            assert_eq!(blocking.expect("no panic"), numbered(21));
        })
        .await;
}

#[test]
fn what_is_taken_along_is_the_scope_where_that_was_said() {
    let (one, two) = (Isolated::new(), Isolated::new());
    let call = one.run(|| memo::in_scope_blocking(|| numbered(22)));
    let later = one.run(|| memo::in_scope(numbered_later(22)));
    two.run(|| {
        assert_computed!(0, call());
        assert_computed!(0, futures::executor::block_on(later));
    });
    one.run(|| {
        assert_computed!(0, numbered(22));
        assert_computed!(0, futures::executor::block_on(numbered_later(22)));
    });
}

#[test]
fn what_is_taken_along_from_no_scope_is_in_none() {
    let call = memo::in_scope_blocking(|| numbered(23));
    let later = memo::in_scope(numbered_later(23));
    Isolated::new().run(|| {
        let here = numbered(23);
        assert_ne!(call(), here);
        let here = futures::executor::block_on(numbered_later(23));
        assert_ne!(futures::executor::block_on(later), here);
        assert_computed!(0, numbered(23));
    });
}

/// Calls another function for its item.
#[memo::memoize_iter(cache = cache, skip(cache))]
fn listed(id: u64, cache: &Cache) -> impl Iterator<Item = u64> {
    std::iter::once_with(move || numbered(id))
}

#[test]
fn the_body_of_a_sequence_from_no_scope_is_in_none() {
    let test = Isolated::new();
    let items = listed(24, test.cache());
    test.run(|| {
        let here = numbered(24);
        assert!(items.into_iter().all(|item| item != here));
        assert_computed!(0, numbered(24));
    });
}

#[test]
fn calls_outside_of_every_scope_are_not_cached_beside_isolated_tests() {
    #[memoize]
    fn left(id: u64) -> u64 {
        static NEXT: Runs = Runs::new();
        NEXT.add() * 1000 + id
    }
    let test = Isolated::new();
    let outside = || in_a_thread(|| [left(1), left(1)]);
    test.run(|| {
        let first = left(1);
        assert!(outside().into_iter().all(|value| value != first));
        left::entry(1).invalidate();
        let [one, other] = outside();
        assert_ne!(one, other);
        in_a_thread(|| left::entry(1).put(7));
        assert_computed!(1, left(1));
    });
    assert_eq!(in_a_thread(|| left::entry(1).peek()), None);
    assert_eq!(left::site().stats().unscoped, 4);
    memo::bypass(|| in_a_thread(memo::in_scope_blocking(|| left(1))));
    assert_eq!(left::site().stats().unscoped, 4, "that was asked for");
}

#[test]
fn sequences_outside_of_every_scope_are_not_cached_beside_isolated_tests() {
    #[memo::memoize_iter]
    fn left(count: u64) -> Vec<u64> {
        static NEXT: Runs = Runs::new();
        vec![NEXT.add(); count as usize]
    }
    let test = Isolated::new();
    test.run(|| assert_eq!(left(1), left(1)));
    assert_ne!(left(1), left(1));
    assert_eq!(left::site().stats().unscoped, 2);
}

#[test]
fn a_body_does_not_wait_for_itself_by_a_thread_that_it_takes_along() {
    #[memoize]
    fn deep(id: u64) -> u64 {
        static RUNS: Runs = Runs::new();
        match RUNS.add() {
            1 => in_a_thread(memo::in_scope_blocking(|| deep(id))) + 1,
            _ => id,
        }
    }
    crate::support::in_time(|| endlessly_patient().run(|| assert_eq!(deep(5), 6)));
}

#[test]
fn a_body_does_not_wait_for_itself_by_a_task_that_it_takes_along() {
    #[memoize]
    async fn deep(id: u64) -> u64 {
        static RUNS: Runs = Runs::new();
        match RUNS.add() {
            1 => again(id).await.expect("no panic") + 1,
            _ => id,
        }
    }
    fn again(id: u64) -> tokio::task::JoinHandle<u64> {
        let call: futures::future::BoxFuture<'static, u64> = Box::pin(deep(id));
        tokio::spawn(memo::in_scope(call))
    }
    crate::support::in_time(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let call = async { endlessly_patient().run_async(deep(5)).await };
        assert_eq!(runtime.expect("a runtime").block_on(call), 6);
    });
}

/// A test whose calls wait for each other for longer than any test takes.
fn endlessly_patient() -> Isolated {
    let hour = std::time::Duration::from_secs(3600);
    Isolated::with(|cache| cache.follow_timeout(hour)).expect("the description is sound")
}

#[test]
fn a_refresh_inside_a_bypass_writes_nothing() {
    Isolated::new().run(|| {
        let cached = numbered(11);
        memo::bypass(|| memo::refresh(|| numbered(11)));
        assert_eq!(numbered(11), cached);
    });
}

#[test]
fn a_disabled_cache_takes_nothing() {
    static OFF: std::sync::LazyLock<Cache> = std::sync::LazyLock::new(Cache::disabled);

    #[memoize(cache = OFF)]
    fn off(id: u64) -> u64 {
        id
    }
    off::entry(1).put(99);
    assert_eq!((off::entry(1).peek(), off(1)), (None, 1));
}

struct CallsAtTheEnd;

impl Drop for CallsAtTheEnd {
    fn drop(&mut self) {
        assert_eq!(by_thread(1), 1);
        memo::with_cache(&Cache::disabled(), || by_thread(1));
        by_thread::entry(1).invalidate();
        by_thread::entry(2).put(20);
    }
}

/// Bound, since a thread that ends is in no scope.
static BOUND: std::sync::LazyLock<Cache> =
    std::sync::LazyLock::new(|| Cache::builder().build().expect("sound"));

#[memoize(cache = BOUND)]
fn by_thread(id: u64) -> u64 {
    id
}

#[test]
fn a_thread_local_may_call_while_its_thread_ends() {
    thread_local!(static LAST: CallsAtTheEnd = const { CallsAtTheEnd });
    by_thread(1);
    let thread = std::thread::spawn(|| {
        LAST.with(|_| ());
        by_thread(1);
    });
    thread.join().expect("no panic, and no abort");
    assert_eq!(
        (by_thread::entry(1).peek(), by_thread::entry(2).peek()),
        (None, Some(20))
    );
}

/// A value whose end forgets its own entry.
#[derive(Clone)]
struct Forgetful(std::sync::Arc<Forgets>);

struct Forgets(u64);

impl Drop for Forgets {
    fn drop(&mut self) {
        forgetful::entry(self.0).invalidate();
    }
}

#[memoize(local, cache = BOUND)]
fn forgetful(id: u64) -> Forgetful {
    Forgetful(std::sync::Arc::new(Forgets(id)))
}

struct PutsAtTheEnd;

impl Drop for PutsAtTheEnd {
    fn drop(&mut self) {
        forgetful::entry(1).put(Forgetful(std::sync::Arc::new(Forgets(2))));
    }
}

#[test]
fn a_put_from_a_thread_that_ends_drops_the_old_value_under_no_lock() {
    thread_local!(static LAST: PutsAtTheEnd = const { PutsAtTheEnd });
    let thread = std::thread::spawn(|| {
        LAST.with(|_| ());
        assert_eq!(forgetful(1).0.0, 1);
    });
    thread.join().expect("no panic, and no deadlock");
}
