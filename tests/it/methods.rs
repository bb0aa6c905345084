//! Methods: every kind, with every decision about the receiver.

use async_trait::async_trait;
use futures::executor::block_on;
use memo::{Cache, memoize};
use memo_testkit::assert_computed;

use crate::store::{self, Isolated};

#[derive(Clone, serde::Serialize)]
struct Scale(u64);

impl Scale {
    #[memoize]
    fn by_value(&self, n: u64) -> u64 {
        self.0 * n
    }

    #[memoize(key = "scaled:{self.0}:{n}", entry = scaled_entry)]
    fn by_field(&self, n: u64) -> u64 {
        self.0 * n
    }

    #[memoize(skip(self))]
    fn regardless(&self, n: u64) -> u64 {
        self.0 * n
    }

    #[memoize]
    fn consumed(self, n: u64) -> u64 {
        let Self(factor) = self;
        factor * n
    }

    #[memoize(entry = false)]
    fn associated(n: u64) -> u64 {
        n + 1
    }

    #[memoize]
    fn of_self(n: u64) -> Vec<u64> {
        vec![Self(n).0; 2]
    }

    #[memoize]
    async fn later(&self, n: u64) -> u64 {
        self.0 + n
    }
}

#[test]
fn a_serialised_receiver_tells_instances_apart() {
    Isolated::new().run(|| {
        assert_eq!((Scale(1).by_value(2), Scale(100).by_value(2)), (2, 200));
        assert_eq!((Scale(1).by_field(2), Scale(100).by_field(2)), (2, 200));
        assert_eq!((Scale(1).consumed(2), Scale(100).consumed(2)), (2, 200));
        assert_computed!(
            0,
            (
                Scale(1).by_value(2),
                Scale(1).by_field(2),
                Scale(1).consumed(2)
            )
        );
    });
}

#[test]
fn a_skipped_receiver_is_shared_because_the_user_said_so() {
    Isolated::new().run(|| assert_eq!((Scale(1).regardless(2), Scale(100).regardless(2)), (2, 2)));
}

#[test]
fn a_method_names_its_entry() {
    Isolated::new().run(|| {
        let scale = Scale(3);
        assert_eq!(scale.by_field(5), 15);
        assert_eq!(scale.scaled_entry(5).peek(), Some(15));
        assert!(scale.scaled_entry(5).invalidate());
        assert_computed!(1, scale.by_field(5));
        assert_eq!(Scale(4).scaled_entry(5).peek(), None);
    });
}

#[test]
fn associated_and_async_methods_are_memoized() {
    Isolated::new().run(|| {
        assert_computed!(1, Scale::associated(1));
        assert_computed!(0, Scale::associated(1));
        assert_computed!(1, Scale::of_self(1));
        assert_computed!(0, Scale::of_self(1));
        assert_eq!(assert_computed!(1, block_on(Scale(1).later(2))), 3);
        assert_eq!(assert_computed!(0, block_on(Scale(1).later(2))), 3);
        assert_eq!(block_on(Scale(2).later(2)), 4);
    });
}

trait Named {
    const NAME: &'static str;

    fn title(&self, n: u64) -> String;

    #[memoize(skip(self))]
    fn described(&self, n: u64) -> String {
        format!("{} {n}", Self::NAME)
    }
}

struct Ada;
struct Grace;

impl Named for Ada {
    const NAME: &'static str = "Ada";

    #[memoize(skip(self))]
    fn title(&self, n: u64) -> String {
        format!("Countess {n}")
    }
}

impl Named for Grace {
    const NAME: &'static str = "Grace";

    #[memoize(skip(self))]
    fn title(&self, n: u64) -> String {
        format!("Admiral {n}")
    }
}

#[test]
fn implementors_of_a_trait_do_not_share() {
    Isolated::new().run(|| {
        assert_eq!(
            (Ada.title(1), Grace.title(1)),
            ("Countess 1".into(), "Admiral 1".into())
        );
        assert_eq!(
            (Ada.described(1), Grace.described(1)),
            ("Ada 1".into(), "Grace 1".into())
        );
        assert_computed!(
            0,
            (
                Ada.title(1),
                Grace.title(1),
                Ada.described(1),
                Grace.described(1)
            )
        );
    });
}

struct Maker<T>(std::marker::PhantomData<T>);

impl<
    T: Default
        + Clone
        + Send
        + Sync
        + serde::Serialize
        + serde::de::DeserializeOwned
        + 'static
        + std::fmt::Debug,
> Maker<T>
{
    #[memoize(entry = false)]
    fn make(n: usize) -> Vec<T> {
        vec![T::default(); n]
    }

    #[memoize(entry = false)]
    fn show(n: usize) -> String {
        format!("{:?}", vec![T::default(); n])
    }
}

#[test]
fn a_generic_impl_has_a_name_space_for_each_instantiation() {
    Isolated::new().run(|| {
        assert_eq!(
            (Maker::<u8>::show(1), Maker::<f32>::show(1)),
            ("[0]".into(), "[0.0]".into())
        );
        assert_eq!(
            (Maker::<u8>::make(2), Maker::<bool>::make(2)),
            (vec![0, 0], vec![false, false])
        );
        assert_computed!(
            0,
            (
                Maker::<u8>::show(1),
                Maker::<f32>::show(1),
                Maker::<bool>::make(2)
            )
        );
    });
}

trait Fetch {
    async fn fetch(&self, id: u64) -> Result<String, String>;
}

impl Fetch for Scale {
    #[memoize]
    async fn fetch(&self, id: u64) -> Result<String, String> {
        std::future::ready(()).await;
        if id == 0 {
            return Err("zero".into());
        }
        Ok(format!("{}x{id}", self.0))
    }
}

#[async_trait]
trait FetchBoxed: Sync {
    async fn fetch_boxed(&self, id: u64, text: &str) -> Result<String, String>;

    #[memoize(skip(self))]
    async fn by_default(&self, id: u64) -> u64 {
        std::future::ready(id + 1).await
    }
}

#[async_trait]
impl FetchBoxed for Scale {
    #[memoize]
    async fn fetch_boxed(&self, id: u64, text: &str) -> Result<String, String> {
        std::future::ready(()).await;
        if id == 0 {
            Err(text.to_owned())
        } else {
            Ok(format!("{}x{id}{text}", self.0))
        }
    }
}

#[test]
fn trait_methods_are_memoized_native_and_boxed() {
    Isolated::new().run(|| {
        let scale = Scale(7);
        assert_eq!(
            assert_computed!(1, block_on(scale.fetch(2))),
            Ok("7x2".into())
        );
        assert_eq!(
            assert_computed!(0, block_on(scale.fetch(2))),
            Ok("7x2".into())
        );
        assert_eq!(block_on(Scale(8).fetch(2)), Ok("8x2".into()));
        assert_computed!(1, block_on(scale.fetch(0))).expect_err("zero fails");
        assert_computed!(1, block_on(scale.fetch(0))).expect_err("and is not stored");

        let boxed: &dyn FetchBoxed = &scale;
        assert_eq!(
            assert_computed!(1, block_on(boxed.fetch_boxed(2, "!"))),
            Ok("7x2!".into())
        );
        assert_eq!(
            assert_computed!(0, block_on(boxed.fetch_boxed(2, "!"))),
            Ok("7x2!".into())
        );
        assert_eq!(block_on(Scale(8).fetch_boxed(2, "!")), Ok("8x2!".into()));
        assert_eq!(assert_computed!(1, block_on(boxed.by_default(1))), 2);
        assert_eq!(assert_computed!(0, block_on(boxed.by_default(1))), 2);
    });
}

struct Owner {
    cache: Cache,
}

impl Owner {
    #[memoize(cache = self.cache, skip(self))]
    fn square(&self, n: u64) -> u64 {
        n * n
    }
}

#[test]
fn an_instance_can_bring_its_own_cache() {
    let [one, two] = [store::builder().build(), store::builder().build()].map(|cache| Owner {
        cache: cache.expect("sound"),
    });
    assert_eq!((one.square(3), one.square(3), two.square(3)), (9, 9, 9));
    assert_eq!(
        (one.cache.stats().computed, two.cache.stats().computed),
        (1, 1)
    );
    drop(one);
}

fn by_trait_object(service: &dyn Named2, id: u64) -> u64 {
    #[memoize(skip(service))]
    fn looked_up(service: &dyn Named2, id: u64) -> u64 {
        service.id() + id
    }
    looked_up(service, id)
}

trait Named2 {
    fn id(&self) -> u64;
}

impl Named2 for Scale {
    fn id(&self) -> u64 {
        self.0
    }
}

#[test]
fn a_trait_object_can_be_skipped() {
    Isolated::new().run(|| {
        assert_eq!(assert_computed!(1, by_trait_object(&Scale(1), 1)), 2);
        assert_eq!(assert_computed!(0, by_trait_object(&Scale(2), 1)), 2);
    });
}
