"""One commit to the store: what its tables hold, which rows of a frame are new, and adding them.

A row is committed when its commit id is in the ledger, whose row is written last. Rows of a commit that was killed
before that are ignored. A record that changed at its source is stored again with a later commit id, and that version
replaces the earlier ones whenever the table is read.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake import Transaction as AppTransaction

from deskgate.schema import EVERY_EVENT_STANDS, RECORD_KEYS, RECORDED, TABLES

if TYPE_CHECKING:
    from deskgate.store.tables import Store

__all__ = ["COMMIT_ID", "PARQUET", "Transaction", "commit_id_of", "committed", "latest_versions"]

COMMIT_ID = "commit_id"
_APPLICATION = "deskgate"
# Half the size of the default, for the same time.
PARQUET = WriterProperties(compression="ZSTD", compression_level=1)


class Transaction:
    """One commit in the making; made by `Store.write`, which holds the store meanwhile, or by `Store.snapshot` to read.

    The handle of every table is taken once, at the start: a commit of another run in between is a conflict, never
    overlooked.
    """

    def __init__(self, tables: dict[str, DeltaTable], store: "Store") -> None:
        self._tables = tables
        self._store = store
        self.commit_id = 1 + max(map(commit_id_of, tables.values()), default=0)

    def keep_account(self) -> None:
        """Make the ledger if there is none; from then on only rows whose commit id is in it count."""
        self._table("ledger")

    def last_commit_id(self, name: str) -> int:
        """Return the last commit id of a table, 0 where it has none."""
        return commit_id_of(self._tables[name]) if name in self._tables else 0

    def rows(self, name: str) -> pl.LazyFrame:
        """Return all committed rows of a table, with their `COMMIT_ID`."""
        return committed(name, self._store.scan(self._table(name)), self._ledger)

    @cached_property
    def _ledger(self) -> pl.Series | None:
        if "ledger" not in self._tables:
            return None
        return self._store.scan(self._tables["ledger"]).select(pl.col(COMMIT_ID).unique()).collect().to_series()

    def is_there(self, name: str, row_ids: pl.Series) -> pl.Series:
        """Return those of `row_ids` whose row is in the table, whether a later version has replaced it or not."""
        if name not in self._tables or row_ids.is_empty():
            return row_ids.clear()
        wanted = pl.LazyFrame({"row_id": row_ids})
        return self.rows(name).select("row_id").join(wanted, on="row_id", how="semi").collect().to_series()

    def missing(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of `frame` to add: those that the table does not hold as it reads now, each `row_id` once.

        Of a record of `RECORD_KEYS` that has changed, all rows are returned: a later commit replaces all its rows of
        earlier ones.
        """
        if frame.is_empty():
            return frame
        once = frame.unique("row_id", keep="first", maintain_order=True)
        if name not in RECORD_KEYS:
            return self._not_there(name, once)
        if name in EVERY_EVENT_STANDS:
            of_events = pl.col("leg") == "events"
            return pl.concat(
                [self._not_there(name, once.filter(of_events)), self._changed(name, once.filter(~of_events))]
            )
        return self._changed(name, once)

    def _not_there(self, name: str, once: pl.DataFrame) -> pl.DataFrame:
        there = self.is_there(name, once["row_id"]).to_frame("row_id")
        return once.join(there, on="row_id", how="anti", maintain_order="left")

    def _changed(self, name: str, once: pl.DataFrame) -> pl.DataFrame:
        if once.is_empty() or name not in self._tables:
            return once
        there = latest_versions(name, self.rows(name)).select("row_id").collect()
        new = once.join(there, on="row_id", how="anti", maintain_order="left")
        return pl.concat([new, once.join(new, on="row_id", how="anti").join(new, on=RECORD_KEYS[name], how="semi")])

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Add rows as they are."""
        if frame.is_empty():
            return
        write_deltalake(
            self._table(name),
            TABLES[name].validate(frame).with_columns(pl.lit(self.commit_id, pl.Int64).alias(COMMIT_ID)),
            mode="append",
            writer_properties=PARQUET,
            commit_properties=CommitProperties(app_transactions=[AppTransaction(_APPLICATION, self.commit_id)]),
        )

    def add_all(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Add rows to several tables, one after the other in the order given."""
        for name, frame in frames.items():
            self.add(name, frame)

    def add_new(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Add the rows that are `missing`, and return them."""
        new = self.missing(name, frame)
        self.add(name, new)
        return new

    def _table(self, name: str) -> DeltaTable:
        if name not in self._tables:
            self._tables[name] = self._store.create(name)
        return self._tables[name]


def commit_id_of(table: DeltaTable) -> int:
    """Return the last commit id of a table, 0 where it has none."""
    return table.transaction_version(_APPLICATION) or 0


def committed(name: str, rows: pl.LazyFrame, ledger: pl.Series | None) -> pl.LazyFrame:
    """Return the rows whose commit id is in the ledger; all of them in a store without a ledger."""
    if name in RECORDED or ledger is None:
        return rows
    return rows.filter(pl.col(COMMIT_ID).is_in(ledger.implode()))


def latest_versions(name: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows without the versions that a later commit has replaced.

    Rows of one commit never replace each other: a file that holds a record twice holds it twice.
    """
    key = RECORD_KEYS.get(name)
    if key is None:
        return rows
    known = pl.all_horizontal(
        [pl.col(part).is_not_null() for part in key if part.endswith("_id")] or [pl.lit(value=True)]
    )
    if name in EVERY_EVENT_STANDS:
        known &= pl.col("leg") != "events"
    return rows.filter(~known | (pl.col(COMMIT_ID) == pl.col(COMMIT_ID).max().over(key)))
