//! Entries for, and from, the second implementation: tests/interop, in Python, whose README.md has the format of the vectors.
//!
//! With `MEMO_INTEROP_WRITE` set to a file, ours are written there: `cargo xtask interop` lets Python open them.

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Binding, Keys, Lock, Meta, Opened, Order, Packer, Wanted, chunk_name, open, sealed_name,
};
use crate::codec::Blocks;
use crate::key::{Key, NameParts, Scope, Type, store_name};
use crate::reject::Reject;
use crate::seal::{DataKey, Digest, NameKey, Seals, WriteId};

const FROM_PYTHON: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/interop/vectors/from_python.json"
);

/// What a store with names of 250 bytes leaves for an entry's.
const NAME_BYTES: usize = 210;

const CREATED: u32 = 200_000_000;

#[test]
fn entries_of_python_are_what_python_says() {
    let file = fs::read(FROM_PYTHON).expect("tests/interop is beside memo-core");
    let vectors: Vec<Vector> = serde_json::from_slice(&file).expect("the vectors are JSON");
    assert!(vectors.len() > 100);
    for reject in Reject::ALL {
        assert!(vectors.iter().any(|vector| vector.verdict == word(reject)));
    }
    assert_sound(&vectors);
}

#[test]
fn entries_for_python_are_what_we_say() {
    let vectors = ours();
    assert_sound(&vectors);
    if let Some(file) = std::env::var_os("MEMO_INTEROP_WRITE") {
        let json = serde_json::to_vec_pretty(&vectors).expect("vectors are plain data");
        fs::write(file, json).expect("the file can be written");
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Vector {
    title: String,
    #[serde(flatten)]
    call: Call,
    ring: Option<Ring>,
    schema: String,
    now: u32,
    limit: u64,
    head: String,
    entries: BTreeMap<String, String>,
    verdict: String,
    meta: Option<Age>,
    value: Option<Fingerprint>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Call {
    namespace: String,
    kind: String,
    function: String,
    version: u32,
    instance: String,
    key: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Ring {
    name: String,
    primary: String,
    previous: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Age {
    created: u32,
    ttl: u64,
    soft_ttl: Option<u64>,
    cost: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fingerprint {
    length: usize,
    sha256: String,
}

/// The type of all values.
#[derive(Serialize, Deserialize)]
struct Row {
    id: u32,
    name: String,
}

#[track_caller]
fn assert_sound(vectors: &[Vector]) {
    let faults: Vec<String> = vectors.iter().filter_map(Vector::fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

impl Vector {
    /// What is otherwise than the vector says.
    fn fault(&self) -> Option<String> {
        let (verdict, served) = match self.read() {
            Ok(served) => ("ok", Some(served)),
            Err(reject) => (word(reject), None),
        };
        let (age, value) = served.unzip();
        let fault = if verdict != self.verdict {
            format!("`{verdict}`, not `{}`", self.verdict)
        } else if age != self.meta {
            format!("{age:?}")
        } else if value.as_deref().map(Fingerprint::of) != self.value {
            "another value".to_owned()
        } else if age.is_some() && self.call.name(self.ring.as_ref()) != self.head {
            "another name".to_owned()
        } else {
            return None;
        };
        Some(format!("{}: {fault}", self.title))
    }

    fn read(&self) -> Result<(Age, Vec<u8>), Reject> {
        let seals = self.ring.as_ref().map(|ring| ring.seals(&self.call));
        let digest = seals.as_ref().map(|seals| self.call.digest(seals));
        let wanted = Wanted {
            binding: Binding {
                name: &self.head,
                function: &self.call.function_id(),
            },
            schema: array(&self.schema),
            now: self.now,
            max_raw: self.limit,
            keys: match (&seals, &digest) {
                (Some(seals), Some(digest)) => Keys::Sealed { seals, digest },
                _ => Keys::Plain,
            },
        };
        let head = self.entry(&self.head).expect("each vector has its head");
        let (meta, raw) = match open(&head, &wanted)? {
            Opened::Inline { meta, raw } => (meta, raw),
            Opened::Chunked(mut manifest) => {
                for index in 0..manifest.chunks {
                    let name = chunk_name(&self.head, manifest.write_id, index);
                    manifest.take(&self.entry(&name).ok_or(Reject::MissingChunk)?)?;
                }
                (manifest.meta, manifest.finish()?)
            }
        };
        match postcard::take_from_bytes::<Vec<Row>>(&raw) {
            Ok((_, [])) => Ok((Age::of(meta), raw)),
            _ => Err(Reject::Decode),
        }
    }

    fn entry(&self, name: &str) -> Option<Vec<u8>> {
        self.entries.get(name).map(|entry| bytes(entry))
    }
}

impl Call {
    fn name(&self, ring: Option<&Ring>) -> String {
        let Some(ring) = ring else {
            return self.plain_name();
        };
        let digest = self.digest(&ring.seals(self));
        sealed_name(&self.namespace, &digest, NAME_BYTES)
    }

    fn plain_name(&self) -> String {
        let literals: Vec<&str> = self.function.split('\0').collect();
        let parts = NameParts {
            namespace: &self.namespace,
            scope: match self.kind.as_str() {
                "t" => Scope::Template(&literals),
                _ => Scope::Function(&self.function),
            },
            version: self.version,
            max_bytes: NAME_BYTES,
        };
        store_name(&parts, &self.key())
    }

    fn function_id(&self) -> String {
        format!("{}{}", self.kind, self.function)
    }

    fn digest(&self, seals: &Seals) -> Digest {
        seals.digest(self.version, &self.key())
    }

    /// The key, made the way that calls make it.
    fn key(&self) -> Key {
        let mut key = Key::new();
        match self.instance.as_str() {
            "" => {}
            "u32,i64" => key.instance(&(Type::<u32>::NEW, Type::<i64>::NEW)),
            other => panic!("the vectors have no such types: {other}"),
        }
        let whole = bytes(&self.key);
        let mut rest = whole.as_slice();
        while let Some((tag, after)) = rest.split_first() {
            rest = match tag {
                0x30 => {
                    let (text, after) = after[1..].split_at(usize::from(after[0]));
                    key.part(std::str::from_utf8(text).expect("texts are UTF-8"));
                    after
                }
                0x1b => {
                    let (number, after) = after.split_first_chunk().expect("a u64 has 8 bytes");
                    key.part(&u64::from_le_bytes(*number));
                    after
                }
                _ => panic!("the keys of the vectors are of texts and u64"),
            };
        }
        assert_eq!(key.bytes(), whole);
        key
    }
}

impl Ring {
    fn seals(&self, call: &Call) -> Seals {
        let previous: Vec<DataKey> = self
            .previous
            .iter()
            .map(|key| DataKey::new(&bytes(key)))
            .collect();
        Seals::derive(
            &NameKey::new(&bytes(&self.name)),
            &DataKey::new(&bytes(&self.primary)),
            &previous,
            &call.namespace,
            &call.function_id(),
        )
    }
}

impl Age {
    fn of(meta: Meta) -> Self {
        Self {
            created: meta.created,
            ttl: meta.ttl,
            soft_ttl: meta.soft_ttl,
            cost: meta.cost,
        }
    }
}

impl Fingerprint {
    fn of(value: &[u8]) -> Self {
        Self {
            length: value.len(),
            sha256: hex(&Sha256::digest(value)),
        }
    }
}

/// One of our writes.
struct Write {
    title: &'static str,
    rows: Vec<Row>,
    compress: bool,
    max_entry: usize,
    meta: Meta,
}

/// Every way of packing and every kind of function, plain and sealed; then a key that is no longer primary.
fn ours() -> Vec<Vector> {
    let plain = writes().into_iter().map(|write| write.pack(&call(), None));
    let sealed = writes()
        .into_iter()
        .map(|write| write.pack(&call(), Some(&ring())));
    let others = calls().into_iter().flat_map(|call| {
        // How a plain name says `u` is not for this page.
        let plain = (call.kind != "u").then(|| Write::small().pack(&call, None));
        let sealed = Write::small().pack(&call, Some(&ring()));
        plain.into_iter().chain([sealed])
    });
    let rotated = writes().into_iter().map(|write| {
        let mut vector = write.pack(&call(), Some(&ring()));
        vector.title += ", since rotated";
        vector.ring = Some(rotated());
        vector
    });
    plain.chain(sealed).chain(others).chain(rotated).collect()
}

fn writes() -> Vec<Write> {
    let forever = Meta {
        created: CREATED,
        ttl: 0,
        soft_ttl: Some(300),
        cost: Some(1_000_000),
    };
    let write = |title, rows, compress, max_entry| Write {
        title,
        rows,
        compress,
        max_entry,
        ..Write::small()
    };
    vec![
        Write::small(),
        Write {
            title: "all that a body can say",
            meta: forever,
            ..Write::small()
        },
        write("nothing", Vec::new(), true, 4096),
        write("inline, compressed", loose(60), true, 4096),
        write("inline, not compressible", dense(40), true, 4096),
        write("three full blocks in one entry", loose(8000), true, 8192),
        write("chunks", dense(40), false, 1024),
        write("chunks, not compressible", dense(40), true, 1024),
        write("chunks, compressed", mixed(), true, 1024),
    ]
}

impl Write {
    fn small() -> Self {
        Self {
            title: "inline",
            rows: dense(2),
            compress: false,
            max_entry: 4096,
            meta: Meta {
                created: CREATED,
                ttl: 3600,
                soft_ttl: None,
                cost: None,
            },
        }
    }

    fn pack(&self, call: &Call, ring: Option<&Ring>) -> Vector {
        let seals = ring.map(|ring| ring.seals(call));
        let digest = seals.as_ref().map(|seals| call.digest(seals));
        let seal = seals
            .iter()
            .zip(&digest)
            .map(|(seals, digest)| seals.write(digest, self.id()))
            .next();
        let name = call.name(ring);
        let order = Order {
            schema: [1, 2, 3, 4],
            meta: self.meta,
            compress: self.compress,
            max_entry: self.max_entry,
            split: true,
            max_raw: 1 << 20,
            write_id: self.id(),
            lock: seal.as_ref().map_or(Lock::Plain, Lock::Sealed),
        };
        self.vector(call, ring, &name, order)
    }

    fn vector(&self, call: &Call, ring: Option<&Ring>, name: &str, order: Order<'_>) -> Vector {
        let value = postcard::to_allocvec(&self.rows).expect("rows can be encoded");
        let function = &call.function_id();
        let mut packer = Packer::new(order, Binding { name, function });
        let mut blocks = Blocks::new(packer.block_size(), &mut packer);
        blocks.put(&value).expect("it may be split");
        blocks.finish().expect("it may be split");
        let packed = packer.finish().expect("it may be split");
        let mut entries = BTreeMap::from([(name.to_owned(), hex(&packed.head))]);
        for (chunk, index) in packed.chunks.iter().zip(0..) {
            entries.insert(chunk_name(name, self.id(), index), hex(chunk));
        }
        assert_eq!(entries.len() > 1, self.title.starts_with("chunks"));
        let how = if ring.is_some() { "sealed" } else { "plain" };
        Vector {
            title: format!("{how}: {} of {}{}", self.title, call.kind, call.function),
            call: call.clone(),
            ring: ring.cloned(),
            schema: hex(&[1, 2, 3, 4]),
            now: CREATED + 60,
            limit: 1 << 20,
            head: name.to_owned(),
            entries,
            verdict: "ok".to_owned(),
            meta: Some(Age::of(self.meta)),
            value: Some(Fingerprint::of(&value)),
        }
    }

    fn id(&self) -> WriteId {
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = secret(self.title);
        WriteId(id)
    }
}

/// Texts that LZ4 can do nothing with.
fn dense(rows: u32) -> Vec<Row> {
    let name = |id: u32| hex(&Sha256::digest(id.to_le_bytes()));
    (0..rows).map(|id| Row { id, name: name(id) }).collect()
}

/// Texts that LZ4 likes.
fn loose(rows: u32) -> Vec<Row> {
    let name = "the same text again ".repeat(4);
    (0..rows)
        .map(|id| Row {
            id: id / 1000,
            name: name.clone(),
        })
        .collect()
}

fn mixed() -> Vec<Row> {
    loose(300).into_iter().chain(dense(40)).collect()
}

fn call() -> Call {
    Call {
        namespace: "shop".to_owned(),
        kind: "p".to_owned(),
        function: "shop::prices::load".to_owned(),
        version: 0,
        instance: String::new(),
        key: parts(|key| {
            key.part("acme");
            key.part(&42u64);
        }),
    }
}

fn calls() -> Vec<Call> {
    let of = |kind: &str, function: &str| Call {
        kind: kind.to_owned(),
        function: function.to_owned(),
        ..call()
    };
    let template = Call {
        key: parts(|key| {
            for hole in ["x-y", "", "Ünter ~1"] {
                key.part(hole);
            }
        }),
        ..of("t", "user:\0-\0: \0")
    };
    let typed = Call {
        namespace: "ein Lädchen".to_owned(),
        version: 7,
        instance: "u32,i64".to_owned(),
        ..of("p", "shop::parse")
    };
    vec![of("n", "load"), template, of("u", "user"), typed]
}

fn parts(build: impl FnOnce(&mut Key)) -> String {
    let mut key = Key::new();
    build(&mut key);
    hex(key.bytes())
}

fn ring() -> Ring {
    Ring {
        name: hex(&secret("name")),
        primary: hex(&secret("primary")),
        previous: Vec::new(),
    }
}

/// The ring some time later.
fn rotated() -> Ring {
    Ring {
        primary: hex(&secret("newer")),
        previous: vec![hex(&secret("other")), ring().primary],
        ..ring()
    }
}

fn secret(label: &str) -> [u8; 32] {
    Sha256::digest(label).into()
}

fn word(reject: Reject) -> &'static str {
    match reject {
        Reject::Format => "format",
        Reject::Downgrade => "downgrade",
        Reject::UnknownKey => "unknown key",
        Reject::Schema => "schema",
        Reject::Commit => "commit",
        Reject::Tag => "tag",
        Reject::Checksum => "checksum",
        Reject::Torn => "torn",
        Reject::MissingChunk => "missing chunk",
        Reject::Expired => "expired",
        Reject::Limit => "limit",
        Reject::Decode => "decode",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn array(hex: &str) -> [u8; 4] {
    bytes(hex).try_into().expect("four bytes")
}
