//! Functions, types and closures of one name: none is served what another left.

use memo::{Cache, memoize, with_cache};

use crate::store::{self, Isolated};
use crate::support::{Runs, Scripted};

#[test]
fn a_value_in_bytes_is_not_replaced_by_an_object_of_its_name() {
    static SOURCE: Runs = Runs::new();
    #[memoize(name = "object-or-bytes", key = "{n}", cache = cache.clone(), skip(cache))]
    fn as_object(n: u64, cache: &Cache) -> u64 {
        n + SOURCE.get()
    }
    #[memoize(name = "object-or-bytes", key = "{n}", cache = cache.clone(), skip(cache), large_data)]
    fn as_bytes(n: u64, cache: &Cache) -> u64 {
        n + SOURCE.get()
    }
    let test = Isolated::new();
    let cache = test.cache();
    assert_eq!((as_object(0, cache), as_bytes(0, cache)), (0, 0));
    SOURCE.add();
    as_bytes::entry(0, cache).invalidate();
    assert_eq!(as_bytes(0, cache), 1);
}

#[cfg(feature = "encrypt")]
#[test]
fn a_sealed_value_is_not_replaced_by_an_open_one_of_its_name() {
    use std::sync::LazyLock;

    use memo::{Keyring, Secret};

    static CACHE: LazyLock<Cache> = LazyLock::new(|| {
        let secret = Secret::from_bytes(&[1; 32]).expect("32 bytes");
        let builder = store::builder().keyring(Keyring::single(&secret));
        builder.build().expect("sound")
    });
    static SOURCE: Runs = Runs::new();
    #[memoize(name = "open-or-sealed", cache = &CACHE)]
    fn open() -> u64 {
        SOURCE.get()
    }
    #[memoize(name = "open-or-sealed", cache = &CACHE, encrypt)]
    fn sealed() -> u64 {
        SOURCE.get()
    }
    assert_eq!(open(), 0);
    SOURCE.add();
    sealed::entry().invalidate();
    assert_eq!(sealed(), 1);
}

#[test]
fn templates_that_render_alike_share_no_value() {
    #[memoize(key = "{table}:{id}")]
    fn row(table: &str, id: u32) -> String {
        format!("row {id} of {table}")
    }
    #[memoize(key = "names:{id}")]
    fn name(id: u32) -> String {
        format!("name {id}")
    }
    Scripted::new().isolated().run(|| {
        for _ in 0..2 {
            assert_eq!(row("names", 42), "row 42 of names");
            assert_eq!(name(42), "name 42");
        }
    });
}

#[test]
fn types_of_one_name_make_two_instances() {
    trait Says {
        const WORD: &'static str;
    }
    #[memoize(key = "same-type-names", large_data)]
    fn word<T: Says + 'static>() -> String {
        T::WORD.to_owned()
    }
    macro_rules! local {
        ($word:literal) => {{
            struct Local;
            impl Says for Local {
                const WORD: &'static str = $word;
            }
            word::<Local>()
        }};
    }
    Isolated::new().run(|| {
        assert_eq!([local!("one"), local!("two")], ["one", "two"]);
    });
}

#[test]
fn closures_make_two_instances() {
    #[memoize(key = "closures:{n}", skip(f), large_data)]
    fn apply(n: u32, f: impl Fn(u32) -> u32 + 'static) -> u32 {
        f(n)
    }
    let in_this_process = store::cache();
    for cache in [in_this_process, Scripted::new().cache()] {
        with_cache(&cache, || {
            assert_eq!([apply(1, |n| n + 1), apply(1, |n| n + 2)], [2, 3]);
        });
    }
}
