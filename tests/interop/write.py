"""Writes the vectors of this implementation: the same bytes each time, since nothing in them is random."""

from __future__ import annotations

import hashlib
import struct
import sys
from dataclasses import replace
from pathlib import Path

import rows
from envelope import (
    BLOCKS,
    INLINE,
    ITEMS,
    MAX_BLOCK,
    RAW,
    SEALED,
    Call,
    Meta,
    Ring,
    Writer,
    chunk_name,
    encode_block,
    encode_items,
    encode_meta,
    plain,
    varint,
)
from vectors import Vector, dump, plain_name, sealed_name

T0 = 200_000_000
META = Meta(T0, 3600)
SCHEMA = bytes.fromhex("5c4e3a01")
LIMIT = 1 << 20

# `30` is a text, `1b` a u64 (FORMAT.md).
KEY = b"\x30\x04acme" + b"\x1b" + struct.pack("<Q", 42)
CALL = Call("shop", "pshop::prices::load", 0, "", KEY)
PLAIN = plain_name(CALL)


def secret(label: str) -> bytes:
    return hashlib.sha256(f"secret of the test vectors: {label}".encode()).digest()


def write_id(label: str) -> bytes:
    return hashlib.sha256(f"write id: {label}".encode()).digest()[:16]


RING = Ring(secret("name"), secret("primary"))
ROTATED = Ring(RING.name, RING.primary, (secret("older"), secret("oldest")))
SEALED_NAME = sealed_name(CALL, RING)
ID = write_id("first")

SHORT = rows.encode([(1, "Ada"), (300, "Grüße"), (4_294_967_295, "")])
# Texts that LZ4 can do nothing with, and texts that it can.
DENSE = rows.encode([(n, hashlib.sha256(bytes([n])).hexdigest()) for n in range(12)])
LOOSE = rows.encode([(n, "the same text again " * 4) for n in range(30)])
MIXED = rows.encode([(n, "again " * 10 if n < 8 else hashlib.sha256(bytes([n])).hexdigest()) for n in range(16)])


def writer(sealed: bool, label: str = "first") -> Writer:
    ring = RING if sealed else None
    return Writer(ring, RING.primary, CALL, SCHEMA, write_id(label))


def good(title: str, entries: dict[str, bytes], value: bytes, sealed: bool, meta: Meta = META) -> Vector:
    """The last entry is the head, as in the order of writing."""
    head = list(entries)[-1]
    ring = RING if sealed else None
    return Vector(title, CALL, ring, False, SCHEMA, T0 + 10, LIMIT, head, entries, "ok", meta, value)


def good_items(title: str, entries: dict[str, bytes], items: list[bytes], sealed: bool, meta: Meta = META) -> Vector:
    one = good(title, entries, encode_items(items), sealed, meta)
    return replace(one, sequence=True, items=len(items))


def bad(reason: str, title: str, base: Vector, **changes: object) -> Vector:
    fields: dict[str, object] = {"verdict": reason, "meta": None, "value": None, "items": None, **changes}
    return replace(base, title=f"{reason}: {title}", **fields)  # type: ignore[arg-type]


def sound(sealed: bool) -> list[Vector]:
    """The kinds of entries, once plain and once sealed."""
    name, how, w = (SEALED_NAME, "sealed", writer(True)) if sealed else (PLAIN, "plain", writer(False))
    full = Meta(T0, 0, soft_ttl=60, cost=1500)
    shapes: list[tuple[str, dict[str, bytes], bytes, Meta]] = [
        ("inline", w.inline(name, META, SHORT), SHORT, META),
        ("inline, soft ttl and cost, no ttl", w.inline(name, full, SHORT), SHORT, full),
        ("inline, an empty list", w.inline(name, META, b"\0"), b"\0", META),
        ("inline, raw blocks", w.inline(name, META, DENSE, 300), DENSE, META),
        ("inline, LZ4 blocks", w.inline(name, META, LOOSE, 1000, True), LOOSE, META),
        ("one chunk", w.chunked(name, META, SHORT, 512, False, 1), SHORT, META),
        ("chunks of one raw block", w.chunked(name, META, DENSE, 200, False, 1), DENSE, META),
        ("chunks of two blocks, LZ4 and raw", w.chunked(name, META, MIXED, 150, True, 2), MIXED, META),
    ]
    return [good(f"{how}: {title}", entries, value, sealed, meta) for title, entries, value, meta in shapes]


def calls() -> list[Vector]:
    """What enters the keys and the name: every kind of function id, versions, types, namespaces, keys of the ring."""
    found = []
    others = [
        ("a named function, version 3", replace(CALL, function="nload", version=3)),
        ("a template", replace(CALL, function="qshop::users::load\0user:{}:{}", key=b"\x30\x04acme\x30\x0242")),
        ("a template with literals that lead", replace(CALL, function="qshop::load\0{{{}-{} é{}", key=b"\x30\x03x-y\x30\0\x30\x01~")),
        ("an empty text", replace(CALL, key=b"\x30\0" + KEY)),
        ("a name beside a template", replace(CALL, function="uuser\0user:{}:{}")),
        ("types", replace(CALL, instance="u32,i64")),
        ("an odd namespace", replace(CALL, namespace="shop: ü/1")),
        ("a name that is cut, in the middle of an escape", replace(CALL, namespace="~" * 60)),
        ("no namespace, no arguments", replace(CALL, namespace="", key=b"")),
    ]
    for title, call in others:
        entries = Writer(None, b"", call, SCHEMA, ID).inline(plain_name(call), META, SHORT)
        found.append(replace(good(f"plain: {title}", entries, SHORT, False), call=call))
        entries = Writer(RING, RING.primary, call, SCHEMA, ID).inline(sealed_name(call, RING), META, SHORT)
        found.append(replace(good(f"sealed: {title}", entries, SHORT, True), call=call))
    for title, key in [("primary", RING.primary), ("previous", ROTATED.previous[0]), ("oldest", ROTATED.previous[1])]:
        w = Writer(RING, key, CALL, SCHEMA, ID)
        inline = w.inline(SEALED_NAME, META, SHORT)
        chunked = w.chunked(SEALED_NAME, META, SHORT, 8, False, 1)
        found.append(replace(good(f"rotated: sealed with the {title} key", inline, SHORT, True), ring=ROTATED))
        found.append(replace(good(f"rotated: chunks, {title} key", chunked, SHORT, True), ring=ROTATED))
    one = Ring(RING.primary, RING.primary)
    entries = Writer(one, one.primary, CALL, SCHEMA, ID).inline(sealed_name(CALL, one), META, SHORT)
    found.append(replace(good("sealed: one secret serves as both", entries, SHORT, True), ring=one))
    return found


def edges(plain_one: Vector) -> list[Vector]:
    return [
        replace(plain_one, title="plain: two seconds late is in time", now=T0 + 3602),
        replace(plain_one, title="plain: created after the reader's now", now=T0 - 5),
        replace(plain_one, title="plain: exactly as long as allowed", limit=len(SHORT)),
    ]


def flip(vector: Vector, name: str, at: int, bits: int = 1) -> dict[str, bytes]:
    entry = bytearray(vector.entries[name])
    entry[at] ^= bits
    return {**vector.entries, name: bytes(entry)}


def patched(vector: Vector, at: int, bits: int) -> dict[str, bytes]:
    """A plain entry with other bits, and a checksum that fits them."""
    entry = flip(vector, vector.head, at, bits)[vector.head]
    return {vector.head: plain(entry[:6], entry[10:], vector.head, vector.call.function)}


def spoiled_heads(one: Vector, seal: Vector) -> list[Vector]:
    plain_entry, sealed_entry = one.entries[PLAIN], seal.entries[SEALED_NAME]
    moved = {"elsewhere": sealed_entry}
    other = replace(CALL, key=b"\x30\x04acme" + b"\x1b" + struct.pack("<Q", 43))
    strange = Writer(RING, secret("unknown"), CALL, SCHEMA, ID).inline(SEALED_NAME, META, SHORT)
    return [
        bad("format", "no bytes at all", one, entries={PLAIN: b""}),
        bad("format", "another first byte", one, entries=patched(one, 0, 0x01)),
        bad("format", "kind 0", one, entries=patched(one, 1, 0b01)),
        bad("format", "kind 3 in a head", one, entries=patched(one, 1, 0b10)),
        bad("format", "padding", one, entries=patched(one, 1, 1 << 4)),
        bad("format", "a sequence where a value is wanted", one, entries=patched(one, 1, 1 << 5)),
        bad("format", "reserved bit 6", one, entries=patched(one, 1, 1 << 6)),
        bad("format", "reserved bit 7", seal, entries=flip(seal, SEALED_NAME, 1, 1 << 7)),
        bad("format", "a header cut off", one, entries={PLAIN: plain_entry[:9]}),
        bad("format", "no room for the tag", seal, entries={SEALED_NAME: sealed_entry[:57]}),
        bad("downgrade", "plain where sealed is wanted", seal, entries={SEALED_NAME: plain_entry}),
        bad("downgrade", "sealed where plain is wanted", one, entries={PLAIN: sealed_entry}),
        bad("unknown key", "of another ring", seal, entries=strange),
        bad("unknown key", "a flipped bit", seal, entries=flip(seal, SEALED_NAME, 6)),
        bad("schema", "plain", one, schema=b"\0\0\0\0"),
        bad("schema", "sealed", seal, schema=b"\0\0\0\0"),
        bad("commit", "a flipped bit of it", seal, entries=flip(seal, SEALED_NAME, 26)),
        bad("commit", "a flipped bit of the write id", seal, entries=flip(seal, SEALED_NAME, 10)),
        bad("commit", "moved to another key", seal, call=other, head="elsewhere", entries=moved),
        bad("commit", "moved to another version", seal, call=replace(CALL, version=1), head="elsewhere", entries=moved),
        bad("commit", "moved to another function", seal, call=replace(CALL, function="nload"), head="elsewhere", entries=moved),
        bad("commit", "moved to another namespace", seal, call=replace(CALL, namespace="till"), head="elsewhere", entries=moved),
        bad("tag", "a flipped bit of the body", seal, entries=flip(seal, SEALED_NAME, 42)),
        bad("tag", "a flipped bit of the tag", seal, entries=flip(seal, SEALED_NAME, -1)),
        bad("tag", "a flipped flag", seal, entries=flip(seal, SEALED_NAME, 1, BLOCKS)),
        bad("tag", "cut", seal, entries={SEALED_NAME: sealed_entry[:-1]}),
        bad("checksum", "a flipped bit of the body", one, entries=flip(one, PLAIN, -1)),
        bad("checksum", "a flipped flag", one, entries=flip(one, PLAIN, 1, BLOCKS)),
        bad("checksum", "moved to another name", one, head="elsewhere", entries={"elsewhere": plain_entry}),
        bad("checksum", "of a path that is another function's name", one, call=replace(CALL, function="n" + CALL.function[1:])),
        of_another_template(),
        of_another_function(),
        bad("expired", "plain", one, now=T0 + 3603),
        bad("expired", "sealed", seal, now=T0 + 3603),
        bad("limit", "inline", one, limit=len(SHORT) - 1),
    ]


def of_another_template() -> Vector:
    """`{table}:{id}` with the table `user` and `user:{id}` have entries of one name."""
    wide = replace(CALL, function="qshop::row\0{}:{}", key=b"\x30\x04user\x30\x0242")
    narrow = replace(CALL, function="qshop::user\0user:{}", key=b"\x30\x0242")
    name = plain_name(narrow)
    assert name == plain_name(wide)
    entries = Writer(None, b"", wide, SCHEMA, ID).inline(name, META, SHORT)
    return bad("checksum", "of another template with this name", good("", entries, SHORT, False), call=narrow)


def of_another_function() -> Vector:
    """Two functions of one template have entries of one name."""
    title = replace(CALL, function="qshop::title\0book:{}", key=b"\x30\x0242")
    author = replace(title, function="qshop::author\0book:{}")
    name = plain_name(title)
    assert name == plain_name(author)
    entries = Writer(None, b"", title, SCHEMA, ID).inline(name, META, SHORT)
    return bad("checksum", "of another function with this template", good("", entries, SHORT, False), call=author)


def spoiled_bodies(base: Vector) -> list[Vector]:
    """Bodies that nobody damaged: written so."""
    how = "plain" if base.ring is None else "sealed"
    meta = encode_meta(META)
    endless = b"\xff\xff\xff\xff\x0f"
    w = writer(base.ring is not None)

    def body(reason: str, title: str, data: bytes, blocks: bool = False) -> Vector:
        return bad(reason, f"{how}, {title}", base, entries={base.head: w.head(base.head, INLINE, blocks, data)})

    def block(title: str, stored: int, raw: int, data: bytes) -> Vector:
        return body("format", title, meta + struct.pack("<II", stored, raw) + data, True)

    return [
        body("format", "no body", b""),
        body("format", "a ttl that does not end", meta[:4] + b"\x80"),
        body("format", "a ttl in more bytes than it needs", meta[:4] + b"\x80\x00\x00" + SHORT),
        body("format", "a ttl beyond 64 bits", meta[:4] + b"\xff" * 9 + b"\x02\x00" + SHORT),
        body("format", "an unknown option", meta[:-1] + b"\x08" + SHORT),
        body("format", "a prefix", meta[:-1] + b"\x04" + SHORT),
        body("format", "no block where blocks are", meta, True),
        body("format", "half a block header", meta + b"\x01\0\0\0", True),
        block("a block longer than the data", RAW | 5, 5, b"abcd"),
        block("a block of nothing", RAW, 0, b""),
        block("a raw block of two lengths", RAW | 3, 4, b"\0\0\0"),
        block("a block too large", 1100, 262_145, bytes(1100)),
        block("an LZ4 block that saves nothing", 5, 4, b"\x40\1\0\0\0"),
        block("a block too good to be true", 4, 255 * 4 + 65, bytes(4)),
        # A byte, sixteen more from nowhere, five bytes.
        block("an LZ4 offset of 0", 10, 22, b"\x1c\1\0\0\x50abcde"),
        block("a block that is not LZ4", 3, 40, b"\xff\xff\xff"),
        bad("limit", f"{how}, blocks", base, limit=len(LOOSE) - 1, entries=w.inline(base.head, META, LOOSE, 1000, True)),
        body("decode", "a byte too many", meta + SHORT + b"\0"),
        body("decode", "a byte too few", meta + SHORT[:-1]),
        body("decode", "more rows than bytes", meta + endless),
        body("decode", "no text", meta + b"\x01\x01\x01\xff"),
    ]


def spoiled_chunks(sealed: bool) -> list[Vector]:
    name, w = (SEALED_NAME, writer(True)) if sealed else (PLAIN, writer(False))
    how = "sealed" if sealed else "plain"
    base = good("", w.chunked(name, META, SHORT, 8, False, 1), SHORT, sealed)
    # Of one shape with the first write, as a second computation of the same value is.
    twin = writer(sealed, "second").chunked(name, META, SHORT, 8, False, 1)
    c0, c1, c2 = (chunk_name(name, ID, index) for index in range(3))
    of_twin = chunk_name(name, write_id("second"), 1)

    def chunks(reason: str, title: str, changes: dict[str, bytes]) -> Vector:
        return bad(reason, f"{how}, {title}", base, entries={**base.entries, **changes})

    def manifest(reason: str, title: str, count: int, length: int, items: int = 0) -> Vector:
        return chunks(reason, title, {name: w.manifest(name, META, count, length, items)})

    def chunk(reason: str, title: str, data: bytes) -> Vector:
        return chunks(reason, title, {c1: w.chunk(c1, 1, False, data)})

    def head(title: str, payload: bytes) -> Vector:
        entry = w.head(name, 2, True, encode_meta(META) + payload)
        return chunks("format", title, {name: entry})

    def kept(*names: str) -> dict[str, bytes]:
        return {chunk: base.entries[chunk] for chunk in names}

    def rewritten(title: str, at: int, bits: int, reason: str) -> Vector:
        entry = flip(base, c1, at, bits)[c1]
        return chunks(reason, title, {c1: entry if sealed else plain(entry[:22], entry[26:], c1, CALL.function)})

    total = len(SHORT)
    broken = "tag" if sealed else "checksum"
    found = [
        bad("missing chunk", f"{how}, the first", base, entries=kept(c1, c2, name)),
        bad("missing chunk", f"{how}, the last", base, entries=kept(c0, c1, name)),
        bad("limit", f"{how}, by the manifest", base, limit=total - 1),
        bad("expired", f"{how}, before its chunks are looked for", base, now=T0 + 3603, entries=kept(name)),
        chunks("torn", "a chunk of another write", {c1: twin[of_twin]}),
        chunks("torn", "two chunks have changed places", {c0: base.entries[c1], c1: base.entries[c0]}),
        chunks(broken, "a chunk with a flipped bit", {c1: flip(base, c1, -1)[c1]}),
        chunks(broken, "a chunk cut", {c1: base.entries[c1][:-1]}),
        chunks("format", "an empty chunk", {c1: b""}),
        chunks("format", "a chunk's header cut off", {c1: base.entries[c1][:20]}),
        manifest("torn", "a value longer than its chunks", 3, total + 1),
        manifest("torn", "a value shorter than its chunks", 3, total - 1),
        manifest("format", "no chunks", 0, 0),
        manifest("format", "more chunks than bytes", 3, 2),
        manifest("format", "items in a value", 3, total, 7),
        head("a manifest with a byte too many", varint(3) + varint(total) + b"\0\0"),
        head("a manifest cut", varint(3) + varint(total)),
        rewritten("a chunk that is inline", 1, 0b10, "format"),
        chunk("format", "a chunk without blocks", b""),
        chunk("torn", "a chunk that is longer", struct.pack("<II", RAW | 40, 40) + bytes(40)),
        rewritten("a chunk not in blocks", 1, BLOCKS, "format"),
        rewritten("a chunk with a reserved bit", 1, 1 << 6, "format"),
        rewritten("a chunk of the other kind of sealing", 1, SEALED, "downgrade"),
        # Sealed, the flag for the last chunk tells; plain, the length does.
        manifest("tag" if sealed else "torn", "a chunk too few", 2, total),
    ]
    if not sealed:
        other = replace(w, call=replace(CALL, function="n" + CALL.function[1:]))
        stray = other.chunked(name, META, SHORT, 8, False, 1)[c1]
        found.append(chunks("checksum", "a chunk of another function", {c1: stray}))
    if sealed:
        found.append(manifest("tag", "a chunk too few, with the length of the others", 2, 16))
        relabelled = flip(base, c1, 18, 1 ^ 2)[c1]
        found.append(bad("torn", f"{how}, a relabelled index", base, entries={**base.entries, c1: relabelled}))
        c2_as_1 = base.entries[c2][:18] + struct.pack("<I", 1) + base.entries[c2][22:]
        found.append(chunks("tag", "a chunk relabelled to another's place", {c1: c2_as_1}))
    return found


FEW = [rows.encode_one(row) for row in [(1, "Ada"), (300, "Grüße"), (4_294_967_295, "")]]
MANY = [rows.encode_one((n, hashlib.sha256(bytes([n])).hexdigest()[: n % 64])) for n in range(40)]
ALIKE = [rows.encode_one((7, "the same item again"))] * 150
LONG = [*FEW, rows.encode_one((5, "a text that is longer than a block " * 9)), *FEW]


def sequences(sealed: bool, label: str = "first") -> Writer:
    return replace(writer(sealed, label), sequence=True)


def sound_sequences(sealed: bool) -> list[Vector]:
    name, how, w = (SEALED_NAME, "sealed", sequences(True)) if sealed else (PLAIN, "plain", sequences(False))
    part = Meta(T0, 3600, prefix=True)
    full = Meta(T0, 0, soft_ttl=60, cost=1500, prefix=True)

    def inline(title: str, items: list[bytes], meta: Meta = META, block: int = 0, compress: bool = False) -> Vector:
        entries = w.inline(name, meta, encode_items(items), block, compress)
        return good_items(f"{how} sequence: inline, {title}", entries, items, sealed, meta)

    def chunks(title: str, items: list[bytes], block: int, compress: bool = False, meta: Meta = META, per_chunk: int = 1) -> Vector:
        entries = w.chunked(name, meta, encode_items(items), block, compress, per_chunk, len(items))
        return good_items(f"{how} sequence: chunks, {title}", entries, items, sealed, meta)

    total = len(encode_items(FEW))
    cut = chunks("all of one block but one byte", FEW, total - 1)
    return [
        inline("no items", []),
        inline("one item", FEW[:1]),
        inline("two items", FEW[:2]),
        inline("raw blocks", MANY, block=300),
        inline("LZ4 blocks", ALIKE, block=1000, compress=True),
        inline("a prefix", FEW, part),
        inline("a prefix of no items", [], part),
        inline("a prefix, soft ttl and cost, no ttl", FEW, full),
        chunks("of one byte", FEW, 1),
        chunks("one full block", FEW, total),
        cut,
        chunks("raw", MANY, 100),
        chunks("LZ4, the last one raw", ALIKE, 700, True),
        chunks("an item longer than a block", LONG, 64),
        chunks("a prefix", MANY, 100, meta=part),
        chunks("of two blocks", MANY, 100, per_chunk=2),
        replace(cut, title=f"{how} sequence: chunks, together longer than the limit", limit=max(map(len, FEW))),
    ]


def spoiled_sequences(sealed: bool) -> list[Vector]:
    name, w = (SEALED_NAME, sequences(True)) if sealed else (PLAIN, sequences(False))
    values = replace(w, sequence=False)
    how = "sealed sequence" if sealed else "plain sequence"
    raw = encode_items(FEW)
    total, count = len(raw), len(FEW)
    inline = good_items("", w.inline(name, META, raw), FEW, sealed)
    base = good_items("", w.chunked(name, META, raw, 8, False, items=count), FEW, sealed)
    twin = sequences(sealed, "second").chunked(name, META, raw, 8, False, items=count)
    c0, c1, c2 = (chunk_name(name, ID, index) for index in range(3))
    value = values.chunked(name, META, raw, 8, False)
    part = encode_meta(Meta(T0, 3600, prefix=True))
    broken = "tag" if sealed else "checksum"

    def chunks(reason: str, title: str, changes: dict[str, bytes]) -> Vector:
        return bad(reason, f"{how}, {title}", base, entries={**base.entries, **changes})

    def manifest(reason: str, title: str, chunk_count: int, length: int, items: int) -> Vector:
        return chunks(reason, title, {name: w.manifest(name, META, chunk_count, length, items)})

    def head(title: str, payload: bytes) -> Vector:
        return chunks("format", title, {name: w.head(name, 2, True, encode_meta(META) + payload)})

    def kept(*names: str) -> dict[str, bytes]:
        return {chunk: base.entries[chunk] for chunk in names}

    def as_value(title: str, entries: dict[str, bytes]) -> Vector:
        return bad("format", f"{how}, {title}", base, sequence=False, entries=entries)

    flagged = flip(base, c1, 1, ITEMS)[c1]
    if not sealed:
        flagged = plain(flagged[:22], flagged[26:], c1, CALL.function)
    zeros = encode_block(bytes(MAX_BLOCK), True)
    found = [
        bad("format", f"{how}, an inline value instead", inline, entries=values.inline(name, META, raw)),
        bad("format", f"{how}, a value in chunks instead", base, entries=value),
        as_value("inline where a value is wanted", inline.entries),
        as_value("chunks where a value is wanted", base.entries),
        as_value("a value that is a prefix, in chunks", {**value, name: values.head(name, 2, True, part + varint(3) + varint(total) + b"\0")}),
        bad(broken, f"{how}, a value with the flag of one", inline, entries=flip(good("", values.inline(name, META, raw), raw, sealed), name, 1, ITEMS)),
        bad("format", f"{how}, an unknown option", inline, entries={name: w.head(name, 1, False, encode_meta(META)[:-1] + b"\x08" + raw)}),
        bad(broken, f"{how}, a flipped bit", inline, entries=flip(inline, name, -1 if not sealed else -17)),
        bad("expired", f"{how}, inline", inline, now=T0 + 3603),
        bad("expired", f"{how}, before its chunks are looked for", base, now=T0 + 3603, entries=kept(name)),
        bad("schema", f"{how}, of other items", base, schema=b"\0\0\0\0"),
        bad("limit", f"{how}, inline", inline, limit=total - 1),
        bad("limit", f"{how}, inline, in blocks", inline, limit=total - 1, entries=w.inline(name, META, raw, 8)),
        bad("limit", f"{how}, an item", base, limit=max(map(len, FEW)) - 1),
        bad("missing chunk", f"{how}, the first", base, entries=kept(c1, c2, name)),
        bad("missing chunk", f"{how}, the last", base, entries=kept(c0, c1, name)),
        chunks("torn", "a chunk of another write", {c1: twin[chunk_name(name, write_id("second"), 1)]}),
        chunks("torn", "two chunks have changed places", {c0: base.entries[c1], c1: base.entries[c0]}),
        chunks(broken, "a chunk with a flipped bit", {c1: flip(base, c1, -1)[c1]}),
        chunks(broken, "a chunk cut", {c1: base.entries[c1][:-1]}),
        chunks("format", "a chunk with the flag of its head", {c1: flagged}),
        chunks("format", "an empty last chunk", {c2: w.chunk(c2, 2, True, b"")}),
        manifest("torn", "an item more than there are", 3, total, count + 1),
        manifest("torn", "an item fewer than there are", 3, total, count - 1),
        manifest("torn", "longer than its chunks", 3, total + 1, count),
        manifest("torn", "shorter than its chunks", 3, total - 1, count),
        # Sealed, the flag for the last chunk tells; plain, the length does.
        manifest("tag" if sealed else "torn", "a chunk too few", 2, total, count),
        manifest("format", "no items", 3, total, 0),
        manifest("format", "more items than bytes", 3, total, total + 1),
        manifest("format", "no chunks", 0, 0, 0),
        manifest("format", "more chunks than bytes", 3, 2, 1),
        manifest("format", "more than chunks hold", 3, 3 * MAX_BLOCK + 1, 1),
        head("a manifest with a byte too many", varint(3) + varint(total) + varint(count) + b"\0"),
        head("a manifest cut", varint(3) + varint(total)),
    ]
    if not sealed:
        found.append(manifest("missing chunk", "a chunk too many", 4, total, count))
    of_zeros = {c0: w.chunk(c0, 0, False, zeros + zeros), c1: w.chunk(c1, 1, True, zeros)}
    found.append(chunks("torn", "a chunk of more than a block", {**of_zeros, name: w.manifest(name, META, 2, 2 * MAX_BLOCK, 9)}))
    return found


def spoiled_items() -> list[Vector]:
    """Raw streams that nobody damaged: written so."""
    w = sequences(False)
    one = good_items("", w.inline(PLAIN, META, encode_items(FEW)), FEW, False)
    few = encode_items(FEW)
    found = []
    for title, raw in [
        ("an item cut", few[:-1]),
        ("an item without its bytes", few + b"\x05"),
        ("a length that does not end", few + b"\x80"),
        ("a length in more bytes than it needs", few[:1] + b"\x85\x00" + FEW[0] + few),
        ("a length beyond 64 bits", few + b"\xff" * 9 + b"\x02"),
        ("an item longer than memory", few + b"\xff" * 9 + b"\x01"),
        ("an item of no bytes", few + b"\0"),
        ("an item with a byte too many", encode_items([*FEW, FEW[0] + b"\0"])),
        ("an item with a byte too few", encode_items([*FEW, FEW[0][:-1]])),
        ("no text", encode_items([b"\x01\x01\xff"])),
    ]:
        chunks = w.chunked(PLAIN, META, raw, 8, False, items=len(FEW) + 1)
        found.append(bad("decode", f"sequence: {title}", one, entries=w.inline(PLAIN, META, raw)))
        found.append(bad("decode", f"sequence in chunks: {title}", one, entries=chunks))
    return found


def vectors() -> list[Vector]:
    one, seal = sound(False), sound(True)
    return [
        *one,
        *seal,
        *calls(),
        *edges(one[0]),
        *spoiled_heads(one[0], seal[0]),
        *spoiled_bodies(one[0]),
        *spoiled_bodies(seal[0])[:4],
        *spoiled_chunks(False),
        *spoiled_chunks(True),
        *sound_sequences(False),
        *sound_sequences(True),
        *spoiled_sequences(False),
        *spoiled_sequences(True),
        *spoiled_items(),
    ]


def main(path: Path) -> None:
    path.write_text(dump(vectors()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: write.py FILE")
    main(Path(sys.argv[1]))
