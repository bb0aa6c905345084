//! The body may consume its arguments, recurse, be unsafe, and keep what it borrowed.

#[path = "../support.rs"]
mod support;

use std::sync::Arc;

use memo::memoize;
use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

#[memoize]
fn sorted(mut words: Vec<String>, extra: String) -> Vec<String> {
    RUNS.count();
    words.push(extra);
    words.sort();
    words
}

#[memoize]
fn fibonacci(n: u64) -> u64 {
    RUNS.count();
    if n < 2 {
        n
    } else {
        fibonacci(n - 1) + fibonacci(n - 2)
    }
}

/// # Safety
///
/// `index` is less than three.
#[memoize]
unsafe fn third(values: [u8; 3], index: usize) -> u8 {
    RUNS.count();
    unsafe { *values.get_unchecked(index) }
}

struct Job {
    id: u64,
}

impl Job {
    #[memoize(key = "{self.id}:{text}")]
    fn finish(self, text: &str) -> String {
        RUNS.count();
        let Self { id } = self;
        format!("{text}{id}")
    }

    #[memoize(key = "{self.id}:{by}")]
    async fn share(self: Arc<Self>, by: String) -> String {
        RUNS.count();
        by + &self.id.to_string()
    }
}

fn main() {
    let words = || (vec!["b".to_owned()], "a".to_owned());
    let call = |(words, extra)| sorted(words, extra);
    assert_eq!(call(words()), ["a", "b"]);
    assert_eq!(call(words()), ["a", "b"]);
    RUNS.assert(1);
    assert_eq!(fibonacci(50), 12_586_269_025);
    RUNS.assert(51);
    assert_eq!(
        unsafe { [third([1, 2, 3], 2), third([1, 2, 3], 2)] },
        [3, 3]
    );
    RUNS.assert(1);
    assert_eq!(
        [Job { id: 1 }.finish("job"), Job { id: 1 }.finish("job")],
        ["job1", "job1"]
    );
    RUNS.assert(1);
    let job = Arc::new(Job { id: 1 });
    assert_eq!(block_on(job.clone().share("ann".to_owned())), "ann1");
    assert_eq!(block_on(job.share("ann".to_owned())), "ann1");
    RUNS.assert(1);
}
