"""docs/envelope.md a second time: slow, plain, and written from that page and memo-core/src/key/FORMAT.md alone."""

from __future__ import annotations

import base64
import hmac
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import lz4.block  # type: ignore[import-untyped]
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from names import cut, escape

MAGIC = 0xE1
INLINE, MANIFEST, CHUNK = 1, 2, 3
KIND, SEALED, BLOCKS, ITEMS, UNREAD = 0b11, 0b100, 0b1000, 0b10_0000, 0b1101_0000
RAW = 1 << 31
U32_MAX = (1 << 32) - 1
MAX_BLOCK = 262_144
SKEW = 2


class Reject(Exception):
    """Why an entry is not served: one of the words of section 6."""


@dataclass(frozen=True)
class Call:
    """What an entry belongs to. The function id begins with its kind letter."""

    namespace: str
    function: str
    version: int
    instance: str
    key: bytes


@dataclass(frozen=True)
class Ring:
    """The secrets of section 4."""

    name: bytes
    primary: bytes
    previous: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Meta:
    """What a body says about its value; soft ttl in seconds, cost in milliseconds."""

    created: int
    ttl: int
    soft_ttl: int | None = None
    cost: int | None = None
    prefix: bool = False


# Numbers, and bytes as text.


def lp(data: bytes) -> bytes:
    return struct.pack("<Q", len(data)) + data


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Cursor:
    """Reads from the front; what is not there is a format error."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, length: int) -> bytes:
        if length > len(self.rest):
            raise Reject("format")
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def u8(self) -> int:
        return self.take(1)[0]

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def varint(self) -> int:
        number = 0
        for place in range(10):
            byte = self.u8()
            number |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                if (byte == 0 and place > 0) or number >= 1 << 64:
                    raise Reject("format")
                return number
        raise Reject("format")


# Section 2: the body.


def encode_meta(meta: Meta) -> bytes:
    options = (meta.soft_ttl is not None) | (meta.cost is not None) << 1 | meta.prefix << 2
    out = struct.pack("<I", meta.created) + varint(meta.ttl) + bytes([options])
    if meta.soft_ttl is not None:
        out += varint(meta.soft_ttl)
    if meta.cost is not None:
        out += varint(meta.cost)
    return out


def read_meta(body: Cursor, sequence: bool) -> Meta:
    created, ttl, options = body.u32(), body.varint(), body.u8()
    if options & ~(0b111 if sequence else 0b11):
        raise Reject("format")
    soft_ttl = body.varint() if options & 1 else None
    cost = body.varint() if options & 2 else None
    return Meta(created, ttl, soft_ttl, cost, bool(options & 4))


def check_time(meta: Meta, now: int) -> None:
    if meta.ttl and now > meta.created + meta.ttl + SKEW:
        raise Reject("expired")


# Section 3: blocks.


def encode_block(raw: bytes, compress: bool) -> bytes:
    packed = lz4.block.compress(raw, store_size=False) if compress else raw
    if compress and len(packed) <= len(raw) - len(raw) / 16:
        return struct.pack("<II", len(packed), len(raw)) + packed
    return struct.pack("<II", len(raw) | RAW, len(raw)) + raw


def encode_blocks(value: bytes, block: int, compress: bool) -> list[bytes]:
    return [encode_block(value[at : at + block], compress) for at in range(0, len(value), block)]


@dataclass(frozen=True)
class Block:
    stored: bytes
    raw_len: int
    is_raw: bool

    def unpack(self) -> bytes:
        return self.stored if self.is_raw else unpack(self.stored, self.raw_len)


def read_block(cursor: Cursor) -> Block:
    lengths, raw_len = cursor.u32(), cursor.u32()
    is_raw, stored_len = bool(lengths & RAW), lengths & ~RAW
    plausible = raw_len == stored_len if is_raw else stored_len < raw_len <= 255 * stored_len + 64
    if not plausible or not 1 <= raw_len <= MAX_BLOCK:
        raise Reject("format")
    return Block(cursor.take(stored_len), raw_len, is_raw)


def read_blocks(data: bytes, limit: int, too_long: str) -> bytes:
    """The raw bytes; `too_long` is the reason if there are more than `limit`."""
    cursor = Cursor(data)
    blocks = [read_block(cursor)]
    while cursor.rest:
        blocks.append(read_block(cursor))
    if sum(block.raw_len for block in blocks) > limit:
        raise Reject(too_long)
    return b"".join(block.unpack() for block in blocks)


def unpack(stored: bytes, raw_len: int) -> bytes:
    try:
        raw = lz4.block.decompress(stored, uncompressed_size=raw_len)
    except lz4.block.LZ4BlockError:
        raise Reject("format") from None
    # liblz4 takes an offset of 0 for zeros; to the page, and to LZ4's own description of blocks, it is an error.
    if len(raw) != raw_len or 0 in offsets(stored):
        raise Reject("format")
    return bytes(raw)


def offsets(stored: bytes) -> list[int]:
    """The offsets of the matches of a sound LZ4 block."""
    found, cursor = [], Cursor(stored)
    while cursor.rest:
        token = cursor.u8()
        cursor.take(lz4_length(cursor, token >> 4))
        if cursor.rest:
            found.append(int.from_bytes(cursor.take(2), "little"))
            lz4_length(cursor, token & 15)
    return found


def lz4_length(cursor: Cursor, length: int) -> int:
    more = 255 if length == 15 else 0
    while more == 255:
        more = cursor.u8()
        length += more
    return length


# Section 4: sealing.


def extract(salt: str, secret: bytes) -> bytes:
    return HKDF.extract(SHA256(), salt.encode(), secret)


def expand(prk: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(SHA256(), length, info).derive(prk)


def data_prk(key: bytes) -> bytes:
    return extract("memo/v1/data", key)


def key_id(key: bytes) -> bytes:
    return expand(data_prk(key), b"kid", 4)


def digest(call: Call, ring: Ring) -> bytes:
    k_name = expand(extract("memo/v1/name", ring.name), b"ns" + lp(call.namespace.encode()), 32)
    parts = [call.function.encode(), struct.pack("<I", call.version), call.instance.encode(), call.key]
    return hmac.digest(k_name, b"".join(map(lp, parts)), "sha256")


@dataclass(frozen=True)
class Seal:
    """The keys of one write."""

    key_id: bytes
    dek: bytes
    commitment: bytes
    digest: bytes

    @staticmethod
    def of(call: Call, ring: Ring, key: bytes, write_id: bytes) -> Seal:
        name = digest(call, ring)
        k_fn = expand(data_prk(key), b"fn" + lp(call.namespace.encode()) + lp(call.function.encode()), 32)
        okm = expand(k_fn, b"mw1\0" + write_id + name, 48)
        return Seal(key_id(key), okm[:32], okm[32:], name)

    def close(self, header: bytes, data: bytes, kind: int, index: int = 0, last: bool = True) -> bytes:
        return header + AESGCM(self.dek).encrypt(nonce(kind, index, last), data, header + self.digest)

    def open(self, header: bytes, data: bytes, kind: int, index: int = 0, last: bool = True) -> bytes:
        try:
            return AESGCM(self.dek).decrypt(nonce(kind, index, last), data, header + self.digest)
        except InvalidTag:
            raise Reject("tag") from None


def nonce(kind: int, index: int, last: bool) -> bytes:
    return bytes([kind]) + bytes(6) + struct.pack(">I", index) + bytes([last])


# Section 5: names.


def sealed_name(call: Call, ring: Ring, limit: int) -> str:
    return cut(f"~s:{escape(call.namespace)}:{b64(digest(call, ring))}", limit)


def chunk_name(head: str, write_id: bytes, index: int) -> str:
    return f"~c:{head}.{b64(write_id)}.{index}"


# Section 1: entries. A plain one has its checksum between what is before and after it.


def checksum(before: bytes, after: bytes, name: str, function: str) -> bytes:
    return struct.pack("<I", zlib.crc32(before + after + name.encode() + b"\0" + function.encode()))


def plain(before: bytes, after: bytes, name: str, function: str) -> bytes:
    return before + checksum(before, after, name, function) + after


@dataclass(frozen=True)
class Head:
    """The header of an inline entry or a manifest. What follows it is the body, sealed or not."""

    kind: int
    items: bool
    blocks: bool
    schema: bytes
    sealed: bool
    key_id: bytes
    write_id: bytes
    commitment: bytes
    checksum: bytes
    before: bytes
    """All bytes before the sealed part, or before the checksum."""
    after: bytes
    """The sealed part, or all after the checksum."""


def read_head(entry: bytes) -> Head:
    cursor = Cursor(entry)
    if cursor.u8() != MAGIC:
        raise Reject("format")
    flags = cursor.u8()
    kind, sealed, blocks, items = flags & KIND, bool(flags & SEALED), bool(flags & BLOCKS), bool(flags & ITEMS)
    if flags & UNREAD or kind not in (INLINE, MANIFEST) or (kind == MANIFEST and not blocks):
        raise Reject("format")
    schema = cursor.take(4)
    if sealed:
        kid, write_id, commitment = cursor.take(4), cursor.take(16), cursor.take(16)
        if len(cursor.rest) < 16:
            raise Reject("format")
        return Head(kind, items, blocks, schema, True, kid, write_id, commitment, b"", entry[:42], cursor.rest)
    crc, after = cursor.take(4), cursor.rest
    write_id = cursor.take(16) if kind == MANIFEST else b""
    return Head(kind, items, blocks, schema, False, b"", write_id, b"", crc, entry[:6], after)


@dataclass(frozen=True)
class Chunk:
    sealed: bool
    write_id: bytes
    index: int
    checksum: bytes
    before: bytes
    after: bytes


def read_chunk(entry: bytes) -> Chunk:
    cursor = Cursor(entry)
    magic, flags = cursor.u8(), cursor.u8()
    if magic != MAGIC or flags & (UNREAD | ITEMS) or flags & KIND != CHUNK or not flags & BLOCKS:
        raise Reject("format")
    sealed, write_id, index = bool(flags & SEALED), cursor.take(16), cursor.u32()
    crc = b"" if sealed else cursor.take(4)
    if sealed and len(cursor.rest) < 16:
        raise Reject("format")
    return Chunk(sealed, write_id, index, crc, entry[:22], cursor.rest)


# Section 6: reading.


@dataclass(frozen=True)
class Opened:
    """`raw` is the value in its encoding, or the raw stream of a sequence. Where that has a manifest, `items` is how many it promises."""

    meta: Meta
    raw: bytes
    items: int | None = None


@dataclass(frozen=True)
class Reader:
    """What a reader knows and wants: a value, or a sequence. Where there is no ring, only the function of `call` matters."""

    ring: Ring | None
    call: Call
    sequence: bool
    schema: bytes
    now: int
    limit: int
    fetch: Callable[[str], bytes | None]

    def open(self, name: str, entry: bytes) -> Opened:
        """All of section 6 but its last step, or `Reject`."""
        head = read_head(entry)
        if head.items != self.sequence:
            raise Reject("format")
        if head.sealed != (self.ring is not None):
            raise Reject("downgrade")
        key = self.find_key(head)
        if head.schema != self.schema:
            raise Reject("schema")
        seal = self.seal(head, key)
        body = Cursor(self.body(name, head, seal))
        meta = read_meta(body, self.sequence)
        check_time(meta, self.now)
        if head.kind == MANIFEST:
            return self.chunks(name, head, seal, meta, body)
        value = read_blocks(body.rest, self.limit, "limit") if head.blocks else body.rest
        if len(value) > self.limit:
            raise Reject("limit")
        return Opened(meta, value)

    def find_key(self, head: Head) -> bytes | None:
        if self.ring is None:
            return None
        for key in (self.ring.primary, *self.ring.previous):
            if key_id(key) == head.key_id:
                return key
        raise Reject("unknown key")

    def seal(self, head: Head, key: bytes | None) -> Seal | None:
        if self.ring is None or key is None:
            return None
        seal = Seal.of(self.call, self.ring, key, head.write_id)
        if not hmac.compare_digest(seal.commitment, head.commitment):
            raise Reject("commit")
        return seal

    def body(self, name: str, head: Head, seal: Seal | None) -> bytes:
        if seal is not None:
            return seal.open(head.before, head.after, head.kind)
        if checksum(head.before, head.after, name, self.call.function) != head.checksum:
            raise Reject("checksum")
        return head.after[16:] if head.kind == MANIFEST else head.after

    def chunks(self, name: str, head: Head, seal: Seal | None, meta: Meta, body: Cursor) -> Opened:
        count, length, items = body.varint(), body.varint(), body.varint()
        if not 1 <= count <= min(length, U32_MAX) or body.rest:
            raise Reject("format")
        if self.sequence:
            if length > count * MAX_BLOCK or not 1 <= items <= length:
                raise Reject("format")
        elif items != 0:
            raise Reject("format")
        elif length > self.limit:
            raise Reject("limit")
        value = b""
        for index in range(count):
            chunk = chunk_name(name, head.write_id, index)
            entry = self.fetch(chunk)
            if entry is None:
                raise Reject("missing chunk")
            last = index == count - 1
            data = self.chunk(chunk, entry, head.write_id, index, last, seal)
            left = length - len(value)
            value += read_blocks(data, min(left, MAX_BLOCK) if self.sequence else left, "torn")
        if len(value) != length:
            raise Reject("torn")
        return Opened(meta, value, items if self.sequence else None)

    def chunk(self, name: str, entry: bytes, write_id: bytes, index: int, last: bool, seal: Seal | None) -> bytes:
        chunk = read_chunk(entry)
        if chunk.sealed != (seal is not None):
            raise Reject("downgrade")
        if (chunk.write_id, chunk.index) != (write_id, index):
            raise Reject("torn")
        if seal is not None:
            return seal.open(chunk.before, chunk.after, CHUNK, index, last)
        if checksum(chunk.before, chunk.after, name, self.call.function) != chunk.checksum:
            raise Reject("checksum")
        return chunk.after


# Section 8: sequences.


def encode_items(items: list[bytes]) -> bytes:
    return b"".join(varint(len(item)) + item for item in items)


def read_items(raw: bytes, limit: int) -> list[bytes]:
    """The items of a whole raw stream, each in its encoding."""
    cursor, items = Cursor(raw), []
    while cursor.rest:
        length = item_length(cursor)
        if length > limit:
            raise Reject("limit")
        items.append(cursor.take(length))
    return items


def item_length(cursor: Cursor) -> int:
    try:
        length = cursor.varint()
    except Reject:
        raise Reject("decode") from None
    if length > len(cursor.rest):
        raise Reject("decode")
    return length


# Sections 7 and 8: writing.


@dataclass(frozen=True)
class Writer:
    """How a value, or a sequence, is written. `key` is the data key, which a ring's owner would take from the front of the ring."""

    ring: Ring | None
    key: bytes
    call: Call
    schema: bytes
    write_id: bytes
    sequence: bool = False

    def seal(self) -> Seal | None:
        return Seal.of(self.call, self.ring, self.key, self.write_id) if self.ring is not None else None

    def inline(self, name: str, meta: Meta, value: bytes, block: int = 0, compress: bool = False) -> dict[str, bytes]:
        """The value as it is, or in blocks of `block` bytes."""
        payload = b"".join(encode_blocks(value, block, compress)) if block else value
        return {name: self.head(name, INLINE, bool(block), encode_meta(meta) + payload)}

    def chunked(
        self, name: str, meta: Meta, value: bytes, block: int, compress: bool, per_chunk: int = 1, items: int = 0
    ) -> dict[str, bytes]:
        """Chunks of `per_chunk` blocks each, then the manifest. Those of a sequence have one block, and there are `items`."""
        blocks = encode_blocks(value, block, compress)
        parts = [b"".join(blocks[at : at + per_chunk]) for at in range(0, len(blocks), per_chunk)]
        entries = {}
        for index, part in enumerate(parts):
            chunk = chunk_name(name, self.write_id, index)
            entries[chunk] = self.chunk(chunk, index, index == len(parts) - 1, part)
        entries[name] = self.manifest(name, meta, len(parts), len(value), items)
        return entries

    def manifest(self, name: str, meta: Meta, chunks: int, length: int, items: int = 0) -> bytes:
        payload = varint(chunks) + varint(length) + varint(items)
        return self.head(name, MANIFEST, True, encode_meta(meta) + payload)

    def head(self, name: str, kind: int, blocks: bool, body: bytes) -> bytes:
        seal = self.seal()
        flags = kind | (SEALED if seal else 0) | (BLOCKS if blocks else 0) | (ITEMS if self.sequence else 0)
        before = bytes([MAGIC, flags]) + self.schema
        if seal is not None:
            return seal.close(before + seal.key_id + self.write_id + seal.commitment, body, kind)
        return plain(before, self.write_id + body if kind == MANIFEST else body, name, self.call.function)

    def chunk(self, name: str, index: int, last: bool, data: bytes) -> bytes:
        seal = self.seal()
        flags = CHUNK | BLOCKS | (SEALED if seal else 0)
        before = bytes([MAGIC, flags]) + self.write_id + struct.pack("<I", index)
        if seal is not None:
            return seal.close(before, data, CHUNK, index, last)
        return plain(before, data, name, self.call.function)
