"""Vectors: entries of one value or sequence, what their reader knows, and what it must say. README.md has the format."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import envelope
import names
import rows
from envelope import Call, Meta, Opened, Reader, Reject, Ring, read_items

# What a store with names of 250 bytes leaves for an entry's.
NAME_BYTES = 210


def sealed_name(call: Call, ring: Ring) -> str:
    return envelope.sealed_name(call, ring, NAME_BYTES)


def plain_name(call: Call) -> str:
    return names.plain_name(call.namespace, call.function, call.version, call.instance, call.key, NAME_BYTES)


@dataclass(frozen=True)
class Served:
    """`items` is None for a value."""

    meta: Meta
    value: bytes
    items: int | None


@dataclass(frozen=True)
class Vector:
    title: str
    call: Call
    ring: Ring | None
    sequence: bool
    schema: bytes
    now: int
    limit: int
    head: str
    entries: dict[str, bytes]
    verdict: str
    meta: Meta | None = None
    value: bytes | None = None
    items: int | None = None

    def read(self) -> tuple[str, Served | None]:
        """What our reader says: the verdict, and what is served where that is `ok`."""
        reader = Reader(self.ring, self.call, self.sequence, self.schema, self.now, self.limit, self.entries.get)
        try:
            opened = reader.open(self.head, self.entries[self.head])
            items = self.decode(opened)
        except Reject as reject:
            return str(reject), None
        return "ok", Served(opened.meta, opened.raw, items)

    def decode(self, opened: Opened) -> int | None:
        """How many items there are, all sound; None for a sound value."""
        if not self.sequence:
            rows.decode(opened.raw)
            return None
        items = [rows.decode_one(item) for item in read_items(opened.raw, self.limit)]
        if opened.items not in (None, len(items)):
            raise Reject("torn")
        return len(items)

    def name(self) -> str:
        """Where the reader looks, by what it knows."""
        return sealed_name(self.call, self.ring) if self.ring else plain_name(self.call)

    def to_json(self) -> dict[str, Any]:
        call, ring, meta, value = self.call, self.ring, self.meta, self.value
        return {
            "title": self.title,
            "namespace": call.namespace,
            "kind": call.function[0],
            "function": call.function[1:],
            "version": call.version,
            "instance": call.instance,
            "key": call.key.hex(),
            "ring": ring and {
                "name": ring.name.hex(),
                "primary": ring.primary.hex(),
                "previous": [key.hex() for key in ring.previous],
            },
            "sequence": self.sequence,
            "schema": self.schema.hex(),
            "now": self.now,
            "limit": self.limit,
            "head": self.head,
            "entries": {name: entry.hex() for name, entry in self.entries.items()},
            "verdict": self.verdict,
            "meta": meta and {
                "created": meta.created,
                "ttl": meta.ttl,
                "soft_ttl": meta.soft_ttl,
                "cost": meta.cost,
                "prefix": meta.prefix,
            },
            "value": None if value is None else fingerprint(value),
            "items": self.items,
        }


def fingerprint(value: bytes) -> dict[str, Any]:
    return {"length": len(value), "sha256": hashlib.sha256(value).hexdigest()}


def parse(fields: dict[str, Any]) -> Vector:
    """A vector without its value, of which the file has the fingerprint only."""
    hex_ = bytes.fromhex
    ring, meta = fields["ring"], fields["meta"]
    return Vector(
        title=fields["title"],
        call=Call(
            fields["namespace"],
            fields["kind"] + fields["function"],
            fields["version"],
            fields["instance"],
            hex_(fields["key"]),
        ),
        ring=ring and Ring(hex_(ring["name"]), hex_(ring["primary"]), tuple(map(hex_, ring["previous"]))),
        sequence=fields["sequence"],
        schema=hex_(fields["schema"]),
        now=fields["now"],
        limit=fields["limit"],
        head=fields["head"],
        entries={name: hex_(entry) for name, entry in fields["entries"].items()},
        verdict=fields["verdict"],
        meta=meta and Meta(**meta),
        items=fields["items"],
    )


def load(path: Path) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads(path.read_text())
    return vectors


def dump(vectors: list[Vector]) -> str:
    return json.dumps([vector.to_json() for vector in vectors], indent=0) + "\n"
