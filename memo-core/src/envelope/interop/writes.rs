//! What Python is to open.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::super::{
    Binding, ItemsOrder, ItemsPacker, Lock, Meta, Order, Packed, Packer, WriteLock, chunk_name,
};
use super::{Age, Call, Fingerprint, Ring, Row, Vector, hex};
use crate::codec::Blocks;
use crate::key::Key;
use crate::seal::WriteId;
use crate::varint;

const CREATED: u32 = 200_000_000;
const SCHEMA: [u8; 4] = [1, 2, 3, 4];

/// Every way of packing and every kind of function, plain and sealed; then a key that is no longer primary.
pub(super) fn ours() -> Vec<Vector> {
    let plain = writes().into_iter().map(|write| write.pack(&call(), None));
    let sealed = writes()
        .into_iter()
        .map(|write| write.pack(&call(), Some(&ring())));
    let others = calls()
        .into_iter()
        .flat_map(|call| [None, Some(&ring())].map(|ring| Write::small().pack(&call, ring)));
    let rotated = writes().into_iter().map(|write| {
        let mut vector = write.pack(&call(), Some(&ring()));
        vector.title += ", since rotated";
        vector.ring = Some(rotated());
        vector
    });
    plain.chain(sealed).chain(others).chain(rotated).collect()
}

/// One of our writes.
struct Write {
    title: &'static str,
    rows: Vec<Row>,
    /// Whether each row is an item.
    sequence: bool,
    compress: bool,
    max_entry: usize,
    meta: Meta,
}

fn writes() -> Vec<Write> {
    let forever = Meta {
        created: CREATED,
        ttl: 0,
        soft_ttl: Some(300),
        cost: Some(1_000_000),
        is_prefix: false,
    };
    let write = |title, rows, compress, max_entry| Write {
        title,
        rows,
        compress,
        max_entry,
        ..Write::small()
    };
    let values = vec![
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
    ];
    let prefix = Meta {
        is_prefix: true,
        ..forever
    };
    let sequences = vec![
        write("sequence", dense(2), false, 4096),
        write("sequence of no items", Vec::new(), true, 4096),
        write("sequence, compressed", loose(60), true, 8192),
        write("sequence in chunks", dense(40), false, 1024),
        write("sequence in chunks, compressed", mixed(), true, 1024),
        write("sequence in full chunks", loose(8000), true, 1 << 20),
        Write {
            meta: prefix,
            ..write("prefix", dense(2), false, 4096)
        },
        Write {
            meta: prefix,
            ..write("prefix in chunks", dense(40), false, 1024)
        },
    ];
    let sequences = sequences.into_iter().map(|write| Write {
        sequence: true,
        ..write
    });
    values.into_iter().chain(sequences).collect()
}

impl Write {
    fn small() -> Self {
        Self {
            title: "inline",
            rows: dense(2),
            sequence: false,
            compress: false,
            max_entry: 4096,
            meta: Meta {
                created: CREATED,
                ttl: 3600,
                soft_ttl: None,
                cost: None,
                is_prefix: false,
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
        let binding = Binding {
            name: &name,
            function: &call.function_id(),
        };
        let (raw, packed) = if self.sequence {
            self.pack_items(&WriteLock::new(self.id(), binding, seal))
        } else {
            self.pack_value(seal.as_ref().map_or(Lock::Plain(binding), Lock::Sealed))
        };
        self.vector(call, ring, &name, &raw, &packed)
    }

    fn pack_value(&self, lock: Lock<'_>) -> (Vec<u8>, Packed) {
        let order = Order {
            schema: SCHEMA,
            meta: self.meta,
            compress: self.compress,
            max_entry: self.max_entry,
            split: true,
            max_raw: 1 << 20,
            write_id: self.id(),
            lock,
        };
        let value = postcard::to_allocvec(&self.rows).expect("rows can be encoded");
        let mut packer = Packer::new(order);
        let mut blocks = Blocks::new(packer.block_size(), &mut packer);
        blocks.put(&value).expect("it may be split");
        blocks.finish().expect("it may be split");
        (value, packer.finish().expect("it may be split"))
    }

    fn pack_items(&self, lock: &WriteLock) -> (Vec<u8>, Packed) {
        let order = ItemsOrder {
            schema: SCHEMA,
            compress: self.compress,
            max_entry: self.max_entry,
        };
        let mut raw = Vec::new();
        for row in &self.rows {
            let item = postcard::to_allocvec(row).expect("rows can be encoded");
            varint::push(&mut raw, item.len() as u64);
            raw.extend_from_slice(&item);
        }
        let mut packer = ItemsPacker::new(order, lock);
        let (mut chunks, mut rest) = (Vec::new(), raw.as_slice());
        while let Some((block, after)) = rest.split_at_checked(packer.block_size())
            && !after.is_empty()
        {
            chunks.push(packer.chunk(block, lock).expect("it fits"));
            rest = after;
        }
        let items = self.rows.len() as u64;
        let packed = packer.finish(rest, items, self.meta, lock);
        let mut packed = packed.expect("it fits");
        chunks.append(&mut packed.chunks);
        packed.chunks = chunks;
        (raw, packed)
    }

    fn vector(
        &self,
        call: &Call,
        ring: Option<&Ring>,
        name: &str,
        raw: &[u8],
        packed: &Packed,
    ) -> Vector {
        let mut entries = BTreeMap::from([(name.to_owned(), hex(&packed.head))]);
        for (chunk, index) in packed.chunks.iter().zip(0..) {
            entries.insert(chunk_name(name, self.id(), index), hex(chunk));
        }
        assert_eq!(entries.len() > 1, self.title.contains("chunks"));
        let how = if ring.is_some() { "sealed" } else { "plain" };
        Vector {
            title: format!(
                "{how}: {} of {}{}",
                self.title,
                call.kind,
                call.function.escape_default()
            ),
            call: call.clone(),
            ring: ring.cloned(),
            sequence: self.sequence,
            schema: hex(&SCHEMA),
            now: CREATED + 60,
            limit: 1 << 20,
            head: name.to_owned(),
            entries,
            verdict: "ok".to_owned(),
            meta: Some(Age::of(self.meta)),
            value: Some(Fingerprint::of(raw)),
            items: self.sequence.then_some(self.rows.len() as u64),
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
        ..of("q", "shop::load\0user:{}-{}: {}")
    };
    let typed = Call {
        namespace: "ein Lädchen".to_owned(),
        version: 7,
        instance: "u32,i64".to_owned(),
        ..of("p", "shop::parse")
    };
    vec![
        of("n", "load"),
        template,
        of("u", "user\0user:{}:{}"),
        typed,
    ]
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
