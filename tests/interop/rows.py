"""The one type of the vectors' values, in postcard: `Vec<Row>` with `struct Row { id: u32, name: String }`."""

from __future__ import annotations

from envelope import Cursor, Reject, varint

Row = tuple[int, str]


def encode(rows: list[Row]) -> bytes:
    out = varint(len(rows))
    for number, name in rows:
        text = name.encode()
        out += varint(number) + varint(len(text)) + text
    return out


def decode(data: bytes) -> list[Row]:
    """Up to the last byte, or `Reject("decode")`."""
    cursor = Cursor(data)
    try:
        rows = [(number(cursor, 32), text(cursor)) for _ in range(number(cursor, 64))]
    except (Reject, UnicodeDecodeError):
        raise Reject("decode") from None
    if cursor.rest:
        raise Reject("decode")
    return rows


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
