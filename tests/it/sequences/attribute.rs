//! `#[memoize_iter]`, as one writes it.

use std::time::Duration;

use memo::{Cache, Verdict, memoize_iter, with_cache};
use memo_testkit::with_cache_disabled;

use super::source::lines;
use crate::Runs;
use crate::shelf::{Shelf, is_chunk};
use crate::store::Isolated;

/// Something to borrow from, whose readings are counted.
#[derive(Debug, Default)]
struct Db {
    runs: Runs,
    edition: u32,
}

impl Db {
    fn of(edition: u32) -> Self {
        Self {
            edition,
            ..Self::default()
        }
    }

    fn rows(&self, count: usize) -> impl Iterator<Item = String> + use<> {
        self.runs.add();
        lines(self.edition, count, 30).into_iter()
    }
}

#[memoize_iter(key = "rows:{count}", expiration = 60, skip(db))]
fn rows(db: &Db, count: usize) -> impl Iterator<Item = String> {
    db.rows(count)
}

#[memoize_iter(key = "numbered-rows:{count}", expiration = 60, skip(db))]
fn numbered(db: &Db, count: usize) -> impl Iterator<Item = (usize, String)> {
    let edition = db.edition;
    db.rows(count)
        .enumerate()
        .filter(move |(n, _)| *n as u32 != edition)
}

#[memoize_iter(key = "boxed-rows:{count}", expiration = 60, skip(db))]
fn boxed(db: &Db, count: usize) -> Box<dyn Iterator<Item = String> + '_> {
    Box::new(db.rows(count))
}

#[memoize_iter(key = "listed-rows:{count}", expiration = 60, skip(db))]
fn listed(db: &Db, count: usize) -> Vec<String> {
    db.rows(count).collect()
}

#[memoize_iter(key = "fallible-rows:{count}", expiration = 60, skip(db))]
fn fallible(db: &Db, count: usize) -> impl Iterator<Item = Result<String, String>> {
    let edition = db.edition;
    let row = move |row: String| match edition {
        0 => Err("no edition".to_owned()),
        _ => Ok(row),
    };
    db.rows(count).map(row)
}

#[memoize_iter(key = "forced-rows:{count}", force_overwrite = force, skip(db, force))]
fn forced(db: &Db, count: usize, force: bool) -> impl Iterator<Item = String> {
    db.rows(count)
}

#[memoize_iter(key = "brief-rows:{count}", expiration = Duration::from_secs(seconds), skip(db, seconds))]
fn brief(db: &Db, count: usize, seconds: u64) -> impl Iterator<Item = String> {
    db.rows(count)
}

#[memoize_iter(key = "bound-rows:{count}", cache = cache, skip(db, cache))]
fn bound(db: &Db, cache: &Cache, count: usize) -> impl Iterator<Item = String> {
    db.rows(count)
}

#[memoize_iter(key = "kept-rows:{count}", on_drop = "keep", skip(db))]
fn kept(db: &Db, count: usize) -> impl Iterator<Item = String> {
    db.rows(count)
}

fn all(items: impl IntoIterator<Item = String>) -> Vec<String> {
    items.into_iter().collect()
}

type Read = fn(&Db, usize) -> Vec<String>;

#[test]
fn whatever_there_is_to_iterate_comes_back_as_it_was() {
    let reads: [Read; 4] = [
        |db, count| all(rows(db, count)),
        |db, count| numbered(db, count).map(|(_, row)| row).collect(),
        |db, count| all(boxed(db, count)),
        |db, count| all(listed(db, count)),
    ];
    for read in reads {
        for count in [0, 1, 2, 200] {
            let shelf = Shelf::new(300);
            let db = Db::of(500);
            let first = shelf.run(|| read(&db, count));
            assert_eq!(first, lines(500, count, 30));
            assert_eq!(shelf.run(|| read(&db, count)), first);
            assert_eq!(db.runs.get(), 1);
        }
    }
}

#[test]
fn an_error_is_given_out_and_not_stored() {
    Isolated::new().run(|| {
        let (broken, sound) = (Db::of(0), Db::of(1));
        for run in 1..3 {
            let items: Vec<_> = fallible(&broken, 2).collect();
            assert_eq!(
                items,
                [Err("no edition".to_owned()), Err("no edition".to_owned())]
            );
            assert_eq!(broken.runs.get(), run);
        }
        for _ in 0..2 {
            let items: Result<Vec<_>, _> = fallible(&sound, 2).collect();
            assert_eq!(items, Ok(lines(1, 2, 30)));
        }
        assert_eq!(sound.runs.get(), 1);
    });
}

#[test]
fn a_sequence_lives_where_it_was_called_for() {
    let (one, two) = (Shelf::new(300), Shelf::new(300));
    let db = Db::of(1);
    let items = one.run(|| rows(&db, 20));
    assert_eq!(all(two.run(|| items)), lines(1, 20, 30));
    assert_eq!(one.run(|| all(rows(&Db::of(2), 20))), lines(1, 20, 30));
    assert_eq!(two.run(|| all(rows(&Db::of(2), 20))), lines(2, 20, 30));
    let items = one.run(|| rows(&db, 20));
    assert_eq!(with_cache_disabled(|| all(items)), lines(1, 20, 30));
    assert_eq!(db.runs.get(), 1);
}

#[test]
fn a_bound_cache_wins_over_the_scope() {
    let (scope, cache) = (Shelf::new(300), Shelf::new(300));
    for edition in 1..3 {
        let db = Db::of(edition);
        let items = with_cache(&scope.cache, || all(bound(&db, &cache.cache, 20)));
        assert_eq!(items, lines(1, 20, 30));
    }
    assert_eq!(scope.names().len(), 0);
    assert!(cache.names().len() > 1);
}

#[test]
fn a_call_may_insist_on_new_items() {
    Isolated::new().run(|| {
        assert_eq!(all(forced(&Db::of(1), 9, false)), lines(1, 9, 30));
        assert_eq!(all(forced(&Db::of(2), 9, false)), lines(1, 9, 30));
        assert_eq!(all(forced(&Db::of(2), 9, true)), lines(2, 9, 30));
        assert_eq!(all(forced(&Db::of(3), 9, false)), lines(2, 9, 30));
    });
}

#[test]
fn an_expression_says_how_long_items_live() {
    let test = Isolated::new();
    test.run(|| {
        for (seconds, edition, seen) in [(10, 1, 1), (99, 2, 1), (99, 3, 3), (1, 4, 3)] {
            assert_eq!(all(brief(&Db::of(edition), 9, seconds)), lines(seen, 9, 30));
            test.clock().advance(Duration::from_secs(5));
        }
    });
}

#[test]
fn a_kept_beginning_answers_whoever_wants_no_more() {
    let (shelf, db) = (Shelf::new(300), Db::of(1));
    shelf.run(|| {
        for many in [7, 7, 5, 0] {
            assert_eq!(all(kept(&db, 30).take(many)), lines(1, many, 30));
        }
        assert_eq!(db.runs.get(), 1);
        assert_eq!(all(kept(&db, 30)), lines(1, 30, 30));
        assert_eq!(db.runs.get(), 2);
    });
}

#[test]
fn the_entry_of_a_sequence_is_a_list() {
    let test = Isolated::new();
    let shelf = Shelf::new(300);
    for run in [
        &|call: &dyn Fn()| test.run(call) as (),
        &|call: &dyn Fn()| shelf.run(call),
    ] as [&dyn Fn(&dyn Fn()); 2]
    {
        run(&|| {
            let (db, other) = (Db::of(1), Db::of(2));
            let entry = || rows::entry(&db, 20);
            assert_eq!(entry().peek(), None);
            assert_eq!(entry().explain().verdict, Verdict::Absent);
            assert_eq!(all(rows(&db, 20)), lines(1, 20, 30));
            assert_eq!(entry().peek(), Some(lines(1, 20, 30)));
            assert!(matches!(entry().explain().verdict, Verdict::Hit { .. }));
            assert!(entry().invalidate());
            assert!(!entry().invalidate());
            assert_eq!(all(rows(&other, 20)), lines(2, 20, 30));
            entry().put(lines(3, 25, 30));
            assert_eq!(entry().peek(), Some(lines(3, 25, 30)));
            assert_eq!(all(rows(&other, 20)), lines(3, 25, 30));
            entry().put(Vec::new());
            assert_eq!(all(rows(&other, 20)), lines(4, 0, 30));
            assert_eq!((db.runs.get(), other.runs.get()), (1, 1));
        });
    }
}

#[test]
fn a_sequence_that_is_invalidated_while_it_is_made_is_not_stored() {
    let (old, new) = (Db::of(1), Db::of(2));
    for shelf in [Shelf::new(300), Shelf::new(1 << 20)] {
        for many in 0..20 {
            shelf.run(|| {
                rows::entry(&old, 20).invalidate();
                let mut made = rows(&old, 20);
                let mut items: Vec<_> = made.by_ref().take(many).collect();
                rows::entry(&old, 20).invalidate();
                assert_eq!(all(rows(&new, 20).take(1)), lines(2, 1, 30), "{many}");
                items.extend(made);
                assert_eq!(items, lines(1, 20, 30), "{many}");
                assert_eq!(all(rows(&new, 20)), lines(2, 20, 30), "{many}");
            });
        }
    }
}

#[test]
fn a_damaged_sequence_has_no_peek() {
    for place in 0..4 {
        let (shelf, db) = (Shelf::new(300), Db::of(1));
        shelf.run(|| all(rows(&db, 40)));
        shelf.store.remove(&shelf.chunks()[place]);
        let peek = || shelf.run(|| rows::entry(&db, 40).peek());
        assert_eq!(peek(), None);
        assert_eq!(shelf.run(|| all(rows(&db, 40))), lines(1, 40, 30));
        assert_eq!(peek(), Some(lines(1, 40, 30)));
    }
}

#[test]
fn a_kept_beginning_has_no_peek() {
    let (shelf, db) = (Shelf::new(300), Db::of(1));
    shelf.run(|| {
        kept(&db, 30).take(20).for_each(drop);
        assert_eq!(kept::entry(&db, 30).peek(), None);
        assert!(kept::entry(&db, 30).invalidate());
    });
    assert!(shelf.names().iter().all(|name| is_chunk(name)));
}

#[cfg(feature = "stream")]
mod streams {
    use futures::executor::block_on;
    use futures::{Stream, StreamExt, TryStreamExt, stream};

    use super::*;

    #[memoize_iter(key = "streamed-rows:{count}", expiration = 60, skip(db))]
    fn rows(db: &Db, count: usize) -> impl Stream<Item = String> {
        stream::iter(db.rows(count))
    }

    #[memoize_iter(key = "streamed-fallible-rows:{count}", expiration = 60, skip(db))]
    fn fallible(db: &Db, count: usize) -> impl Stream<Item = Result<String, String>> {
        let edition = db.edition;
        stream::iter(db.rows(count)).map(move |row| match edition {
            0 => Err("no edition".to_owned()),
            _ => Ok(row),
        })
    }

    #[memoize_iter(key = "collected-rows:{count}", expiration = 60, skip(db))]
    async fn collected(db: &Db, count: usize) -> Vec<String> {
        db.rows(count).collect()
    }

    #[test]
    fn a_stream_comes_back_as_it_was() {
        for count in [0, 1, 2, 200] {
            let (shelf, db) = (Shelf::new(300), Db::of(1));
            for _ in 0..2 {
                let items = block_on(shelf.run(|| rows(&db, count)).collect::<Vec<_>>());
                assert_eq!(items, lines(1, count, 30));
            }
            assert_eq!(db.runs.get(), 1);
        }
    }

    #[test]
    fn an_error_of_a_stream_is_given_out_and_not_stored() {
        Isolated::new().run(|| {
            let (broken, sound) = (Db::of(0), Db::of(1));
            for _ in 0..2 {
                let items: Result<Vec<_>, _> = block_on(fallible(&broken, 5).try_collect());
                assert_eq!(items, Err("no edition".to_owned()));
            }
            for _ in 0..2 {
                let items: Result<Vec<_>, _> = block_on(fallible(&sound, 5).try_collect());
                assert_eq!(items, Ok(lines(1, 5, 30)));
            }
            assert_eq!((broken.runs.get(), sound.runs.get()), (2, 1));
        });
    }

    #[test]
    fn an_async_function_gives_its_list_back() {
        for count in [0, 1, 2, 200] {
            let (shelf, db) = (Shelf::new(300), Db::of(1));
            for _ in 0..2 {
                let items = block_on(shelf.run_async(collected(&db, count)));
                assert_eq!(items, lines(1, count, 30));
            }
            assert_eq!(db.runs.get(), 1);
        }
    }

    #[test]
    fn the_entry_of_a_stream_is_a_list() {
        let (shelf, db) = (Shelf::new(300), Db::of(1));
        block_on(shelf.run_async(async {
            rows(&db, 20).for_each(|_| async {}).await;
            assert_eq!(rows::entry(&db, 20).peek().await, Some(lines(1, 20, 30)));
            rows::entry(&db, 20).put(lines(2, 20, 30)).await;
            assert_eq!(rows(&db, 20).collect::<Vec<_>>().await, lines(2, 20, 30));
            assert!(rows::entry(&db, 20).invalidate().await);
            assert_eq!(rows::entry(&db, 20).peek().await, None);
        }));
    }
}
