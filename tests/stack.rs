//! What an asynchronous memoized call costs beyond its body: stack for each level of a recursion, and bytes in the future.
//!
//! In the profile of tests, where nothing is optimized: that is where recursions end too early.

use std::mem::size_of_val;
use std::thread;

use futures::executor::block_on;
use memo::{Cache, Policy, bypass_async, memoize, refresh_async, with_cache_async};

/// The stack of a thread, as the standard library gives it.
const STACK: usize = 2 << 20;
const LEVELS: u64 = 2_000;

#[memoize]
async fn deep(n: u64) -> u64 {
    match n {
        0 => 0,
        n => Box::pin(deep(n - 1)).await + 1,
    }
}

fn on_a_thread(body: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK).spawn(body);
    thread.expect("a thread").join().expect("it ends well");
}

#[test]
fn an_asynchronous_recursion_of_two_thousand_levels_fits_on_a_thread() {
    on_a_thread(|| {
        let cache = Cache::builder().build().expect("the defaults are sound");
        let value = block_on(with_cache_async(&cache, deep(LEVELS)));
        assert_eq!(value, LEVELS);
    });
}

const ROOM: usize = 10_000;

async fn plain(seed: u8) -> u64 {
    let room = [seed; ROOM];
    std::future::ready(()).await;
    room.iter().map(|byte| u64::from(*byte)).sum()
}

#[memoize]
async fn memoized(seed: u8) -> u64 {
    let room = [seed; ROOM];
    std::future::ready(()).await;
    room.iter().map(|byte| u64::from(*byte)).sum()
}

async fn plain_given(seed: u8, room: [u8; ROOM]) -> u64 {
    std::future::ready(()).await;
    room.iter().map(|byte| u64::from(*byte)).sum::<u64>() + u64::from(seed)
}

#[memoize(skip(room))]
async fn memoized_given(seed: u8, room: [u8; ROOM]) -> u64 {
    std::future::ready(()).await;
    room.iter().map(|byte| u64::from(*byte)).sum::<u64>() + u64::from(seed)
}

async fn plain_owned(seed: u8, text: String) -> usize {
    std::future::ready(()).await;
    text.len() + usize::from(seed)
}

#[memoize]
async fn memoized_owned(seed: u8, text: String) -> usize {
    std::future::ready(()).await;
    text.len() + usize::from(seed)
}

#[track_caller]
fn is_no_larger<P, M>(plain: &P, memoized: &M) {
    let (plain, memoized) = (size_of_val(plain), size_of_val(memoized));
    assert!(memoized <= plain + 1024, "{plain} became {memoized}");
}

#[test]
fn a_memoized_future_is_no_more_than_a_kilobyte_larger_than_its_body() {
    is_no_larger(&plain(1), &memoized(1));
    let room = [1; ROOM];
    is_no_larger(&plain_given(1, room), &memoized_given(1, room));
    let text = String::from("text");
    is_no_larger(
        &plain_owned(1, text.clone()),
        &memoized_owned(1, text.clone()),
    );
    let cache = Cache::builder().build().expect("the defaults are sound");
    let policy = Policy::named("stack-sizes");
    let by_hand = cache.get_or_compute_async(&1, &policy, plain(1));
    is_no_larger(&plain(1), &by_hand);
    is_no_larger(&plain(1), &with_cache_async(&cache, by_hand));
    is_no_larger(&plain(1), &refresh_async(bypass_async(memoized(1))));
}
