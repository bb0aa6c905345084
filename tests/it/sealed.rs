//! `encrypt`: what is sealed, under which keys, and what happens where there are none.

use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use memo::{
    Cache, Event, Keyring, Miss, Problem, Reject, Secret, Unstored, Verdict, memoize, with_cache,
};
use memo_testkit::assert_computed;

use crate::store::{self, Isolated};
use crate::support::{Gate, Runs, until, waiting};

fn secret(fill: u8) -> Secret {
    Secret::from_bytes(&[fill; 32]).expect("32 bytes")
}

fn ring(fill: u8) -> Keyring {
    Keyring::single(&secret(fill))
}

fn sealed() -> Isolated {
    Isolated::with(|cache| cache.namespace("shop").keyring(ring(1))).expect("sound")
}

#[memoize(key = "iban:{customer}", expiration = 60, encrypt)]
fn iban(customer: &str) -> String {
    format!("DE00 {customer}")
}

#[memoize(key = "plain-iban:{customer}", expiration = 60)]
fn plain_iban(customer: &str) -> String {
    format!("DE00 {customer}")
}

#[test]
fn a_sealed_value_comes_back_as_it_was() {
    sealed().run(|| {
        assert_eq!(assert_computed!(1, iban("ada")), "DE00 ada");
        assert_eq!(assert_computed!(0, iban("ada")), "DE00 ada");
        assert_computed!(1, iban("bob"));
    });
}

#[test]
fn without_a_keyring_nothing_is_cached_and_it_is_said_once() {
    let test = Isolated::new();
    test.run(|| {
        assert_computed!(3, [iban("ada"), iban("ada"), iban("bob")]);
        iban::entry("ada").put(String::from("DE00"));
        assert_eq!(iban::entry("ada").peek(), None);
        let verdict = iban::entry("ada").explain().verdict;
        assert_eq!(verdict, Verdict::NotCached(Problem::NoKeyring));
    });
    assert_eq!(test.cache().stats().entries, 0);
    let missed = |event: &Event| {
        matches!(
            event,
            Event::Miss {
                reason: Miss::NotCached,
                ..
            }
        )
    };
    assert_eq!(test.recorder().count(missed), 3);
    let unstored = |event: &Event| {
        matches!(
            event,
            Event::Unstored {
                reason: Unstored::NotCached,
                ..
            }
        )
    };
    assert_eq!(test.recorder().count(unstored), 3);
}

#[test]
fn the_want_of_a_keyring_is_told_to_the_observer_once() {
    #[memoize(key = "told:{n}", encrypt)]
    fn told(n: u32) -> u32 {
        n
    }
    let test = Isolated::new();
    test.run(|| (told(1), told(2), told(1)));
    let said = Event::NotCached {
        function: told::site().name(),
        problem: Problem::NoKeyring,
    };
    assert_eq!(test.recorder().count(|event| *event == said), 1);
}

#[test]
fn a_function_that_lacks_a_keyring_says_so_beside_its_figures() {
    #[memoize(key = "figured:{n}", encrypt)]
    fn figured(n: u32) -> u32 {
        n
    }
    assert_eq!(figured::site().problems(), []);
    sealed().run(|| figured(1));
    assert_eq!(figured::site().problems(), []);
    Isolated::new().run(|| (figured(1), figured(2)));
    let stats = figured::site().stats();
    assert_eq!((stats.calls, stats.hits), (3, 0));
    assert_eq!(figured::site().problems(), [Problem::NoKeyring]);
}

#[test]
fn a_cache_that_requires_encryption_is_not_built_without_keys() {
    let refused = store::builder().require_encryption().build();
    assert!(
        refused
            .expect_err("no keys")
            .to_string()
            .contains("keyring")
    );
    assert!(
        store::builder()
            .keyring(ring(1))
            .require_encryption()
            .build()
            .is_ok()
    );
}

#[test]
fn names_of_sealed_entries_show_no_argument() {
    sealed().run(|| {
        let (ada, bob) = (iban::entry("ada").key(), iban::entry("bob").key());
        assert!(ada.starts_with("~s:shop:"), "{ada}");
        assert_eq!(ada.len(), "~s:shop:".len() + 43);
        assert!(!ada.contains("ada") && !ada.contains("iban"), "{ada}");
        assert_ne!(ada, bob);
    });
}

#[test]
fn names_of_sealed_entries_show_no_argument_where_the_cache_is_disabled() {
    let shown = with_cache(&Cache::disabled(), || iban::entry("ada").explain());
    assert!(!shown.to_string().contains("ada"), "{shown}");
}

#[test]
fn no_event_shows_an_argument_or_a_value() {
    let test = sealed();
    test.run(|| {
        iban("gertrude");
        iban("gertrude");
        iban::entry("gertrude").invalidate();
    });
    let shown = format!("{:?} {:?}", test.recorder().events(), test.cache());
    assert!(
        !shown.contains("gertrude") && !shown.contains("DE00"),
        "{shown}"
    );
}

#[test]
fn a_function_may_have_keys_of_its_own() {
    static OWN: LazyLock<Keyring> = LazyLock::new(|| ring(9));
    #[memoize(key = "own:{n}", encrypt, encryption_key = OWN)]
    fn own(n: u32) -> u32 {
        n + 1
    }
    Isolated::new().run(|| {
        assert_eq!(assert_computed!(1, own(1)), 2);
        assert_eq!(assert_computed!(0, own(1)), 2);
        assert_eq!(own::entry(1).peek(), Some(2));
    });
}

struct Tenant {
    name: &'static str,
    keys: Keyring,
}

#[test]
fn callers_with_other_keys_share_neither_a_computation_nor_a_value() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "tenants:{month}", skip(tenant), encrypt, encryption_key = &tenant.keys)]
    fn report(tenant: &Tenant, month: u32) -> String {
        RUNS.add();
        GO.pass();
        format!("{} {month}", tenant.name)
    }
    let tenant = |name, fill| Tenant {
        name,
        keys: ring(fill),
    };
    let (ada, bob) = (tenant("ada", 1), tenant("bob", 2));
    let test = Isolated::new();
    let of = |tenant| test.run(|| report(tenant, 1));
    thread::scope(|scope| {
        let first = scope.spawn(|| of(&ada));
        until(|| RUNS.get() == 1);
        let second = scope.spawn(|| of(&bob));
        until(|| RUNS.get() == 2 || waiting(&test) > 0);
        GO.open();
        assert_eq!(first.join().expect("no panic"), "ada 1");
        assert_eq!(second.join().expect("no panic"), "bob 1");
    });
    assert_eq!((of(&ada), of(&bob)), ("ada 1".into(), "bob 1".into()));
}

#[test]
fn encrypt_all_seals_every_function_that_may_leave_the_process() {
    #[memoize(key = "kept:{n}", local)]
    fn kept(n: u32) -> u32 {
        n
    }
    let test = Isolated::with(|cache| cache.keyring(ring(1)).encrypt_all()).expect("sound");
    test.run(|| {
        assert_computed!(1, [plain_iban("ada"), plain_iban("ada")]);
        assert!(plain_iban::entry("ada").key().starts_with("~s::"));
        assert_computed!(1, [kept(1), kept(1)]);
        assert_eq!(kept::entry(1).key(), ":kept:1");
    });
}

#[test]
fn encrypt_all_without_keys_caches_nothing() {
    let test = Isolated::with(|cache| cache.encrypt_all()).expect("sound");
    test.run(|| assert_computed!(2, [plain_iban("ada"), plain_iban("ada")]));
}

#[test]
fn rotation_keeps_old_entries_until_their_key_is_retired() {
    let (name, old, new) = (secret(1), secret(2), secret(3));
    let keys = Keyring::rotating(&name, &old).build().expect("sound");
    let test = Isolated::with(|cache| cache.keyring(keys.clone())).expect("sound");
    test.run(|| {
        let before = iban::entry("ada").key();
        assert_computed!(1, iban("ada"));

        keys.replace(
            &Keyring::rotating(&name, &new)
                .previous(&old)
                .build()
                .expect("sound"),
        );
        assert_computed!(0, iban("ada"));
        assert_computed!(1, iban("bob"));
        assert_eq!(iban::entry("ada").key(), before, "names stay");

        keys.replace(&Keyring::rotating(&name, &new).build().expect("sound"));
        assert_computed!(0, iban("bob"));
        let verdict = iban::entry("ada").explain().verdict;
        assert_eq!(verdict, Verdict::Refused(Reject::UnknownKey));
        assert_computed!(1, iban("ada"));
        assert_computed!(0, iban("ada"));
    });
    let refused = iban::site().stats().refused;
    assert!(
        refused
            .iter()
            .any(|(reason, _)| *reason == Reject::UnknownKey),
        "{refused:?}"
    );
}

#[test]
fn two_caches_do_not_open_each_others_entries() {
    let one = store::builder().keyring(ring(1)).build().expect("sound");
    let two = store::builder().keyring(ring(2)).build().expect("sound");
    let name = || iban::entry("ada").key();
    assert_ne!(with_cache(&one, name), with_cache(&two, name));
}

#[test]
fn a_sealed_value_expires() {
    let test = sealed();
    test.run(|| {
        assert_computed!(1, iban("ada"));
        test.clock().advance(Duration::from_millis(59_999));
        assert_computed!(0, iban("ada"));
        test.clock().advance(Duration::from_millis(1));
        assert_computed!(1, iban("ada"));
    });
}

#[test]
fn entries_of_sealed_values_are_reached_like_any_other() {
    sealed().run(|| {
        let ada = iban::entry("ada");
        assert_eq!(ada.peek(), None);
        ada.put(String::from("DE11"));
        assert_eq!(assert_computed!(0, iban("ada")), "DE11");
        assert!(ada.explain().verdict.is_hit(), "{}", ada.explain());
        assert!(ada.invalidate());
        assert!(!ada.invalidate());
        assert_computed!(1, iban("ada"));
        assert_eq!(iban::site().invalidate_all(), 1);
        assert_computed!(1, iban("ada"));
    });
}

#[test]
fn a_refresh_replaces_a_sealed_value() {
    sealed().run(|| {
        iban::entry("ada").put(String::from("old"));
        assert_eq!(memo::refresh(|| iban("ada")), "DE00 ada");
        assert_eq!(assert_computed!(0, iban("ada")), "DE00 ada");
        assert_eq!(memo::bypass(|| iban("ada")), "DE00 ada");
    });
}
