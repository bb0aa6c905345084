//! What is stored where the signature does not say that the function may fail, because its type parameter does.

use std::fmt::Debug;

use futures::executor::block_on;
use memo::{Policy, memoize, memoize_iter};
use memo_testkit::assert_computed;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{self, Isolated};

type Answer<T> = Result<T, String>;

/// What may fail, or not.
trait Job: Serialize {
    type Out: Clone + Send + Sync + Serialize + DeserializeOwned + 'static;

    fn work(&self) -> Self::Out;

    /// A default method knows as little of its type as a generic function.
    #[memoize(name = "generic-outcomes-default")]
    fn by_default(&self) -> Self::Out {
        self.work()
    }
}

/// Fails if it is 0.
#[derive(Clone, Serialize)]
struct Checked(u64);

impl Job for Checked {
    type Out = Answer<u64>;

    fn work(&self) -> Answer<u64> {
        if self.0 == 0 {
            Err("no zero".into())
        } else {
            Ok(self.0)
        }
    }
}

/// Never fails.
#[derive(Clone, Serialize)]
struct Sure(u64);

impl Job for Sure {
    type Out = Option<u64>;

    fn work(&self) -> Option<u64> {
        (self.0 > 0).then_some(self.0)
    }
}

#[memoize]
fn run<J: Job>(job: &J) -> J::Out {
    job.work()
}

#[memoize(large_data)]
fn run_as_bytes<J: Job>(job: &J) -> J::Out {
    job.work()
}

#[memoize]
async fn run_async<J: Job + Sync>(job: &J) -> J::Out {
    job.work()
}

/// An outcome that serde does not know.
#[memoize(local, skip(make))]
fn run_local<T: Clone + Send + Sync + 'static>(seed: u64, make: fn(u64) -> T) -> T {
    make(seed)
}

/// Runs `call` twice and asserts in how many of them a body ran.
#[track_caller]
fn assert_kept<R: PartialEq + Debug>(kept: bool, call: impl Fn() -> R) {
    let first = assert_computed!(1, call());
    let second = match kept {
        true => assert_computed!(0, call()),
        false => assert_computed!(1, call()),
    };
    assert_eq!(first, second);
}

#[test]
fn an_error_of_a_generic_function_is_not_stored() {
    Isolated::new().run(|| {
        assert_kept(false, || run(&Checked(0)));
        assert_kept(true, || run(&Checked(1)));
        assert_kept(false, || run_as_bytes(&Checked(0)));
        assert_kept(true, || run_as_bytes(&Checked(1)));
    });
}

#[test]
fn an_outcome_that_is_no_result_is_stored_whatever_it_is() {
    Isolated::new().run(|| {
        assert_kept(true, || run(&Sure(0)));
        assert_kept(true, || run(&Sure(1)));
        assert_kept(true, || run_as_bytes(&Sure(0)));
    });
}

#[test]
fn an_error_of_a_default_method_is_not_stored() {
    Isolated::new().run(|| {
        assert_kept(false, || Checked(0).by_default());
        assert_kept(true, || Checked(1).by_default());
        assert_kept(true, || Sure(0).by_default());
    });
}

#[test]
fn an_error_that_is_awaited_is_not_stored() {
    Isolated::new().run(|| {
        assert_kept(false, || block_on(run_async(&Checked(0))));
        assert_kept(true, || block_on(run_async(&Checked(1))));
    });
}

/// Neither serde nor anybody else knows what is in it.
#[derive(Clone, Debug, PartialEq)]
struct Opaque(u64);

#[test]
fn an_error_of_a_local_function_is_not_stored() {
    fn fails(seed: u64) -> Result<Opaque, Opaque> {
        if seed == 0 {
            Err(Opaque(0))
        } else {
            Ok(Opaque(seed))
        }
    }
    Isolated::new().run(|| {
        assert_kept(false, || run_local(0, fails));
        assert_kept(true, || run_local(1, fails));
        assert_kept(true, || run_local(0, Opaque));
    });
}

#[test]
fn a_value_put_into_a_generic_entry_is_what_calls_return() {
    Isolated::new().run(|| {
        run::entry(&Checked(7)).put(8);
        assert_eq!(assert_computed!(0, run(&Checked(7))), Ok(8));
    });
}

#[memoize_iter]
fn each<J: Job<Out: Clone> + Clone + 'static>(jobs: &[J]) -> impl Iterator<Item = J::Out> {
    let outcomes = Vec::from_iter(jobs.iter().map(Job::work));
    outcomes.into_iter()
}

#[test]
fn a_generic_sequence_that_fails_is_not_stored() {
    Isolated::new().run(|| {
        assert_kept(false, || Vec::from_iter(each(&[Checked(1), Checked(0)])));
        assert_kept(true, || Vec::from_iter(each(&[Checked(1), Checked(2)])));
        assert_kept(true, || Vec::from_iter(each(&[Sure(1), Sure(0)])));
    });
}

#[test]
fn an_error_is_not_stored_without_an_attribute_either() {
    let policy = Policy::named("generic-outcomes");
    let cache = store::cache();
    let runs = crate::Runs::new();
    for _ in 0..2 {
        let outcome = cache.get_or_compute(&0, &policy, || {
            runs.add();
            Checked(0).work()
        });
        assert_eq!(outcome, Err("no zero".into()));
    }
    assert_eq!(runs.get(), 2);
}
