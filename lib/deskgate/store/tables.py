"""The store: one append-only Delta table for each canonical frame, so that every past day can be asked again.

Rows are only ever added. Every row carries the id of the commit that wrote it, and commit ids only grow. A decision
pins the last commit id of each table it was made from; reading at a pin leaves out what came later. So files may be
compacted and small ones removed without any past answer changing. A store belongs to one desk. What a row means is not
known here, and nothing is corrected: a record that changed at its source is another row of a later commit, and reading
gives the latest.

Each table is written by itself, the ledger last. A run killed between two tables leaves rows whose commit id is not in
the ledger: they are ignored, and the next run stores their records again under another id. Two runs at once are
serialised by a lock beside a local store, and by a lease on an object store, see `deskgate.store.lease`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from deskgate.config.errors import InputError, RunError
from deskgate.schema import TABLES
from deskgate.store.commits import COMMIT_ID
from deskgate.store.copies import COPIED, merge_copies
from deskgate.store.delta import DeltaTables, commit_id_of, without_rows
from deskgate.store.history import History
from deskgate.store.lease import out_of_reach
from deskgate.store.lock import is_local, lock, writer
from deskgate.store.sums import add_sums, drop_sums, stored_files
from deskgate.store.transaction import Transaction
from deskgate.store.upkeep import FILES_MAX, merge_files, write_checkpoint
from deskgate.store.versions import committed, latest_versions

__all__ = ["REBUILT", "SCHEMA_VERSION", "Store", "is_local"]

T = TypeVar("T")

# Raised with every change of `deskgate.schema.tables` after which stored rows no longer fit, and of what lies beside them.
SCHEMA_VERSION = 8

# Beside a store, while `deskgate store rebuild` makes the one that replaces it.
REBUILT = ".rebuilt"
_ABOUT = "about"
_ATTEMPTS = 5


@dataclass(frozen=True)
class Store:
    """The tables of one desk at one place: a folder, or an object store's URL."""

    location: str
    desk: str

    @property
    def holds(self) -> str:
        """Which desk it holds; what is derived from it is of no other."""
        return self.desk

    @cached_property
    def delta(self) -> DeltaTables:
        """The tables as Delta has them."""
        return DeltaTables(self.location)

    @cached_property
    def history(self) -> History:
        """Which commits count."""
        return History(self.delta)

    @classmethod
    def open(cls, location: Path | str, desk: str) -> "Store":
        """Open the store of `desk` at `location`, and make it where there is none.

        Raises
        ------
        InputError
            The store there is another desk's or of another schema version, or the place cannot be written.
        """
        store = cls(str(location).rstrip("/"), desk)
        if is_local(store.location) and not Path(store.location).exists() and Path(store.location + REBUILT).exists():
            raise InputError(
                f"{location}: a rebuild was interrupted before its last step, expected a store; run `deskgate store"
                " rebuild` again"
            )
        if is_local(store.location) and set(store.location) & set("[]%"):
            raise InputError(
                f"{location}: Delta keeps no table where a path has one of [ ] %, choose a place without with --out or"
                " [store] path in desk.toml"
            )
        with lock(store.location):
            store._refuse_another(*(store._about() or store._create()))
            # Also of a store whose making was killed before its list was begun.
            add_sums(store.location)
        return store

    def _refuse_another(self, owner: str, version: int) -> None:
        """Refuse the store of another desk or of another schema."""
        if owner != self.desk:
            raise InputError(
                f"{self.location}: the store of desk '{owner}', expected one of '{self.desk}'; choose another with --out or"
                " [store] path in desk.toml"
            )
        if version != SCHEMA_VERSION:
            raise InputError(
                f"{self.location}: a store of schema {version}, expected schema {SCHEMA_VERSION}; "
                + ("update deskgate" if version > SCHEMA_VERSION else "make it anew with `deskgate store rebuild`")
            )

    def append(self, frames: Mapping[str, pl.DataFrame]) -> dict[str, int]:
        """Add the rows whose `row_id` is not there yet and return how many, by table.

        Parameters
        ----------
        frames
            Canonical frames by table name, valid against `deskgate.schema.TABLES`; tables may be left out.

        Raises
        ------
        RunError
            Another run kept the store busy.
        """
        valid = {name: TABLES[name].validate(frame) for name, frame in frames.items()}

        def add(transaction: Transaction) -> dict[str, int]:
            return {name: transaction.add_new(name, frame).height for name, frame in valid.items()}

        return self.write(add)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Do `work` in a transaction, with the store locked, and return what it returns.

        `work` is done again from the start where, on an object store, a run that lost its lease committed first, or a request
        had no answer: whether it was done is not known, and rows of a commit that is not in the ledger do not count.

        Raises
        ------
        RunError
            Another run kept the store busy, or the object store is out of reach.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            with writer(self.location) as held:
                try:
                    return work(Transaction(self.delta, self.history, held))
                except CommitFailedError as error:
                    if attempt == _ATTEMPTS:
                        raise RunError(
                            f"{self.location}: write conflict after {_ATTEMPTS} attempts, other runs committed first; run this"
                            " again when fewer write there"
                        ) from error
                except OSError as error:
                    if is_local(self.location):
                        raise
                    if attempt == _ATTEMPTS:
                        raise out_of_reach(self.location, error) from error
                finally:
                    # What failed half-way has written files too.
                    add_sums(self.location)
        raise AssertionError

    def snapshot(self, work: Callable[[Transaction], T]) -> T:
        """Let `work` read the tables as they are now, without waiting for those who write."""
        return work(Transaction(self.delta, self.history))

    def pin(self) -> dict[str, int]:
        """Return the last commit id of every table that has been written, by name."""
        found = {name: commit_id_of(table) for name, table in self.delta.all().items()}
        return {name: commit_id for name, commit_id in found.items() if commit_id}

    def read(
        self, versions: Mapping[str, int], as_of: datetime, names: Iterable[str] = tuple(TABLES)
    ) -> dict[str, pl.DataFrame]:
        """Return every table, or those of `names`, as of the commit ids `versions`, without what could not be known at `as_of`.

        Parameters
        ----------
        versions
            What `pin` gave; a table that is not in it is empty.
        as_of
            An aware instant: rows with a later `visible_at` (baselines: `effective_at`) are left out, those without
            one are kept.

        Returns
        -------
        dict
            A frame for every canonical table, sorted by `ts` (baselines: `effective_at`) where there is one, and
            `row_id`.

        Raises
        ------
        InputError
            The store has no such commit yet.
        """
        return {name: self._read(name, versions, as_of) for name in names}

    def _read(self, name: str, versions: Mapping[str, int], as_of: datetime) -> pl.DataFrame:
        if name in COPIED:
            return self.read_versions(name, self.seen(name, versions, as_of).collect())
        return self._as_read(name, self.lazy(name, versions, as_of).collect())

    def read_versions(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Return what `read` gives where `rows` are all that a table of copied records holds: see `seen`."""
        return self._as_read(name, merge_copies(name, rows).select(TABLES[name].column_names()))

    def _as_read(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        schema = TABLES[name]
        order = [column for column in ("ts", "effective_at") if column in schema.column_names()]
        return schema.validate(rows.sort(*order, "row_id"))

    def lazy(
        self, name: str, versions: Mapping[str, int], as_of: datetime, *, with_commit: bool = False
    ) -> pl.LazyFrame:
        """Return a table's rows in their latest versions as a query, in no particular order; with the `COMMIT_ID` of each.

        They are what `read` gives but for copies of one record, which it merges.
        """
        columns = [*TABLES[name].column_names(), *([COMMIT_ID] if with_commit else [])]
        return latest_versions(name, self.seen(name, versions, as_of)).select(columns)

    def seen(self, name: str, versions: Mapping[str, int], as_of: datetime) -> pl.LazyFrame:
        """Return all versions of the rows that were committed at `versions` and visible at `as_of`, with their `COMMIT_ID`."""
        schema, version = TABLES[name], versions.get(name)
        if version is None:
            return without_rows(name).lazy()
        table = self.delta.table(name, version)
        last = 0 if table is None else self.delta.last_commit(name, table)
        if table is None or version > last:
            raise InputError(
                f"{self.delta.uri(name)}: no commit {version}, expected one up to {last} that `pin` gave for this store; name"
                " the store in which that run was made"
            )
        columns = schema.column_names()
        seen = next((column for column in ("visible_at", "effective_at") if column in columns), None)
        visible = pl.lit(value=True) if seen is None else pl.col(seen).is_null() | (pl.col(seen) <= as_of)
        stored = committed(name, self.delta.scan(table), self.history.commits(versions.get("ledger", 0)))
        return stored.filter((pl.col(COMMIT_ID) <= version) & visible)

    def spans(self, names: Iterable[str]) -> dict[str, tuple[datetime, datetime]]:
        """Return the first and the last `ts` of those tables that have rows."""
        found: dict[str, tuple[datetime, datetime]] = {}
        for name in names:
            if table := self.delta.table(name):
                rows = self.current(name, table)
                first, last = rows.select(first=pl.col("ts").min(), last=pl.col("ts").max()).collect().row(0)
                found |= {name: (first, last)} if first else {}
        return found

    def compact(self, files_max: int = FILES_MAX) -> dict[str, int]:
        """Merge the small files of tables with more than `files_max`, and return how many files went, by table.

        No row changes: what was read at a pin stays what it was. Files of before are removed when no reader can have them
        open any more.

        Raises
        ------
        InputError
            A file to be merged is not as it was written, or one of the store was lost.
        """

        def merge(transaction: Transaction) -> dict[str, int]:
            write_checkpoint(transaction, self.location)
            tables, before = self.delta.all(), stored_files(self.location)
            merged = {
                name: gone for name in tables if (gone := merge_files(self.location, name, tables[name], files_max))
            }
            drop_sums(self.location, before - stored_files(self.location))
            return merged

        return self.write(merge) if self.delta.all() else {}

    def checkpoint(self) -> int:
        """Write a checkpoint, however few commits came since the last one, and return how many events it stands for.

        An object store has none: 0.
        """

        def carry(transaction: Transaction) -> int:
            write_checkpoint(transaction, self.location, 1)
            found = self.snapshot(lambda after: after.checkpoint)
            return found.count("events") if found else 0

        return self.write(carry)

    def _about(self) -> tuple[str, int] | None:
        table = self.delta.table(_ABOUT)
        return None if table is None else self.delta.scan(table).collect().row(0)

    def _create(self) -> tuple[str, int]:
        table = self.delta.create(_ABOUT, pl.DataFrame({"desk": [self.desk], "schema_version": [SCHEMA_VERSION]}))
        return self.delta.scan(table).collect().row(0)

    def current(self, name: str, table: DeltaTable) -> pl.LazyFrame:
        """Return a table's rows that are committed, without the versions that a later commit has replaced."""
        return latest_versions(name, committed(name, self.delta.scan(table), self.history.commits()))
