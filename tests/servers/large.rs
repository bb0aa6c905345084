//! Sealed values and sequences of many chunks. Without optimization a tenth of their length will do: sealing takes minutes there.

use std::cell::Cell;

use allocation_counter::measure;
use futures::executor::block_on;
use futures::{StreamExt, stream};
use memo::{Cache, Keyring, Policy, Secret, memoize, with_cache, with_cache_async};

use super::{over, servers};

const IS_FULL: bool = !cfg!(debug_assertions);

/// One value.
const BYTES: usize = if IS_FULL { 40 << 20 } else { 4 << 20 };

/// Items of a sequence.
const ITEMS: u32 = if IS_FULL { 170_000 } else { 17_000 };

/// What a call holds beside the value: its encoding, grown by doubling, is at most twice its length; a window of chunks of a mebibyte
/// and what the client copies of them are some more.
const BESIDE: u64 = 2 * BYTES as u64 + (12 << 20);

/// What the reader of a sequence holds, however long it is.
const READER: u64 = 8 << 20;

fn sealed(url: &str) -> Cache {
    let secret = Secret::from_bytes(&[7; 32]).expect("32 bytes");
    let cache = over(url)
        .namespace("large")
        .keyring(Keyring::single(&secret));
    cache.build().expect("sound")
}

/// Letters in which LZ4 finds nothing to repeat. By xorshift (Marsaglia, 2003).
fn noise(seed: u64, bytes: usize) -> String {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letter = |_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        char::from(b' ' + (x >> 58) as u8)
    };
    (0..bytes).map(letter).collect()
}

#[memoize(key = "large-book:{seed}", large_data, encrypt)]
fn book(seed: u64) -> String {
    BOOK.take().unwrap_or_else(|| noise(seed, BYTES))
}

#[memoize(key = "large-book-async:{seed}", large_data, encrypt)]
async fn book_async(seed: u64) -> String {
    noise(seed, BYTES)
}

thread_local! {
    /// A value that is there before what storing takes is counted.
    static BOOK: Cell<Option<String>> = const { Cell::new(None) };
}

#[test]
fn a_sealed_value_of_many_chunks_is_stored_and_read() {
    for url in servers() {
        let (writer, reader) = (sealed(&url), sealed(&url));
        let value = noise(1, BYTES);
        BOOK.set(Some(value.clone()));
        let storing = measure(|| assert!(with_cache(&writer, || book(1)) == value, "{url}"));
        let mut read = String::new();
        let reading = measure(|| read = with_cache(&reader, || book(1)));
        assert!(read == value, "{url}: it is another value");
        assert_eq!(reader.stats().computed, 0, "{url}: a body ran");
        let peaks = (storing.bytes_max, reading.bytes_max);
        eprintln!("{url}: a value of {BYTES} bytes, storing and reading: {peaks:?}");
        assert!(peaks.0 < BESIDE, "{url}: {peaks:?}");
        assert!(peaks.1 < BYTES as u64 + BESIDE, "{url}: {peaks:?}");
    }
}

#[test]
fn a_sealed_value_of_many_chunks_is_stored_and_read_by_a_task() {
    for url in servers() {
        let (writer, reader) = (sealed(&url), sealed(&url));
        let wrote = block_on(with_cache_async(&writer, book_async(2)));
        let read = block_on(with_cache_async(&reader, book_async(2)));
        assert!(wrote == read && read == noise(2, BYTES), "{url}");
        assert_eq!(reader.stats().computed, 0, "{url}: a body ran");
    }
}

/// About 200 bytes.
fn item(number: u32) -> String {
    format!("{number} {}", noise(u64::from(number), 190))
}

#[test]
fn a_long_sealed_sequence_is_stored_and_read() {
    let policy = Policy::named("large-sequence").encrypt();
    for url in servers() {
        let (writer, reader) = (sealed(&url), sealed(&url));
        let made = writer.iter(&1, &policy, || (0..ITEMS).map(item));
        assert_eq!(made.count(), ITEMS as usize, "{url}");
        let reading = measure(|| {
            let mut read = reader.iter(&1, &policy, || -> Vec<String> {
                unreachable!("it is stored")
            });
            assert!(read.by_ref().eq((0..ITEMS).map(item)), "{url}");
        });
        eprintln!("{url}: {ITEMS} items, reading: {}", reading.bytes_max);
        assert!(reading.bytes_max < READER, "{url}: {}", reading.bytes_max);
    }
}

#[test]
fn a_long_sealed_stream_is_stored_and_read() {
    let policy = Policy::named("large-stream").encrypt();
    for url in servers() {
        let (writer, reader) = (sealed(&url), sealed(&url));
        let made = writer.stream(&1, &policy, || stream::iter((0..ITEMS).map(item)));
        assert_eq!(block_on(made.count()), ITEMS as usize, "{url}");
        // A body that ran would yield nothing.
        let read = reader.stream(&1, &policy, stream::empty::<String>);
        let alike = read
            .zip(stream::iter((0..ITEMS).map(item)))
            .filter(|(read, made)| std::future::ready(read == made));
        assert_eq!(block_on(alike.count()), ITEMS as usize, "{url}");
    }
}
