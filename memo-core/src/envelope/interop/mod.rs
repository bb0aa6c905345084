//! Entries for, and from, the second implementation: tests/interop, in Python, whose README.md has the format of the vectors.
//!
//! With `MEMO_INTEROP_WRITE` set to a file, ours are written there: `cargo xtask interop` lets Python open them.

mod writes;

use std::collections::BTreeMap;
use std::fs;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    BLOCK_BYTES, Binding, ItemsManifest, Keys, Meta, Opened, OpenedItems, Wanted, chunk_name, open,
    open_items, sealed_name,
};
use crate::key::{Key, NameParts, Scope, Type, store_name};
use crate::reject::Reject;
use crate::seal::{DataKey, Digest, NameKey, Seals, WriteId};
use crate::varint;

const FROM_PYTHON: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/interop/vectors/from_python.json"
);

/// What a store with names of 250 bytes leaves for an entry's.
const NAME_BYTES: usize = 210;

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
    let vectors = writes::ours();
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
    sequence: bool,
    schema: String,
    now: u32,
    limit: u64,
    head: String,
    entries: BTreeMap<String, String>,
    verdict: String,
    meta: Option<Age>,
    value: Option<Fingerprint>,
    items: Option<u64>,
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
    prefix: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fingerprint {
    length: usize,
    sha256: String,
}

/// What is served.
struct Served {
    meta: Meta,
    /// The encoded value, or the raw stream of a sequence.
    raw: Vec<u8>,
    /// `None` for a value.
    items: Option<u64>,
}

/// Values are lists of these, and items of sequences are one each.
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
        let served = served.as_ref();
        let age = served.map(|served| Age::of(served.meta));
        let items = served.and_then(|served| served.items);
        let fault = if verdict != self.verdict {
            format!("`{verdict}`, not `{}`", self.verdict)
        } else if age != self.meta {
            format!("{age:?}")
        } else if served.map(|served| Fingerprint::of(&served.raw)) != self.value {
            "another value".to_owned()
        } else if items != self.items {
            format!("{items:?} items")
        } else if age.is_some() && self.call.name(self.ring.as_ref()) != self.head {
            "another name".to_owned()
        } else {
            return None;
        };
        Some(format!("{}: {fault}", self.title))
    }

    fn read(&self) -> Result<Served, Reject> {
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
        if self.sequence {
            self.read_items(&head, &wanted)
        } else {
            self.read_value(&head, &wanted)
        }
    }

    fn read_value(&self, head: &[u8], wanted: &Wanted<'_>) -> Result<Served, Reject> {
        let (meta, raw) = match open(head, wanted)? {
            Opened::Inline { meta, raw } => (meta, raw),
            Opened::Chunked(mut manifest) => {
                for index in 0..manifest.chunks {
                    manifest.take(&self.chunk(manifest.write_id, index)?)?;
                }
                (manifest.meta, manifest.finish()?)
            }
        };
        decode::<Vec<Row>>(&raw)?;
        Ok(Served {
            meta,
            raw,
            items: None,
        })
    }

    fn read_items(&self, head: &[u8], wanted: &Wanted<'_>) -> Result<Served, Reject> {
        let (meta, raw, promised) = match open_items(head, wanted)? {
            OpenedItems::Inline { meta, raw } => (meta, raw, None),
            OpenedItems::Chunked(manifest) => {
                let raw = self.raw_stream(&manifest)?;
                (manifest.meta, raw, Some(manifest.items))
            }
        };
        let mut items = 0;
        let mut rest = raw.as_slice();
        while !rest.is_empty() {
            let (length, after) = varint::split(rest).ok_or(Reject::Decode)?;
            let item = usize::try_from(length).ok();
            let item = item.and_then(|length| after.split_at_checked(length));
            let (item, after) = item.ok_or(Reject::Decode)?;
            if length > self.limit {
                return Err(Reject::Limit);
            }
            decode::<Row>(item)?;
            items += 1;
            rest = after;
        }
        if promised.is_some_and(|promised| promised != items) {
            return Err(Reject::Torn);
        }
        Ok(Served {
            meta,
            raw,
            items: Some(items),
        })
    }

    fn raw_stream(&self, manifest: &ItemsManifest) -> Result<Vec<u8>, Reject> {
        let mut raw = Vec::new();
        for index in 0..manifest.chunks {
            let chunk = self.chunk(manifest.lock.write_id, index)?;
            let left = manifest.raw_len - raw.len() as u64;
            let max = left.min(BLOCK_BYTES as u64) as usize;
            let last = index + 1 == manifest.chunks;
            manifest
                .lock
                .open_chunk(index, last, &chunk, max, &mut raw)?;
        }
        if raw.len() as u64 == manifest.raw_len {
            Ok(raw)
        } else {
            Err(Reject::Torn)
        }
    }

    fn chunk(&self, id: WriteId, index: u32) -> Result<Vec<u8>, Reject> {
        let name = chunk_name(&self.head, id, index);
        self.entry(&name).ok_or(Reject::MissingChunk)
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
        let (own, template) = self
            .function
            .split_once('\0')
            .unwrap_or((&self.function, ""));
        let literals = literals(template);
        let literals = Vec::from_iter(literals.iter().map(String::as_str));
        let parts = NameParts {
            namespace: &self.namespace,
            scope: match self.kind.as_str() {
                "q" => Scope::Template(&literals),
                _ => Scope::Function(own),
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

/// Those of a template as a function id has it: its holes are `{}`, and its own braces are doubled.
fn literals(template: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut rest = template;
    while let Some(next) = rest.chars().next() {
        let pair = rest.get(..2);
        if pair == Some("{}") {
            found.push(String::new());
            rest = &rest[2..];
            continue;
        }
        if let Some(literal) = found.last_mut() {
            literal.push(next);
        }
        let is_doubled = matches!(pair, Some("{{" | "}}"));
        rest = &rest[if is_doubled { 2 } else { next.len_utf8() }..];
    }
    found
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
            prefix: meta.is_prefix,
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

fn decode<T: DeserializeOwned>(raw: &[u8]) -> Result<(), Reject> {
    match postcard::take_from_bytes::<T>(raw) {
        Ok((_, [])) => Ok(()),
        _ => Err(Reject::Decode),
    }
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
