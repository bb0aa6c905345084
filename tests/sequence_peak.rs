//! What making and reading a long sequence takes, however long it is: counted by the allocator.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::pin::pin;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use allocation_counter::measure;
use futures::{StreamExt, stream};
use memo::backend::{Answer, Backend, Bytes, Capability, Fault, FaultKind, Item, Name};
use memo::{Cache, Keyring, Policy, Secret, Waits};
use memo_testkit::block_on;

/// What is encoded, compressed, written and read at once takes no more.
const BLOCK: u64 = 256 << 10;

/// A window of two chunks as they are stored, one as it is opened, and the item and names beside.
const BOUND: u64 = 4 * BLOCK;

const TOTAL: usize = 256 << 20;

/// Long enough to show that the length does not count. Sealing without optimization takes seconds for that much.
const SLOW_TOTAL: usize = 16 << 20;

const ITEM: usize = 4 << 10;

/// Letters for all items: enough that none of them is twice in a block.
const NOISE: usize = 1 << 20;

/// A sequence: how many bytes of items, and what they are like.
#[derive(Clone, Copy, Debug)]
struct Sequence {
    name: &'static str,
    bytes: usize,
    /// How much of an item is letters; the rest is blank.
    letters: usize,
    sealed: bool,
    compress: bool,
}

const PLAIN: Sequence = Sequence {
    name: "peak-plain",
    bytes: TOTAL,
    letters: ITEM,
    sealed: false,
    compress: false,
};

const COMPRESSIBLE: Sequence = Sequence {
    name: "peak-compressible",
    letters: ITEM / 16,
    compress: true,
    ..PLAIN
};

const SEALED: Sequence = Sequence {
    name: "peak-sealed",
    bytes: SLOW_TOTAL,
    sealed: true,
    ..PLAIN
};

const SEALED_COMPRESSIBLE: Sequence = Sequence {
    name: "peak-sealed-compressible",
    sealed: true,
    ..COMPRESSIBLE
};

impl Sequence {
    fn places(self) -> Range<usize> {
        0..self.bytes / ITEM
    }

    /// Letters, and then blanks.
    fn item(self, noise: &str, place: usize) -> String {
        let begin = place * ITEM % (NOISE - ITEM);
        noise[begin..][..self.letters].to_owned() + &" ".repeat(ITEM - self.letters)
    }

    fn policy(self) -> Policy {
        let policy = Policy::named(self.name).compress(self.compress);
        if self.sealed {
            policy.encrypt()
        } else {
            policy
        }
    }
}

/// A cache over a store in files, and what items are made of.
struct Bench {
    cache: Cache,
    noise: String,
    files: Files,
}

/// What making and what reading took.
#[derive(Debug)]
struct Peaks {
    making: u64,
    reading: u64,
}

impl Bench {
    fn new() -> Self {
        let files = Files::new().expect("there is room for temporary files");
        let secret = Secret::random().expect("the system has random numbers");
        let cache = Cache::builder()
            .backend(files.clone())
            .keyring(Keyring::single(&secret))
            .build()
            .expect("there is a keyring");
        Self {
            cache,
            noise: noise(NOISE),
            files,
        }
    }

    /// Reads all by an iterator, or by a stream. Checks every item.
    fn read(
        &self,
        sequence: Sequence,
        key: &str,
        body: impl Iterator<Item = String>,
        by_stream: bool,
    ) {
        let policy = sequence.policy();
        let mut places = sequence.places();
        let mut check = |item: String| {
            let place = places.next().expect("no item is too many");
            assert!(item == sequence.item(&self.noise, place), "item {place}");
        };
        if by_stream {
            let items = self.cache.stream(key, &policy, || stream::iter(body));
            let mut items = pin!(items);
            while let Some(item) = block_on(items.next()) {
                check(item);
            }
        } else {
            self.cache.iter(key, &policy, || body).for_each(check);
        }
        assert!(places.is_empty(), "no item is missing");
    }

    fn peaks(&self, sequence: Sequence, by_stream: bool) -> Peaks {
        // The first value of a type is read back when it is stored, to see whether it survives.
        let few = Sequence {
            bytes: 8 * ITEM,
            ..sequence
        };
        let body = few.places().map(|place| few.item(&self.noise, place));
        self.read(few, "few", body, by_stream);
        let body = sequence
            .places()
            .map(|place| sequence.item(&self.noise, place));
        let making = measure(|| self.read(sequence, "all", body, by_stream));
        let none = std::iter::from_fn(|| panic!("it is stored"));
        let reading = measure(|| self.read(sequence, "all", none, by_stream));
        self.files.clear().expect("the files are ours");
        Peaks {
            making: making.bytes_max,
            reading: reading.bytes_max,
        }
    }
}

#[track_caller]
fn is_within_bounds(sequence: Sequence) {
    let bench = Bench::new();
    for (by_stream, bytes) in [(false, sequence.bytes), (true, SLOW_TOTAL)] {
        let sequence = Sequence { bytes, ..sequence };
        let peaks = bench.peaks(sequence, by_stream);
        let is_within = peaks.making <= BOUND && peaks.reading <= BOUND;
        assert!(
            is_within,
            "{sequence:?}, by a stream: {by_stream}: {peaks:?}"
        );
    }
}

#[test]
fn a_plain_sequence_takes_a_few_blocks() {
    is_within_bounds(PLAIN);
}

#[test]
fn a_compressible_sequence_takes_a_few_blocks() {
    is_within_bounds(COMPRESSIBLE);
}

#[test]
fn a_sealed_sequence_takes_a_few_blocks() {
    is_within_bounds(SEALED);
}

#[test]
fn a_sealed_compressible_sequence_takes_a_few_blocks() {
    is_within_bounds(SEALED_COMPRESSIBLE);
}

#[test]
fn whoever_keeps_a_few_blocks_more_would_show() {
    let bench = Bench::new();
    let sequence = Sequence {
        bytes: 4 << 20,
        ..PLAIN
    };
    let body = sequence
        .places()
        .map(|place| sequence.item(&bench.noise, place));
    let kept = measure(|| {
        drop(
            bench
                .cache
                .iter("kept", &sequence.policy(), || body)
                .collect::<Vec<_>>(),
        )
    });
    assert!(kept.bytes_max > 4 << 20, "{kept:?}");
}

/// Letters in which LZ4 finds nothing to repeat.
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

/// A store in the files of a temporary directory: only what is on its way is in memory.
#[derive(Clone, Debug)]
struct Files(Arc<Directory>);

#[derive(Debug)]
struct Directory(PathBuf);

impl Files {
    fn new() -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("memo-sequence-peak-{}-{number}", process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        Ok(Self(Arc::new(Directory(path))))
    }

    /// Where it is: by a digest, because names may hold what a file's name may not.
    fn path(&self, name: &Name) -> PathBuf {
        let mut digest = DefaultHasher::new();
        name.as_str().hash(&mut digest);
        self.0.0.join(format!("{:016x}", digest.finish()))
    }

    fn clear(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.0.0)?;
        fs::create_dir(&self.0.0)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn done<T>(outcome: io::Result<T>) -> Answer<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::new(FaultKind::Other, error.to_string())),
    }
}

impl Backend for Files {
    fn kind(&self) -> &'static str {
        "files"
    }

    fn capability(&self) -> Capability {
        let mut capability = Capability::of(250, 1 << 20);
        capability.probes = true;
        capability
    }

    async fn get_many(&self, names: &[Name], _: Waits) -> Answer<Vec<Option<Bytes>>> {
        let read = |name| Ok(done(fs::read(self.path(name)))?.map(Bytes::from));
        names.iter().map(read).collect()
    }

    async fn set_many(&self, items: Vec<Item>, _: Waits) -> Answer<()> {
        for item in items {
            done(fs::write(self.path(&item.name), &item.value))?;
        }
        Ok(())
    }

    async fn delete_many(&self, names: &[Name], _: Waits) -> Answer<usize> {
        let mut deleted = 0;
        for name in names {
            deleted += usize::from(done(fs::remove_file(self.path(name)))?.is_some());
        }
        Ok(deleted)
    }

    async fn probe_many(&self, names: &[Name], _: Waits) -> Answer<Vec<bool>> {
        Ok(names.iter().map(|name| self.path(name).exists()).collect())
    }
}
