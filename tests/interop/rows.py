"""The type of the vectors' values, in postcard: `Vec<Row>` with `struct Row { id: u32, name: String }`. Items of sequences are a `Row` each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from envelope import Cursor, Reject, varint

Row = tuple[int, str]
T = TypeVar("T")


def encode(rows: list[Row]) -> bytes:
    return varint(len(rows)) + b"".join(map(encode_one, rows))


def encode_one(row: Row) -> bytes:
    number, name = row[0], row[1].encode()
    return varint(number) + varint(len(name)) + name


def decode(data: bytes) -> list[Row]:
    """Up to the last byte, or `Reject("decode")`."""
    return whole(data, lambda cursor: [row(cursor) for _ in range(number(cursor, 64))])


def decode_one(data: bytes) -> Row:
    """Likewise."""
    return whole(data, row)


def whole(data: bytes, read: Callable[[Cursor], T]) -> T:
    cursor = Cursor(data)
    try:
        value = read(cursor)
    except (Reject, UnicodeDecodeError):
        raise Reject("decode") from None
    if cursor.rest:
        raise Reject("decode")
    return value


def row(cursor: Cursor) -> Row:
    return number(cursor, 32), text(cursor)


def number(cursor: Cursor, bits: int) -> int:
    """Postcard's varint: unlike the envelope's it may be longer than need be."""
    value = 0
    for shift in range(0, bits, 7):
        byte = cursor.u8()
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    else:
        raise Reject("decode")
    if value >= 1 << bits:
        raise Reject("decode")
    return value


def text(cursor: Cursor) -> str:
    return cursor.take(number(cursor, 64)).decode()
