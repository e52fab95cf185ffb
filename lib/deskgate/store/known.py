"""What is already stored, as the deduplication asks for it: nothing, a store, or a store and what a preview would add."""

from collections.abc import Mapping
from typing import Protocol

import polars as pl

from deskgate.schema import TABLES
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction

__all__ = ["EmptyStore", "Known", "PreviewedRecords", "StoredRecords"]


class Known(Protocol):
    """What is already stored."""

    def events(self, found: pl.DataFrame) -> pl.DataFrame:
        """Return the stored events of the ids in `found`: event_id, stored_row, stored_path, stored_line."""

    def contents(self, found: pl.DataFrame) -> pl.DataFrame:
        """Return the whole rows of the stored events of the ids in `found`."""

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are not stored."""

    def holds_any(self, table: str, frame: pl.DataFrame) -> bool:
        """Return whether any row of `frame`, or another version of it, is stored."""


class EmptyStore:
    """An empty store."""

    def events(self, found: pl.DataFrame) -> pl.DataFrame:
        """Return no event."""
        return pl.DataFrame(schema=_KNOWN_EVENTS)

    def contents(self, found: pl.DataFrame) -> pl.DataFrame:
        """Return no event."""
        return TABLES["events"].create_empty()

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return all rows, each once."""
        return frame.unique("row_id", keep="first", maintain_order=True)

    def holds_any(self, table: str, frame: pl.DataFrame) -> bool:
        """Return whether any row of `frame`, or another version of it, is stored."""
        return False


_KNOWN_EVENTS = {
    "event_id": pl.String,
    "stored_row": pl.String,
    "stored_path": pl.String,
    "stored_line": pl.Int64,
}


class StoredRecords:
    """What a store holds, for the length of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def events(self, found: pl.DataFrame) -> pl.DataFrame:
        """Return the stored events of the ids in `found`."""
        names = {"event_id": "event_id", "row_id": "stored_row", "path": "stored_path", "line": "stored_line"}
        return self._transaction.events(found, tuple(names)).rename(names)

    def contents(self, found: pl.DataFrame) -> pl.DataFrame:
        """Return the whole rows of the stored events of the ids in `found`."""
        return self._transaction.events(found, TABLES["events"].column_names())

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are not stored."""
        return self._transaction.missing(table, frame)

    def holds_any(self, table: str, frame: pl.DataFrame) -> bool:
        """Return whether any row of `frame`, or another version of it, is stored."""
        return self._transaction.holds_any(table, frame)


class PreviewedRecords:
    """What a store holds, and what a preview would have added to it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._added: dict[str, list[pl.DataFrame]] = {}

    def add(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Count these rows as stored."""
        for name, frame in frames.items():
            self._added.setdefault(name, []).append(frame)

    def events(self, found: pl.DataFrame) -> pl.DataFrame:
        """Return the stored events of the ids in `found`."""
        stored = self._store.snapshot(lambda transaction: StoredRecords(transaction).events(found))
        added = [
            frame.filter(pl.col("event_id").is_in(found["event_id"].implode())).select(
                "event_id", stored_row="row_id", stored_path="path", stored_line="line"
            )
            for frame in self._added.get("events", [])
        ]
        return pl.concat([stored, *added])

    def contents(self, found: pl.DataFrame) -> pl.DataFrame:
        """Return the whole rows of the stored events of the ids in `found`."""
        stored = self._store.snapshot(lambda transaction: StoredRecords(transaction).contents(found))
        added = [
            frame.filter(pl.col("event_id").is_in(found["event_id"].implode()))
            for frame in self._added.get("events", [])
        ]
        return pl.concat([frame for frame in (stored, *added) if frame.height] or [TABLES["events"].create_empty()])

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are not stored."""
        missing = self._store.snapshot(lambda transaction: transaction.missing(table, frame))
        for added in self._added.get(table, []):
            missing = missing.join(added, on="row_id", how="anti", maintain_order="left")
        return missing

    def holds_any(self, table: str, frame: pl.DataFrame) -> bool:
        """Return whether any row of `frame`, or another version of it, is stored."""
        return self._store.snapshot(lambda transaction: transaction.holds_any(table, frame))
