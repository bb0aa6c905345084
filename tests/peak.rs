//! What storing and reading a large value takes beside the value itself: counted by the allocator.

use std::cell::Cell;
use std::hint::black_box;
use std::thread::LocalKey;

use allocation_counter::measure;
use memo::{Cache, Keyring, Secret, memoize, with_cache};
use serde::{Deserialize, Serialize};

/// The encoded value, but for a few bytes of lengths.
const VALUE: usize = 64 << 20;

/// What is encoded, compressed and decompressed at once; names, tables and the like take less.
const BLOCK: u64 = 256 << 10;

/// The largest entry of the store in this process, which copies what it stores.
const CHUNK: u64 = 1 << 20;

/// While it is stored: all its entries, of which a window of four is there twice while the store copies them, and a block.
const STORING: u64 = 4 * CHUNK + BLOCK;

/// While it is read: the value, its encoding, and a chunk as it is decrypted.
const READING: u64 = CHUNK + BLOCK;

/// Few and long.
type Texts = Vec<String>;

/// Many and short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u64,
    text: String,
}

#[memoize(large_data, compress = false)]
fn plain_texts(blocks: usize) -> Texts {
    TEXTS.take().unwrap_or_else(|| texts(blocks))
}

#[memoize(large_data, encrypt)]
fn sealed_texts(blocks: usize) -> Texts {
    TEXTS.take().unwrap_or_else(|| texts(blocks))
}

#[memoize(large_data)]
fn plain_records(blocks: usize) -> Vec<Record> {
    RECORDS.take().unwrap_or_else(|| records(blocks))
}

#[memoize(large_data, encrypt)]
fn sealed_records(blocks: usize) -> Vec<Record> {
    RECORDS.take().unwrap_or_else(|| records(blocks))
}

thread_local! {
    static TEXTS: Cell<Option<Texts>> = const { Cell::new(None) };
    static RECORDS: Cell<Option<Vec<Record>>> = const { Cell::new(None) };
}

/// One text, and a warm-up.
const SMALL: usize = TEXT;
const TEXT: usize = 256 << 10;
const RECORD: usize = 4 << 10;

fn texts(bytes: usize) -> Texts {
    vec![noise(TEXT); bytes / TEXT]
}

fn blank_texts(bytes: usize) -> Texts {
    vec![mostly_blank(&noise(TEXT), TEXT); bytes / TEXT]
}

fn records(bytes: usize) -> Vec<Record> {
    let noise = noise(bytes / 16);
    let record = |number| Record {
        number: number as u64,
        text: mostly_blank(&noise[number * RECORD / 16..], RECORD),
    };
    (0..bytes / RECORD).map(record).collect()
}

/// Letters in which LZ4 finds nothing to repeat, also where they are repeated: it looks back for 64 KiB, and this is longer.
fn noise(bytes: usize) -> String {
    // By xorshift (Marsaglia, 2003).
    let mut x = 1_u64;
    let letter = |_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        char::from(b' ' + (x >> 58) as u8)
    };
    (0..bytes).map(letter).collect()
}

/// Text of which LZ4 leaves a sixteenth: a test that seals that without optimization does not take minutes.
fn mostly_blank(noise: &str, bytes: usize) -> String {
    noise[..bytes / 16].to_owned() + &" ".repeat(bytes - bytes / 16)
}

/// What one value took.
#[derive(Debug)]
struct Peaks {
    storing: u64,
    reading: u64,
    /// The entries in the store.
    stored: u64,
    /// The value in memory.
    value: u64,
}

impl Peaks {
    fn of<V: Clone + PartialEq>(
        call: fn(usize) -> V,
        make: fn(usize) -> V,
        prepared: &'static LocalKey<Cell<Option<V>>>,
    ) -> Self {
        let cache = cache();
        with_cache(&cache, || {
            // The first value of a type is read back when it is stored, to see whether it survives.
            call(SMALL);
            let before = cache.stats().bytes;
            let value = make(VALUE);
            let copying = measure(|| drop(value.clone()));
            prepared.set(Some(value));
            let (mut computed, mut read) = (None, None);
            let storing = measure(|| computed = Some(call(VALUE)));
            let stored = cache.stats().bytes - before;
            let reading = measure(|| read = Some(call(VALUE)));
            assert!(read == computed, "a hit is what the body returned");
            Self {
                storing: storing.bytes_max,
                reading: reading.bytes_max,
                stored: stored as u64,
                value: copying.bytes_max,
            }
        })
    }

    fn are_within(&self, storing: u64, reading: u64) -> bool {
        self.storing <= self.stored + storing && self.reading <= self.value + VALUE as u64 + reading
    }
}

fn cache() -> Cache {
    let secret = Secret::random().expect("the system has random numbers");
    Cache::builder()
        .memory_budget(4 * VALUE)
        .keyring(Keyring::single(&secret))
        .build()
        .expect("there is a budget and a keyring")
}

#[test]
fn a_large_value_is_stored_and_read_at_the_cost_of_its_bytes_and_a_few_blocks() {
    let peaks = [
        ("plain texts", Peaks::of(plain_texts, texts, &TEXTS)),
        ("sealed texts", Peaks::of(sealed_texts, blank_texts, &TEXTS)),
        ("plain records", Peaks::of(plain_records, records, &RECORDS)),
        (
            "sealed records",
            Peaks::of(sealed_records, records, &RECORDS),
        ),
    ];
    for (name, peaks) in peaks {
        assert!(peaks.are_within(STORING, READING), "{name}: {peaks:?}");
    }
}

#[test]
fn one_more_copy_of_the_value_would_show() {
    let copied = |blocks| {
        let value = plain_texts(blocks);
        drop(black_box(value.clone()));
        value
    };
    let peaks = Peaks::of(copied, texts, &TEXTS);
    assert!(!peaks.are_within(STORING, READING), "{peaks:?}");
}
