//! Who a function is: its path, or its `name`. Whatever their keys say, two functions are never served each other's values, and those of one name are.

use std::thread;

use futures::executor::block_on;
use memo::{Event, Problem, memoize, memoize_iter};
use memo_testkit::assert_computed;

use crate::Runs;
use crate::store::Isolated;
use crate::support::{Gate, Scripted, in_time, until, until_waiting};

/// Two functions with one key and one type of value: what they return for a book.
type Pair = fn(u64) -> [String; 2];

struct Book(u64);

/// Pairs that have nothing but a template in common.
mod apart {
    use super::*;

    #[memoize(key = "functions:{n}")]
    fn title(n: u64) -> String {
        format!("title {n}")
    }

    #[memoize(key = "functions:{n}")]
    fn author(n: u64) -> String {
        format!("author {n}")
    }

    impl Book {
        #[memoize(key = "methods:{self.0}")]
        fn title(&self) -> String {
            format!("title {}", self.0)
        }

        #[memoize(key = "methods:{self.0}")]
        fn author(&self) -> String {
            format!("author {}", self.0)
        }
    }

    #[memoize(key = "plain-or-large:{n}")]
    fn plain(n: u64) -> String {
        format!("title {n}")
    }

    #[memoize(key = "plain-or-large:{n}", large_data)]
    fn large(n: u64) -> String {
        format!("author {n}")
    }

    #[memoize(key = "both-large:{n}", large_data)]
    fn large_title(n: u64) -> String {
        format!("title {n}")
    }

    #[memoize(key = "both-large:{n}", large_data)]
    fn large_author(n: u64) -> String {
        format!("author {n}")
    }

    #[memoize(key = "blocking-or-async:{n}")]
    fn blocking(n: u64) -> String {
        format!("title {n}")
    }

    #[memoize(key = "blocking-or-async:{n}")]
    async fn asynchronous(n: u64) -> String {
        format!("author {n}")
    }

    #[memoize(key = "value-or-items:{n}")]
    fn value(n: u64) -> Vec<String> {
        vec![format!("title {n}")]
    }

    #[memoize_iter(key = "value-or-items:{n}")]
    fn items(n: u64) -> Vec<String> {
        vec![format!("author {n}")]
    }

    #[memoize_iter(key = "both-items:{n}")]
    fn item_title(n: u64) -> Vec<String> {
        vec![format!("title {n}")]
    }

    #[memoize_iter(key = "both-items:{n}")]
    fn item_author(n: u64) -> Vec<String> {
        vec![format!("author {n}")]
    }

    #[memoize(key = "locked:{n}", lock)]
    fn locked_title(n: u64) -> String {
        format!("title {n}")
    }

    #[memoize(key = "locked:{n}", lock)]
    fn locked_author(n: u64) -> String {
        format!("author {n}")
    }

    #[memoize(key = "copied:{n}", near = "5s")]
    fn copied_title(n: u64) -> String {
        format!("title {n}")
    }

    #[memoize(key = "copied:{n}", near = "5s")]
    fn copied_author(n: u64) -> String {
        format!("author {n}")
    }

    #[memoize(key = "by-words:{first}:{last}")]
    fn by_words(first: &str, last: &str) -> String {
        let _ = first;
        format!("title {last}")
    }

    #[memoize(key = "by-words:book:{n}")]
    fn by_number(n: u64) -> String {
        format!("author {n}")
    }

    pub(super) const PAIRS: [Pair; 10] = [
        |n| [title(n), author(n)],
        |n| [Book(n).title(), Book(n).author()],
        |n| [plain(n), large(n)],
        |n| [large_title(n), large_author(n)],
        |n| [blocking(n), block_on(asynchronous(n))],
        |n| [value(n).concat(), items(n).concat()],
        |n| [item_title(n).concat(), item_author(n).concat()],
        |n| [locked_title(n), locked_author(n)],
        |n| [copied_title(n), copied_author(n)],
        |n| [by_words("book", &n.to_string()), by_number(n)],
    ];
}

fn expected(n: u64) -> [String; 2] {
    [format!("title {n}"), format!("author {n}")]
}

#[test]
fn functions_of_one_template_are_served_their_own_values_where_this_run_keeps_them() {
    Isolated::new().run(|| {
        for (number, pair) in apart::PAIRS.iter().enumerate() {
            for _ in 0..3 {
                assert_eq!(pair(7), expected(7), "pair {number}");
            }
        }
    });
}

#[test]
fn functions_of_one_template_are_served_their_own_values_outside_the_process() {
    Scripted::new().isolated().run(|| {
        for (number, pair) in apart::PAIRS.iter().enumerate() {
            for _ in 0..3 {
                assert_eq!(pair(8), expected(8), "pair {number}");
            }
        }
    });
}

#[cfg(feature = "encrypt")]
#[test]
fn functions_of_one_template_are_served_their_own_values_where_all_are_sealed() {
    use memo::{Keyring, Secret};

    let keyring = Keyring::single(&Secret::from_bytes(&[7; 32]).expect("32 bytes"));
    let test = Isolated::with(|cache| cache.keyring(keyring).encrypt_all());
    test.expect("sound").run(|| {
        for (number, pair) in apart::PAIRS.iter().enumerate() {
            for _ in 0..3 {
                assert_eq!(pair(9), expected(9), "pair {number}");
            }
        }
    });
}

#[test]
fn functions_of_one_template_keep_their_entries_beside_each_other_in_this_process() {
    crate::store::in_memory(crate::store::Why::Objects);
    Isolated::new().run(|| {
        for (number, pair) in apart::PAIRS.iter().enumerate() {
            assert_computed!(2, pair(10));
            assert_eq!(assert_computed!(0, pair(10)), expected(10), "pair {number}");
        }
    });
}

#[test]
fn an_invalidation_leaves_the_values_of_the_other_function_right() {
    static TITLES: Runs = Runs::new();
    static AUTHORS: Runs = Runs::new();
    #[memoize(key = "invalidated-alone:{n}")]
    fn title(n: u64) -> u64 {
        n + TITLES.get()
    }
    #[memoize(key = "invalidated-alone:{n}")]
    fn author(n: u64) -> u64 {
        100 + n + AUTHORS.get()
    }
    Isolated::new().run(|| {
        assert_eq!((title(1), author(1)), (1, 101));
        TITLES.add();
        title::entry(1).invalidate();
        assert_eq!((title(1), author(1)), (2, 101));
        AUTHORS.add();
        author::site().invalidate_all();
        assert_eq!((title(1), author(1)), (2, 102));
    });
}

/// Pairs of one name.
mod together {
    use super::*;

    #[memoize(name = "one-name", key = "{n}")]
    fn title(n: u64) -> String {
        format!("title {n}")
    }

    #[memoize(name = "one-name", key = "{n}")]
    fn title_elsewhere(n: u64) -> String {
        format!("another title {n}")
    }

    #[memoize(name = "one-name-of-arguments")]
    fn by_arguments(n: u64) -> String {
        format!("title {n}")
    }

    #[memoize(name = "one-name-of-arguments", key = [number])]
    fn by_list(number: u64) -> String {
        format!("another title {number}")
    }

    impl Book {
        #[memoize(name = "one-name-of-methods", key = "{self.0}")]
        fn named(&self) -> String {
            format!("title {}", self.0)
        }

        #[memoize(name = "one-name-of-methods", key = "{self.0}")]
        fn named_elsewhere(&self) -> String {
            format!("another title {}", self.0)
        }
    }

    #[memoize(name = "one-name-blocking-or-async", key = "{n}")]
    fn blocking(n: u64) -> String {
        format!("title {n}")
    }

    #[memoize(name = "one-name-blocking-or-async", key = "{n}")]
    async fn asynchronous(n: u64) -> String {
        format!("another title {n}")
    }

    #[memoize_iter(name = "one-name-of-items", key = "{n}")]
    fn items(n: u64) -> Vec<String> {
        vec![format!("title {n}")]
    }

    #[memoize_iter(name = "one-name-of-items", key = "{n}")]
    fn items_elsewhere(n: u64) -> Vec<String> {
        vec![format!("another title {n}")]
    }

    pub(super) const PAIRS: [Pair; 5] = [
        |n| [title(n), title_elsewhere(n)],
        |n| [by_arguments(n), by_list(n)],
        |n| [Book(n).named(), Book(n).named_elsewhere()],
        |n| [blocking(n), block_on(asynchronous(n))],
        |n| [items(n).concat(), items_elsewhere(n).concat()],
    ];
}

#[test]
fn functions_of_one_name_share_their_values() {
    for test in [Isolated::new(), Scripted::new().isolated()] {
        test.run(|| {
            for (number, pair) in together::PAIRS.iter().enumerate() {
                let both = assert_computed!(1, pair(3));
                assert_eq!(both, ["title 3", "title 3"], "pair {number}");
            }
        });
    }
}

#[test]
fn a_plain_and_a_large_function_of_one_name_share_outside_the_process() {
    #[memoize(name = "one-name-plain-or-large", key = "{n}")]
    fn plain(n: u64) -> String {
        format!("title {n}")
    }
    #[memoize(name = "one-name-plain-or-large", key = "{n}", large_data)]
    fn large(n: u64) -> String {
        format!("another title {n}")
    }
    Scripted::new().isolated().run(|| {
        assert_eq!(assert_computed!(1, [plain(1), large(1)]), ["title 1"; 2]);
    });
}

#[test]
fn keys_of_another_shape_share_no_value_under_one_name() {
    #[memoize(name = "one-name-two-shapes", key = "{id}")]
    fn template(id: &str) -> String {
        format!("by template {id}")
    }
    #[memoize(name = "one-name-two-shapes", key = "title:{id}")]
    fn another_template(id: &str) -> String {
        format!("by another template {id}")
    }
    #[memoize(name = "one-name-two-shapes")]
    fn arguments(id: &str) -> String {
        format!("by arguments {id}")
    }
    for test in [Isolated::new(), Scripted::new().isolated()] {
        test.run(|| {
            for _ in 0..2 {
                assert_eq!(template("x"), "by template x");
                assert_eq!(another_template("x"), "by another template x");
                assert_eq!(arguments("x"), "by arguments x");
            }
        });
    }
}

mod named_methods {
    use super::*;
    use crate::shelf::Shelf;

    struct Shop;

    impl Shop {
        #[memoize(name = "shop-price", key = "{item}", skip(self))]
        fn price(&self, item: u64) -> u64 {
            item * 100
        }

        #[memoize(name = "shop-tax", entry = false)]
        fn tax(item: u64) -> u64 {
            item * 7
        }

        #[memoize(name = "shop-stock", entry = false)]
        async fn stock(item: u64) -> u64 {
            item + 1
        }

        #[memoize(key = "shop-unnamed:{item}", skip(self))]
        fn unnamed(&self, item: u64) -> u64 {
            item
        }

        #[memoize(entry = false)]
        async fn unnamed_stock(item: u64) -> u64 {
            item + 2
        }
    }

    mod elsewhere {
        impl super::Shop {
            #[memo::memoize(name = "shop-elsewhere", skip(self))]
            pub(super) fn elsewhere(&self, item: u64) -> u64 {
                item
            }
        }
    }

    trait Priced {
        fn cost(&self, item: u64) -> u64;

        #[memoize(name = "trait-label", skip(self))]
        fn label(&self, item: u64) -> String {
            format!("{} {item}", std::any::type_name::<Self>())
        }
    }

    impl Priced for Shop {
        #[memoize(name = "shop-cost", skip(self))]
        fn cost(&self, item: u64) -> u64 {
            item * 90
        }
    }

    struct Kiosk;

    impl Priced for Kiosk {
        #[memoize(name = "kiosk-cost", skip(self))]
        fn cost(&self, item: u64) -> u64 {
            item * 110
        }
    }

    struct Shelves<T>(T);

    impl<T: Default + std::fmt::Debug + 'static> Shelves<T> {
        #[memoize(name = "generic-first", skip(self))]
        fn first(&self, item: u64) -> String {
            format!("{:?} {item}", T::default())
        }

        #[memoize(name = "generic-last", entry = false)]
        fn last(item: u64) -> String {
            format!("{:?} {item}", T::default())
        }
    }

    #[test]
    fn methods_with_a_name_are_known_by_it_alone() {
        let shelf = Shelf::new(4096);
        shelf.run(|| {
            assert_eq!((Shop.price(1), Shop::tax(1)), (100, 7));
            assert_eq!((Shop.elsewhere(1), Shop.cost(1)), (1, 90));
            assert_eq!(block_on(Shop::stock(1)), 2);
        });
        let mut names = shelf.names();
        names.sort();
        let expected = [
            ":shop-cost:~1u64",
            ":shop-elsewhere:~1u64",
            ":shop-price:1",
            ":shop-stock:~1u64",
            ":shop-tax:~1u64",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn methods_without_a_name_carry_their_type() {
        let shelf = Shelf::new(4096);
        shelf.run(|| assert_eq!((Shop.unnamed(1), block_on(Shop::unnamed_stock(1))), (1, 3)));
        let mut names = shelf.names();
        names.sort();
        let module = "it::identity::named_methods";
        let unnamed = format!("{module}::Shop::unnamed_stock");
        assert_eq!(
            names,
            [
                format!(":{unnamed}:~1u64<{unnamed}>"),
                format!(":shop-unnamed:1<{module}::Shop>"),
            ]
        );
    }

    #[test]
    fn methods_of_generic_types_and_of_traits_keep_their_types_beside_a_name() {
        let test = || {
            for _ in 0..2 {
                assert_ne!(Shop.label(1), Kiosk.label(1));
                assert_eq!(Shelves(1_u8).first(1), "0 1");
                assert_eq!(Shelves(true).first(1), "false 1");
                assert_eq!(Shelves::<u8>::last(1), "0 1");
                assert_eq!(Shelves::<bool>::last(1), "false 1");
                assert_eq!((Shop.cost(1), Kiosk.cost(1)), (90, 110));
            }
        };
        Isolated::new().run(test);
        Scripted::new().isolated().run(test);
    }

    #[test]
    fn a_function_and_a_method_of_one_name_share_their_values() {
        #[memoize(name = "shop-price", key = "{item}")]
        fn price(item: u64) -> u64 {
            item + 1
        }
        let share = || assert_eq!(assert_computed!(1, [Shop.price(2), price(2)]), [200, 200]);
        Isolated::new().run(share);
        Scripted::new().isolated().run(share);
    }
}

/// How often it was told that the keys of one function meet those of the other.
fn told(test: &Isolated, function: &str, other: &str) -> usize {
    test.recorder().count(|event| {
        let Event::NotCached {
            function: told,
            problem: Problem::SharedKey { with },
        } = event
        else {
            return false;
        };
        (*told, *with) == (function, other)
    })
}

#[test]
fn functions_whose_keys_meet_outside_the_process_are_told_once() {
    #[memoize(key = "told-once:{n}")]
    fn title(n: u64) -> String {
        format!("title {n}")
    }
    #[memoize(key = "{table}:{n}")]
    fn row(table: &str, n: u64) -> u64 {
        table.len() as u64 + n
    }
    #[memoize_iter(key = "{table}:{n}")]
    fn rows(table: &str, n: u64) -> Vec<u64> {
        vec![table.len() as u64, n]
    }
    let test = Scripted::new().isolated();
    test.run(|| {
        for n in [1, 1, 2, 2] {
            title(n);
            row("told-once", n);
            rows("told-once", n);
        }
    });
    let [title, row, rows] = ["title", "row", "rows"].map(|function| {
        let module = "it::identity::functions_whose_keys_meet_outside_the_process_are_told_once";
        format!("{module}::{function}")
    });
    assert_eq!(told(&test, &title, &rows), 1);
    assert_eq!(told(&test, &row, &title), 1);
    assert_eq!(told(&test, &rows, &row), 1);
}

#[test]
fn nothing_is_told_where_keys_do_not_meet() {
    #[memoize(key = "told-never:{n}")]
    fn title(n: u64) -> String {
        format!("title {n}")
    }
    #[memoize(key = "told-never-elsewhere:{n}")]
    fn author(n: u64) -> String {
        format!("author {n}")
    }
    let tests = [Isolated::new(), Scripted::new().isolated()];
    for test in tests {
        test.run(|| assert_computed!(2, [title(1), author(1), title(1), author(1)]));
        let problems = |event: &Event| matches!(event, Event::NotCached { .. });
        assert_eq!(test.recorder().count(problems), 0);
    }
}

macro_rules! of_one_path {
    ($($operator:tt)*) => {
        [$({
            #[memoize(key = "one-path:{a}:{b}")]
            fn apply(a: u64, b: u64) -> u64 {
                a $operator b
            }
            apply as fn(u64, u64) -> u64
        }),*]
    };
}

#[test]
fn functions_of_one_path_leave_nothing_in_a_store_that_others_share() {
    let test = Scripted::new().isolated();
    test.run(|| {
        let [add, multiply] = of_one_path!(+ *);
        assert_eq!((add(3, 4), multiply(3, 4)), (7, 12));
        assert_eq!(
            assert_computed!(2, (add(3, 4), multiply(3, 4))),
            (7, 12),
            "neither is cached any more"
        );
    });
    let told = |event: &Event| {
        let shared = Problem::SharedPath;
        matches!(event, Event::NotCached { problem, .. } if *problem == shared)
    };
    assert_eq!(test.recorder().count(told), 2);
}

trait Says {
    const WORD: &'static str;
}

macro_rules! says {
    ($call:ident, $word:literal) => {{
        struct Local;
        impl Says for Local {
            const WORD: &'static str = $word;
        }
        $call::<Local>()
    }};
}

#[test]
fn types_of_one_name_leave_nothing_in_a_store_that_others_share() {
    #[memoize]
    fn word<T: Says + 'static>() -> String {
        T::WORD.to_owned()
    }
    let test = Scripted::new().isolated();
    test.run(|| {
        for _ in 0..2 {
            assert_eq!([says!(word, "one"), says!(word, "two")], ["one", "two"]);
        }
    });
    let told = |event: &Event| {
        matches!(
            event,
            Event::NotCached {
                problem: Problem::Unportable(_),
                ..
            }
        )
    };
    assert_eq!(test.recorder().count(told), 1);
}

#[test]
fn calls_for_other_types_do_not_join_a_computation() {
    static GATE: Gate = Gate::new();
    static RUNS: Runs = Runs::new();
    #[memoize]
    fn word<T: Says + 'static>() -> String {
        RUNS.add();
        GATE.pass();
        T::WORD.to_owned()
    }
    struct One;
    struct Two;
    impl Says for One {
        const WORD: &'static str = "one";
    }
    impl Says for Two {
        const WORD: &'static str = "two";
    }
    in_time(|| {
        let test = Isolated::new();
        thread::scope(|scope| {
            let first = scope.spawn(|| test.run(word::<One>));
            until(|| RUNS.get() == 1);
            let joins = scope.spawn(|| test.run(word::<One>));
            until_waiting(&test, 1);
            let second = scope.spawn(|| test.run(word::<Two>));
            until(|| RUNS.get() == 2);
            GATE.open();
            let words = [first, joins, second].map(|call| call.join().expect("it ends well"));
            assert_eq!(words, ["one", "one", "two"]);
        });
    });
}
