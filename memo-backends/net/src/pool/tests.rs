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
    is_quiet: bool,
    open: Arc<AtomicUsize>,
    aborted: Arc<AtomicUsize>,
}

impl Connection for Wire {
    fn is_quiet(&mut self) -> bool {
        self.is_quiet
    }

    fn abort(&mut self) {
        self.aborted.fetch_add(1, Relaxed);
    }
}

/// What a connection was told.
impl Connection for Instant {}

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
    aborted: Arc<AtomicUsize>,
}

impl Server {
    fn connect(&self) -> Wire {
        let open = self.open.clone();
        self.most.fetch_max(open.fetch_add(1, Relaxed) + 1, Relaxed);
        Wire {
            number: self.made.fetch_add(1, Relaxed),
            is_quiet: true,
            open,
            aborted: self.aborted.clone(),
        }
    }

    fn pool(&self, most: usize) -> Pool<Wire> {
        let server = self.clone();
        Pool::new(most, move |_| Ok(server.connect()))
    }
}

fn later() -> Deadline {
    Deadline::after(LIMIT)
}

fn now() -> Deadline {
    Deadline::after(Duration::ZERO)
}

fn fault() -> Fault {
    Fault::new(FaultKind::Connect, "as planned")
}

fn take(pool: &Pool<Wire>) -> Pooled<'_, Wire> {
    pool.take(&later()).expect("there is a connection")
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
fn who_waits_while_nobody_is_served_gives_up_after_a_deadline() {
    let pool = Server::default().pool(1);
    let _lent = take(&pool);
    let start = Instant::now();
    let answer = pool.take(&Deadline::after(SOON));
    let Err(Unlent::Shortage(fault)) = answer else {
        panic!("none is free");
    };
    assert_eq!(fault.kind(), FaultKind::Timeout);
    assert!(start.elapsed() >= SOON);
    assert_eq!(pool.lock().line.len(), 0, "it is in nobody's way");
}

#[test]
fn an_idle_connection_is_lent_even_when_the_time_is_over() {
    let pool = Server::default().pool(1);
    drop(take(&pool));
    assert!(pool.take(&now()).is_ok());
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
    let failed = pool.take(&later()).err();
    assert_eq!(failed, Some(Unlent::Failed(fault())));
    let panicked =
        thread::scope(|scope| scope.spawn(|| pool.take(&later()).is_ok()).join().is_err());
    assert!(panicked);
    assert_eq!(take(&pool).number, 0);
}

#[test]
fn connecting_learns_by_when_it_has_to_be_done() {
    let pool = Pool::new(1, Ok);
    let until = later();
    assert_eq!(*pool.take(&until).expect("made"), until.end());
}

#[test]
fn a_second_try_gets_a_new_connection_on_the_place_of_the_first() {
    let server = Server::default();
    let pool = server.pool(2);
    let both = [take(&pool), take(&pool)];
    drop(both);
    pool.clear();
    let _other = take(&pool);
    let first = take(&pool);
    let number = first.number;
    let second = first.replaced(&now()).expect("it has a place");
    assert!(second.is_new() && second.number > number);
    assert_eq!(server.open.load(Relaxed), 2);
    drop(second);
    assert_eq!(take(&pool).number, number + 1, "it is lent again");
}

#[test]
fn what_is_given_up_is_aborted_and_what_is_given_back_is_not() {
    let server = Server::default();
    let pool = server.pool(1);
    drop(take(&pool));
    pool.clear();
    assert_eq!(server.aborted.load(Relaxed), 0);
    take(&pool).discard();
    assert_eq!(server.aborted.load(Relaxed), 1);
    drop(take(&pool).replaced(&later()).expect("it is made"));
    assert_eq!(server.aborted.load(Relaxed), 2);
    let panics = || {
        let _lent = take(&pool);
        panic!("as planned");
    };
    assert!(thread::scope(|scope| scope.spawn(panics).join().is_err()));
    assert_eq!(server.aborted.load(Relaxed), 3);
}

#[test]
fn a_connection_on_which_something_came_unasked_is_not_lent() {
    let server = Server::default();
    let pool = server.pool(1);
    take(&pool).is_quiet = false;
    let next = take(&pool);
    assert!(next.is_new());
    assert_eq!((next.number, server.aborted.load(Relaxed)), (1, 1));
}

#[test]
fn a_child_of_a_fork_lends_no_connection_of_its_parent() {
    let server = Server::default();
    let pool = server.pool(2);
    drop([take(&pool), take(&pool)]);
    let kept = take(&pool);
    // What the child finds: the parent's number.
    pool.lock().process += 1;
    let own = [take(&pool), take(&pool)];
    assert!(own.iter().all(Pooled::is_new));
    drop(kept);
    assert_eq!(server.open.load(Relaxed), 2, "the parent's are closed");
    drop(own);
    let numbers = [take(&pool).number, take(&pool).number];
    assert!(numbers.iter().all(|&number| number >= 2), "{numbers:?}");
}

#[test]
fn a_child_of_a_fork_gives_nothing_to_the_threads_of_its_parent() {
    let pool = Server::default().pool(1);
    let _seat = pool.lock().line.join();
    // What the child finds: the parent's number.
    pool.lock().process += 1;
    drop(take(&pool));
    let again = pool.take(&now());
    assert!(again.is_ok_and(|lent| !lent.is_new()));
}

/// Has as many threads wait for the pool's only connection, one after the other, while it is on loan.
fn line_up<'s>(
    scope: &'s thread::Scope<'s, '_>,
    pool: &'s Pool<Wire>,
    many: usize,
    then: impl Fn(usize, Pooled<'_, Wire>) + Send + Sync + 's,
) {
    let then = Arc::new(then);
    for place in 0..many {
        let then = Arc::clone(&then);
        scope.spawn(move || then(place, take(pool)));
        waits(pool, place + 1);
    }
}

fn waits(pool: &Pool<Wire>, many: usize) {
    let start = Instant::now();
    while pool.lock().line.len() < many {
        assert!(start.elapsed() < LIMIT, "they never came");
        thread::yield_now();
    }
}

#[test]
fn who_has_waited_longest_is_served_first() {
    let pool = Server::default().pool(1);
    let served = Mutex::new(Vec::new());
    let lent = take(&pool);
    thread::scope(|scope| {
        line_up(scope, &pool, 16, |place, lent| {
            served.lock().expect("nobody panics").push(place);
            // A new connection on the same place is handed on as well.
            match place % 3 {
                0 => lent.discard(),
                _ => drop(lent),
            }
        });
        drop(lent);
    });
    let served = served.into_inner().expect("nobody panics");
    assert!(served.iter().copied().eq(0..16), "{served:?}");
}

#[test]
fn who_gives_back_and_takes_again_queues_behind_those_who_wait() {
    let pool = Server::default().pool(1);
    let turns = Mutex::new(Vec::new());
    let first = take(&pool);
    thread::scope(|scope| {
        line_up(scope, &pool, 4, |place, lent| {
            let mut lent = Some(lent);
            for _ in 0..5 {
                turns.lock().expect("nobody panics").push(place);
                // Those who were served before are back in the line.
                waits(&pool, 3);
                drop(lent.take());
                lent = Some(take(&pool));
            }
            turns.lock().expect("nobody panics").push(place);
        });
        drop(first);
    });
    let turns = turns.into_inner().expect("nobody panics");
    let of_all: Vec<usize> = (0..20).map(|turn| turn % 4).collect();
    assert_eq!(turns.get(..16), of_all.get(..16), "each in its turn");
}

#[test]
fn who_has_waited_while_others_were_served_has_all_of_its_time() {
    let pool = Server::default().pool(1);
    let begin = Instant::now();
    let waited = thread::scope(|scope| {
        let lent = take(&pool);
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let deadline = Deadline::after(LIMIT);
                    let without_waiting = deadline.end();
                    let lent = pool.take(&deadline).expect("others are served");
                    let turn = Instant::now();
                    assert!(deadline.end() > without_waiting);
                    thread::sleep(SOON);
                    drop(lent);
                    turn
                })
            })
            .collect();
        waits(&pool, 8);
        drop(lent);
        let turns = threads
            .into_iter()
            .map(|thread| thread.join().expect("it ends well"));
        turns.max().expect("there are some") - begin
    });
    assert!(waited >= 7 * SOON, "{waited:?}");
}

#[test]
fn patience_grows_with_every_one_who_is_served_up_to_its_bound() {
    let second = Duration::from_secs(1);
    let mut long_ago = Deadline::after(Duration::ZERO);
    let deadline = Deadline::after(second);
    let mut line: Line<()> = Line::default();
    assert_eq!(line.patience(&deadline), None, "nobody was served");
    let place = |was_served| Place {
        idle: None,
        generation: 0,
        was_served,
    };
    let _seats = [line.join(), line.join()];
    assert!(line.call(place(false)).is_none());
    assert_eq!(line.patience(&deadline), None, "who failed was not served");
    assert!(line.call(place(true)).is_none());
    let patience = line.patience(&deadline).expect("one was served");
    assert!(patience >= deadline.end());
    let late = Deadline::after(second);
    assert_eq!(line.patience(&late), None, "that was before it came");
    let patience = line.patience(&long_ago).expect("one was served");
    assert!(patience <= Line::<()>::last(&long_ago));
    long_ago.put_off(Instant::now());
    assert_eq!(shortage(&long_ago, Instant::now()).kind(), FaultKind::Busy);
    let fresh = shortage(&Deadline::after(LIMIT), Instant::now());
    assert_eq!(fresh.kind(), FaultKind::Timeout);
    long_ago = late;
    assert!(long_ago.end() <= Line::<()>::last(&long_ago));
}

#[test]
fn who_has_seen_another_served_goes_on_waiting_when_its_time_is_over() {
    let pool = Server::default().pool(1);
    let deadline = later();
    let seat = {
        let mut state = pool.lock();
        let [_first, seat] = [state.line.join(), state.line.join()];
        let place = Place {
            idle: None,
            generation: 0,
            was_served: true,
        };
        assert!(state.line.call(place).is_none());
        seat
    };
    assert!(matches!(pool.leave(&seat, &deadline), Ok(None)));
    assert_eq!(pool.lock().line.len(), 1);
}

/// A server that takes a turn's time for each answer, as many callers, and a count of turns instead of time: how long each waits, in turns.
#[test]
fn with_many_more_callers_than_connections_all_wait_for_about_the_same() {
    const CONNECTIONS: usize = 16;
    for callers in [64, 500] {
        let mut line: Line<usize> = Line::default();
        let mut seats: Vec<_> = (0..callers).map(|_| (line.join(), 0)).collect();
        let mut waits = Vec::new();
        for turn in 1..=100 {
            for connection in 0..CONNECTIONS {
                let place = Place {
                    idle: Some(connection),
                    generation: 0,
                    was_served: true,
                };
                assert!(line.call(place).is_none());
            }
            for (seat, since) in &mut seats {
                if seat.taken().is_some() {
                    waits.push(turn - *since);
                    (*seat, *since) = (line.join(), turn);
                }
            }
        }
        // Those of the first round had nobody before them.
        let mut waits = waits.split_off(callers);
        waits.sort_unstable();
        let (median, slow) = (waits[waits.len() / 2], waits[waits.len() * 99 / 100]);
        assert!(slow <= 3 * median, "{callers}: {median} and {slow}");
    }
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
fn a_connection_that_is_made_after_the_pool_was_cleared_is_kept() {
    let pool = Server::default().pool(1);
    let lent = take(&pool);
    pool.clear();
    drop(lent.replaced(&later()).expect("it is made"));
    assert!(!take(&pool).is_new());
}

#[test]
fn a_pool_of_none_has_one() {
    assert!(Server::default().pool(0).take(&later()).is_ok());
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
                            drop(take(pool).replaced(&later()).expect("it has a place"));
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
    const TIME: Duration = Duration::from_secs(2);
    let pool: Pool<Wire> = Pool::new(2, |until: Instant| -> Answer<Wire> {
        thread::sleep(until.saturating_duration_since(Instant::now()));
        Err(Fault::new(FaultKind::Timeout, "as planned"))
    });
    let longest = thread::scope(|scope| {
        let threads: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| {
                    let start = Instant::now();
                    let until = start + TIME;
                    let unlent = pool.take(&Deadline::after(TIME));
                    let Err(Unlent::Failed(fault) | Unlent::Shortage(fault)) = unlent else {
                        panic!("it is down");
                    };
                    assert_eq!(fault.kind(), FaultKind::Timeout);
                    Instant::now().saturating_duration_since(until)
                })
            })
            .collect();
        let late = threads.into_iter().map(|thread| thread.join());
        late.map(|late| late.expect("it ends well")).max()
    });
    // One after another in two places, they would need sixteen times as long.
    assert!(longest.expect("there are some") < 8 * TIME, "{longest:?}");
}
