//! Programs that share a server share what functions of one path, or of one name, and one key compute, and nothing else.

use std::process::{Command, id};

use memo::{Cache, memoize, with_cache};

use super::{over, servers};

/// Which server the other program is to use, and in which namespace.
const URL: &str = "MEMO_TEST_OTHER_PROGRAM";
const NAMESPACE: &str = "MEMO_TEST_NAMESPACE";

#[memoize]
fn of_any_arguments(_n: u32) -> u32 {
    id()
}

#[memoize(key = "processes:{n}")]
fn of_a_template(n: u32) -> u32 {
    let _ = n;
    id()
}

#[memoize]
fn of_a_type<T: Default + 'static>(_: T) -> u32 {
    id()
}

struct Shelf<T>(std::marker::PhantomData<T>);

impl<T: 'static> Shelf<T> {
    #[memoize(entry = false)]
    fn of_an_impl(_n: u32) -> u32 {
        id()
    }
}

#[memoize(skip(_f))]
fn of_a_closure<F: Fn() + 'static>(_n: u32, _f: F) -> u32 {
    id()
}

mod one {
    #[memo::memoize(large_data)]
    pub(super) fn of_a_module(_n: u32) -> u32 {
        super::id()
    }
}

mod two {
    #[memo::memoize(large_data)]
    pub(super) fn of_a_module(_n: u32) -> u32 {
        super::id()
    }
}

/// By whom each was computed.
fn all() -> [u32; 7] {
    [
        of_any_arguments(1),
        of_a_template(1),
        of_a_type(1_u8),
        of_a_type(1_u16),
        Shelf::<u8>::of_an_impl(1),
        Shelf::<u16>::of_an_impl(1),
        one::of_a_module(1),
    ]
}

/// Functions with one template: one of each pair is called by the other program, one by this.
mod of_one_template {
    use super::id;
    use memo::{memoize, memoize_iter};
    use memo_testkit::block_on;

    #[memoize(key = "template-functions:{_n}")]
    fn one(_n: u32) -> u32 {
        id()
    }

    #[memoize(key = "template-functions:{_n}")]
    fn another(_n: u32) -> u32 {
        id()
    }

    struct Book;

    impl Book {
        #[memoize(key = "template-methods:{_n}", skip(self))]
        fn one(&self, _n: u32) -> u32 {
            id()
        }

        #[memoize(key = "template-methods:{_n}", skip(self))]
        fn another(&self, _n: u32) -> u32 {
            id()
        }
    }

    #[memoize(key = "template-large:{_n}")]
    fn plain(_n: u32) -> u32 {
        id()
    }

    #[memoize(key = "template-large:{_n}", large_data)]
    fn large(_n: u32) -> u32 {
        id()
    }

    #[memoize(key = "template-async:{_n}")]
    fn blocking(_n: u32) -> u32 {
        id()
    }

    #[memoize(key = "template-async:{_n}")]
    async fn asynchronous(_n: u32) -> u32 {
        id()
    }

    #[memoize(key = "template-items:{_n}")]
    fn value(_n: u32) -> Vec<u32> {
        vec![id()]
    }

    #[memoize_iter(key = "template-items:{_n}")]
    fn items(_n: u32) -> Vec<u32> {
        vec![id()]
    }

    #[memoize(key = "template-lock:{_n}", lock = "10m")]
    fn locked(_n: u32) -> u32 {
        id()
    }

    #[memoize(key = "template-lock:{_n}", lock = "10m")]
    fn locked_as_well(_n: u32) -> u32 {
        id()
    }

    pub(super) fn ones(n: u32) -> [u32; 6] {
        [
            one(n),
            Book.one(n),
            plain(n),
            blocking(n),
            value(n)[0],
            locked(n),
        ]
    }

    pub(super) fn others(n: u32) -> [u32; 6] {
        [
            another(n),
            Book.another(n),
            large(n),
            block_on(asynchronous(n)),
            items(n)[0],
            locked_as_well(n),
        ]
    }
}

/// Functions of one name: one of each pair is called by the other program, one by this.
mod of_one_name {
    use super::id;
    use memo::memoize;
    use memo_testkit::block_on;

    #[memoize(name = "name-functions", key = "{_n}")]
    fn one(_n: u32) -> u32 {
        id()
    }

    #[memoize(name = "name-functions", key = "{_n}")]
    fn another(_n: u32) -> u32 {
        id()
    }

    #[memoize(name = "name-large")]
    fn plain(_n: u32) -> u32 {
        id()
    }

    #[memoize(name = "name-large", large_data)]
    fn large(_n: u32) -> u32 {
        id()
    }

    #[memoize(name = "name-async")]
    fn blocking(_n: u32) -> u32 {
        id()
    }

    #[memoize(name = "name-async")]
    async fn asynchronous(_n: u32) -> u32 {
        id()
    }

    pub(super) fn ones(n: u32) -> [u32; 3] {
        [one(n), plain(n), blocking(n)]
    }

    pub(super) fn others(n: u32) -> [u32; 3] {
        [another(n), large(n), block_on(asynchronous(n))]
    }
}

fn cache(url: &str, namespace: &str) -> Cache {
    let cache = over(url).namespace(namespace);
    cache.build().expect("sound")
}

/// Runs [`the_other_program`] to its end; its number.
fn other(url: &str, namespace: &str) -> u32 {
    let this = std::env::current_exe().expect("a test has a file");
    let mut other = Command::new(this)
        .args(["--exact", "processes::the_other_program"])
        .env(URL, url)
        .env(NAMESPACE, namespace)
        .spawn()
        .expect("it starts");
    assert!(other.wait().expect("it ends").success());
    other.id()
}

#[test]
fn the_other_program() {
    let [url, namespace] = [URL, NAMESPACE].map(|variable| std::env::var(variable).ok());
    if let (Some(url), Some(namespace)) = (url, namespace) {
        with_cache(&cache(&url, &namespace), || {
            all();
            of_a_closure(1, || ());
            of_one_template::ones(1);
            of_one_name::ones(1);
        });
    }
}

#[test]
fn functions_of_one_template_share_nothing_between_programs() {
    for url in servers() {
        let other = other(&url, "templates");
        with_cache(&cache(&url, "templates"), || {
            assert_eq!(of_one_template::others(1), [id(); 6], "{url}");
            assert_eq!(of_one_template::others(1), [id(); 6], "{url}");
            assert!(!of_one_template::ones(1).contains(&other), "replaced");
        });
    }
}

#[test]
fn functions_of_one_name_share_their_values_between_programs() {
    for url in servers() {
        let other = other(&url, "names");
        with_cache(&cache(&url, "names"), || {
            assert_eq!(of_one_name::others(1), [other; 3], "{url}");
            assert_eq!(of_one_name::ones(1), [other; 3], "{url}");
        });
    }
}

#[test]
fn what_one_program_stored_another_is_served() {
    for url in servers() {
        let other = other(&url, "shared");
        with_cache(&cache(&url, "shared"), || {
            assert_eq!(all(), [other; 7], "{url}");
            assert_eq!(two::of_a_module(1), id(), "another path");
            assert_eq!(of_any_arguments(2), id(), "another key");
            assert_eq!(of_a_closure(1, || ()), id(), "closures have no names");
        });
    }
}

#[test]
fn programs_of_two_namespaces_share_nothing() {
    for url in servers() {
        other(&url, "one");
        with_cache(&cache(&url, "two"), || {
            assert_eq!(all(), [id(); 7], "{url}")
        });
    }
}

#[test]
fn what_one_program_invalidates_another_is_not_served() {
    for url in servers() {
        let cache = cache(&url, "invalidated");
        let first = other(&url, "invalidated");
        with_cache(&cache, || {
            assert_eq!(of_a_template(1), first);
            assert!(of_a_template::entry(1).invalidate());
        });
        let second = other(&url, "invalidated");
        with_cache(&cache, || {
            assert_eq!((of_any_arguments(1), of_a_template(1)), (first, second));
        });
    }
}
