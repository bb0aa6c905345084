use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use super::*;

/// Longer than any step of a test takes.
const LIMIT: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_millis(50);

/// A connection that knows its number, and how many there are.
struct Wire {
    number: usize,
    open: Arc<AtomicUsize>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Relaxed);
    }
}

#[derive(Clone, Default)]
struct Server {
    made: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Server {
    fn connect(&self) -> Wire {
        let open = self.open.clone();
        self.most.fetch_max(open.fetch_add(1, Relaxed) + 1, Relaxed);
        Wire {
            number: self.made.fetch_add(1, Relaxed),
            open,
        }
    }

    fn pool(&self, most: usize) -> Pool<Wire> {
        let server = self.clone();
        Pool::new(most, move |_| Ok(server.connect()))
    }
}

fn later() -> Instant {
    Instant::now() + LIMIT
}

fn fault() -> Fault {
    Fault::new(FaultKind::Connect, "as planned")
}

fn take(pool: &Pool<Wire>) -> Pooled<'_, Wire> {
    pool.take(later()).expect("there is a connection")
}

#[test]
fn a_connection_that_is_given_back_is_used_again() {
    let server = Server::default();
    let pool = server.pool(4);
    let first = take(&pool);
    assert!(first.is_new());
    drop(first);
    for _ in 0..10 {
        let again = take(&pool);
        assert!(!again.is_new());
        assert_eq!(again.number, 0);
    }
    assert_eq!(server.open.load(Relaxed), 1);
}

#[test]
fn the_last_one_given_back_is_lent_first() {
    let pool = Server::default().pool(4);
    let [a, b, c] = [take(&pool), take(&pool), take(&pool)];
    assert_eq!([a.number, b.number, c.number], [0, 1, 2]);
    drop(a);
    drop(c);
    drop(b);
    let [first, second, third] = [take(&pool), take(&pool), take(&pool)];
    assert_eq!([first.number, second.number, third.number], [1, 2, 0]);
}

#[test]
fn a_discarded_connection_is_closed_and_its_place_is_free() {
    let server = Server::default();
    let pool = server.pool(1);
    take(&pool).discard();
    assert_eq!(server.open.load(Relaxed), 0);
    let next = take(&pool);
    assert!(next.is_new());
    assert_eq!(next.number, 1);
}

#[test]
fn a_connection_is_closed_when_its_user_panics() {
    let server = Server::default();
    let pool = server.pool(1);
    let panicked = thread::scope(|scope| {
        let user = scope.spawn(|| {
            let _lent = take(&pool);
            panic!("as planned");
        });
        user.join().is_err()
    });
    assert!(panicked);
    assert_eq!(server.open.load(Relaxed), 0);
    assert_eq!(take(&pool).number, 1);
}

#[test]
fn who_waits_gets_what_is_given_back() {
    let pool = Server::default().pool(1);
    let lent = take(&pool);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| take(&pool).number);
        thread::yield_now();
        drop(lent);
        assert_eq!(waiting.join().expect("it ends well"), 0);
    });
}

#[test]
fn who_waits_gets_the_place_of_one_that_is_discarded() {
    let pool = Server::default().pool(1);
    let lent = take(&pool);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| take(&pool).number);
        thread::yield_now();
        lent.discard();
        assert_eq!(waiting.join().expect("it ends well"), 1);
    });
}

#[test]
fn who_waits_too_long_gets_a_timeout() {
    let pool = Server::default().pool(1);
    let _lent = take(&pool);
    let start = Instant::now();
    let answer = pool.take(start + SOON);
    assert_eq!(answer.expect_err("none is free").kind(), FaultKind::Timeout);
    assert!(start.elapsed() >= SOON);
}

#[test]
fn an_idle_connection_is_lent_even_when_the_time_is_over() {
    let pool = Server::default().pool(1);
    drop(take(&pool));
    assert!(pool.take(Instant::now()).is_ok());
}

#[test]
fn a_connect_that_fails_or_panics_gives_its_place_back() {
    let tries = AtomicUsize::new(0);
    let server = Server::default();
    let made = server.clone();
    let pool = Pool::new(1, move |_| match tries.fetch_add(1, Relaxed) {
        0 => Err(fault()),
        1 => panic!("as planned"),
        _ => Ok(made.connect()),
    });
    assert_eq!(pool.take(later()).err(), Some(fault()));
    let panicked =
        thread::scope(|scope| scope.spawn(|| pool.take(later()).is_ok()).join().is_err());
    assert!(panicked);
    assert_eq!(take(&pool).number, 0);
}

#[test]
fn connecting_learns_by_when_it_has_to_be_done() {
    let pool = Pool::new(1, Ok);
    let until = later();
    assert_eq!(*pool.take(until).expect("made"), until);
}

#[test]
fn a_second_try_gets_a_new_connection_and_no_more_than_there_may_be() {
    let server = Server::default();
    let pool = server.pool(2);
    let both = [take(&pool), take(&pool)];
    drop(both);
    let lent = take(&pool);
    lent.discard();
    let second = pool.connect(later()).expect("there is room");
    assert!(second.is_new());
    assert_eq!(second.number, 2);
    assert!(server.open.load(Relaxed) <= 2);
    let third = pool.connect(later()).expect("the idle one makes room");
    assert_eq!(third.number, 3);
    assert_eq!(server.open.load(Relaxed), 2);
    assert!(pool.connect(Instant::now()).is_err());
}

#[test]
fn a_cleared_pool_lends_nothing_that_is_older() {
    let server = Server::default();
    let pool = server.pool(4);
    let lent = take(&pool);
    drop([take(&pool), take(&pool)]);
    assert_eq!(server.open.load(Relaxed), 3);
    pool.clear();
    assert_eq!(server.open.load(Relaxed), 1);
    drop(lent);
    assert_eq!(server.open.load(Relaxed), 0);
    let many: Vec<_> = (0..4).map(|_| take(&pool)).collect();
    assert!(many.iter().all(Pooled::is_new));
}

#[test]
fn a_pool_of_none_has_one() {
    assert!(Server::default().pool(0).take(later()).is_ok());
}

#[test]
fn many_threads_share_a_few_connections() {
    let server = Server::default();
    let pool = server.pool(3);
    let uses = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..16 {
            let (pool, uses) = (&pool, &uses);
            scope.spawn(move || {
                for round in 0..200 {
                    let lent = take(pool);
                    uses.fetch_add(1, Relaxed);
                    match (thread + round) % 7 {
                        0 => lent.discard(),
                        1 => {
                            lent.discard();
                            drop(pool.connect(later()).expect("there is room some time"));
                        }
                        2 => pool.clear(),
                        _ => drop(lent),
                    }
                }
            });
        }
    });
    assert_eq!(uses.load(Relaxed), 16 * 200);
    assert!(server.most.load(Relaxed) <= 3 + 1, "one may be closing");
    assert!(server.open.load(Relaxed) <= 3);
    assert!(format!("{pool:?}").contains("most: 3"));
}

/// A server that takes every connection's whole time and then fails: all threads are back after their own time, and not after the sum.
#[test]
fn during_an_outage_nobody_waits_for_more_than_his_own_time() {
    let pool: Pool<Wire> = Pool::new(2, |until: Instant| {
        thread::sleep(until.saturating_duration_since(Instant::now()));
        Err(Fault::new(FaultKind::Timeout, "as planned"))
    });
    let longest = thread::scope(|scope| {
        let threads: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| {
                    let start = Instant::now();
                    let until = start + 4 * SOON;
                    let kind = pool.take(until).expect_err("it is down").kind();
                    assert_eq!(kind, FaultKind::Timeout);
                    Instant::now().saturating_duration_since(until)
                })
            })
            .collect();
        let late = threads.into_iter().map(|thread| thread.join());
        late.map(|late| late.expect("it ends well")).max()
    });
    // One after another in two places, they would need sixteen times as long.
    assert!(longest.expect("there are some") < 20 * SOON, "{longest:?}");
}
