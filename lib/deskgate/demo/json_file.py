"""JSON as the demo's sources write it: exports and messages without spaces, the event store with them."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

__all__ = ["plain", "write_document", "write_lines"]


def plain(value: Decimal) -> str:
    """Return a number as the venues spell it: no exponent, no trailing zeros."""
    return f"{value.normalize():f}" if value else "0"


def write_document(path: Path, document: object) -> None:
    """Write one JSON document, without a final line break as exports have none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(document, separators=(",", ":")).encode())


def write_lines(path: Path, rows: Iterable[Mapping[str, object]], *, compact: bool) -> None:
    """Write one JSON object a line."""
    separators = (",", ":") if compact else (", ", ": ")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(json.dumps(row, separators=separators) + "\n" for row in rows).encode())
