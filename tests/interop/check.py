"""Opens every vector of a file and says which ones come out otherwise than the file says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import vectors


def faults(fields: dict[str, Any]) -> list[str]:
    vector = vectors.parse(fields)
    verdict, served = vector.read()
    found = []
    if verdict != vector.verdict:
        found.append(f"verdict: {verdict!r}, not {vector.verdict!r}")
    elif served is not None:
        if vectors.fingerprint(served.value) != fields["value"]:
            found.append(f"value: {vectors.fingerprint(served.value)}")
        if served.items != vector.items:
            found.append(f"items: {served.items}")
        if served.meta != vector.meta:
            found.append(f"meta: {served.meta}")
        if vector.name() != vector.head:
            found.append(f"name: {vector.name()}")
    return found


def main(path: Path) -> int:
    failed = 0
    all_fields = vectors.load(path)
    for fields in all_fields:
        for fault in faults(fields):
            failed += 1
            print(f"{fields['title']}: {fault}")
    print(f"{path.name}: {len(all_fields)} vectors, {failed} faults")
    return 1 if failed or not all_fields else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: check.py FILE")
    sys.exit(main(Path(sys.argv[1])))
