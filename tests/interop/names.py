"""Names of plain entries: memo-core/src/key/FORMAT.md, for keys of texts and u64."""

from __future__ import annotations

import hashlib
import string

ALWAYS_BARE = string.ascii_letters + string.digits + "-_."
LITERAL = ":/|,;=+&"
TYPES = ":,()<>[]{}&*;=+!'"


def escape(text: str, bare: str = "") -> str:
    kept = (ALWAYS_BARE + bare).encode()
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in text.encode())


def cut(name: str, limit: int) -> str:
    if len(name) <= limit:
        return name
    tail = "#" + hashlib.sha256(name.encode()).hexdigest()
    return name[: limit - len(tail)] + tail


def plain_name(namespace: str, function: str, version: int, instance: str, key: bytes, limit: int) -> str:
    """`function` is a function id: of the kinds `p`, `n`, and, with a template, `q` and `u`."""
    kind, (own, _, written) = function[0], function[1:].partition("\0")
    parts = read_key(key)
    body = template(literals(written), parts) if kind == "q" else path(own, parts)
    at = f"@{version}" if version else ""
    types = f"<{escape(instance, TYPES)}>" if instance else ""
    return cut(f"{escape(namespace)}:{body}{at}{types}", limit)


def path(function: str, parts: list[str | int]) -> str:
    steps = "::".join(escape(step) for step in function.split("::"))
    return ":".join([steps, *map(part, parts)])


def part(value: str | int) -> str:
    if isinstance(value, int):
        return f"~{value}u64"
    return escape(value) if value else '~""'


def literals(written: str) -> list[str]:
    """Of a template as a function id has it: its holes are `{}`, and its own braces are doubled."""
    found = [""]
    while written:
        if written[:2] == "{}":
            found.append("")
            written = written[2:]
        else:
            doubled = written[:2] in ("{{", "}}")
            found[-1] += written[0]
            written = written[2 if doubled else 1 :]
    return found


def template(literals: list[str], holes: list[str | int]) -> str:
    name = escape(literals[0], LITERAL)
    for index, (hole, literal) in enumerate(zip(holes, literals[1:], strict=True)):
        assert isinstance(hole, str), "holes are texts"
        between = index < len(holes) - 1
        led = between and not any(char in LITERAL for char in literal)
        name += escape(hole) + ("~" if led else "") + escape(literal, LITERAL)
    return name


def read_key(key: bytes) -> list[str | int]:
    parts: list[str | int] = []
    while key:
        tag, key = key[0], key[1:]
        if tag == 0x1B:
            parts.append(int.from_bytes(key[:8], "little"))
            key = key[8:]
        else:
            assert tag == 0x30 and key[0] < 0x80, "the keys of the vectors are of short texts and u64"
            parts.append(key[1 : 1 + key[0]].decode())
            key = key[1 + key[0] :]
    return parts
