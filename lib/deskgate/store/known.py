"""What is already stored, as the deduplication asks for it: nothing, a store, or a store and what a preview would add."""

from collections.abc import Mapping
from typing import Protocol

import polars as pl

from deskgate.schema import TABLES
from deskgate.store.tables import Store
from deskgate.store.transaction import COMMIT_ID, Transaction

__all__ = ["EmptyStore", "Known", "PreviewedRecords", "StoredRecords"]


class Known(Protocol):
    """What is already stored."""

    def events(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return the stored events of these ids: event_id, stored_row, stored_path, stored_line."""

    def contents(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return the whole rows of the stored events of these ids."""

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are not stored."""


class EmptyStore:
    """An empty store."""

    def events(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return no event."""
        return pl.DataFrame(schema=_KNOWN_EVENTS)

    def contents(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return no event."""
        return TABLES["events"].create_empty()

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return all rows, each once."""
        return frame.unique("row_id", keep="first", maintain_order=True)


_KNOWN_EVENTS = {
    "event_id": pl.String,
    "stored_row": pl.String,
    "stored_path": pl.String,
    "stored_line": pl.Int64,
}


_NO_EVENTS = TABLES["events"].create_empty().with_columns(pl.lit(0, pl.Int64).alias(COMMIT_ID))


class StoredRecords:
    """What a store holds, for the length of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def events(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return the stored events of these ids."""
        found = self._rows(event_ids, "event_id", "row_id", "path", "line")
        if found.is_empty():
            return pl.DataFrame(schema=_KNOWN_EVENTS)
        return found.select(
            "event_id",
            stored_row="row_id",
            stored_path="path",
            stored_line="line",
        )

    def contents(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return the whole rows of the stored events of these ids."""
        return self._rows(event_ids, *TABLES["events"].column_names())

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are not stored."""
        return self._transaction.missing(table, frame)

    def _rows(self, event_ids: pl.Series, *columns: str) -> pl.DataFrame:
        if not self._transaction.last_commit_id("events") or event_ids.is_empty():
            return _NO_EVENTS.select(columns)
        wanted = pl.LazyFrame({"event_id": event_ids.unique()})
        return self._transaction.rows("events").select(columns).join(wanted, on="event_id", how="semi").collect()


class PreviewedRecords:
    """What a store holds, and what a preview would have added to it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._added: dict[str, list[pl.DataFrame]] = {}

    def add(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Count these rows as stored."""
        for name, frame in frames.items():
            self._added.setdefault(name, []).append(frame)

    def events(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return the stored events of these ids."""
        stored = self._store.snapshot(lambda transaction: StoredRecords(transaction).events(event_ids))
        added = [
            frame.filter(pl.col("event_id").is_in(event_ids.implode())).select(
                "event_id", stored_row="row_id", stored_path="path", stored_line="line"
            )
            for frame in self._added.get("events", [])
        ]
        return pl.concat([stored, *added])

    def contents(self, event_ids: pl.Series) -> pl.DataFrame:
        """Return the whole rows of the stored events of these ids."""
        stored = self._store.snapshot(lambda transaction: StoredRecords(transaction).contents(event_ids))
        added = [frame.filter(pl.col("event_id").is_in(event_ids.implode())) for frame in self._added.get("events", [])]
        return pl.concat([frame for frame in (stored, *added) if frame.height] or [TABLES["events"].create_empty()])

    def missing(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` that are not stored."""
        missing = self._store.snapshot(lambda transaction: transaction.missing(table, frame))
        for added in self._added.get(table, []):
            missing = missing.join(added, on="row_id", how="anti", maintain_order="left")
        return missing
